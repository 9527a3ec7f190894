//! The health check.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use stockroom_tests::{App, RedisServer};
use stockroom_web::{RateLimit, Settings};

#[tokio::test]
async fn everything_is_healthy_and_redis_is_not_needed() {
    let app = App::start().await;
    let health = app.actor().get("/health_check").await.expect(200);
    assert_eq!(health["status"], "healthy");
    assert!(health["timestamp"].as_str().expect("a timestamp").ends_with('Z'));
    let checks = &health["checks"];
    assert_eq!(checks["database"]["status"], "up");
    assert_eq!(checks["database"]["health"], "healthy");
    assert!(checks["database"]["latency_ms"].as_f64().expect("a latency") > 0.0);
    assert_eq!(checks["database"]["thresholds"], json!({"warning_ms": 100, "critical_ms": 500}));
    assert_eq!(checks["redis"], json!({"status": "disabled", "health": "healthy"}));
    assert_eq!(checks["db_pool"]["thresholds"], json!({"warning_percent": 70, "critical_percent": 90}));
    for count in ["size", "checked_in", "checked_out", "overflow", "total_capacity"] {
        assert!(checks["db_pool"][count].is_u64(), "{count}");
    }
    assert_eq!(checks["db_pool"]["total_capacity"], 16);
    assert!(checks["db_pool"]["utilization_percent"].is_number());
}

#[tokio::test]
async fn without_a_database_it_still_answers_and_strict_says_503() {
    let app = App::start_on("postgres://nobody@127.0.0.1:1/nothing".to_owned(), &App::open());
    let prober = app.actor();
    let health = prober.get("/health_check").await.expect(200);
    assert_eq!(health["status"], "critical");
    assert_eq!(health["checks"]["database"]["status"], "down");
    assert_eq!(health["checks"]["database"]["latency_ms"], json!(null));
    assert_eq!(prober.get("/health_check?strict=1").await.expect(503)["status"], "critical");
    assert_eq!(prober.get("/health_check?strict=0").await.status, 200);
    prober.get("/health_check?strict=maybe").await.expect_invalid(&["query.strict"]);

    let refused = prober.get("/products").await;
    refused.expect_problem(503, "Service temporarily unavailable");
    assert_eq!(refused.header("retry-after"), "1");
}

#[tokio::test]
async fn probes_are_never_limited() {
    let limit = RateLimit { calls: 1, period: Duration::from_mins(1) };
    let app = App::start_with(Settings { rate_limit: Some(limit), ..App::open() }).await;
    let prober = app.actor();
    for path in ["/health_check", "/health_check/", "/api/v1/health_check", "/livez", "/readyz", "/readyz/"] {
        let answer = prober.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("x-ratelimit-limit"), "");
    }
    assert_eq!(prober.send(prober.request(Method::HEAD, "/health_check")).await.status, 200);
}

#[tokio::test]
async fn redis_is_up_while_it_answers_and_degraded_when_it_does_not() {
    let redis = RedisServer::start();
    let app = App::start_with_redis(&redis.url()).await;
    let prober = app.actor();
    let health = prober.get("/health_check").await.expect(200);
    assert_eq!(health["checks"]["redis"], json!({"status": "up", "health": "healthy"}));

    drop(redis);

    // What was seen is told for a second.
    let down = async || prober.get("/health_check?strict=1").await.expect(200);
    let mut health = down().await;
    while health["checks"]["redis"]["status"] == "up" {
        health = down().await;
    }
    assert_eq!(health["checks"]["redis"], json!({"status": "down", "health": "degraded"}));
    assert_eq!(health["status"], "degraded");
}
