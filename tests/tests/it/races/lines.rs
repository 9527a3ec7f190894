//! Order lines that are added, changed and deleted at once.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use stockroom_service::PoolSettings;
use stockroom_tests::{Actor, Answer, App, Dice, database};

use super::{add_line, assert_pieces, cancel, count, deadlocks, expect_only};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_unit_bought_by_many_at_once_is_sold_once() {
    let app = App::start().await;
    let shop = app.actor();
    let product = shop.product(json!({"stock": 1})).await;
    // Buyers of one order would only wait for each other at their order.
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(shop.order(json!({})).await);
    }

    let buyers = orders.iter().cycle().take(50).map(|order| add_line(&shop, *order, product, 1));
    let answers = join_all(buyers).await;

    let (sold, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(sold.len(), 1);
    let text = format!("Insufficient stock for product {product}. Requested: 1, Available: 0");
    for answer in refused {
        answer.expect_problem(400, &text);
    }
    assert_eq!(shop.stock(product).await, 0);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_buyers_of_a_hundred_units_get_exactly_a_hundred() {
    let url = database().await;
    // On a busy machine the last of them waits for a connection for longer than usual.
    let patient = PoolSettings { wait: Duration::from_mins(1), ..PoolSettings::new(&url) };
    let app = App::start_connecting(url, patient, App::settings());
    let shop = app.actor();
    let product = shop.product(json!({"stock": 100})).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(shop.order(json!({})).await);
    }

    let buyers = orders.iter().cycle().take(400).map(|order| add_line(&shop, *order, product, 1));
    let answers = join_all(buyers).await;

    expect_only(&answers, &[201, 400]);
    assert_eq!((count(&answers, 201), count(&answers, 400)), (100, 300));
    let text = format!("Insufficient stock for product {product}. Requested: 1, Available: 0");
    for refused in answers.iter().filter(|answer| answer.status == 400) {
        refused.expect_problem(400, &text);
    }
    assert_eq!(shop.stock(product).await, 0);
    assert_pieces(&app, product, 100).await;
    let sales = "SELECT count(*) FROM stock_movements WHERE reason = 'sale' AND delta = -1";
    assert_eq!(app.integer(sales, &[]).await, 100);
    app.assert_ledger_adds_up().await;
}

struct Stage {
    products: Vec<i64>,
    orders: Vec<i64>,
    lines: Vec<i64>,
}

