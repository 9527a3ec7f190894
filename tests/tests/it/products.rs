//! Products.

use serde_json::{Value, json};
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
            "description": null, "image_url": null, "image": null, "sku": "MUG", "active": true,
            "rating_average": null, "rating_count": 0,
            "category": {"id_key": category, "name": "Kitchen"}, "reviews": [], "order_details": [],
        })
    );
    assert_eq!(created.expect(201), shown);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_product_without_a_stock_has_none() {
    let app = App::start().await;
    let admin = app.actor();
    let category = admin.category().await;

    let created = admin.post("/products", &json!({"name": "Mug", "price": 1, "category_id": category})).await;

    assert_eq!(created.expect(201)["stock"], 0);
    assert_eq!(app.integer("SELECT count(*) FROM stock_movements", &[]).await, 0);
}

#[tokio::test]
async fn a_list_shows_products_of_one_category_with_it_and_reviews_only_when_asked_for() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.post("/categories", &json!({"name": "Kitchen"})).await.id();
    let mug = admin.product(json!({"category_id": kitchen})).await;
    admin.product(json!({"name": "Lamp"})).await;
    let review = json!({"rating": 4.5, "comment": "Holds its coffee", "product_id": mug});
    let review = admin.post("/reviews", &review).await.id();

    let plain = json!({
        "id_key": mug, "name": "Mug", "price": 10.0, "stock": 10, "category_id": kitchen,
        "description": null, "image_url": null, "image": null, "sku": null, "active": true,
        "rating_average": 4.5, "rating_count": 1,
        "category": {"id_key": kitchen, "name": "Kitchen"}, "order_details": [],
    });
    let mut expanded = plain.clone();
    expanded["reviews"] = json!([{
        "id_key": review, "rating": 4.5, "comment": "Holds its coffee", "product_id": mug, "client_id": null,
        "status": "published", "verified_purchase": false,
    }]);

    for path in ["/products", "/products/filter"] {
        let of_kitchen = format!("{path}?category_id={kitchen}");
        assert_eq!(admin.get(&of_kitchen).await.expect(200), json!([plain]));
        for expand in ["reviews", "category,reviews", "reviews,%20category"] {
            let shown = admin.get(&format!("{of_kitchen}&expand={expand}")).await.expect(200);
            assert_eq!(shown, json!([expanded]), "{expand}");
        }
        for unknown in ["order_details", "reviews,password", "Reviews"] {
            admin.get(&format!("{path}?expand={unknown}")).await.expect_invalid(&["query.expand"]);
        }
        assert_eq!(admin.get(path).await.expect(200).as_array().map(Vec::len), Some(2));
    }
    assert_eq!(admin.get(&format!("/products/{mug}")).await.expect(200), expanded);
}

#[tokio::test]
async fn the_first_hundred_reviews_are_nested_and_no_order_details() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    admin.line(admin.order(json!({})).await, mug, 1).await;
    let many = "INSERT INTO reviews (rating, product_id) SELECT 3, $1 FROM generate_series(1, 101)";
    app.client().await.execute(many, &[&mug]).await.unwrap();
    let first = app.integer("SELECT min(id) FROM reviews", &[]).await;

    let item = admin.get(&format!("/products/{mug}")).await.expect(200);
    let list = admin.get("/products?expand=reviews").await.expect(200);

    for shown in [&item, &list[0]] {
        let ids: Vec<_> = shown["reviews"]
            .as_array()
            .unwrap()
            .iter()
            .map(|review| review["id_key"].as_i64().unwrap())
            .collect();
        assert_eq!(ids, (first..first + 100).collect::<Vec<_>>());
        assert_eq!(shown["order_details"], json!([]));
    }
}

