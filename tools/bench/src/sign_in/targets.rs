//! What signing in is meant to reach, and whether it did.

use crate::{measurement::Summary, target::Target};

use super::subject::{Subject, Way, Work};

/// Rates: what is done one way, as a part of the rate of another way.
const RATES: [(Work, Way, Way, f64); 5] = [
    (Work::Product, Way::EdDsa, Way::Anonymous, 0.9),
    (Work::Product, Way::Hs256, Way::AnonymousHs256, 0.9),
    (Work::SignIn, Way::Service, Way::Argon2, 0.8),
    (Work::Spread, Way::Own, Way::Open, 0.97),
    (Work::Hot, Way::Own, Way::Open, 0.97),
];
const P99_MILLIS: f64 = 20.0;

/// Judges a run by its summaries, in which a crowd of so many has signed in.
pub(super) fn judge(summaries: &[Summary<Subject>], crowd: u32) -> Vec<Target> {
    let find = |work, way| summaries.iter().find(|one| one.subject == Subject::new(work, way));
    let mut targets = Vec::new();
    for (work, way, limit, wanted) in RATES {
        if let (Some(measured), Some(best)) = (find(work, way), find(work, limit)) {
            let what = format!("{}: {} to {}", work.title(), way.title(), limit.title());
            targets.push(Target::at_least(what, wanted, 2, measured.per_second / best.per_second));
        }
    }
    if let Some(read) = find(Work::SteadyProduct, Way::Crowded) {
        let what = format!("p99 of a product while {crowd} sign in");
        targets.push(Target::below(&what, P99_MILLIS, read.latency.p99, 1, "ms"));
    }
    let refused = summaries.iter().map(|one| one.refused).sum();
    targets.push(Target::none("answers other than the ones asked for", refused));
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latencies::Percentiles, processes::Cores};

    fn summary(work: Work, way: Way, per_second: f64, p99: f64) -> Summary<Subject> {
        Summary {
            subject: Subject::new(work, way),
            callers: 64,
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
    fn a_target_is_met_at_its_bound_and_missed_beyond() {
        let summaries = [
            summary(Work::Product, Way::Anonymous, 1_000.0, 1.0),
            summary(Work::Product, Way::EdDsa, 900.0, 1.0),
            summary(Work::Product, Way::AnonymousHs256, 1_000.0, 1.0),
            summary(Work::Product, Way::Hs256, 899.0, 1.0),
            summary(Work::SignIn, Way::Service, 80.0, 1.0),
            summary(Work::SignIn, Way::Argon2, 100.0, 1.0),
            summary(Work::SteadyProduct, Way::Calm, 500.0, 30.0),
            summary(Work::SteadyProduct, Way::Crowded, 500.0, 20.0),
        ];
        let targets = judge(&summaries, 200);
        let verdicts: Vec<bool> = targets.iter().map(|target| target.met).collect();
        assert_eq!(verdicts, [true, false, true, false, true], "{targets:#?}");
        assert_eq!(targets[3].what, "p99 of a product while 200 sign in");
    }

    #[test]
    fn what_was_not_measured_has_no_target() {
        let targets = judge(&[summary(Work::Hot, Way::Own, 1.0, 1.0)], 200);
        assert_eq!(targets.len(), 1, "{targets:#?}");
    }
}
