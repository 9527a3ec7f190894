//! Races with real concurrent connections over HTTP. After each the ledger adds up.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::App;

#[tokio::test(flavor = "multi_thread")]
async fn the_last_unit_bought_by_many_at_once_is_sold_once() {
    let app = App::start().await;
    let shop = app.actor();
    let product = shop.product(json!({"stock": 1})).await;
    let order = shop.order(json!({})).await;

    let line = json!({"order_id": order, "product_id": product, "quantity": 1});
    let answers = join_all((0..50).map(|_| shop.post("/order_details", &line))).await;

    let (sold, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(sold.len(), 1);
    let text = format!("Insufficient stock for product {product}. Requested: 1, Available: 0");
    for answer in refused {
        answer.expect_problem(400, &text);
    }
    assert_eq!(shop.stock(product).await, 0);
    app.assert_ledger_adds_up().await;
}
