//! What the health checks promise: few looks at the database, fast answers whatever happens, and a memory.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use stockroom_service::{Lifecycle, LifecycleState, Pool};
use stockroom_service::{PoolSettings, Shop, ShopSettings};
use stockroom_tests::{Actor, App, Proxy, RedisServer, Way, database};
use tokio::time::timeout;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until it is ready.
async fn ready(prober: &Actor) {
    let ready = async { while prober.get("/readyz").await.status != 200 {} };
    timeout(PATIENCE, ready).await.expect("it becomes ready");
}

/// A service behind a way on which things can go wrong.
async fn behind(size: usize) -> (App, Proxy) {
    let url = database().await;
    let proxy = Proxy::to_database(&url).await;
    let config: tokio_postgres::Config = url.parse().unwrap();
    let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
    let way = format!("postgres://{user}@{}/{name}", proxy.address());
    let connections = PoolSettings { size, ..PoolSettings::new(way) };
    (App::start_connecting(url, connections, App::settings()), proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_probes_ask_the_database_once_a_second() {
    let (app, proxy) = behind(4).await;
    let prober = app.actor();
    ready(&prober).await;
    let (before, started) = (proxy.sent(), Instant::now());
    for _ in 0..10 {
        let asked = (0..100).map(|asked| {
            let path = if asked % 2 == 0 { "/readyz" } else { "/health_check" };
            prober.get(path)
        });
        join_all(asked).await.into_iter().for_each(|answer| drop(answer.expect(200)));
    }
    let seconds = usize::try_from(started.elapsed().as_secs()).unwrap();
    // A prepared statement is sent in three parts, and the listener asks now and then whether its connection is there.
    let most = 3 * (seconds + 1) + seconds;
    assert!(proxy.sent() - before <= most, "{} messages in {seconds} s", proxy.sent() - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer_within_a_second_when_the_pool_is_exhausted_or_postgresql_hangs() {
    let (app, proxy) = behind(1).await;
    let prober = app.actor();
    let product = prober.product(json!({})).await;
    let held = app.hold(&format!("SELECT FROM products WHERE id = {product} FOR UPDATE")).await;
    let (path, renamed) = (format!("/products/{product}"), json!({"name": "Pot"}));
    let change = prober.put(&path, &renamed);
    let looks = async {
        app.until_blocked(1).await;
        let started = Instant::now();
        prober.get("/readyz").await.expect(200);
        let health = prober.get("/health_check").await.expect(200);
        assert_eq!(health["checks"]["database"]["status"], "up");
        assert_eq!(health["checks"]["db_pool"]["checked_out"], 1);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        held.release().await;
    };
    let (changed, ()) = tokio::join!(change, looks);
    changed.expect(200);

    proxy.set(Way::Swallows);
    let mut slowest = Duration::ZERO;
    loop {
        let started = Instant::now();
        let ready = prober.get("/readyz").await;
        slowest = slowest.max(started.elapsed());
        if ready.status == 503 {
            assert_eq!(ready.body["failing"], json!(["database", "migrations"]));
            assert_eq!(ready.body["checks"]["migrations"], "unknown");
            break;
        }
    }
    prober.get("/livez").await.expect(200);
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");

    proxy.set(Way::Passes);
    ready(&prober).await;
    let health = prober.get("/health_check?history=1").await.expect(200);
    let told: Vec<_> = health["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["component"] == "database")
        .map(|change| format!("{} to {}", change["from"], change["to"]))
        .collect();
    assert_eq!(told, ["\"up\" to \"down\"", "\"down\" to \"up\""]);
    assert!(prober.get("/health_check").await.expect(200).get("history").is_none());
}

#[tokio::test]
async fn a_shop_that_starts_or_stops_is_not_ready_and_says_why() {
    let url = database().await;
    let lifecycle = Lifecycle::starting();
    let settings = ShopSettings { lifecycle: lifecycle.clone(), ..App::settings() };
    let app = App::start_shop(url.clone(), settings);
    let anyone = app.actor();
    let ready = anyone.get("/readyz").await.expect(503);
    assert_eq!(ready["failing"], json!(["lifecycle"]));
    assert_eq!(ready["checks"]["lifecycle"], "starting");
    let refused = anyone.get("/products").await;
    refused.expect_problem(503, "Service temporarily unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    anyone.get("/livez").await.expect(200);

    lifecycle.serve();
    assert_eq!(anyone.get("/readyz").await.expect(200)["status"], "ready");
    assert_eq!(anyone.get("/products").await.header("connection"), "");

    lifecycle.stop();
    assert_eq!(anyone.get("/readyz").await.expect(503)["checks"]["lifecycle"], "stopping");
    let last = anyone.get("/products").await;
    assert_eq!((last.status.as_u16(), last.header("connection")), (200, "close"));

    let shop = Shop::start(&Pool::new(PoolSettings::new(url)).unwrap(), App::settings()).unwrap();
    assert_eq!(shop.lifecycle().state(), LifecycleState::Serving);
    shop.close().await;
    assert_eq!(shop.lifecycle().state(), LifecycleState::Stopping);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_do_not_wait_for_the_answers_of_a_slow_redis() {
    const LATENCY: Duration = Duration::from_millis(50);
    let redis = RedisServer::start();
    let proxy = Proxy::to_port(redis.port()).await;
    let app = App::start_with_redis(&format!("redis://{}", proxy.address())).await;
    let reader = app.actor();
    let product = reader.product(json!({})).await;
    let used =
        async { while reader.get("/health_check").await.body["checks"]["cache"]["redis"] != "used" {} };
    timeout(PATIENCE, used).await.expect("it is used");
    proxy.set(Way::IsSlow(LATENCY));
    let (reads, started) = (100, Instant::now());
    for page in 1..=reads {
        // Not kept by anybody: another page each time.
        let list = reader.get(&format!("/products?limit={page}")).await.expect(200);
        assert_eq!(list[0]["id_key"], product);
    }
    // An answer of Redis takes twice as long, and a read that waits for it waits for two.
    let (taken, waiting) = (started.elapsed(), LATENCY * 4 * reads);
    assert!(taken < waiting / 2, "{reads} reads took {taken:?}");
}
