//! The body of the health check, with the thresholds that decide it.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use serde::Serialize;
use stockroom_service::{CacheHealth, DatabaseHealth, Health, HealthChange, PoolStatus, RedisHealth};
use utoipa::ToSchema;

/// How well a part is; the worst part decides the whole. Ordered from well to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HealthLevel {
    /// As it should be.
    Healthy,
    /// Not as fast or empty as it should be.
    Warning,
    /// Works with less than it should have.
    Degraded,
    /// Does not work.
    Critical,
}

/// How the service and its parts are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthResponse {
    /// The worst of the parts.
    pub(crate) status: HealthLevel,
    /// When it was looked at.
    timestamp: DateTime<Utc>,
    /// The parts.
    checks: HealthChecks,
    /// The last changes of the parts, oldest first, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<HealthChangeShown>>,
}

/// A part that is not as it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthChangeShown {
    /// `service`, `database`, `migrations` or `redis`.
    #[schema(example = "database")]
    component: &'static str,
    /// How it was.
    #[schema(example = "up")]
    from: &'static str,
    /// How it is since then.
    #[schema(example = "down")]
    to: &'static str,
    /// When that was seen.
    at: DateTime<Utc>,
}

impl From<HealthChange> for HealthChangeShown {
    fn from(HealthChange { component, from, to, at }: HealthChange) -> Self {
        Self { component, from, to, at }
    }
}

/// The parts of the service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthChecks {
    /// PostgreSQL.
    database: DatabaseCheck,
    /// Redis.
    redis: RedisCheck,
    /// The pool of connections to PostgreSQL.
    db_pool: PoolCheck,
    /// What is kept rendered of the catalogue.
    cache: CacheCheck,
}

/// What is kept rendered of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CacheCheck {
    /// `enabled` or `disabled`.
    #[schema(example = "enabled")]
    status: &'static str,
    /// Redis behind it: `used`, `bypassed` while it does not answer in time, or `disabled` when none is configured.
    #[schema(example = "used")]
    redis: &'static str,
    /// What it has done since the service started, by name.
    #[schema(example = json!({"local_hits": 1200, "redis_hits": 30, "misses": 42, "loads": 12}))]
    counters: BTreeMap<&'static str, u64>,
}

impl From<Option<CacheHealth>> for CacheCheck {
    fn from(cache: Option<CacheHealth>) -> Self {
        let status = if cache.is_some() { "enabled" } else { "disabled" };
        let redis = match cache.and_then(|cache| cache.uses_redis) {
            None => "disabled",
            Some(true) => "used",
            Some(false) => "bypassed",
        };
        let counters = cache.map(|cache| cache.counters.iter().collect()).unwrap_or_default();
        Self { status, redis, counters }
    }
}

/// PostgreSQL.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatabaseCheck {
    /// `up` or `down`.
    #[schema(example = "up")]
    status: &'static str,
    /// By its latency.
    health: HealthLevel,
    /// How long a small query took; null when it failed.
    #[schema(example = 0.8)]
    latency_ms: Option<f64>,
    /// From when on it is not healthy.
    thresholds: LatencyThresholds,
}

/// Latencies from which on the database is not healthy.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct LatencyThresholds {
    /// Milliseconds from which on it is a warning.
    #[schema(example = 100)]
    warning_ms: u32,
    /// Milliseconds from which on it is critical.
    #[schema(example = 500)]
    critical_ms: u32,
}

/// Redis.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RedisCheck {
    /// `up`, `down`, or `disabled` when none is configured.
    #[schema(example = "disabled")]
    status: &'static str,
    /// `degraded` when it does not answer: the service works without it.
    health: HealthLevel,
}

/// The pool of connections to PostgreSQL.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PoolCheck {
    /// By its utilization.
    health: HealthLevel,
    /// Connections open.
    #[schema(example = 4)]
    size: usize,
    /// Open and free.
    #[schema(example = 3)]
    checked_in: usize,
    /// Open and in use.
    #[schema(example = 1)]
    checked_out: usize,
    /// Always 0: the pool never grows beyond its capacity.
    #[schema(example = 0)]
    overflow: usize,
    /// Connections at most.
    #[schema(example = 16)]
    total_capacity: usize,
    /// Share of the capacity in use.
    #[schema(example = 6.3)]
    utilization_percent: f64,
    /// From when on it is not healthy.
    thresholds: UtilizationThresholds,
}

