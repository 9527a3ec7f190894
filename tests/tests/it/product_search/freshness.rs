//! The search table follows the shop, and sales leave it alone.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

use super::{names, offer, search, search_with};

/// Identity and version of every row of the table.
async fn versions(app: &App) -> Vec<(i64, String, String)> {
    let rows = "SELECT product_id, xmin::text, ctid::text FROM product_search ORDER BY product_id";
    let rows = app.client().await.query(rows, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

async fn found(shopper: &Actor, text: &str) -> usize {
    names(&search(shopper, text).await).len()
}

#[tokio::test]
async fn a_change_of_a_product_is_seen_by_the_next_search() {
    let app = App::start().await;
    let shopper = app.actor();
    let id = offer(&shopper, &[("Enamel mug", "Holds coffee")]).await[0];
    let path = format!("/products/{id}");

    shopper.patch(&path, &json!({"name": "Porcelain cup"})).await.expect(200);
    assert_eq!((found(&shopper, "enamel").await, found(&shopper, "porcelain").await), (0, 1));
    assert_eq!(
        names(&search(&shopper, "porcelian").await),
        ["Porcelain cup"],
        "new names are known for corrections"
    );
    shopper.patch(&path, &json!({"description": null})).await.expect(200);
    assert_eq!((found(&shopper, "coffee").await, found(&shopper, "porcelain").await), (0, 1));
    shopper.put(&path, &json!({"description": "Holds tea"})).await.expect(200);
    assert_eq!(found(&shopper, "tea").await, 1);

    shopper.patch(&path, &json!({"price": 77})).await.expect(200);
    assert_eq!(names(&search_with(&shopper, "cup", &[("min_price", "77")]).await).len(), 1);
    let category = shopper.category().await;
    shopper.patch(&path, &json!({"category_id": category})).await.expect(200);
    let moved = search_with(&shopper, "cup", &[("category_id", &*category.to_string())]).await;
    assert_eq!(moved["results"][0]["category"]["id_key"], category);
    shopper.patch(&path, &json!({"active": false})).await.expect(200);
    assert_eq!(found(&shopper, "cup").await, 0);
    shopper.patch(&path, &json!({"active": true, "stock": 0})).await.expect(200);
    assert_eq!(found(&shopper, "cup").await, 1);
    assert!(names(&search_with(&shopper, "cup", &[("in_stock_only", "1")]).await).is_empty());

    shopper.delete(&path).await.expect(204);
    assert_eq!(found(&shopper, "cup").await, 0);
    assert_eq!(versions(&app).await, []);
}

#[tokio::test]
async fn a_change_of_a_review_is_seen_by_the_next_search() {
    let app = App::start().await;
    let shopper = app.actor();
    let ids = offer(&shopper, &[("Mug one", ""), ("Mug two", "")]).await;
    let ratings = async || {
        let found = search(&shopper, "mug").await;
        let rating = |place: usize| found["results"][place]["rating"].clone();
        (rating(0), rating(1))
    };
    let rated = |average: Value, count: i64| json!({"average": average, "count": count});
    let none = rated(Value::Null, 0);

    let review = shopper.post("/reviews", &json!({"product_id": ids[0], "rating": 4.5})).await.id();
    shopper.post("/reviews", &json!({"product_id": ids[0], "rating": 2})).await.expect(201);
    assert_eq!(ratings().await, (rated(json!(3.25), 2), none.clone()));
    let path = format!("/reviews/{review}");
    shopper.patch(&path, &json!({"rating": 5})).await.expect(200);
    assert_eq!(ratings().await, (rated(json!(3.5), 2), none.clone()));
    shopper.patch(&path, &json!({"product_id": ids[1], "rating": 3})).await.expect(200);
    assert_eq!(ratings().await, (rated(json!(2.0), 1), rated(json!(3.0), 1)));
    shopper.delete(&path).await.expect(204);
    assert_eq!(ratings().await, (rated(json!(2.0), 1), none.clone()));
    shopper.delete(&format!("/products/{}", ids[0])).await.expect(204);
    assert_eq!(versions(&app).await.len(), 1);
    shopper.post("/reviews", &json!({"product_id": ids[1], "rating": 2})).await.expect(201);
    app.client().await.batch_execute("TRUNCATE reviews").await.unwrap();
    // Asked in another way: this answer is not kept, and what others do to the tables is heard a moment later.
    assert_eq!(search(&shopper, "mugs").await["results"][0]["rating"], none);
}

#[tokio::test]
async fn a_sale_writes_nothing_that_is_searched() {
    let app = App::start().await;
    let shopper = app.actor();
    let ids = offer(&shopper, &[("Mug", ""), ("Cup", "")]).await;
    let client = shopper.client(json!({})).await;
    let before = versions(&app).await;

    shopper.check_out(client, &[(ids[0], 4), (ids[1], 1)]).await;
    let order = shopper.order(json!({})).await;
    shopper.line(order, ids[1], 2).await;
    shopper.post(&format!("/orders/{order}/cancel"), &json!({})).await.expect(200);
    shopper.patch(&format!("/products/{}", ids[0]), &json!({"stock": 50})).await.expect(200);
    // Sent back whole, as old clients do.
    let shown = shopper.get(&format!("/products/{}", ids[0])).await.expect(200);
    shopper.put(&format!("/products/{}", ids[0]), &shown).await.expect(200);

    assert_eq!(versions(&app).await, before);
    assert_eq!(search(&shopper, "mug").await["results"][0]["stock"], 50);
    shopper.patch(&format!("/products/{}", ids[0]), &json!({"price": 5})).await.expect(200);
    assert_ne!(versions(&app).await, before, "a change would have been seen");
}

/// Two reviews that change places, each moved while the other is being moved.
#[tokio::test]
async fn reviews_that_change_places_do_not_wait_for_each_other() {
    let app = App::start().await;
    let shopper = app.actor();
    let ids = offer(&shopper, &[("Mug one", ""), ("Mug two", "")]).await;
    let mut reviews = Vec::new();
    for id in &ids {
        reviews.push(shopper.post("/reviews", &json!({"product_id": id, "rating": 3})).await.id());
    }

    for round in 0..20 {
        let (to, other) = (ids[(round + 1) % 2], ids[round % 2]);
        let paths = [format!("/reviews/{}", reviews[0]), format!("/reviews/{}", reviews[1])];
        let bodies = [json!({"product_id": to}), json!({"product_id": other})];
        let (one, two) =
            tokio::join!(shopper.patch(&paths[0], &bodies[0]), shopper.patch(&paths[1], &bodies[1]));
        one.expect(200);
        two.expect(200);
    }
    let found = search(&shopper, "mug").await;
    for result in found["results"].as_array().unwrap() {
        assert_eq!(result["rating"], json!({"average": 3.0, "count": 1}));
    }
}
