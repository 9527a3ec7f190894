//! The metrics of the process: where they are collected, what is read when somebody asks for them, and what each of them
//! means.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use stockroom_service::{PoolReading, Readings};
use tokio::runtime::Handle;

use crate::failure::Failure;

/// From 1 ms to 10 s: requests, and what they wait for.
const REQUESTS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// From 100 µs to 10 s: statements, commits and waits for a connection, which are often short.
const STATEMENTS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// Orders in one group.
const GROUPS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 1000.0];
/// How often what was measured is put into buckets, so that it takes no memory when nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Where metrics are collected.
#[derive(Clone)]
pub(super) struct Collected {
    handle: PrometheusHandle,
    process: Collector,
    runtime: Handle,
}

impl Collected {
    /// Begins to collect, for the rest of the process.
    pub(super) fn start() -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::run(format!("cannot collect metrics: {error}"));
        let handle = [
            (Matcher::Suffix("_duration_seconds".to_owned()), &REQUESTS[..]),
            (Matcher::Suffix("_wait_seconds".to_owned()), &STATEMENTS[..]),
            (Matcher::Suffix("_group_seconds".to_owned()), &STATEMENTS[..]),
            (Matcher::Suffix("_commit_seconds".to_owned()), &STATEMENTS[..]),
            (Matcher::Full("stockroom_query_duration_seconds".to_owned()), &STATEMENTS[..]),
            (Matcher::Suffix("_group_orders".to_owned()), &GROUPS[..]),
        ]
        .into_iter()
        .try_fold(PrometheusBuilder::new(), |builder, (metrics, buckets)| {
            builder.set_buckets_for_metric(metrics, buckets)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| failed(&error))?;
        describe();
        begin_at_zero();
        gauge!("stockroom_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        let process = Collector::default();
        process.describe();
        Ok(Self { handle, process, runtime: Handle::try_current().map_err(|error| failed(&error))? })
    }

    /// Puts what was measured into buckets, for as long as it is polled.
    pub(super) async fn keep_small(&self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.handle.run_upkeep();
        }
    }

    /// All metrics, with those that are read now.
    pub(super) fn render(&self, readings: &Readings) -> String {
        self.process.collect();
        self.read_runtime();
        for pool in &readings.pools {
            read_pool(pool);
        }
        gauge!("stockroom_checkout_queue_depth").set(number(readings.checkouts_waiting));
        gauge!("stockroom_checkout_queue_capacity").set(number(readings.checkouts_capacity));
        gauge!("stockroom_password_queue_length").set(number(readings.passwords_waiting));
        if let Some(cache) = &readings.cache {
            for (event, count) in cache.counters.iter() {
                counter!("stockroom_cache_events_total", "event" => event).absolute(count);
            }
            gauge!("stockroom_redis_configured").set(yes(cache.uses_redis.is_some()));
            gauge!("stockroom_redis_used").set(yes(cache.uses_redis == Some(true)));
        }
        self.handle.render()
    }

    fn read_runtime(&self) {
        let runtime = self.runtime.metrics();
        gauge!("stockroom_runtime_workers").set(number(runtime.num_workers()));
        gauge!("stockroom_runtime_tasks").set(number(runtime.num_alive_tasks()));
        gauge!("stockroom_runtime_queue_depth").set(number(runtime.global_queue_depth()));
    }
}

