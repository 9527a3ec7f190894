//! The same request several times at once.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_service::CheckoutSettings;
use stockroom_tests::{App, checkout, database};

use super::{REUSED, eva};

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_one_and_all_get_its_answer() {
    let app = App::start().await;
    let visitor = app.actor();
    for (path, body) in [("/clients", eva()), ("/categories", json!({"name": "Glass"}))] {
        let answers = join_all((0..20).map(|_| visitor.post_once("key", path, &body))).await;

        for answer in &answers {
            assert_eq!((answer.status.as_u16(), &answer.text), (201, &answers[0].text));
        }
        let first = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty());
        assert_eq!(first.count(), 1, "{path}");
    }
    assert_eq!(app.integer("SELECT count(*) FROM clients", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_checkouts_at_once_are_one_order() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 100})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 2)]);

    let answers = join_all((0..50).map(|_| ana.post_once("key", "/checkout", &body))).await;

    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.text), (201, &answers[0].text));
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    let first = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty());
    assert_eq!(first.count(), 1);
    assert_eq!(app.integer("SELECT count(*) FROM orders", &[]).await, 1);
    assert_eq!(ana.stock(mug).await, 98);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_waits_for_the_first_and_gets_its_answer() {
    let app = App::start_with_checkout(CheckoutSettings::default()).await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let line = json!({"order_id": ana.order(json!({})).await, "product_id": mug, "quantity": 2});
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let both = join_all((0..2).map(|_| ana.post_once("key", "/order_details", &line)));
    let (answers, ()) = tokio::join!(both, async {
        app.until_blocked(2).await;
        locked.release().await;
    });

    assert_eq!((answers[0].status.as_u16(), &answers[0].text), (201, &answers[1].text));
    let replayed = [0, 1].map(|at| answers[at].header("idempotent-replayed"));
    assert!(replayed == ["", "true"] || replayed == ["true", ""], "{replayed:?}");
    assert_eq!(ana.stock(mug).await, 8);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_of_a_request_that_fails_is_tried_itself() {
    let app = App::start_with_checkout(CheckoutSettings::default()).await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 1})).await;
    let order = ana.order(json!({})).await;
    let line = |quantity: i64| json!({"order_id": order, "product_id": mug, "quantity": quantity});
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let (two, one) = (line(2), line(1));
    let (refused, placed, ()) = tokio::join!(
        ana.post_once("key", "/order_details", &two),
        async {
            app.until_blocked(1).await;
            ana.post_once("key", "/order_details", &one).await
        },
        async {
            app.until_blocked(2).await;
            locked.release().await;
        },
    );

    let text = format!("Insufficient stock for product {mug}. Requested: 2, Available: 1");
    refused.expect_problem(400, &text);
    placed.expect(201);
    assert_eq!(ana.stock(mug).await, 0);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_checkout_under_a_key_that_is_worked_on_is_refused_at_once() {
    let app = App::start_with_checkout(CheckoutSettings::default()).await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let body = checkout(client, &[(mug, 1)]);
    let (placed, ()) = tokio::join!(ana.post_once("key", "/checkout", &body), async {
        app.until_blocked(1).await;
        let other = checkout(client, &[(mug, 2)]);
        ana.post_once("key", "/checkout", &other).await.expect_problem(422, REUSED);
        locked.release().await;
    });

    placed.expect(201);
    assert_eq!(ana.stock(mug).await, 9);
}

#[tokio::test]
async fn a_twin_that_waited_long_enough_is_told_to_come_back() {
    let impatient = format!("{}?options=-c%20lock_timeout%3D50ms", database().await);
    let app = App::start_on(impatient, &App::open());
    let visitor = app.actor();
    let elsewhere = "INSERT INTO idempotency_keys (key, operation, caller, fingerprint) \
                     VALUES ('key', 'POST /clients', 'anonymous', sha256(''))";
    let worked_on = app.hold(elsewhere).await;

    let refused = visitor.post_once("key", "/clients", &eva()).await;

    refused.expect_problem(409, "Another request with this Idempotency-Key is being processed");
    assert_eq!(refused.body["code"], "idempotency_key_in_use");
    assert_eq!((refused.header("retry-after"), &refused.body["retry_after"]), ("1", &json!(1)));
    worked_on.release().await;
    visitor.post_once("key", "/clients", &eva()).await.expect(201);
}
