//! What can be configured. Every key is explained in `config/base.toml`, which gives each its default.

mod auth;
mod mail;
mod rate_limit;
mod telemetry;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

pub use auth::{Auth, AuthMode};
pub use mail::{Mail, MailTransport};
pub use rate_limit::{EndpointLimit, LimitProfile, RateLimit};
pub use telemetry::{Log, LogFormat, Operations, Tracing};

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The HTTP server.
    pub server: Server,
    /// Who may do what.
    pub auth: Auth,
    /// Mail that the shop sends.
    pub mail: Mail,
    /// The connections to PostgreSQL.
    pub database: Database,
    /// The private PostgreSQL.
    pub embedded: Embedded,
    /// Redis.
    pub redis: Redis,
    /// What is kept rendered.
    pub cache: Cache,
    /// Lengths of lists.
    pub pagination: Pagination,
    /// How products are searched.
    pub search: Search,
    /// How whole orders are placed.
    pub checkout: Checkout,
    /// How reviews are dealt with.
    pub reviews: Reviews,
    /// Who may read answers in a browser.
    pub cors: Cors,
    /// Requests of one client address.
    pub rate_limit: RateLimit,
    /// The log.
    pub log: Log,
    /// Traces.
    pub tracing: Tracing,
    /// The HTTP server of operators.
    pub operations: Operations,
    /// What a first run is filled with.
    pub demo: Demo,
}

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Name or address to listen on.
    pub host: String,
    /// TCP port; 0 is any free one.
    pub port: u16,
    /// Threads that serve requests; 0 is one for each core.
    pub workers: usize,
    /// Largest request body.
    pub body_limit_bytes: usize,
    /// Connections at most.
    pub max_connections: usize,
    /// How long the head of a request may take.
    pub head_timeout_seconds: u64,
    /// How long the body of a request may take.
    pub request_timeout_seconds: u64,
    /// How long a request may take to be answered.
    pub response_timeout_seconds: u64,
    /// How long an idle connection is kept.
    pub keep_alive_seconds: u64,
    /// How long a client may leave its answer untaken.
    pub untaken_timeout_seconds: u64,
    /// Requests that are worked on at once.
    pub max_in_flight: usize,
    /// Requests that may wait for their turn.
    pub max_waiting: usize,
    /// How long they wait at most.
    pub queue_milliseconds: u64,
    /// How long they wait at most while the queue is never empty.
    pub standing_queue_milliseconds: u64,
    /// Requests of operators that are worked on beside those of the public.
    pub operators_in_flight: usize,
    /// How late threads may be before requests are refused; 0 is however late.
    pub max_lag_milliseconds: u64,
    /// How long the service says that it stops before it takes no more requests.
    pub shutdown_delay_seconds: u64,
    /// How long requests in flight may go on once the service was told to stop.
    pub shutdown_timeout_seconds: u64,
}

#[cfg(test)]
impl Server {
    /// One that listens there, for tests that look at nothing else.
    pub(crate) fn listening(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            workers: 0,
            body_limit_bytes: 1,
            request_timeout_seconds: 1,
            max_connections: 1,
            head_timeout_seconds: 1,
            response_timeout_seconds: 1,
            keep_alive_seconds: 1,
            untaken_timeout_seconds: 1,
            max_in_flight: 1,
            max_waiting: 1,
            queue_milliseconds: 1,
            standing_queue_milliseconds: 1,
            operators_in_flight: 1,
            max_lag_milliseconds: 0,
            shutdown_delay_seconds: 0,
            shutdown_timeout_seconds: 1,
        }
    }
}

/// The connections to PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// URL of a server; empty for a private one.
    pub url: String,
    /// Connections at most.
    pub pool_size: usize,
    /// How long to wait for a free connection.
    pub pool_wait_seconds: u64,
    /// How long to wait for a new connection.
    pub connect_timeout_seconds: u64,
    /// Longest statement.
    pub statement_timeout_seconds: u64,
    /// Longest wait for a lock.
    pub lock_timeout_seconds: u64,
    /// How long a transaction may stand idle.
    pub idle_in_transaction_timeout_seconds: u64,
}

/// The private PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedded {
    /// Directory of its data; empty for the usual one.
    pub data_dir: String,
    /// Directory of its programs; empty to search for them.
    pub bin_dir: String,
    /// Connections it accepts.
    pub max_connections: u32,
}

/// Redis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Whether it is used, if it has a URL.
    pub enabled: bool,
    /// URL of a server; empty for none.
    pub url: String,
    /// PEM file of the authorities that are trusted with `rediss://`; empty for those of the system.
    pub root_certificate: String,
}

/// What is kept rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Whether anything is.
    pub enabled: bool,
    /// Memory in this process.
    pub capacity_megabytes: u64,
    /// How long products are kept.
    pub ttl_seconds: u64,
    /// How long categories are kept.
    pub category_ttl_seconds: u64,
    /// How long what is past its time may be served.
    pub stale_seconds: u64,
    /// How long Redis may take to answer.
    pub redis_budget_milliseconds: u64,
    /// What all keys in Redis begin with.
    pub redis_prefix: String,
}

/// Lengths of lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pagination {
    /// Rows when a request does not say.
    pub default_limit: i64,
    /// Rows at most.
    pub max_limit: i64,
    /// Rows that a request can skip at most.
    pub max_skip: i64,
}

/// How products are searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// A text search configuration of the database.
    pub language: String,
}

/// How whole orders are placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// Lanes, each with a connection of its own; 0 is one for every two cores.
    pub lanes: usize,
    /// Orders in one transaction at most.
    pub group_orders: NonZeroUsize,
    /// Orders that may wait.
    pub queue_orders: NonZeroUsize,
    /// Whether a checkout needs an `Idempotency-Key`.
    pub idempotency_key_required: bool,
}

/// How reviews are dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviews {
    /// When they are looked at.
    pub moderation: ReviewModeration,
}

/// When reviews are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum ReviewModeration {
    /// They are shown at once and can be taken back.
    After,
    /// They are shown when somebody has published them.
    Before,
}

impl TryFrom<String> for ReviewModeration {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "after" => Ok(Self::After),
            "before" => Ok(Self::Before),
            _ => Err(format!("{name:?} is none of after, before")),
        }
    }
}

/// Who may read answers in a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins, or `*` for all.
    pub origins: Vec<String>,
}

/// What a first run is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Whether an empty shop is filled with a small catalogue.
    pub catalogue: bool,
}
