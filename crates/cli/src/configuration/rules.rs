//! What the values of a configuration must fulfil beyond their types.

mod auth;
mod telemetry;

use std::fmt::Display;

use url::Url;

use super::{Configuration, sections};
use crate::failure::Failure;

pub(crate) use auth::{algorithm, signing_keys};
pub(crate) use telemetry::level_fault;

/// Long enough for anything sensible, and in milliseconds still small enough for PostgreSQL.
const A_DAY: u64 = 24 * 60 * 60;
/// Far more rows than can be skipped within a statement's time.
const MOST_SKIPPED: i64 = 1_000_000_000;
/// Connections of a private server that are left for those who work for the shop, for migrations and for people.
const SPARE_CONNECTIONS: usize = 10;

/// Fails on the first value that is out of range.
pub(super) fn check(configuration: &Configuration) -> Result<(), Failure> {
    let Configuration {
        server,
        auth,
        mail,
        database,
        embedded,
        redis,
        cache,
        pagination,
        search,
        checkout,
        reviews: _,
        cors,
        rate_limit,
        log,
        tracing,
        operations,
        demo: _,
    } = configuration;
    demand(!server.host.is_empty(), "server.host must not be empty")?;
    within("server.workers", server.workers, 0, 1024)?;
    within("server.body_limit_bytes", server.body_limit_bytes, 1, 1 << 30)?;
    within("server.request_timeout_seconds", server.request_timeout_seconds, 1, A_DAY)?;
    within("server.max_connections", server.max_connections, 1, 1 << 20)?;
    within("server.head_timeout_seconds", server.head_timeout_seconds, 1, A_DAY)?;
    within("server.response_timeout_seconds", server.response_timeout_seconds, 1, A_DAY)?;
    within("server.keep_alive_seconds", server.keep_alive_seconds, 1, A_DAY)?;
    within("server.untaken_timeout_seconds", server.untaken_timeout_seconds, 1, A_DAY)?;
    within("server.max_in_flight", server.max_in_flight, 1, 1 << 20)?;
    within("server.max_waiting", server.max_waiting, 0, 1 << 20)?;
    within("server.queue_milliseconds", server.queue_milliseconds, 1, 60_000)?;
    let queue = server.queue_milliseconds;
    within("server.standing_queue_milliseconds", server.standing_queue_milliseconds, 1, queue)?;
    within("server.operators_in_flight", server.operators_in_flight, 1, 1 << 20)?;
    within("server.max_lag_milliseconds", server.max_lag_milliseconds, 0, 60_000)?;
    within("server.shutdown_delay_seconds", server.shutdown_delay_seconds, 0, 600)?;
    within("server.shutdown_timeout_seconds", server.shutdown_timeout_seconds, 0, A_DAY)?;
    auth::check(auth)?;
    auth::check_mail(mail)?;
    check_database(database)?;
    if database.url.is_empty() {
        within("embedded.max_connections", embedded.max_connections, 1, 10_000)?;
        let used = database.pool_size + checkout.lanes.max(1);
        let spare = (embedded.max_connections as usize).saturating_sub(used);
        demand(
            spare >= SPARE_CONNECTIONS,
            format!(
                "embedded.max_connections ({}) must exceed database.pool_size ({}) and checkout.lanes ({}) together by \
                 at least {SPARE_CONNECTIONS}",
                embedded.max_connections, database.pool_size, checkout.lanes
            ),
        )?;
    }
    let known = ["redis://", "rediss://", "redis+unix://", "unix://"]
        .iter()
        .any(|scheme| redis.url.starts_with(scheme));
    demand(known || redis.url.is_empty(), "redis.url must be empty or start with redis:// or rediss://")?;
    within("cache.capacity_megabytes", cache.capacity_megabytes, 1, 1 << 20)?;
    within("cache.ttl_seconds", cache.ttl_seconds, 1, A_DAY)?;
    within("cache.category_ttl_seconds", cache.category_ttl_seconds, 1, A_DAY)?;
    within("cache.stale_seconds", cache.stale_seconds, 0, A_DAY)?;
    within("cache.redis_budget_milliseconds", cache.redis_budget_milliseconds, 1, 1000)?;
    demand(!cache.redis_prefix.is_empty(), "cache.redis_prefix must not be empty")?;
    demand(pagination.default_limit >= 1, "pagination.default_limit must be at least 1")?;
    demand(
        pagination.max_limit >= pagination.default_limit,
        format!(
            "pagination.max_limit ({}) must be at least pagination.default_limit ({})",
            pagination.max_limit, pagination.default_limit
        ),
    )?;
    within("pagination.max_skip", pagination.max_skip, 0, MOST_SKIPPED)?;
    let is_name =
        |name: &str| name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    demand(
        is_name(&search.language) && search.language.starts_with(|c: char| !c.is_ascii_digit()),
        format!("search.language is {:?}, but must be a name such as english", search.language),
    )?;
    within("checkout.lanes", checkout.lanes, 0, 64)?;
    within("checkout.group_orders", checkout.group_orders.get(), 1, 1000)?;
    within("checkout.queue_orders", checkout.queue_orders.get(), 1, 1_000_000)?;
    cors.origins.iter().try_for_each(|origin| check_origin(origin))?;
    check_rate_limit(rate_limit)?;
    telemetry::check(log, tracing, operations)
}

