//! The report of a replay, as a table for people.

use std::{
    fmt::{self, Formatter},
    time::Duration,
};

use stockroom_domain::{format_money, format_thousands};

use super::{EventCounts, LineCounts, Outcome, Requests, Sums};

/// What a replay did.
#[derive(Debug, Clone)]
pub struct Report {
    /// What became of the log's lines.
    pub lines: LineCounts,
    /// What became of its invoices and cancellations.
    pub events: EventCounts,
    /// What was answered.
    pub outcome: Outcome,
    /// How long sending took.
    pub took: Duration,
}

impl Report {
    /// Orders placed now, for each second of sending.
    pub fn orders_per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 orders")]
        let placed = self.outcome.checkouts.done as f64;
        if self.took.is_zero() { 0.0 } else { placed / self.took.as_secs_f64() }
    }

    fn counts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { lines, events, outcome, .. } = self;
        count(f, "Lines read", lines.read)?;
        count(f, "  of invoices", lines.bought)?;
        count(f, "  of cancellations", lines.taken_back)?;
        count(f, "  without a customer", lines.without_customer)?;
        some(f, "  beyond the limit", lines.beyond_limit)?;
        count(f, "  left out", lines.left_out)?;
        count(f, "Invoices", events.invoices)?;
        some(f, "  of unknown clients", events.invoices_without_client)?;
        count(f, "  sent in parts", outcome.in_parts)?;
        some(f, "  lines of unknown products", outcome.unknown_lines)?;
        requests(f, "Orders placed", &outcome.checkouts)?;
        count(f, "Cancellations", events.cancellations)?;
        let without_order = outcome.without_order + events.cancellations_without_client;
        count(f, "  without a matching order", without_order)?;
        requests(f, "Orders cancelled", &outcome.cancels)?;
        count(f, "Attempts repeated", outcome.retries)
    }

    fn times(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<34}{:>10.1} s", "Time", self.took.as_secs_f64())?;
        write!(f, "\n{:<34}{:>12.1}", "Orders per second", self.orders_per_second())?;
        write!(f, "\n\n{:<18}{:>12}{:>12}{:>12}{:>12}", "Latency, ms", "p50", "p95", "p99", "max")?;
        for (label, requests) in [("checkout", &self.outcome.checkouts), ("cancel", &self.outcome.cancels)] {
            if requests.latencies.is_empty() {
                continue;
            }
            write!(f, "\n  {label:<16}")?;
            for time in requests.latencies.within([50, 95, 99, 100]) {
                write!(f, "{:>12.1}", time.as_secs_f64() * 1000.0)?;
            }
        }
        Ok(())
    }

    fn money(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let revenue = &self.outcome.revenue;
        write!(f, "\n\n{:<18}", "Revenue")?;
        for column in ["answered", "counted here", "in the log", "difference"] {
            write!(f, "{column:>16}")?;
        }
        let rows = [("sold", revenue.sold()), ("cancelled", revenue.taken_back()), ("net", revenue.net())];
        for (label, sums) in rows {
            write!(f, "\n  {label:<16}")?;
            let Sums { answered, counted, log } = sums;
            for money in [answered, counted, log, sums.above_log()] {
                write!(f, "{:>16}", format_money(money))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.counts(f)?;
        self.times(f)?;
        self.money(f)
    }
}

fn count(f: &mut Formatter<'_>, label: &str, count: u64) -> fmt::Result {
    // The first row opens the table.
    let separator = if label == "Lines read" { "" } else { "\n" };
    write!(f, "{separator}{label:<34}{:>12}", format_thousands(count))
}

/// A row that is shown only when there is something to tell.
fn some(f: &mut Formatter<'_>, label: &str, number: u64) -> fmt::Result {
    if number == 0 { Ok(()) } else { count(f, label, number) }
}

fn requests(f: &mut Formatter<'_>, label: &str, requests: &Requests) -> fmt::Result {
    count(f, label, requests.done)?;
    some(f, "  by an earlier attempt", requests.replayed)?;
    count(f, "  refused", requests.refused_total())?;
    for (code, number) in &requests.refused {
        count(f, &format!("    {code}"), *number)?;
    }
    Ok(())
}