#[tokio::test]
async fn what_a_product_refers_to_must_exist() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;

    let lost = json!({"name": "Lost", "price": 1, "stock": 5, "category_id": 999});
    admin.post("/products", &lost).await.expect_problem(404, "Category with id 999 not found");
    let moved = json!({"category_id": 999, "stock": 3});
    let path = format!("/products/{mug}");
    admin.put(&path, &moved).await.expect_problem(404, "Category with id 999 not found");
    admin.patch(&path, &moved).await.expect_problem(404, "Category with id 999 not found");

    assert_eq!(app.integer("SELECT count(*) FROM products", &[]).await, 1);
    assert_eq!(admin.stock(mug).await, 10);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_sku_belongs_to_one_product() {
    let app = App::start().await;
    let admin = app.actor();
    let category = admin.category().await;
    admin.product(json!({"sku": "MUG"})).await;
    let cup = admin.product(json!({"sku": "CUP"})).await;

    let text = "Duplicate entry: product with this sku already exists";
    let again = json!({"name": "Cup", "price": 1, "category_id": category, "sku": "MUG"});
    admin.post("/products", &again).await.expect_problem(409, text);
    let path = format!("/products/{cup}");
    admin.put(&path, &json!({"sku": "MUG", "stock": 1})).await.expect_problem(409, text);
    admin.patch(&path, &json!({"sku": "MUG"})).await.expect_problem(409, text);

    assert_eq!(admin.put(&path, &json!({"sku": "CUP"})).await.expect(200)["sku"], "CUP");
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_missing_product_is_not_found_by_any_method() {
    let app = App::start().await;
    let admin = app.actor();
    let text = "Product with id 999 not found";
    admin.get("/products/999").await.expect_problem(404, text);
    for body in [json!({"name": "Mug"}), json!({"stock": 1}), json!({})] {
        admin.put("/products/999", &body).await.expect_problem(404, text);
        admin.patch("/products/999", &body).await.expect_problem(404, text);
    }
    admin.delete("/products/999").await.expect_problem(404, text);
}

#[tokio::test]
async fn a_whole_product_put_back_as_it_was_got_stays_as_it_was() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({"description": "Blue", "sku": "MUG", "image": ""})).await;
    admin.post("/reviews", &json!({"rating": 3, "product_id": mug})).await.id();
    let path = format!("/products/{mug}");
    let before = admin.get(&path).await.expect(200);

    assert_eq!(admin.put(&path, &before).await.expect(200), before);

    assert_eq!(admin.get(&path).await.expect(200), before);
    assert_eq!(app.integer("SELECT count(*) FROM stock_movements", &[]).await, 1);
}

#[tokio::test]
async fn put_changes_what_is_given_and_ignores_the_rest() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({"description": "Blue"})).await;
    let path = format!("/products/{mug}");
    let mut expected = admin.get(&path).await.expect(200);
    expected["price"] = json!(11.25);

    let changes = json!({
        "price": 11.25, "name": null, "description": null, "stock": null, "category_id": null, "sku": "",
        "id_key": 77, "id": 77, "category": {"id_key": 5, "name": "Stolen"}, "reviews": [{"rating": 1}],
        "order_details": "nonsense", "is_admin": true, "color": "red",
    });

    assert_eq!(admin.put(&path, &changes).await.expect(200), expected);
    assert_eq!(admin.put(&path, &json!({})).await.expect(200), expected);
    assert_eq!(admin.get(&path).await.expect(200), expected);
    admin.get("/products/77").await.expect(404);
    assert_eq!(app.integer("SELECT count(*) FROM categories WHERE name = 'Stolen'", &[]).await, 0);
}

#[tokio::test]
async fn a_new_product_takes_no_id_from_the_request() {
    let app = App::start().await;
    let admin = app.actor();
    let category = admin.category().await;
    let body = json!({
        "id_key": 77, "id": 77, "name": "Mug", "price": 1, "category_id": category, "order_details": [1],
        "category": {"id_key": 999}, "unknown": {},
    });

    let created = admin.post("/products", &body).await.expect(201);

    assert_ne!(created["id_key"], 77);
    assert_eq!(created["category"]["id_key"], category);
}

#[tokio::test]
async fn patch_clears_with_null_and_an_empty_one_changes_nothing() {
    let app = App::start().await;
    let admin = app.actor();
    let fields = json!({"description": "Blue", "image_url": "u", "image": "i", "sku": "MUG"});
    let mug = admin.product(fields).await;
    let path = format!("/products/{mug}");
    let before = admin.get(&path).await.expect(200);

    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), before);

    let cleared = json!({"description": null, "image_url": null, "image": null, "sku": null, "name": "Cup"});
    let mut expected = before;
    for (name, value) in cleared.as_object().unwrap() {
        expected[name] = value.clone();
    }
    assert_eq!(admin.patch(&path, &cleared).await.expect(200), expected);
    assert_eq!(admin.get(&path).await.expect(200), expected);
}