fn read_pool(pool: &PoolReading) {
    let PoolReading { name, status, opened } = *pool;
    let set = |metric: &'static str, count: usize| gauge!(metric, "pool" => name).set(number(count));
    set("stockroom_pool_capacity", status.capacity);
    set("stockroom_pool_size", status.size);
    set("stockroom_pool_idle", status.available);
    set("stockroom_pool_in_use", status.size.saturating_sub(status.available));
    set("stockroom_pool_waiting", status.waiting);
    counter!("stockroom_pool_opened_total", "pool" => name).absolute(opened);
    // A counter never goes back, also while a connection is being opened that is part of the size already.
    let closed = opened.saturating_sub(status.size as u64);
    counter!("stockroom_pool_closed_total", "pool" => name).absolute(closed);
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

fn yes(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

/// What nothing has happened of is 0, not unknown: an increase from nothing to one is one that alerts see.
fn begin_at_zero() {
    for (name, label, values) in [
        ("stockroom_sign_ins_total", "result", &["ok", "failed", "throttled", "error"][..]),
        ("stockroom_mails_total", "result", &["sent", "failed"]),
        (
            "stockroom_http_requests_shed_total",
            "reason",
            &["bodies", "queue_full", "waited", "lag", "operators"],
        ),
        ("stockroom_orders_placed_total", "way", &["checkout", "order"]),
        (
            "stockroom_checkout_retries_total",
            "reason",
            &["conflict", "commit_lost", "connection_lost", "unavailable"],
        ),
        ("stockroom_rate_limited_total", "policy", &["default"]),
        ("stockroom_orders_refused_total", "reason", &["stock", "unavailable"]),
    ] {
        for value in values {
            counter!(name, label => *value).increment(0);
        }
    }
    counter!("stockroom_orders_canceled_total").increment(0);
    counter!("stockroom_rate_limit_redis_bypassed_total").increment(0);
    counter!("stockroom_rate_limit_redis_faults_total").increment(0);
    gauge!("stockroom_rate_limit_redis_used").set(0.0);
}

/// What each metric means; `docs/operations.md` tells more.
fn describe() {
    for (name, help) in [
        ("stockroom_http_requests_total", "Requests that were answered"),
        ("stockroom_http_requests_shed_total", "Requests that were refused because too many came"),
        ("stockroom_rate_limited_total", "Requests that were refused because too many came from one client"),
        ("stockroom_rate_limit_redis_bypassed_total", "Counts of rate limits that were kept here alone"),
        ("stockroom_rate_limit_redis_faults_total", "Counts of rate limits that Redis did not answer"),
        ("stockroom_pool_timeouts_total", "Callers that got no connection in time"),
        ("stockroom_pool_opened_total", "Connections that were opened"),
        ("stockroom_pool_closed_total", "Connections that were closed"),
        ("stockroom_checkout_retries_total", "Groups of orders that were tried again"),
        ("stockroom_checkout_splits_total", "Groups of orders that were split to find the one at fault"),
        ("stockroom_orders_placed_total", "Orders that were placed"),
        ("stockroom_orders_refused_total", "Checkouts that came to nothing"),
        ("stockroom_orders_canceled_total", "Orders that were cancelled"),
        ("stockroom_revenue_minor_units_total", "What is to be paid for checkouts, in minor units"),
        ("stockroom_units_sold_total", "Pieces sold by checkouts"),
        ("stockroom_sign_ins_total", "Tries to sign in with a password"),
        ("stockroom_mails_total", "Mails that were sent, or not"),
        ("stockroom_cache_events_total", "What the cache has done"),
    ] {
        describe_counter!(name, help);
    }
    for (name, help) in [
        ("stockroom_http_requests_in_flight", "Requests that are being answered"),
        ("stockroom_http_requests_working", "Requests of the public that are worked on"),
        ("stockroom_http_requests_waiting", "Requests that wait for their turn"),
        ("stockroom_rate_limit_redis_used", "Whether Redis counts for rate limits at present"),
        ("stockroom_pool_capacity", "Connections the pool may have"),
        ("stockroom_pool_size", "Connections the pool has"),
        ("stockroom_pool_idle", "Connections that are free"),
        ("stockroom_pool_in_use", "Connections that somebody has"),
        ("stockroom_pool_waiting", "Callers that wait for a connection"),
        ("stockroom_checkout_queue_depth", "Orders that wait to be placed"),
        ("stockroom_checkout_queue_capacity", "Orders that may wait"),
        ("stockroom_password_queue_length", "Passwords that wait to be hashed"),
        ("stockroom_products_low_stock", "Products with fewer pieces than operations.low_stock"),
        ("stockroom_database_up", "Whether PostgreSQL answers"),
        ("stockroom_redis_configured", "Whether there is to be a Redis"),
        ("stockroom_redis_used", "Whether Redis is asked at present"),
        ("stockroom_runtime_workers", "Threads of the runtime"),
        ("stockroom_runtime_tasks", "Tasks of the runtime"),
        ("stockroom_runtime_queue_depth", "Tasks that wait for a thread"),
        ("stockroom_build_info", "The version, as a label"),
    ] {
        describe_gauge!(name, help);
    }
    for (name, help) in [
        ("stockroom_http_request_duration_seconds", "How long requests took"),
        ("stockroom_pool_wait_seconds", "How long callers waited for a connection"),
        ("stockroom_query_duration_seconds", "How long statements took"),
        ("stockroom_checkout_wait_seconds", "How long orders waited in the queue"),
        ("stockroom_checkout_group_orders", "Orders in one group"),
        ("stockroom_checkout_group_seconds", "How long a group took, the commit included"),
        ("stockroom_checkout_commit_seconds", "How long the commit of a group took"),
    ] {
        describe_histogram!(name, help);
    }
}
