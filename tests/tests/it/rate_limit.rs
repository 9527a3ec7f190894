//! The limit on one client's requests.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use stockroom_tests::App;
use stockroom_web::{RateLimit, Settings};

async fn limited(calls: u32) -> App {
    let limit = RateLimit { calls, period: Duration::from_mins(1) };
    App::start_with(Settings { rate_limit: Some(limit), ..App::open() }).await
}

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
    }
    let refused = caller.get("/products").await;
    refused.expect_problem(429, "Rate limit exceeded. Maximum 3 requests per 60 seconds.");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    assert_eq!(refused.body["retry_after"], json!(wait));
    assert_eq!(refused.header("x-ratelimit-reset"), wait.to_string());
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
}
