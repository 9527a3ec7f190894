//! Cross-origin access.

use reqwest::Method;
use serde_json::json;
use stockroom_tests::{Answer, App, checkout};
use stockroom_web::Settings;

async fn from(app: &App, origin: &str, method: Method, path: &str) -> Answer {
    let script = app.actor();
    script.send(script.request(method, path).header("origin", origin)).await
}

#[tokio::test]
async fn every_answer_may_be_read_by_every_origin_by_default() {
    let app = App::start().await;
    for (path, status) in
        [("/products", 200), ("/products/999", 404), ("/nowhere", 404), ("/products/abc", 422)]
    {
        let answer = from(&app, "https://shop.example", Method::GET, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        for name in [
            "x-request-id",
            "etag",
            "link",
            "location",
            "retry-after",
            "x-ratelimit-reset",
            "x-limit-capped",
            "x-total-count",
            "x-total-count-kind",
            "idempotent-replayed",
        ] {
            assert!(exposed.contains(name), "{name} is not exposed");
        }
    }
    // Also when the request does not say where it comes from.
    for path in ["/products", "/nowhere", "/products/abc"] {
        assert_eq!(app.actor().get(path).await.header("access-control-allow-origin"), "*", "{path}");
    }
    let refused = from(&app, "https://shop.example", Method::DELETE, "/products").await;
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_preflight_allows_what_it_asks_for() {
    let app = App::start().await;
    let script = app.actor();
    let preflight = script
        .request(Method::OPTIONS, "/api/v1/products/7/")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "content-type, x-anything");
    let answer = script.send(preflight).await;
    assert!(answer.status.is_success());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("access-control-allow-methods").contains("PATCH"));
    let headers = answer.header("access-control-allow-headers").to_lowercase();
    assert!(headers.contains("content-type") && headers.contains("x-anything"), "{headers}");
    assert_eq!(answer.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn a_script_may_send_a_key_and_see_that_an_answer_was_given_before() {
    let app = App::start().await;
    let script = app.actor();
    let preflight = script
        .request(Method::OPTIONS, "/checkout")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type, idempotency-key");
    let allowed = script.send(preflight).await;
    assert!(allowed.status.is_success());
    assert!(allowed.header("access-control-allow-headers").to_lowercase().contains("idempotency-key"));

    let mug = script.product(json!({})).await;
    let body = checkout(script.client(json!({})).await, &[(mug, 1)]);
    for replayed in ["", "true"] {
        let request = script.request(Method::POST, "/checkout").header("origin", "https://shop.example");
        let placed = script.send(request.header("idempotency-key", "key").json(&body)).await;
        assert_eq!(placed.header("idempotent-replayed"), replayed);
        assert_eq!(placed.header("access-control-allow-origin"), "*");
        assert!(
            placed.header("access-control-expose-headers").to_lowercase().contains("idempotent-replayed")
        );
        placed.expect(201);
    }
}

#[tokio::test]
async fn only_configured_origins_may_read_when_there_are_some() {
    let origins = vec!["https://shop.example".to_owned(), "https://admin.example".to_owned()];
    let app = App::start_with(Settings { cors_origins: origins, ..App::open() }).await;
    let allowed = from(&app, "https://admin.example", Method::GET, "/products/999").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://admin.example");
    assert!(allowed.header("vary").to_lowercase().contains("origin"));
    let stranger = from(&app, "https://evil.example", Method::GET, "/products").await;
    assert_eq!(stranger.expect(200), json!([]));
    let stranger = from(&app, "https://evil.example", Method::GET, "/products").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
    let preflight = app
        .actor()
        .request(Method::OPTIONS, "/products")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "PUT");
    app.actor().send(preflight).await.expect_problem(400, "Origin is not allowed to make this request");
}

#[tokio::test]
async fn without_any_origin_nobody_elsewhere_is_told_anything() {
    let app = App::start_with(Settings { cors_origins: Vec::new(), ..App::open() }).await;
    let answer = from(&app, "https://shop.example", Method::GET, "/products").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("access-control-expose-headers"), "");
    assert!(!answer.header("vary").to_lowercase().contains("origin"), "{}", answer.header("vary"));
    answer.expect(200);
    let preflight = app
        .actor()
        .request(Method::OPTIONS, "/products")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "GET");
    app.actor().send(preflight).await.expect_problem(400, "Origin is not allowed to make this request");
}
