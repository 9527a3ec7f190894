//! Which reviews are shown, before and after somebody has looked at them; every read is compared with the database's.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

use super::{moderate, start_moderated, write};

/// What the public sees of a product's reviews: the ratings of those that are shown, their average and their number. It is
/// the same everywhere, and the same as a server sees that keeps nothing.
async fn shown(app: &App, product: i64) -> (Vec<Value>, Value, Value) {
    let (cached, uncached) = (app.actor(), app.uncached());
    let shown = shown_to(&cached, product).await;
    assert_eq!(shown, shown_to(&uncached.actor(), product).await, "out of date");
    assert_eq!(shown, shown_to(&cached, product).await);
    shown
}

async fn shown_to(reader: &Actor, product: i64) -> (Vec<Value>, Value, Value) {
    let item = reader.get(&format!("/products/{product}")).await.expect(200);
    let ratings = |reviews: &Value| {
        reviews.as_array().unwrap().iter().map(|review| review["rating"].clone()).collect::<Vec<_>>()
    };
    let seen = |product: &Value| {
        (ratings(&product["reviews"]), product["rating_average"].clone(), product["rating_count"].clone())
    };
    let of_item = seen(&item);
    let this = |list: &Value| {
        let mut listed = list.as_array().unwrap().iter();
        listed.find(|listed| listed["id_key"] == product).expect("it is listed").clone()
    };
    for list in ["/products", "/products/filter"] {
        let list = reader.get(&format!("{list}?expand=reviews&category_id={}", item["category_id"])).await;
        assert_eq!(seen(&this(&list.expect(200))), of_item);
    }
    let found = reader.get("/products/search?q=mug").await.expect(200);
    let found = this(&found["results"]);
    assert_eq!((&found["rating_average"], &found["rating_count"]), (&of_item.1, &of_item.2));
    assert_eq!(found["rating"], json!({"average": of_item.1, "count": of_item.2}));
    let category = reader.get(&format!("/categories/{}", item["category_id"])).await.expect(200);
    assert_eq!(this(&category["products"])["rating_count"], of_item.2);
    let reviews = reader.get(&format!("/reviews?product_id={product}&count=exact")).await;
    assert_eq!(reviews.header("x-total-count"), of_item.2.to_string());
    assert_eq!(ratings(&reviews.expect(200)), of_item.0);
    of_item
}

fn nothing() -> (Vec<Value>, Value, Value) {
    (vec![], Value::Null, json!(0))
}

#[tokio::test]
async fn a_review_that_is_rejected_is_no_longer_shown_until_it_is_published_again() {
    let app = App::start().await;
    let admin = app.actor();
    let category = admin.category().await;
    let mug = admin.product(json!({"category_id": category})).await;
    // Reviews of several products are read in another way than those of one.
    let other = admin.product(json!({"category_id": category})).await;
    write(&admin, other, 1).await;
    let (good, bad) = (write(&admin, mug, 5).await, write(&admin, mug, 2).await);
    let both = (vec![json!(5.0), json!(2.0)], json!(3.5), json!(2));
    assert_eq!(shown(&app, mug).await, both);

    let rejected = moderate(&admin, bad, "rejected").await.expect(200);

    assert_eq!((&rejected["id_key"], &rejected["status"]), (&json!(bad), &json!("rejected")));
    assert_eq!(rejected["product"]["rating_count"], 1);
    assert_eq!(shown(&app, mug).await, (vec![json!(5.0)], json!(5.0), json!(1)));
    let text = format!("Review with id {bad} not found");
    admin.get(&format!("/reviews/{bad}")).await.expect_problem(404, &text);
    assert_eq!(moderate(&admin, bad, "rejected").await.expect(200), rejected);

    moderate(&admin, good, "pending").await.expect(200);
    assert_eq!(shown(&app, mug).await, nothing());
    for review in [good, bad] {
        moderate(&admin, review, "Published").await.expect(200);
    }
    assert_eq!(shown(&app, mug).await, both);
    assert_eq!(admin.get(&format!("/reviews/{bad}")).await.expect(200)["status"], "published");
    app.assert_books_balance().await;
}

#[tokio::test]
async fn a_review_that_is_moderated_before_waits_until_it_is_published() {
    let app = start_moderated().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let review = json!({"rating": 4, "product_id": mug});
    let created = admin.post("/reviews", &review).await.expect(201);

    assert_eq!(created["status"], "pending");
    assert_eq!((&created["product"]["rating_count"], shown(&app, mug).await), (&json!(0), nothing()));
    let path = format!("/reviews/{}", created["id_key"]);
    admin.get(&path).await.expect_problem(404, &format!("Review with id {} not found", created["id_key"]));

    moderate(&admin, created["id_key"].as_i64().unwrap(), "published").await.expect(200);
    assert_eq!(shown(&app, mug).await, (vec![json!(4.0)], json!(4.0), json!(1)));
    assert_eq!(admin.get(&path).await.expect(200)["status"], "published");
    app.assert_books_balance().await;
}

