//! What a key is, what it belongs to, and where it is needed.

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App, checkout};
use stockroom_web::Settings;

use super::{eva, every_post};
use crate::stocked::{Stocked, rows};

const INVALID: &str = "Idempotency-Key should be one value of 1 to 255 visible ASCII characters";

/// Sends a text as it is, under a key.
async fn post_text(actor: &Actor, key: &str, path: &str, body: &str) -> Answer {
    let request = actor.request(Method::POST, path).header("idempotency-key", key);
    actor.send(request.header("content-type", "application/json").body(body.to_owned())).await
}

fn replayed(answer: &Answer) -> bool {
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.header("idempotent-replayed") == "true"
}

#[tokio::test]
async fn blanks_and_the_order_of_fields_make_no_other_body() {
    let app = App::start().await;
    let clerk = app.actor();
    let bodies = [
        r#"{"name":"Glass","description":"Breaks"}"#,
        r#"{"description":"Breaks","name":"Glass"}"#,
        "\n{ \"name\" :\t\"Glass\",\r\n \"description\": \"\\u0042reaks\" }  ",
    ];
    let mut answers = Vec::new();
    for body in bodies {
        answers.push(post_text(&clerk, "key", "/categories", body).await);
    }
    assert_eq!(answers.iter().map(replayed).collect::<Vec<_>>(), [false, true, true]);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
}

#[tokio::test]
async fn a_key_in_quotes_and_the_bare_one_are_the_same() {
    let app = App::start().await;
    let clerk = app.actor();
    for (first, again) in [("bare", "\"bare\""), ("\"quoted\"", "quoted"), ("blank", "  blank\t")] {
        let body = json!({"name": first});
        assert!(!replayed(&clerk.post_once(first, "/categories", &body).await), "{first}");
        assert!(replayed(&clerk.post_once(again, "/categories", &body).await), "{again}");
    }
    assert_eq!(app.integer("SELECT count(*) FROM idempotency_keys WHERE key ~ '[\" ]'", &[]).await, 0);
}

#[tokio::test]
async fn the_same_key_on_another_path_is_another_key() {
    let app = App::start().await;
    let clerk = app.actor();
    let name = json!({"name": "Glass"});
    assert!(!replayed(&clerk.post_once("key", "/categories", &name).await));
    assert!(!replayed(&clerk.post_once("key", "/clients", &eva()).await));
    // The same path in other words is the same.
    for path in ["/categories/", "/api/v1/categories", "/api/v1/categories/"] {
        assert!(replayed(&clerk.post_once("key", path, &name).await), "{path}");
    }
    // Cancelling one order is not cancelling another.
    for order in [clerk.order(json!({})).await, clerk.order(json!({})).await] {
        let path = format!("/orders/{order}/cancel");
        let canceled = clerk.post_once("key", &path, &Value::Null).await;
        assert_eq!(canceled.header("idempotent-replayed"), "");
        assert_eq!(canceled.expect(200)["id_key"], order);
    }
}

#[tokio::test]
async fn another_key_is_another_request() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 1)]);
    for key in ["key", "KEY", "key1", "!~#$%&'()*+"] {
        assert!(!replayed(&ana.post_once(key, "/checkout", &body).await), "{key}");
    }
    // Without one every request is one of its own.
    for _ in 0..2 {
        assert!(!replayed(&ana.post("/checkout", &body).await));
    }
    assert_eq!(ana.stock(mug).await, 4);
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_characters() {
    let app = App::start().await;
    let clerk = app.actor();
    let shop = Stocked::by(&clerk).await;
    let before = rows(&app).await;
    let bytes = |bytes: &[u8]| HeaderValue::from_bytes(bytes).unwrap();
    let long = "x".repeat(256);
    let wrong = [
        bytes(b""),
        bytes(b"   "),
        bytes(b"\"\""),
        bytes(long.as_bytes()),
        bytes(format!("\"{long}\"").as_bytes()),
        bytes("clé".as_bytes()),
        bytes(b"\xff\xfe"),
        bytes(b"two words"),
        bytes(b"tab\tbed"),
    ];
    for (path, body) in every_post(&shop) {
        for key in &wrong {
            let request = clerk.request(Method::POST, &path).header("idempotency-key", key);
            let refused = clerk.send(request.json(&body)).await;
            refused.expect_problem(400, INVALID);
            assert_eq!(refused.body["code"], "invalid_idempotency_key", "{path} {key:?}");
        }
        let request = clerk.request(Method::POST, &path).header("idempotency-key", "one");
        let refused = clerk.send(request.header("idempotency-key", "two").json(&body)).await;
        refused.expect_problem(400, INVALID);
    }
    assert_eq!(rows(&app).await, before);

    for (key, name) in [("y".repeat(255), "Longest"), (format!("\"{}\"", "z".repeat(255)), "Quoted")] {
        let body = json!({"name": name});
        assert!(!replayed(&clerk.post_once(&key, "/categories", &body).await));
        assert!(replayed(&clerk.post_once(&key, "/categories", &body).await));
    }
}

#[tokio::test]
async fn a_checkout_needs_a_key_where_the_shop_wants_one() {
    let app = App::start_with(Settings { checkout_key_required: true, ..App::open() }).await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 1)]);

    let refused = ana.post("/checkout", &body).await;

    refused.expect_problem(400, "Idempotency-Key is required");
    assert_eq!(refused.body["code"], "idempotency_key_required");
    assert_eq!(ana.stock(mug).await, 10);
    let order = ana.post_once("key", "/checkout", &body).await.id();
    // Nothing else needs one.
    ana.post(&format!("/orders/{order}/cancel"), &Value::Null).await.expect(200);
}
