//! The ratings of products, which triggers keep: exact whoever writes reviews, and without standing in the way of those who
//! sell.

use std::num::NonZeroUsize;

use futures_util::future::{join, join_all};
use serde_json::json;
use stockroom_service::CheckoutSettings;
use stockroom_tests::{Answer, App, checkout};

use super::{moderate, write};
use crate::races::deadlocks;

async fn several_lanes() -> App {
    let (lanes, group) = (NonZeroUsize::new(3).unwrap(), NonZeroUsize::new(8).unwrap());
    App::start_with_checkout(CheckoutSettings { lanes, group, ..CheckoutSettings::default() }).await
}

/// Number and sum of a product's rating.
async fn rating(app: &App, product: i64) -> (i64, i64) {
    let sql = "SELECT rating_count, rating_sum FROM products WHERE id = $1";
    let row = app.client().await.query_one(sql, &[&product]).await.unwrap();
    (row.get(0), row.get(1))
}

#[track_caller]
fn expect_all(answers: &[Answer], allowed: &[u16]) {
    for answer in answers {
        assert!(allowed.contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.text);
    }
}

#[tokio::test]
async fn a_rating_follows_whatever_a_script_does_to_reviews() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, cup) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let script = app.client().await;
    for (statement, of_mug, of_cup) in [
        (
            "INSERT INTO reviews (rating, product_id, status) VALUES \
             (4.3335, 1, 'published'), (1, 1, 'published'), (2, 1, 'pending'), (5, 2, 'rejected')",
            (2, 5334),
            (0, 0),
        ),
        ("UPDATE reviews SET rating = 3 WHERE id IN (2, 3)", (2, 7334), (0, 0)),
        ("UPDATE reviews SET status = 'published'", (3, 10334), (1, 5000)),
        ("UPDATE reviews SET product_id = 2, rating = 2 WHERE id = 1", (2, 6000), (2, 7000)),
        ("UPDATE reviews SET product_id = 3 - product_id", (2, 7000), (2, 6000)),
        ("UPDATE reviews SET product_id = 1, status = 'pending' WHERE id = 2", (2, 7000), (1, 3000)),
        ("UPDATE reviews SET product_id = 2, status = 'published' WHERE id = 2", (2, 7000), (2, 6000)),
        ("UPDATE reviews SET comment = 'Holds its coffee', status = status", (2, 7000), (2, 6000)),
        ("UPDATE reviews SET status = 'rejected', rating = 1 WHERE id = 4", (1, 2000), (2, 6000)),
        ("DELETE FROM reviews WHERE id IN (2, 4)", (1, 2000), (1, 3000)),
        ("TRUNCATE reviews", (0, 0), (0, 0)),
        ("INSERT INTO reviews (rating, product_id) VALUES (2, 2)", (0, 0), (1, 2000)),
    ] {
        script.batch_execute(statement).await.expect(statement);
        assert_eq!((rating(&app, mug).await, rating(&app, cup).await), (of_mug, of_cup), "{statement}");
        app.assert_books_balance().await;
    }
    shop.delete(&format!("/products/{cup}")).await.expect(204);
    app.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_reviews_and_checkouts_of_one_product_at_once_are_all_counted() {
    let app = several_lanes().await;
    let shop = app.actor();
    let (mug, cup) = (shop.product(json!({"stock": 1000})).await, shop.product(json!({"stock": 1000})).await);
    let ana = shop.client(json!({})).await;

    let reviewers = (0..50).map(|number| {
        let (shop, body) =
            (app.actor(), json!({"rating": 1 + number % 5, "product_id": mug, "client_id": ana}));
        async move {
            let mut answers = vec![shop.post("/reviews", &body).await];
            let review = answers[0].id();
            let path = format!("/reviews/{review}");
            answers.push(match number % 5 {
                0 => shop.put(&path, &json!({"rating": 2})).await,
                1 => shop.put(&path, &json!({"product_id": cup})).await,
                2 => moderate(&shop, review, "rejected").await,
                3 => shop.delete(&path).await,
                _ => shop.patch(&path, &json!({"comment": "Holds its coffee"})).await,
            });
            answers
        }
    });
    let buyers = (0..50).map(|_| {
        let shop = app.actor();
        async move { shop.post("/checkout", &checkout(ana, &[(cup, 1), (mug, 1)])).await }
    });
    let (reviewed, bought) = join(join_all(reviewers), join_all(buyers)).await;

    expect_all(&reviewed.into_iter().flatten().collect::<Vec<_>>(), &[200, 201, 204]);
    expect_all(&bought, &[201]);
    // Ten each: those that now say 2, and those of 5 stars; those of 2 stars that moved.
    assert_eq!((rating(&app, mug).await, rating(&app, cup).await), ((20, 70_000), (10, 20_000)));
    assert_eq!((app.stock(mug).await, app.stock(cup).await), (950, 950));
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_that_change_places_while_their_products_are_sold_or_deleted_do_not_block_each_other() {
    let app = several_lanes().await;
    let shop = app.actor();
    let (mug, cup, jug) =
        (shop.product(json!({})).await, shop.product(json!({})).await, shop.product(json!({})).await);
    let (ana, bob) = (shop.client(json!({})).await, shop.client(json!({})).await);
    let mut reviews = Vec::new();
    for number in 0..20 {
        let product = [mug, cup, jug][number % 3];
        let review =
            json!({"rating": 3, "product_id": product, "client_id": if number % 2 == 0 { ana } else { bob }});
        reviews.push(shop.post("/reviews", &review).await.id());
    }

    let movers = reviews.iter().enumerate().map(|(number, review)| {
        let (shop, path) = (app.actor(), format!("/reviews/{review}"));
        async move {
            let mut answers = Vec::new();
            for round in 0..6 {
                let product = [mug, cup, jug][(number + round) % 3];
                let client = if (number + round) % 4 < 2 { ana } else { bob };
                let change = json!({"product_id": product, "client_id": client, "rating": 1 + round % 5});
                answers.push(shop.put(&path, &change).await);
            }
            answers
        }
    });
    let deleted = async {
        shop.delete(&format!("/products/{jug}")).await.expect(204);
        shop.delete(&format!("/clients/{bob}")).await.expect(204);
    };
    let buyers =
        (0..5).map(|_| async { shop.post("/checkout", &checkout(ana, &[(cup, 1), (mug, 1)])).await });
    let (moved, (), bought) = tokio::join!(join_all(movers), deleted, join_all(buyers));

    expect_all(&moved.into_iter().flatten().collect::<Vec<_>>(), &[200, 404]);
    expect_all(&bought, &[201]);
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_many_move_at_once_ends_where_the_last_one_moved_it() {
    let app = App::start().await;
    let shop = app.actor();
    let products =
        [shop.product(json!({})).await, shop.product(json!({})).await, shop.product(json!({})).await];
    let review = write(&shop, products[0], 4).await;

    let movers = (0..12).map(|number| {
        let (shop, path) = (app.actor(), format!("/reviews/{review}"));
        async move {
            let mut answers = Vec::new();
            for round in 0..5 {
                let product = products[(number * 7 + round) % 3];
                answers.push(shop.put(&path, &json!({"product_id": product})).await);
            }
            answers
        }
    });
    let moved = join_all(movers).await;

    expect_all(&moved.into_iter().flatten().collect::<Vec<_>>(), &[200]);
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_whose_reviews_change_places_do_not_wait_for_each_other() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, cup) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let (of_mug, of_cup) = (write(&shop, mug, 1).await, write(&shop, cup, 5).await);
    let first = app.hold(&format!("SELECT FROM products WHERE id = {mug} FOR NO KEY UPDATE")).await;
    let second = app.client().await;
    let there = format!("UPDATE reviews SET product_id = {mug} WHERE id = {of_cup}");

    let back = async {
        app.until_blocked(1).await;
        // The other one must not have taken the lock that this needs.
        first.execute(&format!("UPDATE reviews SET product_id = {cup} WHERE id = {of_mug}; COMMIT")).await;
    };
    let (there, ()) = join(second.execute(&there, &[]), back).await;

    assert_eq!(there.unwrap(), 1);
    assert_eq!((rating(&app, mug).await, rating(&app, cup).await), ((1, 5000), (1, 1000)));
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test]
async fn a_review_that_is_not_there_any_more_leaves_the_rating_alone() {
    let app = App::start().await;
    let shop = app.actor();
    let mug = shop.product(json!({})).await;
    let (kept, gone) = (write(&shop, mug, 5).await, write(&shop, mug, 1).await);
    shop.delete(&format!("/reviews/{gone}")).await.expect(204);

    for path in [format!("/reviews/{gone}"), format!("/reviews/{gone}/status")] {
        let text = format!("Review with id {gone} not found");
        shop.put(&path, &json!({"status": "rejected", "rating": 3})).await.expect_problem(404, &text);
    }
    shop.put(&format!("/reviews/{kept}"), &json!({"product_id": 999}))
        .await
        .expect_problem(404, "Product with id 999 not found");
    assert_eq!(rating(&app, mug).await, (1, 5000));
}
