//! Requests that are sent again: they get the first answer, and nothing happens a second time.

use serde_json::{Value, json};
use stockroom_tests::{App, checkout};

use super::{REUSED, eva, every_post};
use crate::stocked::{Stocked, rows};

#[tokio::test]
async fn every_post_is_answered_again_and_done_once() {
    let app = App::start().await;
    let clerk = app.actor();
    let shop = Stocked::by(&clerk).await;
    for (path, body) in every_post(&shop) {
        let first = clerk.post_once("key", &path, &body).await;
        assert!(first.status.is_success(), "{path}: {}", first.text);
        assert_eq!(first.header("idempotent-replayed"), "", "{path}");
        let after = rows(&app).await;

        let again = clerk.post_once("key", &path, &body).await;

        assert_eq!(again.header("idempotent-replayed"), "true", "{path}");
        assert_eq!(again.status, first.status, "{path}");
        if path == "/auth/register" {
            // Tokens are no part of what is kept: these are new ones.
            assert_eq!(without_tokens(again.body.clone()), without_tokens(first.body.clone()));
        } else {
            assert_eq!(again.text, first.text, "{path}");
        }
        for name in ["location", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{path} {name}");
        }
        assert_eq!(rows(&app).await, after, "{path}");
    }
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused_everywhere() {
    let app = App::start().await;
    let clerk = app.actor();
    let shop = Stocked::by(&clerk).await;
    for (path, body) in every_post(&shop) {
        assert!(clerk.post_once("key", &path, &body).await.status.is_success(), "{path}");
        // A cancellation has no body.
        if body.is_null() {
            continue;
        }
        let after = rows(&app).await;
        // Also where the difference means nothing.
        let mut other = body;
        other["unknown"] = json!(1);
        let refused = clerk.post_once("key", &path, &other).await;
        refused.expect_problem(422, REUSED);
        assert_eq!(refused.body["code"], "idempotency_key_reused", "{path}");
        assert_eq!(rows(&app).await, after, "{path}");
    }
}

#[tokio::test]
async fn a_replay_shows_what_was_answered_whatever_has_happened_since() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let body = checkout(client, &[(mug, 4)]);
    let first = ana.post_once("key", "/checkout", &body).await;
    ana.post(&format!("/orders/{}/cancel", first.id()), &json!(null)).await.expect(200);
    let retired = json!({"active": false, "price": 99, "name": "Cup", "stock": 0});
    ana.put(&format!("/products/{mug}"), &retired).await.expect(200);

    let again = ana.post_once("key", "/checkout", &body).await;

    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(app.integer("SELECT count(*) FROM orders", &[]).await, 1);
    assert_eq!(ana.stock(mug).await, 0);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_is_found_by_the_key_that_placed_it() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;

    let order = ana.post_once("key", "/checkout", &checkout(client, &[(mug, 1)])).await.id();

    let sql = "SELECT count(*) FROM idempotency_keys WHERE key = 'key' AND operation = 'POST /checkout' \
               AND caller = 'anonymous' AND order_id = $1 AND resource = 'orders' AND resource_id = $1";
    assert_eq!(app.integer(sql, &[&order]).await, 1);
}

#[tokio::test]
async fn a_refused_request_keeps_no_key() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 1})).await;
    let client = ana.client(json!({})).await;
    let body = checkout(client, &[(mug, 2)]);

    ana.post_once("key", "/checkout", &body).await.expect(409);
    let mut wrong = body.clone();
    wrong["lines"][0]["quantity"] = json!(0);
    ana.post_once("key", "/checkout", &wrong).await.expect_invalid(&["body.lines.0.quantity"]);
    let mut nobody = body.clone();
    nobody["client_id"] = json!(999);
    ana.post_once("key", "/checkout", &nobody).await.expect(404);
    assert_eq!(app.integer("SELECT count(*) FROM idempotency_keys", &[]).await, 0);

    ana.put(&format!("/products/{mug}"), &json!({"stock": 2})).await.expect(200);
    let placed = ana.post_once("key", "/checkout", &body).await;
    assert_eq!((placed.status.as_u16(), placed.header("idempotent-replayed")), (201, ""));

    let taken = ana.client(eva()).await;
    ana.post_once("key", "/clients", &eva()).await.expect(409);
    ana.post_once("key", "/auth/register", &eva()).await.expect_invalid(&["body.password"]);
    ana.delete(&format!("/clients/{taken}")).await.expect(204);
    let created = ana.post_once("key", "/clients", &eva()).await;
    assert_eq!((created.status.as_u16(), created.header("idempotent-replayed")), (201, ""));

    let order = format!("/orders/{}", ana.order(json!({"status": "DELIVERED"})).await);
    let before = app.integer("SELECT count(*) FROM idempotency_keys", &[]).await;
    ana.post_once("key", &format!("{order}/cancel"), &json!(null)).await.expect(400);
    ana.post_once("key", "/orders/999/cancel", &json!(null)).await.expect(404);
    assert_eq!(app.integer("SELECT count(*) FROM idempotency_keys", &[]).await, before);
}

/// What whoever registers is told of the account.
fn without_tokens(mut body: Value) -> Value {
    for token in ["access_token", "refresh_token", "token_type", "expires_in"] {
        body.as_object_mut().unwrap().remove(token);
    }
    body
}

#[tokio::test]
async fn a_password_is_no_part_of_what_is_kept() {
    let app = App::start().await;
    let visitor = app.actor();
    for (path, email) in [("/auth/register", "one@example.com"), ("/clients", "two@example.com")] {
        let mut body = eva();
        (body["email"], body["password"]) = (json!(email), json!("hunter2"));
        let first = visitor.post_once("key", path, &body).await;

        body["password"] = json!("hunter3");
        let again = visitor.post_once("key", path, &body).await;

        assert_eq!((again.status.as_u16(), &again.body), (201, &without_tokens(first.body)));
        assert_eq!(again.header("idempotent-replayed"), "true");
        let sign_in = |password: &str| json!({"email": email, "password": password});
        visitor.post("/auth/login", &sign_in("hunter2")).await.expect(200);
        visitor.post("/auth/login", &sign_in("hunter3")).await.expect(401);
    }
    let kept = rows(&app).await;
    assert!(!kept.contains("hunter") && kept.contains("two@example.com"));
    let answers = "SELECT count(*) FROM idempotency_keys WHERE answer ~ 'password|argon2'";
    assert_eq!(app.integer(answers, &[]).await, 0);
}

#[tokio::test]
async fn keys_outlive_the_service() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 1)]);
    let order = ana.post_once("key", "/checkout", &body).await;
    let client = ana.post_once("key", "/clients", &eva()).await;

    let database = app.database_url().to_owned();
    drop(app);
    let app = App::start_on(database, &App::open());
    let ana = app.actor();

    for (path, body, first) in [("/checkout", body, order), ("/clients", eva(), client)] {
        let again = ana.post_once("key", path, &body).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    assert_eq!(ana.stock(mug).await, 9);
    app.assert_ledger_adds_up().await;
}
