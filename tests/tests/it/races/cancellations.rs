//! Orders that are cancelled while something else happens to them. Each race is run several times.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::App;

use super::{add_line, assert_pieces, cancel, count, deadlocks, expect_only};

const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_cancelled_by_many_at_once_gives_its_stock_back_once() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, pot) = (shop.product(json!({"stock": 10})).await, shop.product(json!({"stock": 10})).await);
    let order = shop.order(json!({})).await;
    for product in [mug, pot, mug] {
        shop.line(order, product, 2).await;
    }

    let answers = join_all((0..30).map(|_| cancel(&shop, order))).await;

    expect_only(&answers, &[200]);
    assert_eq!((shop.stock(mug).await, shop.stock(pot).await), (10, 10));
    let given_back = "SELECT count(*) FROM stock_movements WHERE reason = 'cancel'";
    assert_eq!(app.integer(given_back, &[]).await, 3);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_cancelled_and_delivered_at_once_becomes_one_of_both() {
    let app = App::start().await;
    let shop = app.actor();
    for _ in 0..ROUNDS {
        let product = shop.product(json!({"stock": 10})).await;
        let order = shop.order(json!({})).await;
        shop.line(order, product, 4).await;
        let (path, body) = (format!("/orders/{order}"), json!({"status": "DELIVERED"}));

        let (canceled, delivered) = tokio::join!(cancel(&shop, order), shop.put(&path, &body));

        let stock = if canceled.status == 200 { 10 } else { 6 };
        assert_ne!(canceled.status, delivered.status);
        expect_only(&[canceled, delivered], &[200, 400]);
        assert_eq!(shop.stock(product).await, stock);
        app.assert_ledger_adds_up().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_deleted_while_their_order_is_cancelled_give_their_stock_back_once() {
    let app = App::start().await;
    let shop = app.actor();
    for _ in 0..ROUNDS {
        let product = shop.product(json!({"stock": 20})).await;
        let order = shop.order(json!({})).await;
        let mut lines = Vec::new();
        for _ in 0..5 {
            lines.push(format!("/order_details/{}", shop.line(order, product, 4).await));
        }

        // Each line is deleted twice, too.
        let deletions = join_all(lines.iter().chain(&lines).map(|line| shop.delete(line)));
        let (canceled, deleted) = tokio::join!(cancel(&shop, order), deletions);

        expect_only(&[canceled], &[200]);
        expect_only(&deleted, &[204, 404]);
        assert_eq!(count(&deleted, 204), 5);
        assert_eq!(shop.stock(product).await, 20);
        app.assert_ledger_adds_up().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_added_or_changed_while_their_order_is_cancelled_hold_no_stock_afterwards() {
    let app = App::start().await;
    let shop = app.actor();
    for _ in 0..ROUNDS {
        let product = shop.product(json!({"stock": 30})).await;
        let order = shop.order(json!({})).await;
        let line = format!("/order_details/{}", shop.line(order, product, 4).await);
        let more = json!({"quantity": 6});

        let (added, changed, canceled) = tokio::join!(
            join_all((0..8).map(|_| add_line(&shop, order, product, 2))),
            join_all((0..4).map(|_| shop.put(&line, &more))),
            cancel(&shop, order),
        );

        expect_only(&[canceled], &[200]);
        expect_only(&added, &[201, 400]);
        expect_only(&changed, &[200, 400]);
        assert_eq!(shop.stock(product).await, 30);
        app.assert_ledger_adds_up().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_cancelled_and_deleted_at_once_gives_its_stock_back_once() {
    let app = App::start().await;
    let shop = app.actor();
    for _ in 0..ROUNDS {
        let product = shop.product(json!({"stock": 10})).await;
        let order = shop.order(json!({})).await;
        shop.line(order, product, 3).await;
        shop.line(order, product, 4).await;
        let path = format!("/orders/{order}");

        let (canceled, deleted, added) = tokio::join!(
            join_all((0..3).map(|_| cancel(&shop, order))),
            join_all((0..3).map(|_| shop.delete(&path))),
            join_all((0..3).map(|_| add_line(&shop, order, product, 1))),
        );

        expect_only(&canceled, &[200, 404]);
        expect_only(&deleted, &[204, 404]);
        expect_only(&added, &[201, 400, 404]);
        assert_eq!(count(&deleted, 204), 1);
        assert_eq!(shop.stock(product).await, 10);
        app.assert_ledger_adds_up().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_moves_out_of_an_order_while_it_is_cancelled_is_counted_once() {
    let app = App::start().await;
    let shop = app.actor();
    for _ in 0..ROUNDS {
        let product = shop.product(json!({"stock": 10})).await;
        let (from, to) = (shop.order(json!({})).await, shop.order(json!({})).await);
        let line = format!("/order_details/{}", shop.line(from, product, 4).await);
        let there = json!({"order_id": to});

        let (first, moved, second) =
            tokio::join!(cancel(&shop, from), shop.put(&line, &there), cancel(&shop, to));

        expect_only(&[first, second], &[200]);
        expect_only(&[moved], &[200, 400]);
        assert_eq!(shop.stock(product).await, 10);
        assert_pieces(&app, product, 10).await;
        app.assert_ledger_adds_up().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_with_the_same_products_cancelled_at_once_never_deadlock() {
    let app = App::start().await;
    let shop = app.actor();
    let mut products = Vec::new();
    for _ in 0..4 {
        products.push(shop.product(json!({"stock": 40})).await);
    }
    let mut orders = Vec::new();
    for turn in 0..10 {
        let order = shop.order(json!({})).await;
        for index in 0..4 {
            let index = if turn % 2 == 0 { index } else { 3 - index };
            shop.line(order, products[index], 4).await;
        }
        orders.push(order);
    }

    let answers = join_all(orders.iter().map(|order| cancel(&shop, *order))).await;

    expect_only(&answers, &[200]);
    for product in products {
        assert_eq!(shop.stock(product).await, 40);
    }
    app.assert_ledger_adds_up().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}
