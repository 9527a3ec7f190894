//! The same request sent many times at once: done once, and everybody is told the same.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::{Answer, App, checkout};

use super::{count, deadlocks, expect_only};

/// Fails unless all answers are the same but for the header that tells replays, which exactly one lacks.
#[track_caller]
fn expect_one_and_its_replays(answers: &[Answer], status: u16) {
    expect_only(answers, &[status]);
    let told: BTreeSet<_> = answers.iter().map(|answer| (&answer.text, answer.header("location"))).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, answers.len() - 1);
}

async fn orders(app: &App) -> i64 {
    app.integer("SELECT count(*) FROM orders", &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_sent_fifty_times_at_once_is_one_order() {
    let app = App::start().await;
    let shop = app.actor();
    let (client, product) = (shop.client(json!({})).await, shop.product(json!({"stock": 10})).await);
    let order = checkout(client, &[(product, 3)]);

    let answers = join_all((0..50).map(|_| shop.post_once("again", "/checkout", &order))).await;

    expect_one_and_its_replays(&answers, 201);
    assert_eq!((orders(&app).await, shop.stock(product).await), (1, 7));
    // Later it is the same, although there is no longer enough for it.
    shop.put(&format!("/products/{product}"), &json!({"stock": 0})).await.expect(200);
    let late = shop.post_once("again", "/checkout", &order).await;
    assert_eq!((late.status.as_u16(), late.header("idempotent-replayed")), (201, "true"));
    assert_eq!(late.text, answers[0].text);
    app.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_sent_to_two_services_at_once_is_one_order() {
    let app = App::start().await;
    let other = App::start_on(app.database_url().to_owned(), &App::open());
    let (shop, there) = (app.actor(), other.actor());
    let (client, product) = (shop.client(json!({})).await, shop.product(json!({"stock": 100})).await);
    let order = checkout(client, &[(product, 2)]);

    for round in 1..=10 {
        let key = format!("round-{round}");
        let send = |turn| (if turn % 2 == 0 { &shop } else { &there }).post_once(&key, "/checkout", &order);
        expect_one_and_its_replays(&join_all((0..50).map(send)).await, 201);
        assert_eq!((orders(&app).await, app.stock(product).await), (round, 100 - 2 * round));
    }
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_orders_with_the_same_key_at_once_one_is_placed() {
    let app = App::start().await;
    let other = App::start_on(app.database_url().to_owned(), &App::open());
    let (shop, there) = (app.actor(), other.actor());
    let client = shop.client(json!({})).await;
    // They lock nothing in common but the key.
    let mug = checkout(client, &[(shop.product(json!({"stock": 100})).await, 1)]);
    let pot = checkout(client, &[(shop.product(json!({"stock": 100})).await, 1)]);

    for round in 1..=5 {
        let key = format!("round-{round}");
        let send = |turn: usize| {
            let (actor, order) = [(&shop, &mug), (&there, &mug), (&shop, &pot), (&there, &pot)][turn % 4];
            actor.post_once(&key, "/checkout", order)
        };
        let answers = join_all((0..40).map(send)).await;
        expect_only(&answers, &[201, 422]);
        let (placed, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 201);
        expect_one_and_its_replays(&placed, 201);
        for other in refused {
            assert_eq!(other.body["code"], "idempotency_key_reused");
        }
        assert_eq!(orders(&app).await, round);
    }
    app.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_and_a_cancellation_sent_thirty_times_at_once_are_done_once() {
    let app = App::start().await;
    let shop = app.actor();
    let (order, product) = (shop.order(json!({})).await, shop.product(json!({"stock": 10})).await);
    let line = json!({"order_id": order, "product_id": product, "quantity": 4});

    let added = join_all((0..30).map(|_| shop.post_once("line", "/order_details", &line))).await;
    expect_one_and_its_replays(&added, 201);
    assert_eq!(app.stock(product).await, 6);

    let (path, nothing) = (format!("/orders/{order}/cancel"), json!({}));
    let canceled = join_all((0..30).map(|_| shop.post_once("cancel", &path, &nothing))).await;
    expect_one_and_its_replays(&canceled, 200);
    assert_eq!((app.stock(product).await, app.documents("C").await), (10, 1));
    assert_eq!(count(&[shop.delete(&format!("/order_details/{}", added[0].id())).await], 204), 1);
    assert_eq!(app.stock(product).await, 10);
    app.assert_books_balance().await;
}
