//! Products.

use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_new_product_is_shown_with_its_category() {
    let app = App::start().await;
    let admin = app.actor();
    let category = admin.post("/categories", &json!({"name": "Kitchen"})).await.id();

    let created = admin
        .post(
            "/products",
            &json!({"name": "Mug", "price": "12.5", "stock": 3, "category_id": category, "sku": "MUG"}),
        )
        .await;

    assert_eq!(created.header("location"), format!("/products/{}", created.id()));
    let shown = admin.get(created.header("location")).await.expect(200);
    assert_eq!(
        shown,
        json!({
            "id_key": created.id(), "name": "Mug", "price": 12.5, "stock": 3, "category_id": category,
            "description": null, "image_url": null, "image": null, "sku": "MUG",
            "category": {"id_key": category, "name": "Kitchen"}, "reviews": [], "order_details": [],
        })
    );
    assert_eq!(created.expect(201), shown);
    app.assert_ledger_adds_up().await;
}
