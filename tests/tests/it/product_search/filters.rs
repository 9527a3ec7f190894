//! Conditions on what is found.

use serde_json::json;
use stockroom_tests::{Actor, App};

use super::{names, search_with};

/// Mugs of two categories, one without stock, one retired; the ids of the categories.
async fn mugs(admin: &Actor) -> (i64, i64) {
    let (kitchen, garden) = (admin.category().await, admin.category().await);
    for (name, price, stock, category, active) in [
        ("Mug one", 1.0, 1, kitchen, true),
        ("Mug two", 2.5, 0, kitchen, true),
        ("Mug three", 3.99, 5, garden, true),
        ("Mug four", 4.0, 5, garden, false),
        ("Plate", 2.0, 5, kitchen, true),
    ] {
        let fields =
            json!({"name": name, "price": price, "stock": stock, "category_id": category, "active": active});
        admin.product(fields).await;
    }
    (kitchen, garden)
}

#[tokio::test]
async fn each_condition_leaves_out_what_does_not_fulfil_it() {
    let app = App::start().await;
    let shopper = app.actor();
    let (kitchen, garden) = mugs(&shopper).await;
    let (both, kitchen, garden) = (format!("{kitchen},{garden}"), kitchen.to_string(), garden.to_string());

    let cases: &[(&str, &str, &[&str])] = &[
        ("category_id", &kitchen, &["Mug one", "Mug two"]),
        ("category_id", &garden, &["Mug three"]),
        ("category_id", &both, &["Mug one", "Mug two", "Mug three"]),
        ("category_id", "999", &[]),
        ("min_price", "2.5", &["Mug two", "Mug three"]),
        ("min_price", "3.99", &["Mug three"]),
        ("max_price", "2.50", &["Mug one", "Mug two"]),
        ("max_price", "0.99", &[]),
        ("in_stock_only", "true", &["Mug one", "Mug three"]),
        ("in_stock_only", "0", &["Mug one", "Mug two", "Mug three"]),
        ("include_inactive", "true", &["Mug one", "Mug two", "Mug three", "Mug four"]),
        ("include_inactive", "false", &["Mug one", "Mug two", "Mug three"]),
        ("unknown", "x", &["Mug one", "Mug two", "Mug three"]),
    ];
    for (parameter, value, expected) in cases {
        let found = search_with(&shopper, "mug", &[(parameter, value), ("sort_by", "price_asc")]).await;
        assert_eq!(names(&found), *expected, "{parameter}={value}");
        assert_eq!(found["total"], expected.len());
    }
}

#[tokio::test]
async fn a_least_rating_needs_reviews() {
    let app = App::start().await;
    let shopper = app.actor();
    for (name, ratings) in
        [("Mug a", vec![5.0, 4.0]), ("Mug b", vec![4.4]), ("Mug c", vec![]), ("Mug d", vec![1.0])]
    {
        let product = shopper.product(json!({"name": name})).await;
        for rating in ratings {
            shopper.post("/reviews", &json!({"product_id": product, "rating": rating})).await.expect(201);
        }
    }

    for (least, expected) in [
        ("4.5", vec!["Mug a"]),
        ("4.4", vec!["Mug a", "Mug b"]),
        ("4.51", vec![]),
        ("1", vec!["Mug a", "Mug b", "Mug d"]),
    ] {
        assert_eq!(names(&search_with(&shopper, "mug", &[("min_rating", least)]).await), expected, "{least}");
    }
}

#[tokio::test]
async fn all_conditions_hold_together() {
    let app = App::start().await;
    let shopper = app.actor();
    let (_, garden) = mugs(&shopper).await;

    let all = [
        ("category_id", &*garden.to_string()),
        ("min_price", "3"),
        ("max_price", "4"),
        ("in_stock_only", "true"),
        ("include_inactive", "true"),
        ("sort_by", "price_desc"),
    ];
    assert_eq!(names(&search_with(&shopper, "mug", &all).await), ["Mug four", "Mug three"]);
    let none = [("min_price", "3"), ("max_price", "2")];
    assert!(names(&search_with(&shopper, "mug", &none).await).is_empty());
}
