//! Categories.

use serde_json::{Value, json};
use stockroom_tests::App;

fn leaf(product: &Value) -> Value {
    let mut leaf = product.clone();
    for relation in ["category", "reviews", "order_details"] {
        leaf.as_object_mut().unwrap().remove(relation);
    }
    leaf
}

#[tokio::test]
async fn a_new_category_has_no_products() {
    let app = App::start().await;
    let admin = app.actor();

    let created = admin.post("/categories", &json!({"name": "Kitchen", "description": "Pots"})).await;

    assert_eq!(created.header("location"), format!("/categories/{}", created.id()));
    let shown = admin.get(created.header("location")).await.expect(200);
    assert_eq!(
        shown,
        json!({"id_key": created.id(), "name": "Kitchen", "description": "Pots", "products": []})
    );
    assert_eq!(created.expect(201), shown);
}

#[tokio::test]
async fn products_are_nested_flat_in_an_item_and_in_a_list_only_when_asked_for() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.post("/categories", &json!({"name": "Kitchen"})).await.id();
    let garden = admin.post("/categories", &json!({"name": "Garden"})).await.id();
    let mug = admin.product(json!({"category_id": kitchen})).await;
    admin.post("/reviews", &json!({"rating": 3, "product_id": mug})).await.id();
    let mug = leaf(&admin.get(&format!("/products/{mug}")).await.expect(200));

    let item = admin.get(&format!("/categories/{kitchen}")).await.expect(200);
    let with = json!({"id_key": kitchen, "name": "Kitchen", "description": null, "products": [mug]});
    assert_eq!(item, with);

    let plain = json!([
        {"id_key": kitchen, "name": "Kitchen", "description": null},
        {"id_key": garden, "name": "Garden", "description": null},
    ]);
    assert_eq!(admin.get("/categories").await.expect(200), plain);
    let without = json!({"id_key": garden, "name": "Garden", "description": null, "products": []});
    assert_eq!(admin.get("/categories?expand=products").await.expect(200), json!([with, without]));
    admin.get("/categories?expand=reviews").await.expect_invalid(&["query.expand"]);
    admin.get("/categories?expand=products,reviews").await.expect_invalid(&["query.expand"]);
}

#[tokio::test]
async fn the_first_hundred_products_are_nested() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.category().await;
    let garden = admin.category().await;
    let many = "INSERT INTO products (name, price, category_id) \
                SELECT 'Mug ' || n, 100, category FROM unnest($1::bigint[]) AS category, generate_series(1, 150) AS n";
    app.client().await.execute(many, &[&vec![kitchen, garden]]).await.unwrap();

    let item = admin.get(&format!("/categories/{kitchen}")).await.expect(200);
    let list = admin.get("/categories?expand=products").await.expect(200);

    for (category, shown) in [(kitchen, &item), (kitchen, &list[0]), (garden, &list[1])] {
        let products = shown["products"].as_array().unwrap();
        assert_eq!(products.len(), 100);
        assert!(products.iter().all(|product| product["category_id"] == category));
        assert!(products.is_sorted_by_key(|product| product["id_key"].as_i64()));
    }
}

#[tokio::test]
async fn a_name_belongs_to_one_category() {
    let app = App::start().await;
    let admin = app.actor();
    admin.post("/categories", &json!({"name": "Kitchen"})).await.id();
    let garden = admin.post("/categories", &json!({"name": "Garden"})).await.id();

    let text = "Duplicate entry: category with this name already exists";
    let taken = json!({"name": "Kitchen"});
    admin.post("/categories", &taken).await.expect_problem(409, text);
    admin.put(&format!("/categories/{garden}"), &taken).await.expect_problem(409, text);
    admin.patch(&format!("/categories/{garden}"), &taken).await.expect_problem(409, text);

    admin.put(&format!("/categories/{garden}"), &json!({"name": "Garden"})).await.expect(200);
    assert_eq!(app.integer("SELECT count(*) FROM categories", &[]).await, 2);
}

