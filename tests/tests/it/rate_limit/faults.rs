//! A Redis that stops, freezes or forgets lets nobody through who has no calls left, and is in nobody's way.

use std::time::{Duration, Instant};

use stockroom_service::{LimitSettings, ShopSettings};
use stockroom_tests::RedisServer;

use super::{App, calls, pair, remaining, sharing, until_shared};

/// The budget is five milliseconds; the rest is for a busy machine.
const LONGEST: Duration = Duration::from_secs(10);

/// A shop with the usual budget.
fn hasty(redis: &RedisServer) -> ShopSettings {
    let limits = LimitSettings { heartbeat: Duration::from_millis(100), ..LimitSettings::default() };
    ShopSettings { limits, ..sharing(redis) }
}

/// The calls that remain, which must be told at once.
async fn at_once(app: &App, address: &str) -> Option<u32> {
    let begun = Instant::now();
    let remaining = remaining(app, address).await;
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    remaining
}

/// Breaks Redis in the middle of two windows, one of them used up.
async fn no_gap(redis: &RedisServer, shop: &ShopSettings, breaks: impl AsyncFnOnce()) -> [App; 2] {
    let apps = pair(redis, shop, &calls(4)).await;
    let [app, _] = &apps;
    for left in (0..4).rev() {
        assert_eq!(remaining(app, "192.0.2.1").await, Some(left));
    }
    assert_eq!(remaining(app, "192.0.2.2").await, Some(3));
    assert_eq!(remaining(app, "192.0.2.2").await, Some(2));
    breaks().await;
    for _ in 0..20 {
        assert_eq!(at_once(app, "192.0.2.1").await, None, "it had no calls left");
    }
    assert_eq!(at_once(app, "192.0.2.2").await, Some(1));
    assert_eq!(at_once(app, "192.0.2.2").await, Some(0));
    assert_eq!(at_once(app, "192.0.2.2").await, None);
    assert_eq!(at_once(app, "192.0.2.3").await, Some(3), "others go on");
    apps
}

#[tokio::test]
async fn a_redis_that_stops_leaves_no_gap_and_comes_back() {
    let redis = RedisServer::start();
    let [app, other] = no_gap(&redis, &sharing(&redis), async || redis.stop()).await;
    redis.start_again();
    for app in [&app, &other] {
        until_shared(app, &redis).await;
    }
    // The stricter count holds: Redis has lost its own.
    assert_eq!(remaining(&app, "192.0.2.1").await, None);
    assert_eq!(remaining(&app, "192.0.2.3").await, Some(2));
    assert_eq!(remaining(&app, "192.0.2.9").await, Some(3));
    assert_eq!(remaining(&other, "192.0.2.9").await, Some(2), "they share again");
}

#[tokio::test]
async fn a_redis_that_freezes_keeps_nobody_waiting() {
    let redis = RedisServer::start();
    let [app, _other] = no_gap(&redis, &hasty(&redis), async || redis.pause()).await;
    redis.resume();
    until_shared(&app, &redis).await;
    assert_eq!(remaining(&app, "192.0.2.2").await, None);
}

#[tokio::test]
async fn a_redis_that_forgets_everything_frees_nobody() {
    let redis = RedisServer::start();
    no_gap(&redis, &sharing(&redis), async || redis.run("FLUSHALL").await).await;
}

#[tokio::test]
async fn a_redis_that_was_never_there_is_not_missed() {
    let redis = RedisServer::start();
    let shop = hasty(&redis);
    redis.stop();
    let app = App::start_service(stockroom_tests::database().await, shop, &calls(2));
    for left in [Some(1), Some(0), None, None] {
        assert_eq!(at_once(&app, "192.0.2.1").await, left);
    }
}

#[tokio::test]
async fn a_redis_that_takes_no_changes_is_left_out() {
    let (redis, master) = (RedisServer::start(), RedisServer::start());
    no_gap(&redis, &sharing(&redis), async || redis.replicate(Some(&master)).await).await;
}
