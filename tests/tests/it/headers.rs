//! Headers of every answer: request ids, response times, and what keeps browsers from mischief.

use reqwest::Method;
use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_sane_request_id_is_echoed_and_any_other_replaced() {
    let app = App::start().await;
    let caller = app.actor();
    let ask = async |id: &str| {
        let request = caller.request(Method::GET, "/products").header("x-request-id", id);
        caller.send(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(ask("order-17/a").await, "order-17/a");
    assert_eq!(ask(&"x".repeat(128)).await, "x".repeat(128));
    for insane in [&"x".repeat(129), "", "two words", "tab\tbed"] {
        let given = ask(insane).await;
        assert_eq!(given.len(), 36, "{given}");
        assert_ne!(given, *insane);
    }
    let (one, other) = (caller.get("/products").await, caller.get("/products").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn every_answer_names_its_request_and_its_time() {
    let app = App::start().await;
    let caller = app.actor();
    let answers = [
        caller.get("/products").await,
        caller.get("/health_check").await,
        caller.get("/products/999").await,
        caller.get("/nowhere").await,
        caller.delete("/products").await,
        caller.post("/products", &json!({})).await,
        caller.post("/checkout", &json!({})).await,
        caller.post_once("", "/checkout", &json!({})).await,
        caller.post("/orders/999/cancel", &json!({})).await,
        caller.get("/orders/999/events").await,
        caller.get("/products/abc").await,
        caller.send(caller.request(Method::OPTIONS, "/products")).await,
        caller.get("/openapi.json").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("x-request-id").len(), 36, "{answer:?}");
        let time = answer.header("x-response-time");
        let milliseconds: f64 = time.strip_suffix("ms").expect("milliseconds").parse().expect("a number");
        assert!(milliseconds >= 0.0 && time.contains('.'), "{time}");
    }
}

#[tokio::test]
async fn no_answer_lets_a_browser_guess_frame_or_run_anything_and_none_names_the_server() {
    let app = App::start().await;
    let caller = app.actor();
    let answers = [
        caller.get("/products").await,
        caller.get("/livez").await,
        caller.get("/nowhere").await,
        caller.post("/products", &json!({})).await,
        caller.send(caller.request(Method::OPTIONS, "/products")).await,
        caller.get("/openapi.json").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert!(!answer.headers.contains_key("server"), "{answer:?}");
        assert!(!answer.headers.contains_key("x-powered-by"), "{answer:?}");
    }
    for page in ["/docs", "/redoc"] {
        let answer = caller.get(page).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self'; ") && policy.ends_with("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}
