//! Reviews.

mod migration;
mod moderation;
mod once;
mod ratings;
mod verified;

use serde_json::{Value, json};
use stockroom_domain::Moderation;
use stockroom_service::{ReviewSettings, ShopSettings};
use stockroom_tests::{Actor, Answer, App, database};

/// A service whose reviews are looked at before they are shown.
async fn start_moderated() -> App {
    let reviews = ReviewSettings { moderation: Moderation::Before };
    App::start_shop(database().await, ShopSettings { reviews, ..ShopSettings::default() })
}

/// A new review of this product, by nobody in particular.
async fn write(actor: &Actor, product: i64, stars: i64) -> i64 {
    actor.post("/reviews", &json!({"rating": stars, "product_id": product})).await.id()
}

/// Gives a review another status.
async fn moderate(actor: &Actor, review: i64, status: &str) -> Answer {
    actor.put(&format!("/reviews/{review}/status"), &json!({"status": status})).await
}

#[tokio::test]
async fn a_review_is_shown_with_its_flat_product() {
    let app = App::start().await;
    let (ana, admin) = (app.actor(), app.actor());
    let client = ana.client(json!({})).await;
    let mug = admin.product(json!({})).await;

    let review =
        json!({"rating": 4.5, "comment": "Holds its coffee", "product_id": mug, "client_id": client});
    let created = ana.post("/reviews", &review).await;

    assert_eq!(created.header("location"), format!("/reviews/{}", created.id()));
    let mut product = admin.get(&format!("/products/{mug}")).await.expect(200);
    for relation in ["category", "reviews", "order_details"] {
        product.as_object_mut().unwrap().remove(relation);
    }
    let shown = ana.get(created.header("location")).await.expect(200);
    let mut expected = review;
    expected["id_key"] = json!(created.id());
    expected["product"] = product;
    expected["status"] = json!("published");
    expected["verified_purchase"] = json!(false);
    assert_eq!(shown, expected);
    assert_eq!(created.expect(201), shown);
    assert_eq!(ana.get("/reviews").await.expect(200), json!([shown]));
}

#[tokio::test]
async fn a_list_shows_the_reviews_of_one_product() {
    let app = App::start().await;
    let admin = app.actor();
    let (mug, cup) = (admin.product(json!({})).await, admin.product(json!({})).await);
    let of_mug = admin.post("/reviews", &json!({"rating": 1, "product_id": mug})).await.id();
    admin.post("/reviews", &json!({"rating": 2, "product_id": cup})).await.id();

    let shown = admin.get(&format!("/reviews?product_id={mug}")).await.expect(200);

    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["id_key"], of_mug);
    assert_eq!(admin.get("/reviews?product_id=999").await.expect(200), json!([]));
    admin.get("/reviews?product_id=mug").await.expect_invalid(&["query.product_id"]);
}

#[tokio::test]
async fn what_a_review_refers_to_must_exist() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let review = admin.post("/reviews", &json!({"rating": 3, "product_id": mug})).await.id();
    let path = format!("/reviews/{review}");

    let (no_product, no_client) = ("Product with id 999 not found", "Client with id 998 not found");
    admin.post("/reviews", &json!({"rating": 3, "product_id": 999})).await.expect_problem(404, no_product);
    let by_nobody = json!({"rating": 3, "product_id": mug, "client_id": 998});
    admin.post("/reviews", &by_nobody).await.expect_problem(404, no_client);
    for (change, text) in [(json!({"product_id": 999}), no_product), (json!({"client_id": 998}), no_client)] {
        admin.put(&path, &change).await.expect_problem(404, text);
        admin.patch(&path, &change).await.expect_problem(404, text);
    }

    let text = "Review with id 999 not found";
    admin.get("/reviews/999").await.expect_problem(404, text);
    for body in [json!({"rating": 1}), json!({})] {
        admin.put("/reviews/999", &body).await.expect_problem(404, text);
        admin.patch("/reviews/999", &body).await.expect_problem(404, text);
    }
    admin.delete("/reviews/999").await.expect_problem(404, text);
    assert_eq!(app.integer("SELECT count(*) FROM reviews", &[]).await, 1);
}

