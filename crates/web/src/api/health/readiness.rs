//! The body of the readiness check.

use serde::Serialize;
use stockroom_service::{DatabaseState, LifecycleState, Readiness};
use utoipa::ToSchema;

/// Whether requests should be sent here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadinessResponse {
    /// `ready` or `not_ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// The checks that fail, by name.
    #[schema(example = json!([]))]
    failing: Vec<&'static str>,
    /// All checks.
    checks: ReadinessChecks,
}

/// What has to be in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadinessChecks {
    /// `starting`, `serving` or `stopping`.
    #[schema(example = "serving")]
    lifecycle: &'static str,
    /// `up`, `read_only` (which does not fail: what is only read can be had) or `down`.
    #[schema(example = "up")]
    database: &'static str,
    /// `current` when the database has every migration of this program, and maybe newer ones; `pending`, or `unknown` while
    /// it does not answer.
    #[schema(example = "current")]
    migrations: &'static str,
    /// `open`, or `full` when an order would be refused because too many wait.
    #[schema(example = "open")]
    checkout_queue: &'static str,
}

impl From<Readiness> for ReadinessResponse {
    fn from(readiness: Readiness) -> Self {
        let Readiness { lifecycle, database, migrated, queue_full } = readiness;
        let failing = [
            ("lifecycle", lifecycle != LifecycleState::Serving),
            ("database", database == DatabaseState::Down),
            ("migrations", migrated != Some(true)),
            ("checkout_queue", queue_full),
        ];
        let checks = ReadinessChecks {
            lifecycle: lifecycle.name(),
            database: database.name(),
            migrations: match migrated {
                Some(true) => "current",
                Some(false) => "pending",
                None => "unknown",
            },
            checkout_queue: if queue_full { "full" } else { "open" },
        };
        Self {
            status: if readiness.is_ready() { "ready" } else { "not_ready" },
            failing: failing.into_iter().filter_map(|(name, fails)| fails.then_some(name)).collect(),
            checks,
        }
    }
}
