//! Whole orders for the last pieces there are, placed by many at once while everything else changes stock, too.

use std::sync::Mutex;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App, Dice, Seed, checkout};

use super::{count, deadlocks, expect_only, several_lanes};

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_buyers_of_a_hundred_pieces_get_exactly_a_hundred() {
    let app = several_lanes().await;
    let shop = app.actor();
    let product = shop.product(json!({"stock": 100})).await;
    let client = shop.client(json!({})).await;
    let order = checkout(client, &[(product, 1)]);

    let answers = join_all((0..300).map(|_| shop.post("/checkout", &order))).await;

    expect_only(&answers, &[201, 409]);
    assert_eq!((count(&answers, 201), count(&answers, 409)), (100, 200));
    let short = json!([{"product_id": product, "requested": 1, "available": 0}]);
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(refused.body["code"], "insufficient_stock_for_order");
        assert_eq!(refused.body["shortages"], short);
    }
    assert_eq!(shop.stock(product).await, 0);
    app.assert_books_balance().await;
    assert_eq!(app.documents("B").await, 100);
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_ordered_by_many_at_once_is_sold_once() {
    let app = several_lanes().await;
    let shop = app.actor();
    let client = shop.client(json!({})).await;
    for _ in 0..15 {
        let (mug, pot) = (shop.product(json!({"stock": 1})).await, shop.product(json!({"stock": 50})).await);
        let orders = [checkout(client, &[(mug, 1), (pot, 1)]), checkout(client, &[(pot, 1), (mug, 1)])];

        let answers =
            join_all(orders.iter().cycle().take(24).map(|order| shop.post("/checkout", order))).await;

        expect_only(&answers, &[201, 409]);
        assert_eq!(count(&answers, 201), 1);
        assert_eq!((shop.stock(mug).await, shop.stock(pot).await), (0, 49));
    }
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

/// What those who act in a storm know of the shop.
struct Stage {
    clients: Vec<i64>,
    products: Vec<i64>,
    /// Orders of the old kind, which get their lines one by one.
    shells: Vec<i64>,
    lines: Mutex<Vec<i64>>,
    /// What was answered to those whose orders were placed.
    placed: Mutex<Vec<Value>>,
}

impl Stage {
    const STOCKS: [i64; 7] = [1, 2, 5, 12, 30, 60, 90];

    async fn set(shop: &Actor) -> Self {
        let mut stage = Self {
            clients: Vec::new(),
            products: Vec::new(),
            shells: Vec::new(),
            lines: Mutex::default(),
            placed: Mutex::default(),
        };
        for (stock, price) in Self::STOCKS.into_iter().zip([1.25, 1.5, 2.99, 7.0, 10.0, 19.9, 0.1]) {
            stage.products.push(shop.product(json!({"stock": stock, "price": price})).await);
        }
        for _ in 0..4 {
            stage.clients.push(shop.client(json!({})).await);
        }
        for _ in 0..8 {
            let shell = shop.order(json!({})).await;
            let line = shop.line(shell, stage.products[6], 1).await;
            stage.shells.push(shell);
            stage.lines.lock().unwrap().push(line);
        }
        stage
    }

    fn some_line(&self, dice: &mut Dice) -> String {
        format!("/order_details/{}", dice.pick(&self.lines.lock().unwrap()))
    }

    fn some_order(&self, dice: &mut Dice) -> i64 {
        let placed = self.placed.lock().unwrap();
        // The newest are not cancelled yet.
        let recent = &placed[placed.len().saturating_sub(20)..];
        if recent.is_empty() || dice.roll(4) == 0 {
            return dice.pick(&self.shells);
        }
        recent[dice.roll(recent.len())]["id_key"].as_i64().unwrap()
    }

    fn some_sold_line(&self, dice: &mut Dice) -> Option<String> {
        let placed = self.placed.lock().unwrap();
        let order = placed.get(dice.roll(placed.len().max(1)))?;
        Some(format!("/order_details/{}", order["order_details"][0]["id_key"]))
    }

    fn some_product(&self, dice: &mut Dice) -> (i64, String) {
        let product = dice.pick(&self.products);
        (product, format!("/products/{product}"))
    }
}

/// Buys 1 to 5 lines of products in random order.
async fn buy(shop: &Actor, stage: &Stage, dice: &mut Dice) {
    let lines: Vec<_> = (0..=dice.roll(5)).map(|_| (dice.pick(&stage.products), dice.pieces(3))).collect();
    let mut order = checkout(dice.pick(&stage.clients), &lines);
    match dice.roll(10) {
        0 => order["expected_total"] = json!(3.5),
        1 | 2 => order["discount"] = json!(0.1),
        _ => {}
    }
    let answer = shop.post("/checkout", &order).await;
    expect_only(std::slice::from_ref(&answer), &[201, 409]);
    if answer.status == 201 {
        let sum: f64 = lines_of(&answer.body).map(|(quantity, price)| quantity * price).sum();
        assert!((answer.body["total"].as_f64().unwrap() - sum).abs() < 0.001, "{}", answer.text);
        stage.placed.lock().unwrap().push(answer.body);
        return;
    }
    match answer.body["code"].as_str().unwrap() {
        "insufficient_stock_for_order" => {
            let shortages = answer.body["shortages"].as_array().unwrap();
            let short = |short: &Value| short["requested"].as_i64() > short["available"].as_i64();
            assert!(!shortages.is_empty() && shortages.iter().all(short), "{}", answer.text);
        }
        code => assert_eq!((code, &order["expected_total"]), ("total_mismatch", &json!(3.5))),
    }
}

fn lines_of(order: &Value) -> impl Iterator<Item = (f64, f64)> {
    let number = |value: &Value| value.as_f64().unwrap();
    let line = move |line: &Value| (number(&line["quantity"]), number(&line["price"]));
    order["order_details"].as_array().unwrap().iter().map(line)
}

/// Whatever else changes stock or stands in the way of those who do.
async fn meddle(shop: &Actor, stage: &Stage, dice: &mut Dice) {
    let ((product, of_product), order) = (stage.some_product(dice), stage.some_order(dice));
    let quantity = dice.pieces(3);
    let (answer, allowed): (Answer, &[u16]) = match dice.roll(20) {
        0..=3 => (shop.post(&format!("/orders/{order}/cancel"), &json!({})).await, &[200, 400, 404]),
        4..=5 => (shop.put(&format!("/orders/{order}"), &json!({"status": 4})).await, &[200, 400, 404]),
        6 => (shop.put(&format!("/orders/{order}"), &json!({"status": 3})).await, &[200, 400, 404]),
        7 => (shop.delete(&format!("/orders/{order}")).await, &[204, 404, 409]),
        8..=10 => {
            let shell = dice.pick(&stage.shells);
            let line = json!({"order_id": shell, "product_id": product, "quantity": quantity});
            let answer = shop.post("/order_details", &line).await;
            if answer.status == 201 {
                stage.lines.lock().unwrap().push(answer.id());
            }
            (answer, &[201, 400, 404])
        }
        11..=12 => {
            let change = json!({"product_id": product, "quantity": quantity});
            (shop.put(&stage.some_line(dice), &change).await, &[200, 400, 404])
        }
        13 => (shop.delete(&stage.some_line(dice)).await, &[204, 404]),
        14 => (shop.patch(&of_product, &json!({"stock": dice.roll(40)})).await, &[200]),
        15..=16 => (shop.put(&of_product, &json!({"stock": dice.roll(20)})).await, &[200]),
        17 => (shop.put(&of_product, &json!({"price": dice.pieces(900)})).await, &[200]),
        sold => {
            // An order that was placed whole stays as it is.
            let Some(line) = stage.some_sold_line(dice) else { return };
            let method = if sold == 18 { Method::DELETE } else { Method::PUT };
            let request = shop.request(method, &line).json(&json!({"quantity": 4}));
            (shop.send(request).await, &[400, 409])
        }
    };
    expect_only(std::slice::from_ref(&answer), allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_orders_cancels_line_changes_and_stock_takings_sells_nothing_twice() {
    let seed = Seed::of_this_run();
    let app = several_lanes().await;
    let stage = Stage::set(&app.actor()).await;

    let actors = (0..32).map(|actor| {
        let (stage, shop, mut dice) = (&stage, app.actor(), seed.dice(actor));
        async move {
            for _ in 0..30 {
                if dice.roll(2) == 0 {
                    buy(&shop, stage, &mut dice).await;
                } else {
                    meddle(&shop, stage, &mut dice).await;
                }
            }
        }
    });
    join_all(actors).await;

    let placed = stage.placed.into_inner().unwrap();
    assert!(placed.len() > 50, "only {} orders were placed", placed.len());
    assert_told_truly(&app, &placed).await;
    // An order is there if, and only if, its buyer was told so.
    assert_eq!(app.documents("B").await, i64::try_from(placed.len()).unwrap());
    assert!(app.documents("C").await > 10);
    for (product, stock) in stage.products.into_iter().zip(Stage::STOCKS) {
        let sold = "SELECT ($2::bigint + coalesce(sum(delta) FILTER (WHERE reason = 'adjustment'), 0) \
                    - (SELECT stock FROM products WHERE id = $1))::bigint FROM stock_movements WHERE product_id = $1";
        let held = "SELECT coalesce(sum(quantity), 0)::bigint FROM order_details JOIN orders ON orders.id = order_id \
                    WHERE product_id = $1 AND status <> 4";
        let (sold, held) =
            (app.integer(sold, &[&product, &stock]).await, app.integer(held, &[&product]).await);
        assert_eq!(sold, held, "pieces of product {product} that were sold, and that open orders hold");
    }
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

/// Fails unless the database holds these orders as their buyers were told, down to the numbers of their bills.
async fn assert_told_truly(app: &App, placed: &[Value]) {
    let sql = "SELECT bill_number, (orders.total / 100.0)::float8, (bills.total / 100.0)::float8, (SELECT \
               json_agg(json_build_array(order_details.id, product_id, quantity, price / 100.0) \
               ORDER BY order_details.id) FROM order_details WHERE order_id = orders.id)::text \
               FROM orders JOIN bills ON bills.id = bill_id WHERE orders.id = $1 AND checked_out";
    let client = app.client().await;
    let number = |value: &Value| value.as_f64().unwrap();
    for told in placed {
        let row = client.query_one(sql, &[&told["id_key"].as_i64().unwrap()]).await.unwrap();
        let kept: (String, f64, f64, String) = (row.get(0), row.get(1), row.get(2), row.get(3));
        let bill = &told["bill"];
        assert_eq!(bill["bill_number"], kept.0);
        assert_eq!((number(&told["total"]), number(&bill["total"])), (kept.1, kept.2));
        let lines: Vec<[Value; 4]> = serde_json::from_str(&kept.3).unwrap();
        let lines: Vec<_> = lines.iter().map(|line| line.each_ref().map(number)).collect();
        let field =
            |line: &Value| ["id_key", "product_id", "quantity", "price"].map(|name| number(&line[name]));
        let told: Vec<_> = told["order_details"].as_array().unwrap().iter().map(field).collect();
        assert_eq!(told, lines);
    }
}
