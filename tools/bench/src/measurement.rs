//! One measurement, and what several of the same come to.
//!
//! The subject is who did what; each benchmark has subjects of its own.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{
    latencies::Percentiles,
    processes::{Cores, Memory},
};

/// The figures of one measurement.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    pub(crate) callers: u32,
    pub(crate) seconds: f64,
    /// Requests, or transactions, that were answered as they should be.
    pub(crate) count: u64,
    pub(crate) per_second: f64,
    /// From the request to the whole answer, in milliseconds.
    pub(crate) latency: Percentiles,
    /// Everything else that was answered, by status, or by what happened.
    pub(crate) refused: BTreeMap<String, u64>,
    /// The first of them, warm-up included.
    pub(crate) first_refusal: Option<String>,
    pub(crate) cores: Cores,
    pub(crate) memory: Memory,
}

/// What one subject did in one round.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement<S> {
    #[serde(flatten)]
    pub(crate) subject: S,
    #[serde(flatten)]
    pub(crate) measured: Measured,
}

/// The median of each figure over the rounds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary<S> {
    #[serde(flatten)]
    pub(crate) subject: S,
    pub(crate) callers: u32,
    pub(crate) rounds: usize,
    pub(crate) per_second: f64,
    pub(crate) slowest: f64,
    pub(crate) fastest: f64,
    pub(crate) latency: Percentiles,
    pub(crate) refused: u64,
    pub(crate) cores: Cores,
}

impl<S: Copy + PartialEq> Summary<S> {
    /// One for each subject and number of callers: the subjects in the order given, the most callers first.
    pub(crate) fn all(measurements: &[Measurement<S>], subjects: impl Iterator<Item = S>) -> Vec<Self> {
        let mut summaries = Vec::new();
        for subject in subjects {
            let same =
                || measurements.iter().filter(move |one| one.subject == subject).map(|one| &one.measured);
            let mut callers: Vec<u32> = same().map(|one| one.callers).collect();
            callers.sort_unstable_by(|a, b| b.cmp(a));
            callers.dedup();
            for callers in callers {
                let measured: Vec<&Measured> = same().filter(|one| one.callers == callers).collect();
                summaries.push(Self::of(subject, callers, &measured));
            }
        }
        summaries
    }

    fn of(subject: S, callers: u32, measured: &[&Measured]) -> Self {
        let median = |value: fn(&Measured) -> f64| median(measured.iter().map(|one| value(one)));
        let rates = || measured.iter().map(|one| one.per_second);
        Self {
            subject,
            callers,
            rounds: measured.len(),
            per_second: median(|one| one.per_second),
            slowest: rates().fold(f64::INFINITY, f64::min),
            fastest: rates().fold(0.0, f64::max),
            latency: Percentiles {
                mean: median(|one| one.latency.mean),
                p50: median(|one| one.latency.p50),
                p95: median(|one| one.latency.p95),
                p99: median(|one| one.latency.p99),
                max: median(|one| one.latency.max),
            },
            refused: measured.iter().flat_map(|one| one.refused.values()).sum(),
            cores: Cores {
                service: median(|one| one.cores.service),
                postgres: median(|one| one.cores.postgres),
                generator: median(|one| one.cores.generator),
                others: median(|one| one.cores.others),
            },
        }
    }
}

/// So many in so long.
pub(crate) fn rate(count: u64, time: Duration) -> f64 {
    // Counts of a measurement stay far below 2^52.
    #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
    let count = count as f64;
    count / time.as_secs_f64()
}

/// The middle value, or the middle between the two middle ones.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => 0.0,
        sorted if sorted.len() % 2 == 1 => sorted[sorted.len() / 2],
        sorted => f64::midpoint(sorted[sorted.len() / 2 - 1], sorted[sorted.len() / 2]),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A measurement with an answer that was refused.
    pub(crate) fn measurement<S>(subject: S, callers: u32, per_second: f64) -> Measurement<S> {
        let zero = Percentiles { mean: 0.0, p50: 0.0, p95: 0.0, p99: 0.0, max: 0.0 };
        let measured = Measured {
            callers,
            seconds: 1.0,
            count: 1,
            per_second,
            latency: zero,
            refused: BTreeMap::from([("409".to_owned(), 1)]),
            first_refusal: None,
            cores: Cores { service: 0.0, postgres: 0.0, generator: 0.0, others: 0.0 },
            memory: Memory { service: None, service_peak: None, postgres: 0 },
        };
        Measurement { subject, measured }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0].into_iter()) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn only_measurements_of_the_same_are_summed_up() {
        let all = [
            measurement('b', 1, 10.0),
            measurement('a', 64, 300.0),
            measurement('a', 1, 20.0),
            measurement('a', 64, 100.0),
            measurement('a', 64, 200.0),
        ];
        let summaries = Summary::all(&all, ['a', 'b', 'c'].into_iter());
        let found: Vec<_> = summaries
            .iter()
            .map(|one| {
                (one.subject, one.callers, one.rounds, one.slowest, one.per_second, one.fastest, one.refused)
            })
            .collect();
        let expected = [
            ('a', 64, 3, 100.0, 200.0, 300.0, 3),
            ('a', 1, 1, 20.0, 20.0, 20.0, 1),
            ('b', 1, 1, 10.0, 10.0, 10.0, 1),
        ];
        assert_eq!(found, expected);
    }
}
