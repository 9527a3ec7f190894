//! How often somebody may ask: of one service and of several, and while Redis is away.

mod addresses;
mod faults;
mod headers;
mod policies;
mod shared;
mod windows;

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use stockroom_service::{LimitSettings, RedisSettings, ShopSettings};
use stockroom_tests::{Actor, Answer, App, RedisServer, database};
use stockroom_web::{EndpointLimits, RateLimit, Settings};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Settings with so many calls a minute, behind a proxy on this machine.
fn calls(calls: u32) -> Settings {
    Settings {
        rate_limit: Some(RateLimit::per_minute(calls)),
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..App::open()
    }
}

async fn limited(most: u32) -> App {
    App::start_with(calls(most)).await
}

async fn strict() -> App {
    App::start_with(Settings { endpoint_limits: EndpointLimits::STRICT, ..calls(1000) }).await
}

/// A shop that shares this Redis, and waits for it as long as a busy machine may need.
fn sharing(redis: &RedisServer) -> ShopSettings {
    let limits = LimitSettings {
        budget: Duration::from_secs(20),
        heartbeat: Duration::from_millis(100),
        ..LimitSettings::default()
    };
    ShopSettings { redis: Some(RedisSettings::new(redis.url())), limits, ..App::settings() }
}

/// Two services of one shop that count in this Redis.
async fn pair(redis: &RedisServer, shop: &ShopSettings, settings: &Settings) -> [App; 2] {
    let url = database().await;
    let apps = [(); 2].map(|()| App::start_service(url.clone(), shop.clone(), settings));
    for app in &apps {
        until_shared(app, redis).await;
    }
    apps
}

/// A request that comes from this address, as the proxy says.
fn from(actor: &Actor, address: &str, method: Method, path: &str) -> RequestBuilder {
    actor.request(method, path).header("x-forwarded-for", address)
}

/// Asks for what is not there: of all that is counted it costs least.
async fn ask(app: &App, address: &str) -> Answer {
    let actor = app.actor();
    actor.send(from(&actor, address, Method::GET, "/nowhere")).await
}

/// The calls that remain, or `None` for a refusal.
async fn remaining(app: &App, address: &str) -> Option<u32> {
    let answer = ask(app, address).await;
    match answer.status.as_u16() {
        429 => None,
        404 => Some(answer.header("x-ratelimit-remaining").parse().unwrap()),
        other => panic!("{other}: {}", answer.text),
    }
}

/// The windows in a Redis, with the milliseconds that each has left.
async fn windows(redis: &RedisServer) -> Vec<(String, i64)> {
    let keys = redis.keys().await;
    keys.into_iter().filter(|(name, _)| name.contains(":limit:") && !name.ends_with(":probe")).collect()
}

/// Waits until a service counts in Redis, by asking from addresses of 198.18.0.0/15 until a window appears there.
async fn until_shared(app: &App, redis: &RedisServer) {
    let begun = Instant::now();
    let known = windows(redis).await.len();
    for stranger in 0_u32.. {
        let [_, a, b, c] = stranger.to_be_bytes();
        ask(app, &format!("198.{}.{b}.{c}", 18 + a)).await;
        if windows(redis).await.len() > known {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "Redis is never used");
    }
}
