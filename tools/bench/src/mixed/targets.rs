//! What a shop in use is meant to be like, and whether it was.

use crate::{
    measurement::{Summary, median},
    target::Target,
};

use super::{
    report::Watch,
    subject::{Part, Subject, Way},
};

const P95_MILLIS: f64 = 50.0;
/// Megabytes per minute, in a measurement of ten minutes: of the requests of a soak each would have to leave some six bytes.
const SOAK_SLOPE: f64 = 1.0;
/// In one of a minute, whose second half is too short to tell less from what memory does up and down: some eighty bytes of
/// each request.
const SLOPE: f64 = 10.0;
/// From this on a measurement is long enough for the smaller slope, in seconds.
const LONG: u64 = 300;

/// What there is besides the summaries.
pub(super) struct Manners<'a> {
    pub(super) watches: &'a [Watch],
    /// How long each measurement took.
    pub(super) seconds: u64,
    pub(super) is_clean: bool,
}

/// Judges a run; users who do not think are no part of it, but for their refusals.
pub(super) fn judge(summaries: &[Summary<Subject>], manners: &Manners<'_>) -> Vec<Target> {
    let mut targets = Vec::new();
    let all = summaries.iter().filter(|one| one.subject.part == Part::All);
    for one in all.clone().filter(|one| one.subject.way == Way::Thinking) {
        let what = format!("p95 of all requests, {} users", one.callers);
        targets.push(Target::below(&what, P95_MILLIS, one.latency.p95, 1, "ms"));
    }
    let slopes = manners.watches.iter().filter(|watch| watch.way == Way::Thinking);
    if slopes.clone().next().is_some() {
        let limit = if manners.seconds >= LONG { SOAK_SLOPE } else { SLOPE };
        let slope = median(slopes.map(|watch| watch.growth.late_slope));
        targets.push(Target::below("memory of the service, second half", limit, slope, 2, "MB per minute"));
    }
    let refused = all.map(|one| one.refused).sum();
    targets.push(Target::none("answers other than the ones asked for", refused));
    targets.push(Target::clean("stockroom check", manners.is_clean));
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        latencies::Percentiles,
        mixed::{
            resident::{Growth, Resident},
            subject::Kind,
        },
        processes::Cores,
    };

    fn summary(way: Way, part: Part, p95: f64, refused: u64) -> Summary<Subject> {
        Summary {
            subject: Subject { way, part },
            callers: 400,
            rounds: 1,
            per_second: 1.0,
            slowest: 1.0,
            fastest: 1.0,
            latency: Percentiles { mean: p95, p50: p95, p95, p99: p95, max: p95 },
            refused,
            cores: Cores { service: 0.0, postgres: 0.0, generator: 0.0, others: 0.0 },
        }
    }

    fn watch(way: Way, late_slope: f64) -> Watch {
        let growth = Growth { first: 1.0, last: 1.0, most: 1.0, slope: 99.0, late_slope };
        Watch { way, round: 1, growth, resident: Resident::default() }
    }

    #[track_caller]
    fn check(summaries: &[Summary<Subject>], slope: f64, seconds: u64, expected: [bool; 4]) {
        let watches = [watch(Way::Thinking, slope), watch(Way::AtOnce, 99.0)];
        let targets = judge(summaries, &Manners { watches: &watches, seconds, is_clean: true });
        let verdicts: Vec<bool> = targets.iter().map(|target| target.met).collect();
        assert_eq!(verdicts, expected, "{targets:#?}");
    }

    #[test]
    fn users_who_think_are_what_counts_and_all_their_requests_together() {
        let thinking = summary(Way::Thinking, Part::All, 49.9, 0);
        let others = [
            summary(Way::Thinking, Part::Of(Kind::Order), 70.0, 0),
            summary(Way::AtOnce, Part::All, 300.0, 0),
        ];
        let with = |one: Summary<Subject>| [vec![one], others.to_vec()].concat();
        check(&with(thinking), 9.9, 60, [true, true, true, true]);
        check(&with(summary(Way::Thinking, Part::All, 50.0, 1)), 10.0, 60, [false, false, false, true]);
    }

    #[test]
    fn memory_has_to_be_flatter_the_longer_it_is_watched() {
        let thinking = [summary(Way::Thinking, Part::All, 1.0, 0)];
        check(&thinking, 1.1, 60, [true, true, true, true]);
        check(&thinking, 1.1, 600, [true, false, true, true]);
        check(&thinking, -3.0, 600, [true, true, true, true]);
    }

    #[test]
    fn whoever_does_not_think_is_not_held_to_anything_but_right_answers() {
        let summaries = [summary(Way::AtOnce, Part::All, 300.0, 2)];
        let manners = Manners { watches: &[watch(Way::AtOnce, 99.0)], seconds: 60, is_clean: false };
        let targets = judge(&summaries, &manners);
        assert_eq!(targets.iter().map(|target| target.met).collect::<Vec<_>>(), [false, false]);
    }
}
