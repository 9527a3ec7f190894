//! Whether the author of a review had ordered the product: the server finds out.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

/// Whether a new review of this client for this product is a verified purchase.
async fn verified(actor: &Actor, product: i64, client: Option<i64>) -> Value {
    let review = json!({"rating": 4, "product_id": product, "client_id": client});
    actor.post("/reviews", &review).await.expect(201)["verified_purchase"].clone()
}

#[tokio::test]
async fn who_has_ordered_a_product_is_a_verified_purchaser_of_it() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, cup) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let (ana, bob) = (shop.client(json!({})).await, shop.client(json!({})).await);
    assert_eq!(verified(&shop, mug, Some(ana)).await, false);

    shop.check_out(ana, &[(mug, 1)]).await;

    assert_eq!(verified(&shop, mug, Some(ana)).await, true);
    assert_eq!(verified(&shop, cup, Some(ana)).await, false);
    assert_eq!(verified(&shop, mug, Some(bob)).await, false);
    assert_eq!(verified(&shop, mug, None).await, false);
    let shown = shop.get(&format!("/products/{mug}")).await.expect(200);
    let shown: Vec<_> =
        shown["reviews"].as_array().unwrap().iter().map(|one| &one["verified_purchase"]).collect();
    assert_eq!(shown, [false, true, false, false]);
}

#[tokio::test]
async fn a_line_of_an_order_counts_until_the_order_is_cancelled() {
    let app = App::start().await;
    let shop = app.actor();
    let mug = shop.product(json!({})).await;
    let ana = shop.client(json!({})).await;
    let bill = shop.bill(ana, json!({})).await;
    let order = shop.order(json!({"client_id": ana, "bill_id": bill})).await;
    shop.line(order, mug, 1).await;
    assert_eq!(verified(&shop, mug, Some(ana)).await, true);

    shop.post(&format!("/orders/{order}/cancel"), &json!({})).await.expect(200);
    assert_eq!(verified(&shop, mug, Some(ana)).await, false);

    let bought = shop.check_out(ana, &[(mug, 1)]).await["id_key"].clone();
    assert_eq!(verified(&shop, mug, Some(ana)).await, true);
    shop.post(&format!("/orders/{bought}/cancel"), &json!({})).await.expect(200);
    assert_eq!(verified(&shop, mug, Some(ana)).await, false);
}

#[tokio::test]
async fn a_purchase_is_verified_again_when_a_review_is_of_another_product_or_client() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, cup) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let (ana, bob) = (shop.client(json!({})).await, shop.client(json!({})).await);
    shop.check_out(ana, &[(mug, 1)]).await;
    shop.check_out(bob, &[(cup, 1)]).await;
    let review = shop.post("/reviews", &json!({"rating": 4, "product_id": mug, "client_id": ana})).await.id();
    let path = format!("/reviews/{review}");

    for (change, expected) in [
        (json!({"rating": 3}), true),
        (json!({"product_id": cup}), false),
        (json!({"client_id": bob}), true),
        (json!({"product_id": mug, "client_id": bob}), false),
        (json!({"client_id": ana}), true),
        (json!({"client_id": null}), false),
    ] {
        let changed = shop.patch(&path, &change).await.expect(200);
        assert_eq!(changed["verified_purchase"], expected, "{change}");
    }

    // What has been verified stays so: the order was placed when the review was written.
    let kept = shop.post("/reviews", &json!({"rating": 4, "product_id": mug, "client_id": ana})).await.id();
    let order = app.integer("SELECT id FROM orders WHERE client_id = $1", &[&ana]).await;
    shop.post(&format!("/orders/{order}/cancel"), &json!({})).await.expect(200);
    let kept =
        shop.put(&format!("/reviews/{kept}"), &json!({"rating": 5, "product_id": mug})).await.expect(200);
    assert_eq!(kept["verified_purchase"], true);
}
