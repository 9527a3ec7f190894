//! In which order results come, and what of them a page shows.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

use super::{names, offer, search, search_with};

#[tokio::test]
async fn names_count_more_than_descriptions_and_beginnings_of_names_most() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(
        &shopper,
        &[
            ("Rack", "For a mug"),
            ("Rack", "For a mug, another mug and a third mug, mug by mug"),
            ("Enamel mug", ""),
            ("Mug rack", ""),
            ("Mug", ""),
            ("Muggle hat", ""),
        ],
    )
    .await;

    let found = search(&shopper, "mug").await;

    assert_eq!(names(&found)[..2], ["Mug", "Mug rack"]);
    assert_eq!(names(&found)[2..], ["Muggle hat", "Enamel mug", "Rack", "Rack"]);
    let results = found["results"].as_array().unwrap();
    let scores: Vec<_> = results.iter().map(|result| result["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    assert_eq!(results[4]["description"].as_str().unwrap().len(), 50, "more mugs come first");
}

#[tokio::test]
async fn equal_matches_come_by_ascending_id() {
    let app = App::start().await;
    let shopper = app.actor();
    let ids = offer(&shopper, &[("Blue mug", ""), ("Blue mug", ""), ("Blue mug", "")]).await;

    let found = search(&shopper, "mug").await;

    let results = found["results"].as_array().unwrap();
    let found: Vec<_> = results.iter().map(|result| result["id_key"].as_i64().unwrap()).collect();
    assert_eq!(found, ids);
}

async fn sorted(shopper: &Actor, sort: &str) -> Value {
    search_with(shopper, "mug", &[("sort_by", sort)]).await
}

#[tokio::test]
async fn every_order() {
    let app = App::start().await;
    let shopper = app.actor();
    for (name, price) in [("Mug b", 3.0), ("a mug", 2.0), ("Mug c", 3.0), ("Mug A", 10.0)] {
        let product = shopper.product(json!({"name": name, "price": price})).await;
        let ratings: &[f64] = match name {
            "a mug" => &[4.0, 5.0],
            "Mug c" => &[4.0],
            "Mug A" => &[5.0],
            _ => &[],
        };
        for rating in ratings {
            shopper.post("/reviews", &json!({"product_id": product, "rating": rating})).await.expect(201);
        }
    }

    for (sort, expected) in [
        ("price_asc", ["a mug", "Mug b", "Mug c", "Mug A"]),
        ("price_desc", ["Mug A", "Mug b", "Mug c", "a mug"]),
        ("name", ["a mug", "Mug A", "Mug b", "Mug c"]),
        ("newest", ["Mug A", "Mug c", "a mug", "Mug b"]),
        ("rating", ["Mug A", "a mug", "Mug c", "Mug b"]),
        ("relevance", ["Mug b", "Mug c", "Mug A", "a mug"]),
    ] {
        let found = sorted(&shopper, sort).await;
        assert_eq!(names(&found), expected, "{sort}");
        assert_eq!(found["results"][0]["score"].is_number(), sort == "relevance");
    }
    let found = sorted(&shopper, "rating").await;
    let rating = |place: usize| &found["results"][place]["rating"];
    assert_eq!(rating(1), &json!({"average": 4.5, "count": 2}));
    assert_eq!(rating(3), &json!({"average": null, "count": 0}));
}

#[tokio::test]
async fn pages_follow_each_other_and_count_the_whole() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Mug 1", ""), ("Mug 2", ""), ("Mug 3", "")]).await;

    for (skip, limit, expected) in [
        ("0", "2", vec!["Mug 1", "Mug 2"]),
        ("2", "2", vec!["Mug 3"]),
        ("3", "1", vec![]),
        ("99", "9999", vec![]),
    ] {
        let answer = super::ask(&shopper, &[("q", "mug"), ("skip", skip), ("limit", limit)]).await;
        assert_eq!(answer.header("x-limit-capped"), if limit == "9999" { "1000" } else { "" });
        let found = answer.expect(200);
        assert_eq!((names(&found), &found["total"]), (expected, &json!(3)));
    }
}

#[tokio::test]
async fn a_result_has_all_that_a_product_has() {
    let app = App::start().await;
    let shopper = app.actor();
    let product = shopper.product(json!({"name": "Mug", "sku": "M-1", "description": "Holds tea"})).await;

    let mut result = search(&shopper, " mug ").await["results"][0].take();
    let mut shown = shopper.get(&format!("/products/{product}")).await.expect(200);

    let result = result.as_object_mut().unwrap();
    for added in ["highlights", "rating", "score"] {
        assert!(result.remove(added).is_some(), "{added}");
    }
    shown.as_object_mut().unwrap().remove("reviews");
    assert_eq!(Value::Object(result.clone()), shown);
}

/// More products than are ranked, and than are looked at.
#[tokio::test]
async fn a_broad_word_is_bounded_and_the_answer_says_so() {
    let app = App::start().await;
    let many = "INSERT INTO categories (name) VALUES ('Kitchen');
        INSERT INTO products (name, price, stock, category_id)
        SELECT CASE WHEN n % 10 < 3 THEN 'Blue mug ' ELSE 'Blue plate ' END || n, 100 + n, 0, 1
        FROM generate_series(1, 10200) AS n;
        INSERT INTO products (name, price, stock, category_id) VALUES ('Blue', 99, 0, 1);";
    app.client().await.batch_execute(many).await.unwrap();
    let shopper = app.actor();

    let ranked = super::ask(&shopper, &[("q", "mug"), ("limit", "1"), ("count", "exact")]).await;
    assert_eq!((ranked.header("x-total-count"), ranked.header("x-total-count-kind")), ("200", "estimate"));
    let ranked = ranked.expect(200);
    assert_eq!((&ranked["total"], &ranked["capped"]), (&json!(200), &json!(true)));
    // Another order is one of all of them.
    let sorted = search_with(&shopper, "mug", &[("limit", "1"), ("sort_by", "price_desc")]).await;
    assert_eq!((&sorted["total"], &sorted["capped"]), (&json!(3060), &json!(false)));
    assert_eq!(names(&sorted), ["Blue mug 10200"]);
    let broad = search_with(&shopper, "plate blue", &[("limit", "1"), ("sort_by", "newest")]).await;
    assert_eq!((&broad["total"], &broad["capped"]), (&json!(7140), &json!(false)));
    let broadest =
        search_with(&shopper, "blue", &[("limit", "1"), ("sort_by", "newest"), ("facets", "in_stock")]).await;
    assert_eq!((&broadest["total"], &broadest["capped"]), (&json!(10_100), &json!(true)));
    assert_eq!(broadest["facets"]["in_stock"], json!({"yes": 0, "no": 10_100}));
    // The product of that name is found, wherever it is stored.
    assert_eq!(names(&search_with(&shopper, "blue", &[("limit", "1")]).await), ["Blue"]);
}