#[tokio::test]
async fn patch_refuses_null_unknown_and_protected_fields_and_names_each() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let path = format!("/products/{mug}");
    let before = admin.get(&path).await.expect(200);

    let nulls = json!({"name": null, "price": null, "stock": null, "category_id": null});
    let places = ["body.name", "body.price", "body.stock", "body.category_id"];
    admin.patch(&path, &nulls).await.expect_invalid(&places);

    for field in ["id_key", "id", "category", "reviews", "order_details", "is_admin", "color"] {
        let refused = admin.patch(&path, &json!({"name": "Cup", field: 1})).await;
        refused.expect_invalid(&[&format!("body.{field}")]);
        assert_eq!(refused.body["detail"][0]["type"], "extra_forbidden");
    }
    let several = json!({"price": -1, "id_key": 1, "category": {"id_key": 2}});
    admin.patch(&path, &several).await.expect_invalid(&["body.price", "body.category", "body.id_key"]);

    assert_eq!(admin.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn a_new_stock_is_recorded_in_the_ledger_by_its_difference() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({"stock": 10})).await;
    let path = format!("/products/{mug}");

    for (given, stock) in [(json!(4), 4), (json!("4"), 4), (json!(9), 9), (json!(0), 0)] {
        assert_eq!(admin.put(&path, &json!({"stock": given})).await.expect(200)["stock"], stock);
    }
    admin.patch(&path, &json!({"stock": 2})).await.expect(200);

    let sql = "SELECT string_agg(reason || ' ' || delta, ', ' ORDER BY id) FROM stock_movements WHERE product_id = $1";
    let ledger: String = app.client().await.query_one(sql, &[&mug]).await.unwrap().get(0);
    assert_eq!(ledger, "initial 10, adjustment -6, adjustment 5, adjustment -9, adjustment 2");
    admin.put(&path, &json!({"stock": -1})).await.expect_invalid(&["body.stock"]);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_deleted_product_is_gone_with_its_reviews_and_its_ledger_is_closed() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({"stock": 3})).await;
    let review = admin.post("/reviews", &json!({"rating": 3, "product_id": mug})).await.id();
    let path = format!("/products/{mug}");

    let deleted = admin.delete(&path).await;

    assert_eq!((deleted.text.as_str(), deleted.header("content-type")), ("", ""));
    deleted.expect(204);
    admin.delete(&path).await.expect_problem(404, &format!("Product with id {mug} not found"));
    admin.get(&path).await.expect_problem(404, &format!("Product with id {mug} not found"));
    let gone = format!("Review with id {review} not found");
    admin.get(&format!("/reviews/{review}")).await.expect_problem(404, &gone);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_product_that_was_sold_stays() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let line = admin.line(admin.order(json!({})).await, mug, 1).await;
    let path = format!("/products/{mug}");

    let text = format!(
        "Cannot delete product {mug}: product has associated sales history. \
         Consider marking as inactive instead of deleting."
    );
    admin.delete(&path).await.expect_problem(409, &text);
    assert_eq!(admin.stock(mug).await, 9);
    app.assert_ledger_adds_up().await;

    admin.delete(&format!("/order_details/{line}")).await.expect(204);
    admin.delete(&path).await.expect(204);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn every_limit_of_a_product_is_inclusive() {
    let app = App::start().await;
    let admin = app.actor();
    let category = admin.category().await;
    let body = |field: &str, value: Value| {
        let mut body = json!({"name": "Mug", "price": 1, "category_id": category});
        body[field] = value;
        body
    };

    let good = [
        ("name", json!("é".repeat(200))),
        ("price", json!(0.01)),
        ("price", json!(999_999.99)),
        ("stock", json!(0)),
        ("stock", json!(2_147_483_647)),
        ("sku", json!("x".repeat(64))),
        ("sku", json!("")),
        ("description", json!("")),
    ];
    for (field, value) in good {
        admin.post("/products", &body(field, value)).await.expect(201);
    }
    let bad = [
        ("name", json!("x".repeat(201)), "string_too_long"),
        ("name", json!(""), "string_too_short"),
        ("name", json!(null), "string_type"),
        ("price", json!(0), "greater_than"),
        ("price", json!(-1), "greater_than"),
        ("price", json!(1_000_000), "less_than_equal"),
        ("stock", json!(-1), "greater_than_equal"),
        ("stock", json!(2_147_483_648_i64), "less_than_equal"),
        ("stock", json!(1.5), "int_from_float"),
        ("category_id", json!(null), "int_type"),
        ("sku", json!("x".repeat(65)), "string_too_long"),
    ];
    for (field, value, kind) in bad {
        let refused = admin.post("/products", &body(field, value)).await;
        refused.expect_invalid(&[&format!("body.{field}")]);
        assert_eq!(refused.body["detail"][0]["type"], kind);
    }
    app.assert_ledger_adds_up().await;
}