/// Utilizations from which on the pool is not healthy.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct UtilizationThresholds {
    /// Percent from which on it is a warning.
    #[schema(example = 70)]
    warning_percent: u32,
    /// Percent from which on it is critical.
    #[schema(example = 90)]
    critical_percent: u32,
}

const LATENCY: LatencyThresholds = LatencyThresholds { warning_ms: 100, critical_ms: 500 };
const UTILIZATION: UtilizationThresholds =
    UtilizationThresholds { warning_percent: 70, critical_percent: 90 };

impl HealthResponse {
    pub(crate) fn new(health: Health, timestamp: DateTime<Utc>, with_history: bool) -> Self {
        let history = with_history.then(|| health.history.into_iter().map(Into::into).collect());
        let checks = HealthChecks {
            database: DatabaseCheck::from(health.database),
            redis: RedisCheck::from(health.redis),
            db_pool: PoolCheck::from(health.pool),
            cache: CacheCheck::from(health.cache),
        };
        let status = checks.database.health.max(checks.redis.health).max(checks.db_pool.health);
        Self { status, timestamp, checks, history }
    }
}

impl From<DatabaseHealth> for DatabaseCheck {
    fn from(database: DatabaseHealth) -> Self {
        let milliseconds = database.latency.map(|latency: Duration| latency.as_secs_f64() * 1000.0);
        let health = match milliseconds {
            None => HealthLevel::Critical,
            Some(latency) => level(latency, LATENCY.warning_ms, LATENCY.critical_ms),
        };
        let status = if milliseconds.is_some() { "up" } else { "down" };
        Self { status, health, latency_ms: milliseconds.map(hundredths), thresholds: LATENCY }
    }
}

impl From<Option<RedisHealth>> for RedisCheck {
    fn from(redis: Option<RedisHealth>) -> Self {
        let (status, health) = match redis {
            None => ("disabled", HealthLevel::Healthy),
            Some(RedisHealth { up: true }) => ("up", HealthLevel::Healthy),
            Some(RedisHealth { up: false }) => ("down", HealthLevel::Degraded),
        };
        Self { status, health }
    }
}

impl From<PoolStatus> for PoolCheck {
    fn from(pool: PoolStatus) -> Self {
        let checked_out = pool.size - pool.available.min(pool.size);
        #[expect(clippy::cast_precision_loss, reason = "pools are small")]
        let utilization =
            if pool.capacity == 0 { 0.0 } else { checked_out as f64 / pool.capacity as f64 * 100.0 };
        Self {
            health: level(utilization, UTILIZATION.warning_percent, UTILIZATION.critical_percent),
            size: pool.size,
            checked_in: pool.available,
            checked_out,
            overflow: 0,
            total_capacity: pool.capacity,
            utilization_percent: hundredths(utilization),
            thresholds: UTILIZATION,
        }
    }
}

fn level(value: f64, warning: u32, critical: u32) -> HealthLevel {
    if value >= f64::from(critical) {
        HealthLevel::Critical
    } else if value >= f64::from(warning) {
        HealthLevel::Warning
    } else {
        HealthLevel::Healthy
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(latency: Option<u64>, redis: Option<bool>, in_use: usize, expected: HealthLevel) {
        let health = Health {
            database: DatabaseHealth { latency: latency.map(Duration::from_millis) },
            redis: redis.map(|up| RedisHealth { up }),
            pool: PoolStatus { capacity: 10, size: 10, available: 10 - in_use, waiting: 0 },
            cache: None,
            history: Vec::new(),
        };
        assert_eq!(HealthResponse::new(health, DateTime::UNIX_EPOCH, false).status, expected);
    }

    #[test]
    fn the_worst_part_decides() {
        check(Some(99), None, 6, HealthLevel::Healthy);
        check(Some(100), None, 0, HealthLevel::Warning);
        check(Some(1), None, 7, HealthLevel::Warning);
        check(Some(1), Some(false), 7, HealthLevel::Degraded);
        check(Some(500), Some(false), 0, HealthLevel::Critical);
        check(Some(1), Some(true), 9, HealthLevel::Critical);
        check(None, Some(true), 0, HealthLevel::Critical);
    }
}
