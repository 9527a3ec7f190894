//! What reads are meant to reach, and whether they did.

use crate::{measurement::Summary, target::Target};

use super::subject::{Read, Server, Subject};

/// Rates: what is read from whom, as a part of the limit's rate.
const RATES: [(Read, Server, Server, f64); 4] = [
    (Read::Product, Server::Service, Server::Bare, 0.85),
    (Read::Unchanged, Server::Service, Server::Bare, 0.85),
    (Read::List, Server::Service, Server::Bare, 0.7),
    (Read::Product, Server::Uncached, Server::Pgbench, 0.4),
];
/// How much longer a page deep in a list may take than the first.
const DEEP_PAGE: f64 = 1.2;
const SEARCH_P95_MILLIS: f64 = 15.0;
const MEMORY_MEGABYTES: f64 = 120.0;

/// Judges a run by its summaries and the most memory, in megabytes, that the service with a cache has had.
pub(super) fn judge(summaries: &[Summary<Subject>], memory: Option<f64>) -> Vec<Target> {
    // The most callers come first.
    let find = |read, server| summaries.iter().find(|one| one.subject == Subject::new(read, server));
    let mut targets = Vec::new();
    for (read, server, limit, wanted) in RATES {
        if let (Some(measured), Some(best)) = (find(read, server), find(read, limit)) {
            let what = format!("{}: {} to {}", read.title(), server.title(), limit.title());
            targets.push(Target::at_least(what, wanted, 2, measured.per_second / best.per_second));
        }
    }
    let pages = (find(Read::FirstPage, Server::Uncached), find(Read::DeepPage, Server::Uncached));
    if let (Some(first), Some(deep)) = pages {
        // With as many callers, the time of one is the inverse of the rate of all.
        let ratio = first.per_second / deep.per_second;
        targets.push(Target::at_most("deep page to page 1: service time", DEEP_PAGE, ratio));
    }
    if let Some(search) = find(Read::Search, Server::Uncached) {
        let what = format!("p95 of a search, {} callers", search.callers);
        targets.push(Target::below(&what, SEARCH_P95_MILLIS, search.latency.p95, 1, "ms"));
    }
    if let Some(memory) = memory {
        targets.push(Target::below(
            "most memory of the service with a cache",
            MEMORY_MEGABYTES,
            memory,
            0,
            "MB",
        ));
    }
    let refused = summaries.iter().map(|one| one.refused).sum();
    targets.push(Target::none("answers other than the ones asked for", refused));
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latencies::Percentiles, processes::Cores};

    fn summary(read: Read, server: Server, callers: u32, per_second: f64, p95: f64) -> Summary<Subject> {
        Summary {
            subject: Subject::new(read, server),
            callers,
            rounds: 1,
            per_second,
            slowest: per_second,
            fastest: per_second,
            latency: Percentiles { mean: p95, p50: p95, p95, p99: p95, max: p95 },
            refused: 0,
            cores: Cores { service: 0.0, postgres: 0.0, generator: 0.0, others: 0.0 },
        }
    }

    #[test]
    fn a_target_is_met_at_its_bound_and_missed_beyond() {
        let summaries = [
            summary(Read::Product, Server::Service, 64, 850.0, 1.0),
            summary(Read::Product, Server::Service, 1, 10.0, 1.0),
            summary(Read::Product, Server::Bare, 64, 1_000.0, 1.0),
            summary(Read::Product, Server::Uncached, 64, 399.0, 1.0),
            summary(Read::Product, Server::Pgbench, 8, 1_000.0, 1.0),
            summary(Read::FirstPage, Server::Uncached, 64, 121.0, 1.0),
            summary(Read::DeepPage, Server::Uncached, 64, 100.0, 1.0),
            summary(Read::Search, Server::Uncached, 8, 100.0, 14.9),
        ];
        let targets = judge(&summaries, Some(120.0));
        let verdicts: Vec<bool> = targets.iter().map(|target| target.met).collect();
        assert_eq!(verdicts, [true, false, false, true, false, true], "{targets:#?}");
        assert_eq!(targets[0].measured, "0.85", "the lone caller is no part of it");
    }

    #[test]
    fn what_was_left_out_has_no_target() {
        let summaries = [summary(Read::Unchanged, Server::Bare, 64, 850.0, 1.0)];
        let targets = judge(&summaries, None);
        assert_eq!(targets.len(), 1, "{targets:#?}");
    }
}
