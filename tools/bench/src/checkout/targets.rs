//! What checkout is meant to reach, and whether it did.

use crate::{measurement::Summary, target::Target};

use super::{Subject, contender::Contender, workload::Workload};

/// Rates: orders of a kind, as a multiple of a limit.
const RATES: [(Workload, Contender, f64); 6] = [
    (Workload::Spread, Contender::Statements, 1.5),
    (Workload::Spread, Contender::Single, 1.0),
    (Workload::Hot, Contender::Statements, 8.0),
    (Workload::Hot, Contender::Single, 1.5),
    (Workload::ThreeSpread, Contender::Statements, 1.2),
    (Workload::ThreeHot, Contender::Statements, 8.0),
];
const LONE_P99_MILLIS: f64 = 10.0;
const P99_MILLIS: f64 = 100.0;
const MEMORY_MEGABYTES: f64 = 100.0;
/// Half a percent of a core is no work.
const IDLE_CORES: f64 = 0.005;

/// What the service is like, besides its rates.
pub(crate) struct Manners {
    /// Of a single caller, in milliseconds.
    pub(crate) lone_p99: f64,
    /// Megabytes.
    pub(crate) peak_memory: f64,
    pub(crate) idle_cores: f64,
    pub(crate) is_clean: bool,
}

/// Judges a run by its summaries.
pub(crate) fn judge(summaries: &[Summary<Subject>], manners: &Manners) -> Vec<Target> {
    let find = |workload, contender| {
        summaries.iter().find(|one| one.subject == Subject { workload, contender } && !is_lone(one))
    };
    let rates = RATES.iter().filter_map(|(workload, limit, wanted)| {
        let service = find(*workload, Contender::Service)?;
        let ratio = service.per_second / find(*workload, *limit)?.per_second;
        let what = format!("{}: service to {}", workload.title(), limit.title());
        Some(Target::at_least(what, *wanted, 1, ratio))
    });
    let many = summaries.iter().filter(|one| one.subject.contender == Contender::Service && !is_lone(one));
    let slowest = many.clone().map(|one| one.latency.p99).fold(0.0, f64::max);
    let refused: u64 = summaries
        .iter()
        .filter(|one| one.subject.contender == Contender::Service)
        .map(|one| one.refused)
        .sum();
    let mut targets: Vec<Target> = rates.collect();
    targets.push(Target::below("p99 of a lone caller", LONE_P99_MILLIS, manners.lone_p99, 1, "ms"));
    targets.push(Target::below("worst p99 with all callers", P99_MILLIS, slowest, 1, "ms"));
    targets.push(Target::below("most memory of the service", MEMORY_MEGABYTES, manners.peak_memory, 0, "MB"));
    targets.push(Target::below("cores of the idle service", IDLE_CORES, manners.idle_cores, 4, "cores"));
    targets.push(Target::none("answers other than 201", refused));
    targets.push(Target::clean("stockroom check, all databases", manners.is_clean));
    targets
}

/// Whether it was a single caller that was measured, for its latency and not for its rate.
pub(crate) fn is_lone(summary: &Summary<Subject>) -> bool {
    summary.subject.contender == Contender::Service && summary.callers == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latencies::Percentiles, processes::Cores};

    fn summary(
        workload: Workload,
        contender: Contender,
        callers: u32,
        per_second: f64,
        p99: f64,
    ) -> Summary<Subject> {
        Summary {
            subject: Subject { workload, contender },
            callers,
            rounds: 1,
            per_second,
            slowest: per_second,
            fastest: per_second,
            latency: Percentiles { mean: p99, p50: p99, p95: p99, p99, max: p99 },
            refused: 0,
            cores: Cores { service: 0.0, postgres: 0.0, generator: 0.0, others: 0.0 },
        }
    }

    #[test]
    fn a_target_is_met_at_its_bound_and_missed_below() {
        let summaries = [
            summary(Workload::Spread, Contender::Service, 1, 10.0, 400.0),
            summary(Workload::Spread, Contender::Service, 64, 1_500.0, 20.0),
            summary(Workload::Spread, Contender::Statements, 64, 1_000.0, 90.0),
            summary(Workload::Spread, Contender::Single, 8, 1_501.0, 90.0),
        ];
        let manners = Manners { lone_p99: 10.0, peak_memory: 99.0, idle_cores: 0.0, is_clean: true };
        let targets = judge(&summaries, &manners);
        let verdicts: Vec<bool> = targets.iter().map(|target| target.met).collect();
        assert_eq!(verdicts, [true, false, false, true, true, true, true, true], "{targets:#?}");
        assert_eq!(targets[3].measured, "20.0 ms", "the lone caller is no part of it");
    }
}