#[tokio::test]
async fn a_missing_category_is_not_found_by_any_method() {
    let app = App::start().await;
    let admin = app.actor();
    let text = "Category with id 999 not found";
    admin.get("/categories/999").await.expect_problem(404, text);
    for body in [json!({"name": "Kitchen"}), json!({})] {
        admin.put("/categories/999", &body).await.expect_problem(404, text);
        admin.patch("/categories/999", &body).await.expect_problem(404, text);
    }
    admin.delete("/categories/999").await.expect_problem(404, text);
}

#[tokio::test]
async fn put_leaves_alone_what_is_null_or_unknown() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.post("/categories", &json!({"name": "Kitchen", "description": "Pots"})).await.id();
    admin.product(json!({"category_id": kitchen})).await;
    let path = format!("/categories/{kitchen}");
    let before = admin.get(&path).await.expect(200);

    assert_eq!(admin.put(&path, &before).await.expect(200), before);
    let ignored = json!({"name": null, "description": null, "id_key": 77, "products": [], "color": "red"});
    assert_eq!(admin.put(&path, &ignored).await.expect(200), before);
    assert_eq!(admin.put(&path, &json!({})).await.expect(200), before);

    let changed = admin.put(&path, &json!({"description": "Pans"})).await.expect(200);
    assert_eq!(changed["description"], "Pans");
    assert_eq!(changed["name"], "Kitchen");
    assert_eq!(admin.get(&path).await.expect(200), changed);
}

#[tokio::test]
async fn patch_is_strict() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.post("/categories", &json!({"name": "Kitchen", "description": "Pots"})).await.id();
    let path = format!("/categories/{kitchen}");
    let before = admin.get(&path).await.expect(200);

    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), before);
    admin.patch(&path, &json!({"name": null})).await.expect_invalid(&["body.name"]);
    let protected = json!({"name": "Garden", "id_key": 2, "products": []});
    admin.patch(&path, &protected).await.expect_invalid(&["body.id_key", "body.products"]);
    assert_eq!(admin.get(&path).await.expect(200), before);

    let cleared = admin.patch(&path, &json!({"description": null})).await.expect(200);
    assert_eq!(cleared, json!({"id_key": kitchen, "name": "Kitchen", "description": null, "products": []}));
}

#[tokio::test]
async fn a_name_has_1_to_100_characters() {
    let app = App::start().await;
    let admin = app.actor();
    admin.post("/categories", &json!({"name": "é".repeat(100)})).await.expect(201);
    admin.post("/categories", &json!({"name": "x"})).await.expect(201);
    for bad in [json!({"name": "x".repeat(101)}), json!({"name": ""}), json!({"name": null}), json!({})] {
        admin.post("/categories", &bad).await.expect_invalid(&["body.name"]);
    }
}

#[tokio::test]
async fn a_category_with_products_stays_and_an_empty_one_goes() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.category().await;
    let mug = admin.product(json!({"category_id": kitchen})).await;
    let path = format!("/categories/{kitchen}");

    let text = "Cannot delete category with associated products";
    admin.delete(&path).await.expect_problem(409, text);

    admin.delete(&format!("/products/{mug}")).await.expect(204);
    let deleted = admin.delete(&path).await;
    assert_eq!(deleted.text, "");
    deleted.expect(204);
    admin.delete(&path).await.expect_problem(404, &format!("Category with id {kitchen} not found"));
}

#[tokio::test]
async fn a_renamed_category_shows_in_the_next_read_of_its_products() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.category().await;
    let mug = admin.product(json!({"category_id": kitchen})).await;
    let path = format!("/products/{mug}");
    admin.get(&path).await.expect(200);
    admin.get("/products").await.expect(200);

    admin.put(&format!("/categories/{kitchen}"), &json!({"name": "Cocina"})).await.expect(200);

    assert_eq!(admin.get(&path).await.expect(200)["category"]["name"], "Cocina");
    assert_eq!(admin.get("/products").await.expect(200)[0]["category"]["name"], "Cocina");
    assert_eq!(admin.get("/products/filter").await.expect(200)[0]["category"]["name"], "Cocina");
}
