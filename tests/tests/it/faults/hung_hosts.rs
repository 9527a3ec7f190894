//! The first host of a URL hangs, before or after it lets somebody in: the second one is used.

use std::time::Duration;

use diesel::{QueryableByName, sql_query, sql_types::Integer};
use diesel_async::RunQueryDsl;
use serde_json::json;
use stockroom_repository::{Pool, PooledConnection, migrations};
use stockroom_service::PoolSettings;
use stockroom_tests::{App, Proxy, Way, database, empty_database};
use tokio::time::timeout;

/// How a host hangs: from the start, or behind something that lets everybody in.
const WAYS: [Way; 2] = [Way::Swallows, Way::LetsIn];
/// With it the driver asks something itself, before it calls a connection made.
const ASKS: [&str; 2] = ["target_session_attrs=any", "target_session_attrs=read-write"];
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Two ways to a database, and the URL that has them one after the other.
async fn two_ways(database_url: &str, parameters: &str) -> ([Proxy; 2], String) {
    let ways = [Proxy::to_database(database_url).await, Proxy::to_database(database_url).await];
    let config: tokio_postgres::Config = database_url.parse().unwrap();
    let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
    let hosts = ways.each_ref().map(|way| way.address().to_string()).join(",");
    (ways, format!("postgres://{user}@{hosts}/{name}?{parameters}"))
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

async fn backend(connection: &mut PooledConnection) -> i32 {
    sql_query("SELECT pg_backend_pid() AS pid").get_result::<Backend>(connection).await.unwrap().pid
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_host_that_hangs_leaves_the_second_one_its_time() {
    for (way, asks) in WAYS.into_iter().flat_map(|way| ASKS.map(|asks| (way, asks))) {
        let url = database().await;
        let ([first, second], ways) = two_ways(&url, asks).await;
        first.set(way);
        let connections =
            PoolSettings { size: 2, connect: Duration::from_secs(2), ..PoolSettings::new(ways) };
        let app = App::start_connecting(url, connections, App::settings());
        let shop = app.actor();
        // The first request goes well.
        shop.get("/products").await.expect(200);
        shop.product(json!({})).await;
        let becomes_ready = async { while shop.get("/readyz").await.status != 200 {} };
        timeout(PATIENCE, becomes_ready).await.unwrap_or_else(|_| panic!("{way:?} {asks}: never ready"));
        assert!(second.connections() > 0, "{way:?} {asks}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_while_somebody_connects_says_nothing_of_the_connections_to_another_one() {
    for asks in ASKS {
        let url = database().await;
        let ([first, _second], ways) = two_ways(&url, asks).await;
        first.set(Way::IsCut);
        // It is noticed before the time for the host is over, as one is that ends connections.
        let (connect, response_timeout) = (Duration::from_secs(4), Duration::from_millis(500));
        let pool = Pool::new(PoolSettings { size: 2, connect, response_timeout, ..PoolSettings::new(ways) })
            .unwrap();
        let mut good = pool.get().await.unwrap();
        let known = backend(&mut good).await;
        first.set(Way::LetsIn);
        drop(pool.get().await.unwrap());
        assert_eq!(first.connections(), 0, "{asks}");
        drop(good);

        let mut both = [pool.get().await.unwrap(), pool.get().await.unwrap()];
        let mut used = Vec::new();
        for connection in &mut both {
            used.push(backend(connection).await);
        }
        assert!(used.contains(&known), "{asks}: {known} is not among {used:?}");
        assert_eq!(pool.opened(), 2, "{asks}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_are_run_past_a_first_host_that_hangs() {
    for (way, asks) in WAYS.into_iter().flat_map(|way| ASKS.map(|asks| (way, asks))) {
        let url = empty_database().await;
        let ([first, second], ways) = two_ways(&url, &format!("connect_timeout=1&{asks}")).await;
        first.set(way);
        let run = timeout(PATIENCE, migrations::run(&ways)).await;
        let run = run.unwrap_or_else(|_| panic!("{way:?} {asks}: it waits for ever"));
        assert_eq!(run.unwrap().len(), migrations::count(), "{way:?} {asks}");

        second.set(way);
        let unreached = timeout(PATIENCE, migrations::pending(&ways)).await;
        let unreached =
            unreached.unwrap_or_else(|_| panic!("{way:?} {asks}: it waits for ever")).unwrap_err();
        assert!(unreached.passes(), "{unreached}");
    }
}
