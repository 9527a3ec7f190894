//! Clients that hang up: what they only wanted to read is given up, what they wanted done is done.

use std::time::Duration;

use serde_json::json;
use stockroom_service::PoolSettings;
use stockroom_tests::{App, database, patient};
use stockroom_web::{Bounds, Settings};
use tokio::task::JoinSet;

const READING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND application_name = 'stockroom' AND state = 'active'";

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_in_postgresql_too_when_its_caller_hangs_up() {
    let url = database().await;
    let connections = PoolSettings { size: 2, ..PoolSettings::new(&url) };
    let app = App::start_connecting(url, connections, App::settings());
    let locked = app.hold("LOCK TABLE orders").await;
    let mut callers = JoinSet::new();
    for _ in 0..2 {
        let hasty = app.actor();
        callers.spawn(async move { hasty.get("/orders").await });
    }
    app.until_blocked(2).await;

    callers.shutdown().await;

    // Long before the statements would have been given up, and while the lock is held.
    tokio::time::timeout(Duration::from_secs(4), app.until(READING, 0)).await.expect("they are gone");
    locked.release().await;
    app.actor().get("/orders").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_done_though_its_caller_hangs_up() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"stock": 5})).await;
    let client = ana.client(json!({})).await;
    let order = ana.check_out(client, &[(product, 2)]).await["id_key"].as_i64().expect("an id");
    let locked = app.hold(&format!("SELECT FROM orders WHERE id = {order} FOR UPDATE")).await;
    let mut caller = JoinSet::new();
    let hasty = app.actor();
    caller.spawn(async move { hasty.post(&format!("/orders/{order}/cancel"), &json!({})).await });
    app.until_blocked(1).await;

    caller.shutdown().await;
    locked.release().await;

    app.until("SELECT stock::bigint FROM products", 5).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_answered_and_a_write_is_done_all_the_same() {
    let bounds = Bounds { response: Duration::from_millis(300), ..Bounds::default() };
    let settings = Settings { bounds, request_timeout: Duration::from_millis(300), ..App::open() };
    let app = App::start_with(settings).await;
    let ana = app.actor();
    let product = ana.product(json!({"stock": 5})).await;
    let locked = app.hold("LOCK TABLE orders; LOCK TABLE products").await;

    let read = ana.get("/orders").await;
    let write = ana.patch(&format!("/products/{product}"), &json!({"name": "A better mug"})).await;

    for answer in [&read, &write] {
        answer.expect_problem(503, "Service temporarily unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
    locked.release().await;
    app.until("SELECT count(*) FROM products WHERE name = 'A better mug'", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_has_to_wait_for_others_to_be_read_is_not_waited_for_long() {
    let url = database().await;
    let connections = PoolSettings { wait: Duration::from_millis(300), ..PoolSettings::new(patient(&url)) };
    let app = App::start_connecting(url, connections, App::settings());
    let ana = app.actor();
    let mut products = Vec::new();
    for _ in 0..3 {
        products.push(ana.product(json!({})).await);
    }
    let locked = app.hold("LOCK TABLE products").await;
    let mut reads = JoinSet::new();
    for (before, product) in (1..).zip(&products[..2]) {
        let (ana, path) = (ana.clone(), format!("/products/{product}"));
        reads.spawn(async move { ana.get(&path).await });
        app.until_blocked(before).await;
    }

    // Long before the lock is given up.
    let path = format!("/products/{}", products[2]);
    let answer = tokio::time::timeout(Duration::from_secs(4), ana.get(&path)).await.expect("an answer");

    answer.expect_problem(503, "Service temporarily unavailable");
    locked.release().await;
    for read in reads.join_all().await {
        read.expect(200);
    }
    ana.get(&path).await.expect(200);
}
