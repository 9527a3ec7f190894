//! Windows in Redis, without HTTP: when they end, and what becomes of those that were tampered with.

use std::time::{Duration, Instant};

use stockroom_limits::{Check, Limiter, Policy, Settings, Subject};
use stockroom_tests::RedisServer;

use super::{PATIENCE, windows};

async fn limiter(redis: &RedisServer) -> Limiter {
    limiter_with(redis, Duration::from_secs(20), Duration::from_millis(100)).await
}

async fn limiter_with(redis: &RedisServer, budget: Duration, heartbeat: Duration) -> Limiter {
    let settings = Settings { budget, heartbeat, ..Settings::default() };
    let limiter = Limiter::shared(settings, &redis.link());
    let begun = Instant::now();
    while !limiter.is_shared() {
        assert!(begun.elapsed() < PATIENCE, "Redis is never used");
        tokio::task::yield_now().await;
    }
    limiter
}

fn who(name: &str) -> Subject {
    Subject::named("test", name.as_bytes())
}

#[tokio::test]
async fn a_window_ends_at_one_time_for_all_processes() {
    let redis = RedisServer::start();
    let (one, other) = (limiter(&redis).await, limiter(&redis).await);
    let policy = Policy::new("default", 2, Duration::from_secs(2));
    let begun = Instant::now();
    assert_eq!(one.check(&policy, who("ana")).await.remaining, 1);
    assert_eq!(other.check(&policy, who("ana")).await.remaining, 0);
    for limiter in [&one, &other] {
        let refused = limiter.check(&policy, who("ana")).await;
        assert!(!refused.allowed);
        assert!(refused.retry_after + begun.elapsed() >= Duration::from_millis(1990), "{refused:?}");
        assert!(refused.retry_after <= Duration::from_secs(2), "{refused:?}");
    }
    while !one.check(&policy, who("ana")).await.allowed {
        assert!(begun.elapsed() < PATIENCE, "it never ends");
        tokio::task::yield_now().await;
    }
    assert!(begun.elapsed() >= Duration::from_millis(1990), "{:?}", begun.elapsed());
    let next = other.check(&policy, who("ana")).await;
    assert!(next.allowed && next.remaining == 0, "{next:?}");
}

#[tokio::test]
async fn a_frozen_redis_is_waited_for_once_and_no_longer_than_the_budget() {
    let redis = RedisServer::start();
    // Without the budget, the connection's own patience of two minutes would hold.
    let limiter = limiter_with(&redis, Duration::from_secs(2), 2 * PATIENCE).await;
    let policy = Policy::new("default", 3, PATIENCE);
    assert_eq!(limiter.check(&policy, who("ana")).await.remaining, 2);
    redis.pause();
    let begun = Instant::now();
    for remaining in [1, 0, 0] {
        assert_eq!(limiter.check(&policy, who("ana")).await.remaining, remaining);
    }
    for stranger in 0..100 {
        assert!(limiter.check(&policy, who(&stranger.to_string())).await.allowed);
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(!limiter.is_shared());
    redis.resume();
}

#[tokio::test]
async fn several_policies_are_counted_together_or_not_at_all() {
    let redis = RedisServer::start();
    let (one, other) = (limiter(&redis).await, limiter(&redis).await);
    let policies = [Policy::new("checkout", 1, PATIENCE), Policy::new("default", 9, PATIENCE)];
    let checks = policies.map(|policy| Check { policy, subject: who("ana") });
    assert!(one.check_all(&checks).await.allowed());
    for limiter in [&other, &one, &other] {
        let refused = limiter.check_all(&checks).await;
        let told: Vec<_> = refused.decisions().iter().map(|told| (told.allowed, told.remaining)).collect();
        assert_eq!(told, [(false, 0), (true, 8)]);
    }
    assert_eq!(other.check(&policies[1], who("ana")).await.remaining, 7);
    assert_eq!(one.check(&policies[1], who("ana")).await.remaining, 6);
}

#[tokio::test]
async fn a_window_that_was_tampered_with_begins_anew_and_ends() {
    let redis = RedisServer::start();
    let policy = Policy::new("default", 100, PATIENCE);
    let tampering: [&[&str]; 4] =
        [&["PERSIST KEY"], &["DEL KEY", "RPUSH KEY x"], &["SET KEY many EX 60"], &["PEXPIRE KEY 99999999"]];
    for (number, commands) in tampering.into_iter().enumerate() {
        let limiter = limiter(&redis).await;
        let subject = who(&number.to_string());
        let known = windows(&redis).await;
        limiter.check(&policy, subject).await;
        let found = windows(&redis).await;
        let (name, _) = found.iter().find(|(name, _)| !known.iter().any(|(known, _)| known == name)).unwrap();
        for command in commands {
            redis.run(&command.replace("KEY", name)).await;
        }
        let decision = limiter.check(&policy, subject).await;
        assert!(decision.allowed && limiter.is_shared(), "{commands:?}");
        let left = windows(&redis).await.into_iter().find(|(found, _)| found == name).unwrap().1;
        assert!((1..=60_000).contains(&left), "{commands:?}: {left}");
        assert_eq!(decision.remaining, 98, "what was counted here holds: {commands:?}");
    }
}
