//! Counts beside the results.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

use super::{search, search_with};

const ALL: (&str, &str) = ("facets", "category,price,in_stock,rating");

/// Five mugs, and a plate that no search here finds; the ids of the categories.
async fn mugs(admin: &Actor) -> (i64, i64) {
    let mut ids = Vec::new();
    for name in ["Kitchen", "Garden"] {
        ids.push(admin.post("/categories", &json!({"name": name})).await.id());
    }
    let (kitchen, garden) = (ids[0], ids[1]);
    for (name, price, stock, category, rating) in [
        ("Mug 1", 9.99, 1, kitchen, Some(5.0)),
        ("Mug 2", 10.0, 0, kitchen, Some(4.0)),
        ("Mug 3", 24.99, 2, kitchen, Some(3.9)),
        ("Mug 4", 25.0, 3, garden, None),
        ("Mug 5", 1000.0, 0, garden, Some(1.0)),
        ("Plate", 5.0, 5, garden, Some(5.0)),
    ] {
        let fields = json!({"name": name, "price": price, "stock": stock, "category_id": category});
        let product = admin.product(fields).await;
        if let Some(rating) = rating {
            admin.post("/reviews", &json!({"product_id": product, "rating": rating})).await.expect(201);
        }
    }
    (kitchen, garden)
}

fn prices(found: &Value) -> Vec<i64> {
    let ranges = found["facets"]["price"].as_array().unwrap();
    ranges.iter().map(|range| range["count"].as_i64().unwrap()).collect()
}

fn ratings(found: &Value) -> Vec<(i64, i64)> {
    let ratings = found["facets"]["rating"].as_array().unwrap();
    ratings.iter().map(|step| (step["from"].as_i64().unwrap(), step["count"].as_i64().unwrap())).collect()
}

#[tokio::test]
async fn each_facet_counts_what_was_found() {
    let app = App::start().await;
    let shopper = app.actor();
    let (kitchen, garden) = mugs(&shopper).await;

    let found = search_with(&shopper, "mug", &[ALL, ("limit", "1"), ("skip", "4")]).await;

    assert_eq!(found["total"], 5);
    assert_eq!(
        found["facets"]["category"],
        json!([{"id": kitchen, "name": "Kitchen", "count": 3}, {"id": garden, "name": "Garden", "count": 2}])
    );
    assert_eq!(prices(&found), [1, 2, 1, 0, 0, 0, 0, 1]);
    assert_eq!(found["facets"]["price"][0], json!({"from": 0.0, "to": 9.99, "count": 1}));
    assert_eq!(found["facets"]["price"][7], json!({"from": 1000.0, "to": null, "count": 1}));
    assert_eq!(found["facets"]["in_stock"], json!({"yes": 3, "no": 2}));
    assert_eq!(ratings(&found), [(4, 2), (3, 3), (2, 3), (1, 4)]);
}

#[tokio::test]
async fn a_facet_leaves_its_own_condition_aside_and_no_other() {
    let app = App::start().await;
    let shopper = app.actor();
    let (kitchen, garden) = mugs(&shopper).await;
    let kitchen_id = kitchen.to_string();

    let found = search_with(&shopper, "mug", &[ALL, ("category_id", &kitchen_id)]).await;
    assert_eq!(found["total"], 3);
    assert_eq!(found["facets"]["category"].as_array().unwrap().len(), 2);
    assert_eq!(prices(&found), [1, 2, 0, 0, 0, 0, 0, 0]);

    let found = search_with(&shopper, "mug", &[ALL, ("max_price", "10")]).await;
    assert_eq!(found["facets"]["category"], json!([{"id": kitchen, "name": "Kitchen", "count": 2}]));
    assert_eq!(prices(&found), [1, 2, 1, 0, 0, 0, 0, 1]);
    assert_eq!(found["facets"]["in_stock"], json!({"yes": 1, "no": 1}));

    let found = search_with(&shopper, "mug", &[ALL, ("in_stock_only", "true")]).await;
    assert_eq!(found["total"], 3);
    assert_eq!(found["facets"]["in_stock"], json!({"yes": 3, "no": 2}));
    assert_eq!(found["facets"]["category"][1], json!({"id": garden, "name": "Garden", "count": 1}));

    let found = search_with(&shopper, "mug", &[ALL, ("min_rating", "4")]).await;
    assert_eq!(found["total"], 2);
    assert_eq!(ratings(&found), [(4, 2), (3, 3), (2, 3), (1, 4)]);
    assert_eq!(prices(&found), [1, 1, 0, 0, 0, 0, 0, 0]);

    let nothing = [ALL, ("category_id", &*garden.to_string()), ("max_price", "10")];
    let found = search_with(&shopper, "mug", &nothing).await;
    assert_eq!((&found["total"], &found["matched_by"]), (&json!(0), &json!("words")));
    assert_eq!(found["facets"]["category"], json!([{"id": kitchen, "name": "Kitchen", "count": 2}]));
    assert_eq!(prices(&found), [0, 0, 1, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn only_what_was_asked_for_is_counted() {
    let app = App::start().await;
    let shopper = app.actor();
    mugs(&shopper).await;

    assert_eq!(search(&shopper, "mug").await["facets"], json!({}));
    assert_eq!(search_with(&shopper, "mug", &[("facets", "")]).await["facets"], json!({}));
    let found = search_with(&shopper, "mug", &[("facets", "in_stock, in_stock")]).await;
    assert_eq!(found["facets"], json!({"in_stock": {"yes": 3, "no": 2}}));
    let found = search_with(&shopper, "spoon", &[ALL]).await;
    assert_eq!(found["facets"]["category"], json!([]));
    assert_eq!(prices(&found), [0; 8]);
    assert_eq!(found["facets"]["in_stock"], json!({"yes": 0, "no": 0}));
    assert_eq!(ratings(&found), [(4, 0), (3, 0), (2, 0), (1, 0)]);
}

#[tokio::test]
async fn a_hundred_categories_are_counted_at_most() {
    let app = App::start().await;
    let many = "INSERT INTO categories (name) SELECT 'Category ' || n FROM generate_series(1, 120) AS n;
        INSERT INTO products (name, price, stock, category_id) SELECT 'Mug', 100, 0, n FROM generate_series(1, 120) AS n;
        INSERT INTO products (name, price, stock, category_id) VALUES ('Mug', 100, 0, 120);";
    app.client().await.batch_execute(many).await.unwrap();

    let found = search_with(&app.actor(), "mug", &[("facets", "category"), ("limit", "1")]).await;

    let categories = found["facets"]["category"].as_array().unwrap();
    assert_eq!(categories.len(), 100);
    assert_eq!(categories[0], json!({"id": 120, "name": "Category 120", "count": 2}));
}
