//! One measurement, and what several of the same come to.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{
    contender::Contender,
    latencies::Percentiles,
    processes::{Cores, Memory},
    workload::Workload,
};

/// What one contender did with one kind of orders in one round.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    pub(crate) workload: Workload,
    pub(crate) contender: Contender,
    pub(crate) callers: u32,
    pub(crate) seconds: f64,
    /// Orders placed and acknowledged.
    pub(crate) orders: u64,
    pub(crate) per_second: f64,
    /// From the request to the whole answer, in milliseconds.
    pub(crate) latency: Percentiles,
    /// Everything else that was answered, by status, or by what happened.
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) cores: Cores,
    pub(crate) memory: Memory,
}

/// The median of each figure over the rounds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) workload: Workload,
    pub(crate) contender: Contender,
    pub(crate) callers: u32,
    pub(crate) rounds: usize,
    pub(crate) per_second: f64,
    pub(crate) slowest: f64,
    pub(crate) fastest: f64,
    pub(crate) latency: Percentiles,
    pub(crate) refused: u64,
    pub(crate) cores: Cores,
}

impl Summary {
    /// Of measurements of the same; `None` of none.
    pub(crate) fn of(measurements: &[&Measurement]) -> Option<Self> {
        let first = *measurements.first()?;
        let median = |value: fn(&Measurement) -> f64| median(measurements.iter().map(|one| value(one)));
        let rates = || measurements.iter().map(|one| one.per_second);
        Some(Self {
            workload: first.workload,
            contender: first.contender,
            callers: first.callers,
            rounds: measurements.len(),
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
            refused: measurements.iter().flat_map(|one| one.refused.values()).sum(),
            cores: Cores {
                service: median(|one| one.cores.service),
                postgres: median(|one| one.cores.postgres),
                generator: median(|one| one.cores.generator),
                others: median(|one| one.cores.others),
            },
        })
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
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0].into_iter()) - 2.5).abs() < f64::EPSILON);
    }
}