async fn act(shop: &Actor, stage: &Stage, dice: &mut Dice) -> Answer {
    let (product, order) = (dice.pick(&stage.products), dice.pick(&stage.orders));
    let line = format!("/order_details/{}", dice.pick(&stage.lines));
    let quantity = dice.pieces(6);
    match dice.roll(40) {
        0 => cancel(shop, order).await,
        1 => shop.delete(&format!("/orders/{order}")).await,
        2..=4 => shop.delete(&line).await,
        5..=12 => add_line(shop, order, product, quantity).await,
        13..=22 => shop.put(&line, &json!({"quantity": quantity})).await,
        23..=31 => shop.put(&line, &json!({"product_id": product})).await,
        32..=35 => shop.put(&line, &json!({"order_id": order})).await,
        _ => {
            let all = json!({"product_id": product, "order_id": order, "quantity": quantity});
            shop.patch(&line, &all).await
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_every_kind_at_once_lose_no_stock() {
    let app = App::start().await;
    let shop = app.actor();
    let mut stage = Stage { products: Vec::new(), orders: Vec::new(), lines: Vec::new() };
    for _ in 0..3 {
        stage.products.push(shop.product(json!({"stock": 60})).await);
    }
    for _ in 0..12 {
        stage.orders.push(shop.order(json!({})).await);
    }
    for index in 0..36 {
        let (order, product) = (stage.orders[index % 12], stage.products[index % 3]);
        stage.lines.push(shop.line(order, product, 2).await);
    }

    let actors = (0..24).map(|seed| {
        let (shop, stage) = (&shop, &stage);
        async move {
            let mut dice = Dice::new(seed);
            let mut answers = Vec::new();
            for _ in 0..15 {
                answers.push(act(shop, stage, &mut dice).await);
            }
            answers
        }
    });
    let answers: Vec<_> = join_all(actors).await.into_iter().flatten().collect();

    expect_only(&answers, &[200, 201, 204, 400, 404]);
    assert!(count(&answers, 200) > 20 && count(&answers, 201) > 20 && count(&answers, 204) > 5);
    for product in &stage.products {
        assert_pieces(&app, *product, 60).await;
    }
    app.assert_ledger_adds_up().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orders_that_want_the_same_products_in_opposite_order_never_deadlock() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, pot) = (shop.product(json!({"stock": 60})).await, shop.product(json!({"stock": 60})).await);
    let (one, two) = (shop.order(json!({})).await, shop.order(json!({})).await);
    let (there, back) = (shop.line(one, mug, 1).await, shop.line(two, pot, 1).await);

    let buy = |order, first, then| {
        let shop = &shop;
        async move { [add_line(shop, order, first, 1).await, add_line(shop, order, then, 1).await] }
    };
    let buying = async {
        let buyers = (0..20).map(|turn| if turn % 2 == 0 { buy(one, mug, pot) } else { buy(two, pot, mug) });
        join_all(buyers).await.into_iter().flatten().collect::<Vec<_>>()
    };
    let swap = |line: i64, to: i64| {
        let (shop, body) = (&shop, json!({"product_id": to}));
        async move { shop.put(&format!("/order_details/{line}"), &body).await }
    };
    let swapping = join_all((0..40).map(|turn| match turn % 4 {
        0 => swap(there, pot),
        1 => swap(back, mug),
        2 => swap(there, mug),
        _ => swap(back, pot),
    }));
    let (bought, swapped) = tokio::join!(buying, swapping);

    expect_only(&bought, &[201]);
    expect_only(&swapped, &[200]);
    let stocks = shop.stock(mug).await + shop.stock(pot).await;
    assert_eq!(stocks, 120 - 42);
    for product in [mug, pot] {
        assert_pieces(&app, product, 60).await;
    }
    app.assert_ledger_adds_up().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_that_is_set_while_lines_are_sold_is_never_lost_from_the_ledger() {
    let app = App::start().await;
    let shop = app.actor();
    let product = shop.product(json!({"stock": 50})).await;
    let order = shop.order(json!({})).await;
    let path = format!("/products/{product}");

    let sales = join_all((0..40).map(|_| add_line(&shop, order, product, 1)));
    let counts = join_all((0..40).map(|turn| {
        let (shop, path, body) = (&shop, &path, json!({"stock": 45 + turn % 10}));
        async move { shop.put(path, &body).await }
    }));
    let (sold, set) = tokio::join!(sales, counts);

    expect_only(&sold, &[201]);
    expect_only(&set, &[200]);
    let of_reason = "SELECT coalesce(sum(delta), 0)::bigint FROM stock_movements WHERE reason = $1";
    assert_eq!(app.integer(of_reason, &[&"sale"]).await, -40);
    app.assert_ledger_adds_up().await;

    // Other changes of the product leave its stock alone, whatever happens meanwhile.
    let before = shop.stock(product).await;
    let sales = join_all((0..10).map(|_| add_line(&shop, order, product, 1)));
    let names = join_all((0..10).map(|turn| {
        let (shop, path, body) = (&shop, &path, json!({"name": format!("Mug {turn}"), "price": 10}));
        async move { shop.put(path, &body).await }
    }));
    let (sold, renamed) = tokio::join!(sales, names);
    expect_only(&sold, &[201]);
    expect_only(&renamed, &[200]);
    assert_eq!(shop.stock(product).await, before - 10);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_deleted_while_it_is_sold_is_either_sold_or_gone() {
    let app = App::start().await;
    let shop = app.actor();
    let order = shop.order(json!({})).await;
    for _ in 0..10 {
        let product = shop.product(json!({"stock": 5})).await;
        let path = format!("/products/{product}");
        let (sold, deleted) = tokio::join!(
            join_all((0..3).map(|_| add_line(&shop, order, product, 1))),
            shop.request(Method::DELETE, &path).send(),
        );
        let deleted = deleted.unwrap().status().as_u16();
        expect_only(&sold, &[201, 404]);
        let gone = shop.get(&path).await.status == 404;
        assert_eq!((deleted, count(&sold, 201)), if gone { (204, 0) } else { (409, 3) });
    }
    let orphans: Value = shop.get("/order_details").await.expect(200);
    assert!(orphans.as_array().unwrap().iter().all(|line| line["product"].is_object()));
    app.assert_ledger_adds_up().await;
}
