//! Redis over TLS: a server whose certificate is verified is used for everything, one that cannot be verified for nothing.

use std::time::Duration;

use serde_json::json;
use stockroom_limits::{Limiter, Policy, Settings, Subject};
use stockroom_redis_link::RedisLink;
use stockroom_service::{RedisSettings, ShopSettings};
use stockroom_tests::{App, Authority, RedisServer, database};
use tokio::time::timeout;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

fn trusting(url: String, authority: &Authority) -> RedisSettings {
    RedisSettings { url, root_certificate: Some(authority.certificate().to_owned()) }
}

fn shop(redis: &RedisSettings) -> ShopSettings {
    ShopSettings { redis: Some(redis.clone()), ..App::settings() }
}

/// Why a link does not connect.
async fn refusal(settings: &RedisSettings) -> String {
    let link = RedisLink::start(settings).unwrap();
    assert!(!link.ping(PATIENCE).await, "it connects");
    let status = link.status();
    assert_eq!((status.connected, status.connects), (false, 0));
    status.last_error.expect("a reason")
}

#[tokio::test]
async fn a_cache_is_shared_and_told_of_changes_over_tls() {
    let authority = Authority::new();
    let redis = RedisServer::start_with_tls(authority.issue(&["localhost"]));
    let settings = trusting(redis.url(), &authority);
    let app = App::start_shop(database().await, shop(&settings));
    let other = App::start_shop(app.database_url().to_owned(), shop(&settings));
    for server in [&app, &other] {
        let health = server.actor().get("/health_check").await.expect(200);
        assert_eq!(health["checks"]["redis"], json!({"status": "up", "health": "healthy"}));
        let used = async {
            while server.actor().get("/health_check").await.body["checks"]["cache"]["redis"] != "used" {}
        };
        timeout(PATIENCE, used).await.expect("it is used");
    }
    let path = format!("/products/{}", app.actor().product(json!({"name": "Cup"})).await);
    other.actor().get(&path).await.expect(200);

    app.actor().put(&path, &json!({"name": "Mug"})).await.expect(200);

    // With a Redis, servers hear of changes over its messages alone.
    let shown = async { while other.actor().get(&path).await.body["name"] != "Mug" {} };
    timeout(PATIENCE, shown).await.expect("the message arrives");
}

#[tokio::test]
async fn limits_are_shared_over_tls_also_after_a_reconnect() {
    let authority = Authority::new();
    let redis = RedisServer::start_with_tls(authority.issue(&["localhost"]));
    let settings = trusting(redis.url(), &authority);
    let budget = Duration::from_secs(20);
    let limiters = [(); 2].map(|()| {
        let link = RedisLink::start(&settings).unwrap();
        Limiter::shared(Settings { budget, ..Settings::default() }, &link)
    });
    let shared = async || {
        let shared = async {
            while !limiters.iter().all(Limiter::is_shared) {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, shared).await.expect("Redis is used");
    };
    let policy = Policy::new("default", 9, PATIENCE);
    shared().await;
    assert_eq!(limiters[0].check(&policy, Subject::named("test", b"ana")).await.remaining, 8);
    assert_eq!(limiters[1].check(&policy, Subject::named("test", b"ana")).await.remaining, 7);

    redis.stop();
    let noticed = async {
        while limiters.iter().any(Limiter::is_shared) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, noticed).await.expect("the loss is noticed");
    redis.start_again();

    shared().await;
    assert_eq!(limiters[1].check(&policy, Subject::named("test", b"bob")).await.remaining, 8);
    assert_eq!(limiters[0].check(&policy, Subject::named("test", b"bob")).await.remaining, 7);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_verified_is_refused_with_the_reason() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let cases = [
        (authority.issue_expired(&["localhost"]), "certificate expired"),
        (authority.issue(&["cache.example"]), "not valid for name \"localhost\""),
        // It has the name of the authority that is trusted, and another key.
        (stranger.issue(&["localhost"]), "BadSignature"),
    ];
    for (certificate, reason) in cases {
        let redis = RedisServer::start_with_tls(certificate);
        let refused = refusal(&trusting(redis.url(), &authority)).await;
        assert!(refused.contains(reason), "{reason}: {refused}");
    }
    // The system does not know the authority either.
    let redis = RedisServer::start_with_tls(authority.issue(&["localhost"]));
    let refused = refusal(&RedisSettings::new(redis.url())).await;
    assert!(refused.contains("UnknownIssuer"), "{refused}");
}

#[tokio::test]
async fn neither_side_falls_back_to_a_plain_connection() {
    let authority = Authority::new();
    let encrypted = RedisServer::start_with_tls(authority.issue(&["localhost", "127.0.0.1"]));
    refusal(&RedisSettings::new(format!("redis://127.0.0.1:{}", encrypted.port()))).await;

    let plain = RedisServer::start();
    refusal(&trusting(format!("rediss://127.0.0.1:{}", plain.port()), &authority)).await;

    // Each is there for those who speak its language.
    let url = format!("rediss://127.0.0.1:{}", encrypted.port());
    for link in [RedisLink::start(&trusting(url, &authority)).unwrap(), plain.link()] {
        assert!(link.ping(PATIENCE).await, "{link:?}");
    }
}

#[tokio::test]
async fn a_shop_goes_on_without_a_redis_that_cannot_be_verified() {
    let authority = Authority::new();
    let redis = RedisServer::start_with_tls(authority.issue_expired(&["localhost"]));
    let app = App::start_shop(database().await, shop(&trusting(redis.url(), &authority)));
    let actor = app.actor();
    let path = format!("/products/{}", actor.product(json!({})).await);
    actor.get(&path).await.expect(200);
    let health = actor.get("/health_check").await.expect(200);
    assert_eq!(health["checks"]["redis"], json!({"status": "down", "health": "degraded"}));
    assert_eq!(health["checks"]["cache"]["redis"], "bypassed");
}
