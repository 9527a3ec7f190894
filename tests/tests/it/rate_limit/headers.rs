//! What a client is told of how it stands.

use reqwest::Method;
use serde_json::json;
use stockroom_web::{EndpointLimits, RateLimit, Settings};

use super::{App, calls, limited};

#[tokio::test]
async fn what_exceeds_the_limit_is_told_when_to_come_back() {
    let app = limited(3).await;
    let caller = app.actor();
    for (remaining, path, status) in
        [("2", "/products", 200), ("1", "/products/999", 404), ("0", "/nowhere", 404)]
    {
        let answer = caller.get(path).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-ratelimit-limit"), "3");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining);
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=3;w=60");
        let reset = answer.header("x-ratelimit-reset");
        assert!((1..=60).contains(&reset.parse::<u64>().unwrap()));
        assert_eq!(answer.header("ratelimit"), format!("\"default\";r={remaining};t={reset}"));
        assert_eq!(answer.header("retry-after"), "");
    }
    let refused = caller.get("/products").await;
    refused.expect_problem(429, "Rate limit exceeded. Maximum 3 requests per 60 seconds.");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    assert_eq!(refused.body["retry_after"], json!(wait));
    assert_eq!(refused.body["policy"], "default");
    assert_eq!(refused.header("x-ratelimit-reset"), wait.to_string());
    assert_eq!(refused.header("ratelimit"), format!("\"default\";r=0;t={wait}"));
    assert_eq!(refused.header("ratelimit-policy"), "\"default\";q=3;w=60");
}

#[tokio::test]
async fn a_refused_request_may_be_read_across_origins_and_options_are_free() {
    let app = limited(1).await;
    let caller = app.actor();
    for _ in 0..3 {
        assert_eq!(caller.send(caller.request(Method::OPTIONS, "/products")).await.status, 204);
    }
    assert_eq!(caller.get("/products").await.status, 200);
    let request = caller.request(Method::GET, "/products").header("origin", "https://shop.example");
    let refused = caller.send(request).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(refused.header("x-request-id").len(), 36);
    let exposed = refused.header("access-control-expose-headers").to_lowercase();
    for name in ["ratelimit", "ratelimit-policy", "retry-after", "x-ratelimit-reset"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}: {exposed}");
    }
}

#[tokio::test]
async fn the_health_of_the_service_is_asked_for_free_under_every_path() {
    let app = limited(1).await;
    let caller = app.actor();
    for path in ["/health_check", "/livez", "/readyz"] {
        for path in [path.to_owned(), format!("{path}/"), format!("/api/v1{path}"), format!("/api/v1{path}/")]
        {
            let answer = caller.get(&path).await;
            assert_ne!(answer.status, 429, "{path}");
            assert_eq!(answer.header("x-ratelimit-limit"), "", "{path}");
        }
    }
    assert_eq!(caller.get("/health_checks").await.header("x-ratelimit-remaining"), "0");
}

#[tokio::test]
async fn of_several_limits_the_nearest_is_told() {
    let lines = Some(RateLimit::per_minute(2));
    let endpoint_limits = EndpointLimits { lines, ..EndpointLimits::NONE };
    let app = App::start_with(Settings { endpoint_limits, ..calls(3) }).await;
    let caller = app.actor();
    let place = async || caller.post("/order_details", &json!({})).await;
    let answer = place().await;
    answer.expect_invalid(&["body.quantity", "body.order_id", "body.product_id"]);
    assert_eq!(answer.header("ratelimit-policy"), "\"lines\";q=2;w=60, \"default\";q=3;w=60");
    assert!(answer.header("ratelimit").starts_with("\"lines\";r=1;t="));
    assert_eq!(caller.get("/products").await.header("x-ratelimit-remaining"), "1");
    let answer = place().await;
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")).1, "0");
    let refused = place().await;
    assert_eq!(refused.status, 429, "both are used up");
    assert_eq!(refused.header("ratelimit-policy").matches("\"default\"").count(), 1);
    assert_eq!(refused.header("ratelimit-policy").matches("\"lines\"").count(), 1);
}