#[tokio::test]
async fn a_rating_is_1_to_5_and_a_comment_10_to_1000_characters() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let body =
        |rating: &Value, comment: &Value| json!({"rating": rating, "comment": comment, "product_id": mug});
    let fine = json!(3);

    for rating in [json!(1), json!(1.0), json!(4.7), json!(5), json!("4.5")] {
        admin.post("/reviews", &body(&rating, &json!(null))).await.expect(201);
    }
    for rating in [
        json!(0.99),
        json!(5.01),
        json!(0),
        json!(-3),
        json!(1e300),
        json!("NaN"),
        json!("good"),
        json!(true),
    ] {
        admin.post("/reviews", &body(&rating, &json!(null))).await.expect_invalid(&["body.rating"]);
    }
    for comment in ["é".repeat(10), "x".repeat(1000)] {
        let created = admin.post("/reviews", &body(&fine, &json!(comment))).await.expect(201);
        assert_eq!(created["comment"], comment);
    }
    for comment in [json!("é".repeat(9)), json!("x".repeat(1001)), json!(7)] {
        admin.post("/reviews", &body(&fine, &comment)).await.expect_invalid(&["body.comment"]);
    }
    assert_eq!(admin.post("/reviews", &body(&fine, &json!(""))).await.expect(201)["comment"], json!(null));
    admin.post("/reviews", &json!({})).await.expect_invalid(&["body.rating", "body.product_id"]);
}

#[tokio::test]
async fn put_is_forgiving() {
    let app = App::start().await;
    let admin = app.actor();
    let client = admin.client(json!({})).await;
    let mug = admin.product(json!({})).await;
    let review = json!({"rating": 4, "comment": "Holds its coffee", "product_id": mug, "client_id": client});
    let review = admin.post("/reviews", &review).await.id();
    let path = format!("/reviews/{review}");
    let mut before = admin.get(&path).await.expect(200);

    assert_eq!(admin.put(&path, &before).await.expect(200), before);
    let ignored = json!({
        "rating": null, "comment": "", "product_id": null, "client_id": null, "id_key": 77, "likes": 9,
        "product": {"id_key": 5, "name": "Stolen"},
    });
    assert_eq!(admin.put(&path, &ignored).await.expect(200), before);

    before["rating"] = json!(2.0);
    before["product"]["rating_average"] = json!(2.0);
    assert_eq!(admin.put(&path, &json!({"rating": "2"})).await.expect(200), before);
    assert_eq!(admin.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn patch_is_strict() {
    let app = App::start().await;
    let admin = app.actor();
    let client = admin.client(json!({})).await;
    let mug = admin.product(json!({})).await;
    let review = json!({"rating": 4, "comment": "Holds its coffee", "product_id": mug, "client_id": client});
    let review = admin.post("/reviews", &review).await.id();
    let path = format!("/reviews/{review}");
    let mut before = admin.get(&path).await.expect(200);

    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), before);
    let nulls = json!({"rating": null, "product_id": null});
    admin.patch(&path, &nulls).await.expect_invalid(&["body.rating", "body.product_id"]);
    let wrong = json!({"rating": 9, "comment": "", "id_key": 1, "likes": 2, "product": {}});
    let places = ["body.rating", "body.comment", "body.id_key", "body.likes", "body.product"];
    admin.patch(&path, &wrong).await.expect_invalid(&places);
    assert_eq!(admin.get(&path).await.expect(200), before);

    before["comment"] = json!(null);
    before["client_id"] = json!(null);
    let cleared = json!({"comment": null, "client_id": null});
    assert_eq!(admin.patch(&path, &cleared).await.expect(200), before);
}

#[tokio::test]
async fn a_review_is_seen_by_the_next_read_of_its_product() {
    let app = App::start().await;
    let (ana, admin) = (app.actor(), app.actor());
    let (mug, cup) = (admin.product(json!({})).await, admin.product(json!({})).await);
    let ratings = async |product: i64| {
        let shown = admin.get(&format!("/products/{product}")).await.expect(200);
        shown["reviews"].as_array().unwrap().iter().map(|review| review["rating"].clone()).collect::<Vec<_>>()
    };
    assert!(ratings(mug).await.is_empty());

    let review = ana.post("/reviews", &json!({"rating": 3, "product_id": mug})).await.id();
    assert_eq!(ratings(mug).await, [json!(3.0)]);
    let path = format!("/reviews/{review}");
    ana.put(&path, &json!({"rating": 5})).await.expect(200);
    assert_eq!(ratings(mug).await, [json!(5.0)]);
    ana.put(&path, &json!({"product_id": cup})).await.expect(200);
    assert!(ratings(mug).await.is_empty());
    assert_eq!(ratings(cup).await, [json!(5.0)]);

    let deleted = ana.delete(&path).await;
    assert_eq!(deleted.text, "");
    deleted.expect(204);
    ana.delete(&path).await.expect_problem(404, &format!("Review with id {review} not found"));
    assert!(ratings(cup).await.is_empty());
}

#[tokio::test]
async fn a_review_outlives_its_author() {
    let app = App::start().await;
    let admin = app.actor();
    let client = admin.client(json!({})).await;
    let mug = admin.product(json!({})).await;
    let review = json!({"rating": 4, "product_id": mug, "client_id": client});
    let review = admin.post("/reviews", &review).await.id();

    admin.delete(&format!("/clients/{client}")).await.expect(204);

    let shown = admin.get(&format!("/reviews/{review}")).await.expect(200);
    assert_eq!(shown["client_id"], json!(null));
}
