//! What is seen of the statements of a connection while somebody has it: how long they take, which are slow, whether one is
//! still on its way, and whether its server takes no changes. Values are never part of it.

use std::{
    collections::VecDeque,
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{
    connection::{Instrumentation, InstrumentationEvent},
    result::{DatabaseErrorKind::ReadOnlyTransaction, Error::DatabaseError},
};
use metrics::Histogram;
use tracing::Span;

use super::Trust;

/// Statements of a connection that were sent and whose answer has not come.
#[derive(Debug, Default)]
pub(super) struct InFlight(AtomicUsize);

impl InFlight {
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

/// Looks on at one connection.
pub(super) struct Watch {
    in_flight: Arc<InFlight>,
    slow: Option<Duration>,
    durations: Histogram,
    trust: Trust,
    // Answers come in the order of the statements, also where several are under way at once.
    running: VecDeque<(Instant, Span)>,
}

impl Watch {
    pub(super) fn new(
        in_flight: Arc<InFlight>,
        slow: Option<Duration>,
        durations: Histogram,
        trust: Trust,
    ) -> Self {
        Self { in_flight, slow, durations, trust, running: VecDeque::new() }
    }

    fn finish(&mut self, query: &dyn Display) {
        let Some((started, span)) = self.running.pop_front() else {
            return;
        };
        self.in_flight.0.fetch_sub(1, Ordering::AcqRel);
        let taken = started.elapsed();
        self.durations.record(taken.as_secs_f64());
        if self.slow.is_some_and(|slow| taken >= slow) {
            let text = query.to_string();
            tracing::warn!(
                target: "slow_query",
                duration_ms = (taken.as_secs_f64() * 1_000_000.0).round() / 1000.0,
                statement = without_values(&text),
                "a statement was slow"
            );
        }
        drop(span);
    }
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                self.in_flight.0.fetch_add(1, Ordering::AcqRel);
                let span = tracing::trace_span!(
                    target: "stockroom::trace",
                    "query",
                    otel.kind = "client",
                    db.system.name = "postgresql",
                    db.query.text = tracing::field::Empty
                );
                if !span.is_disabled() {
                    span.record("db.query.text", without_values(&query.to_string()));
                }
                self.running.push_back((Instant::now(), span));
            }
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                if let Some(DatabaseError(ReadOnlyTransaction, _)) = error {
                    // Another server may take changes by now, or this one may; connections from before do not lead there.
                    self.trust.end();
                }
                self.finish(&query);
            }
            _ => {}
        }
    }
}

/// The text of a statement without the list of its values that diesel appends. A text that holds the mark itself is cut
/// there: too little is better than too much.
fn without_values(text: &str) -> &str {
    text.split("-- binds:").next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_off() {
        for (text, left) in [
            ("SELECT 1", "SELECT 1"),
            ("SELECT $1 -- binds: [\"secret\"]", "SELECT $1"),
            ("SELECT $1 -- binds: [\"-- binds: secret\"]", "SELECT $1"),
            ("SELECT '-- binds: ' || $1 -- binds: [1]", "SELECT '"),
        ] {
            assert_eq!(without_values(text), left);
        }
    }
}
