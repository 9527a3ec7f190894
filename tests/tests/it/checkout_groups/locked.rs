//! Products that somebody else keeps locked.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_domain::ProductId;
use stockroom_repository::products;
use stockroom_tests::{App, checkout};

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_a_locked_product_are_refused_for_now_and_the_others_are_placed() {
    let app = App::start().await;
    let shop = app.actor();
    let client = shop.client(json!({})).await;
    let (locked, free) = (shop.product(json!({"stock": 50})).await, shop.product(json!({"stock": 50})).await);
    let script = app.hold(&format!("SELECT FROM products WHERE id = {locked} FOR UPDATE")).await;

    let orders: Vec<_> = (0..20)
        .flat_map(|_| [checkout(client, &[(locked, 1), (free, 1)]), checkout(client, &[(free, 1)])])
        .collect();
    let answers = join_all(orders.iter().map(|order| shop.post("/checkout", order))).await;

    for pair in answers.chunks(2) {
        pair[0].expect_problem(503, "Service temporarily unavailable");
        assert_eq!(pair[0].header("retry-after"), "1");
        assert_eq!(pair[1].status, 201, "{}", pair[1].text);
    }
    script.release().await;
    assert_eq!((shop.stock(locked).await, shop.stock(free).await), (50, 30));
    shop.post("/checkout", &orders[0]).await.expect(201);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn locked_products_are_told_from_free_ones_and_from_none() {
    let app = App::start().await;
    let shop = app.actor();
    let (locked, free) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let _script = app.hold(&format!("SELECT FROM products WHERE id = {locked} FOR UPDATE")).await;

    let asked = [locked, free, free + 1].map(ProductId);
    let found = products::list_locked(&mut app.pool().get().await.unwrap(), &asked).await.unwrap();

    assert_eq!(found, [ProductId(locked)]);
}
