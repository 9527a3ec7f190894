//! What is counted and measured of checkouts.

use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};
use stockroom_domain::Refusal;
use stockroom_repository::checkouts::Outcome;

use crate::Error;

/// What the workers count and measure.
#[derive(Clone)]
pub(super) struct Measures {
    waits: Histogram,
    groups: Histogram,
    placing: Histogram,
    commits: Histogram,
    splits: Counter,
    orders: Counter,
    revenue: Counter,
    units: Counter,
}

impl Measures {
    pub(super) fn new() -> Self {
        Self {
            waits: histogram!("stockroom_checkout_wait_seconds"),
            groups: histogram!("stockroom_checkout_group_orders"),
            placing: histogram!("stockroom_checkout_group_seconds"),
            commits: histogram!("stockroom_checkout_commit_seconds"),
            splits: counter!("stockroom_checkout_splits_total"),
            orders: counter!("stockroom_orders_placed_total", "way" => "checkout"),
            revenue: counter!("stockroom_revenue_minor_units_total"),
            units: counter!("stockroom_units_sold_total"),
        }
    }

    pub(super) fn taken(&self, waits: impl ExactSizeIterator<Item = Duration>) {
        self.groups.record(u32::try_from(waits.len()).map_or(f64::MAX, f64::from));
        waits.for_each(|wait| self.waits.record(wait.as_secs_f64()));
    }

    pub(super) fn committed(&self, taken: Duration) {
        self.commits.record(taken.as_secs_f64());
    }

    /// Counts placed orders. After an unknown commit those found by their keys count too; what they sold is not known.
    pub(super) fn placed(&self, outcomes: &[Outcome], taken: Duration, unknown_commit: bool) {
        self.placing.record(taken.as_secs_f64());
        for outcome in outcomes {
            match outcome {
                Outcome::Placed(placed) => {
                    let units = placed.lines.iter().map(|line| line.sold.quantity.count().unsigned_abs());
                    self.orders.increment(1);
                    self.units.increment(units.sum());
                    self.revenue.increment(placed.bill.total.minor().unsigned_abs());
                }
                Outcome::Replayed(_) if unknown_commit => self.orders.increment(1),
                _ => {}
            }
        }
    }

    pub(super) fn split(&self) {
        self.splits.increment(1);
    }
}

/// Counts a group that is tried again.
pub(super) fn retried(reason: &'static str) {
    counter!("stockroom_checkout_retries_total", "reason" => reason).increment(1);
}

/// Counts a checkout that came to nothing.
pub(super) fn refused(error: &Error) {
    let reason = match error {
        Error::NotFound { .. } => "not_found",
        Error::Refused(Refusal::InsufficientStockForOrder(_)) => "stock",
        Error::Refused(Refusal::TotalMismatch { .. } | Refusal::TotalTooLarge) => "total",
        Error::Refused(Refusal::DiscountTooLarge { .. }) => "discount",
        Error::Refused(Refusal::NotPermitted(_)) | Error::NotSignedIn => "not_permitted",
        Error::KeyReused => "key_reused",
        Error::Unavailable(_) => "unavailable",
        _ => "other",
    };
    counter!("stockroom_orders_refused_total", "reason" => reason).increment(1);
}
