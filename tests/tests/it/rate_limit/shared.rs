//! Services that share a Redis server share their limits.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use stockroom_service::{AuthSettings, ShopSettings};
use stockroom_tests::RedisServer;

use super::{App, calls, from, pair, remaining, sharing, windows};

#[tokio::test]
async fn two_services_share_a_limit() {
    let redis = RedisServer::start();
    let [one, other] = pair(&redis, &sharing(&redis), &calls(4)).await;
    assert_eq!(remaining(&one, "192.0.2.1").await, Some(3));
    assert_eq!(remaining(&other, "192.0.2.1").await, Some(2));
    assert_eq!(remaining(&other, "192.0.2.1").await, Some(1));
    assert_eq!(remaining(&one, "192.0.2.1").await, Some(0));
    assert_eq!(remaining(&other, "192.0.2.1").await, None);
    assert_eq!(remaining(&one, "192.0.2.1").await, None);
    assert_eq!(remaining(&one, "192.0.2.2").await, Some(3));
}

#[tokio::test]
async fn of_200_requests_at_once_to_two_services_exactly_50_are_let_through() {
    let redis = RedisServer::start();
    let apps = pair(&redis, &sharing(&redis), &calls(50)).await;
    let asking = (0..200).map(|call| remaining(&apps[call % 2], "192.0.2.1"));
    assert_eq!(join_all(asking).await.into_iter().flatten().count(), 50);
}

#[tokio::test]
async fn an_account_is_tried_so_often_at_all_services_and_from_all_addresses_together() {
    let redis = RedisServer::start();
    let auth = AuthSettings { logins_per_account: 3, ..App::auth() };
    let apps = pair(&redis, &ShopSettings { auth, ..sharing(&redis) }, &calls(1000)).await;
    let try_at = async |which: usize, address: &str| {
        let eve = apps[which].actor();
        let body = json!({"email": "ana@example.com", "password": "guessed"});
        eve.send(from(&eve, address, Method::POST, "/auth/login").json(&body)).await
    };
    for (which, address) in [(0, "192.0.2.1"), (1, "192.0.2.2"), (1, "192.0.2.3")] {
        assert_eq!(try_at(which, address).await.status, 401);
    }
    for which in [0, 1] {
        let refused = try_at(which, "192.0.2.4").await;
        refused.expect_problem(429, "Rate limit exceeded. Maximum 3 requests per 60 seconds.");
        assert_eq!(refused.body["policy"], "sign-in-account");
    }
}

#[tokio::test]
async fn redis_holds_no_names_and_nothing_that_stays() {
    let redis = RedisServer::start();
    let auth = AuthSettings { logins_per_account: 3, logins_per_address: 3, ..App::auth() };
    let [app, _] = pair(&redis, &ShopSettings { auth, ..sharing(&redis) }, &calls(1000)).await;
    let body = json!({"email": "ana@example.com", "password": "guessed"});
    app.actor().post("/auth/login", &body).await.expect(401);
    let found = windows(&redis).await;
    for policy in ["default", "sign-in-account", "sign-in-address"] {
        assert!(found.iter().any(|(name, _)| name.contains(policy)), "{policy}: {found:?}");
    }
    for (name, left) in found {
        let hash = name.rsplit(':').next().unwrap();
        assert!(hash.len() == 32 && hash.bytes().all(|c| c.is_ascii_hexdigit()), "{name}");
        assert!(name.starts_with("stockroom:limit:"), "{name}");
        assert!((1..=60_000).contains(&left), "{name} lives {left} ms");
    }
}
