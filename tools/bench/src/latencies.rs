//! How long requests took, as a distribution.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::failure::Failure;

/// Longest time told apart from longer ones.
const LONGEST: Duration = Duration::from_mins(2);
/// One part in a thousand.
const DIGITS: u8 = 3;

/// Times collected during a measurement.
#[derive(Debug)]
pub(crate) struct Latencies {
    micros: Histogram<u32>,
}

/// What is told about them, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) mean: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latencies {
    pub(crate) fn new() -> Result<Self, Failure> {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        let micros = Histogram::new_with_bounds(1, longest, DIGITS);
        Ok(Self { micros: micros.map_err(Failure::because("cannot make a histogram"))? })
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.micros.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds those that somebody else has collected.
    pub(crate) fn add(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.micros.add(&other.micros);
    }

    pub(crate) fn count(&self) -> u64 {
        self.micros.len()
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let at = |quantile| millis(self.micros.value_at_quantile(quantile));
        Percentiles {
            mean: self.micros.mean() / 1_000.0,
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: millis(self.micros.max()),
        }
    }
}

fn millis(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut latencies = Latencies::new().unwrap();
        (1..=1_000).for_each(|millis| latencies.record(Duration::from_millis(millis)));
        let found = latencies.percentiles();
        let near = |value: f64, expected: f64| (value - expected).abs() <= expected / 500.0;
        assert_eq!(latencies.count(), 1_000);
        assert!(near(found.p50, 500.0) && near(found.p95, 950.0) && near(found.p99, 990.0), "{found:?}");
        assert!(near(found.max, 1_000.0) && near(found.mean, 500.5), "{found:?}");
    }

    #[test]
    fn times_of_several_are_put_together() {
        let (mut one, mut other) = (Latencies::new().unwrap(), Latencies::new().unwrap());
        one.record(Duration::from_millis(1));
        other.record(Duration::from_millis(9));
        one.add(&other);
        assert_eq!(one.count(), 2);
        assert!(one.percentiles().max >= 9.0);
    }

    #[test]
    fn a_time_beyond_all_bounds_counts_as_the_longest() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_hours(1));
        assert!(latencies.percentiles().max >= 120_000.0);
    }
}