#[tokio::test]
async fn what_says_something_else_is_moderated_again_where_that_is_done_before() {
    let app = start_moderated().await;
    let admin = app.actor();
    let (mug, cup) = (admin.product(json!({})).await, admin.product(json!({})).await);
    let client = admin.client(json!({})).await;
    let review = write(&admin, mug, 4).await;
    let path = format!("/reviews/{review}");

    for (status, change, expected) in [
        ("published", json!({}), "published"),
        ("published", json!({"rating": 4, "comment": null, "product_id": mug}), "published"),
        ("published", json!({"client_id": client}), "published"),
        ("published", json!({"rating": 1}), "pending"),
        ("published", json!({"comment": "It broke on the first day"}), "pending"),
        ("published", json!({"comment": "It broke on the first day"}), "published"),
        ("rejected", json!({"rating": 2}), "pending"),
        ("rejected", json!({"rating": 2}), "rejected"),
        ("published", json!({"product_id": cup}), "pending"),
    ] {
        moderate(&admin, review, status).await.expect(200);
        assert_eq!(admin.put(&path, &change).await.expect(200)["status"], expected, "{status}, {change}");
        let published = i64::from(expected == "published");
        assert_eq!(shown(&app, mug).await.2, published, "{status}, {change}");
    }
    assert_eq!(shown(&app, cup).await, nothing());
    app.assert_books_balance().await;
}

#[tokio::test]
async fn what_says_something_else_keeps_its_status_where_reviews_are_moderated_after() {
    let app = App::start().await;
    let admin = app.actor();
    let (mug, cup) = (admin.product(json!({})).await, admin.product(json!({})).await);
    let review = write(&admin, mug, 4).await;
    let path = format!("/reviews/{review}");
    for status in ["pending", "rejected", "published"] {
        moderate(&admin, review, status).await.expect(200);
        for change in
            [json!({"rating": 1}), json!({"product_id": cup}), json!({"rating": 3, "product_id": mug})]
        {
            assert_eq!(admin.patch(&path, &change).await.expect(200)["status"], status, "{change}");
        }
    }
    assert_eq!(shown(&app, mug).await, (vec![json!(3.0)], json!(3.0), json!(1)));
    assert_eq!(shown(&app, cup).await, nothing());
    app.assert_books_balance().await;
}

#[tokio::test]
async fn the_queue_shows_what_is_pending_or_what_it_is_asked_for() {
    let app = start_moderated().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let mut reviews = Vec::new();
    for _ in 0..7 {
        reviews.push(write(&admin, mug, 3).await);
    }
    moderate(&admin, reviews[1], "published").await.expect(200);
    moderate(&admin, reviews[4], "rejected").await.expect(200);
    let ids = |list: &Value| -> Vec<i64> {
        list.as_array().unwrap().iter().map(|review| review["id_key"].as_i64().unwrap()).collect()
    };
    let queue = async |query: &str| ids(&admin.get(&format!("/reviews/queue{query}")).await.expect(200));

    let waiting = [0, 2, 3, 5, 6].map(|at| reviews[at]);
    assert_eq!(queue("").await, waiting);
    assert_eq!(queue("?status=PENDING").await, waiting);
    assert_eq!(queue("?status=published").await, [reviews[1]]);
    assert_eq!(queue("?status=rejected").await, [reviews[4]]);
    let whole = admin.get("/reviews/queue?limit=1").await.expect(200);
    assert_eq!((&whole[0]["status"], &whole[0]["product"]["id_key"]), (&json!("pending"), &json!(mug)));

    let first = admin.get("/reviews/queue?limit=2&count=exact").await;
    assert_eq!(first.header("x-total-count"), "5");
    let link = first.header("link").to_owned();
    let next = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap().0;
    moderate(&admin, reviews[2], "published").await.expect(200);
    let second = admin.get(&format!("/reviews/queue{next}")).await.expect(200);
    assert_eq!((ids(&first.body), ids(&second)), (waiting[..2].to_vec(), waiting[2..4].to_vec()));
    admin.get(&format!("/reviews{next}")).await.expect_invalid(&["query.after"]);
}

#[tokio::test]
async fn a_status_is_one_of_three_and_given_to_a_review_that_is_there() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let review = write(&admin, mug, 4).await;
    let path = format!("/reviews/{review}/status");

    for wrong in [json!({}), json!({"status": "hidden"}), json!({"status": 2}), json!({"status": null})] {
        admin.put(&path, &wrong).await.expect_invalid(&["body.status"]);
    }
    let refused = admin.put(&path, &json!({"status": ""})).await;
    assert_eq!(refused.body["detail"][0]["msg"], "Input should be pending, published or rejected");
    admin
        .put("/reviews/999/status", &json!({"status": "rejected"}))
        .await
        .expect_problem(404, "Review with id 999 not found");
    admin.put("/reviews/mug/status", &json!({"status": "rejected"})).await.expect_invalid(&["path.id_key"]);
    for wrong in ["hidden", "1", "published&status=pending"] {
        admin.get(&format!("/reviews/queue?status={wrong}")).await.expect_invalid(&["query.status"]);
    }
    assert_eq!(admin.get(&format!("/reviews/{review}")).await.expect(200)["status"], "published");
}

#[tokio::test]
async fn nobody_publishes_or_verifies_a_review_by_writing_it() {
    let app = start_moderated().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let claims = json!({"rating": 4, "product_id": mug, "status": "published", "verified_purchase": true, "one_per_client": true});

    let created = admin.post("/reviews", &claims).await.expect(201);
    let path = format!("/reviews/{}", created["id_key"]);
    let updated = admin.put(&path, &claims).await.expect(200);
    for review in [created, updated] {
        assert_eq!((&review["status"], &review["verified_purchase"]), (&json!("pending"), &json!(false)));
    }
    let protected = ["body.one_per_client", "body.status", "body.verified_purchase"];
    let refused = admin.patch(&path, &claims).await;
    let mut places: Vec<_> = refused.body["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| format!("body.{}", field["loc"][1].as_str().unwrap()))
        .collect();
    places.sort();
    assert_eq!((refused.status.as_u16(), places), (422, protected.map(str::to_owned).to_vec()));
    assert_eq!(app.integer("SELECT count(*) FROM reviews WHERE one_per_client", &[]).await, 0);
}