fn check_rate_limit(rate_limit: &sections::RateLimit) -> Result<(), Failure> {
    within("rate_limit.calls", rate_limit.calls, 1, u32::MAX)?;
    within("rate_limit.period_seconds", rate_limit.period_seconds, 1, A_DAY)?;
    within("rate_limit.redis_budget_milliseconds", rate_limit.redis_budget_milliseconds, 1, 1000)?;
    let endpoints = [
        ("checkout", rate_limit.checkout),
        ("registration", rate_limit.registration),
        ("reviews", rate_limit.reviews),
        ("login", rate_limit.login),
        ("lines", rate_limit.lines),
    ];
    endpoints.into_iter().try_for_each(|(name, limit)| match limit {
        sections::EndpointLimit::Limit { period_seconds, .. } => {
            within(&format!("the period of rate_limit.{name}"), period_seconds, 1, A_DAY)
        }
        sections::EndpointLimit::OfProfile | sections::EndpointLimit::Off => Ok(()),
    })
}

fn check_database(database: &sections::Database) -> Result<(), Failure> {
    let known = ["postgres://", "postgresql://"].iter().any(|scheme| database.url.starts_with(scheme));
    demand(
        known || database.url.is_empty(),
        "database.url must be empty or a URL such as postgres://user:password@host:5432/name",
    )?;
    within("database.pool_size", database.pool_size, 1, 10_000)?;
    let timeouts = [
        ("database.pool_wait_seconds", database.pool_wait_seconds),
        ("database.connect_timeout_seconds", database.connect_timeout_seconds),
        ("database.statement_timeout_seconds", database.statement_timeout_seconds),
        ("database.lock_timeout_seconds", database.lock_timeout_seconds),
        ("database.idle_in_transaction_timeout_seconds", database.idle_in_transaction_timeout_seconds),
    ];
    timeouts.into_iter().try_for_each(|(key, value)| within(key, value, 1, A_DAY))
}

/// A browser sends scheme, host and port and nothing else, so nothing else would ever match.
fn check_origin(origin: &str) -> Result<(), Failure> {
    let exact = Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == origin);
    demand(
        origin == "*" || exact,
        format!(
            "cors.origins holds {origin:?}, but an origin is * or like https://shop.example, without a path"
        ),
    )
}

fn within<T: Copy + PartialOrd + Display>(key: &str, value: T, least: T, most: T) -> Result<(), Failure> {
    let inside = value >= least && value <= most;
    demand(inside, format!("{key} is {value}, but must be from {least} to {most}"))
}

fn demand(fulfilled: bool, sentence: impl Into<String>) -> Result<(), Failure> {
    if fulfilled { Ok(()) } else { Err(Failure::usage(sentence)) }
}
