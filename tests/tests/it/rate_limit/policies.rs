//! Which limits there are, and what is counted under them.

use reqwest::Method;
use serde_json::json;
use stockroom_domain::Permission;
use stockroom_limits::Policy;
use stockroom_service::{AuthSettings, ShopSettings};
use stockroom_tests::database;
use stockroom_web::{EndpointLimits, Settings};

use super::{App, PATIENCE, calls, from, limited, strict};

#[tokio::test]
async fn the_strict_profile_limits_what_is_attacked() {
    let app = strict().await;
    for (address, policy, most, paths) in [
        ("192.0.2.1", "checkout", 10, &["/checkout", "/api/v1/checkout/", "/check%6Fut"][..]),
        ("192.0.2.2", "registration", 5, &["/auth/register", "/clients"]),
        ("192.0.2.3", "reviews", 3, &["/reviews", "/review%73/"]),
        ("192.0.2.4", "login", 10, &["/auth/login", "/clients/login", "/auth/token", "/auth/l%6fgin"]),
    ] {
        let caller = app.actor();
        let post = async |address: &str, path: &str| {
            caller.send(from(&caller, address, Method::POST, path).json(&json!({}))).await
        };
        for call in 0..most {
            let answer = post(address, paths[call % paths.len()]).await;
            assert!(answer.status.is_client_error() && answer.status != 429, "{policy}: {}", answer.text);
            assert_eq!(answer.header("x-ratelimit-remaining"), (most - call - 1).to_string(), "{policy}");
        }
        for path in paths {
            let refused = post(address, path).await;
            let text = format!("Rate limit exceeded. Maximum {most} requests per 60 seconds.");
            refused.expect_problem(429, &text);
            assert_eq!(refused.body["policy"], policy);
        }
        assert_ne!(post("192.0.2.99", paths[0]).await.status, 429, "another address");
        let read = caller.send(from(&caller, address, Method::GET, "/products")).await;
        assert_eq!(read.status, 200, "the rest goes on");
        assert_eq!(read.header("x-ratelimit-remaining"), (1000 - most - 1).to_string(), "refusals are free");
    }
}

#[tokio::test]
async fn the_usual_profile_limits_requests_alone_and_no_profile_limits_lines() {
    for app in [limited(100).await, strict().await] {
        let caller = app.actor();
        for _ in 0..12 {
            assert_eq!(caller.post("/order_details", &json!({})).await.status, 422);
        }
    }
    let app = limited(40).await;
    let caller = app.actor();
    for path in ["/checkout", "/auth/register", "/reviews", "/auth/login"] {
        for _ in 0..10 {
            let answer = caller.post(path, &json!([])).await;
            assert!(answer.status.is_client_error() && answer.status != 429, "{}", answer.text);
            assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=40;w=60");
        }
    }
    assert_eq!(caller.post("/checkout", &json!([])).await.body["policy"], "default");
}

#[tokio::test]
async fn an_account_is_tried_so_often_from_all_addresses_together() {
    let account_limit = Some(Policy::new("login-account", 10, PATIENCE));
    let shop =
        ShopSettings { auth: AuthSettings { account_limit, ..App::auth() }, ..ShopSettings::default() };
    let settings = Settings { endpoint_limits: EndpointLimits::STRICT, ..calls(1000) };
    let app = App::start_service(database().await, shop, &settings);
    let eve = app.actor();
    let try_from = async |address: u32, email: &str| {
        let address = format!("192.0.2.{address}");
        let body = json!({"email": email, "password": "guessed"});
        eve.send(from(&eve, &address, Method::POST, "/auth/login").json(&body)).await
    };
    for address in 0..10 {
        assert_eq!(try_from(address, "ana@example.com").await.status, 401);
    }
    let refused = try_from(10, "ANA@example.com").await;
    refused.expect_problem(429, "Rate limit exceeded. Maximum 10 requests per 60 seconds.");
    assert_eq!(refused.body["policy"], "login-account");
    assert!(refused.header("ratelimit").starts_with("\"login-account\";r=0;t="));
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let policies = refused.header("ratelimit-policy");
    assert_eq!(policies, "\"login-account\";q=10;w=60, \"login\";q=10;w=60, \"default\";q=1000;w=60");
    assert_eq!(try_from(10, "bob@example.com").await.status, 401);
}

#[tokio::test]
async fn of_200_requests_at_once_exactly_as_many_are_let_through_as_the_limit_says() {
    let app = limited(50).await;
    let asking = (0..200).map(|_| super::remaining(&app, "192.0.2.1"));
    let answers = futures_util::future::join_all(asking).await;
    let mut let_through: Vec<u32> = answers.into_iter().flatten().collect();
    let_through.sort_unstable();
    assert_eq!(let_through, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_guesses_keys_is_told_to_wait_and_whoever_has_one_is_not() {
    let app = App::start_with(Settings { open: false, ..calls(1000) }).await;
    let owner = app.key(&[Permission::ClientsRead]).await;
    owner.get("/clients").await.expect(200);
    let guesser = app.actor().bearing("sk_live_guessed");
    for _ in 0..60 {
        assert_eq!(guesser.get("/clients").await.status, 401);
    }
    let refused = guesser.get("/clients").await;
    refused.expect_problem(429, "Rate limit exceeded. Maximum 60 requests per 60 seconds.");
    assert_eq!(refused.body["policy"], "unknown-keys");
    owner.get("/clients").await.expect(200);
    app.actor().get("/products").await.expect(200);
}
