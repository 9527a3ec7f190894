//! What a run comes to: a text with tables for people, JSON with every measurement for machines.
//!
//! Each benchmark puts its report together from the parts here.

mod table;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{
    arguments::Common,
    failure::Failure,
    machine::Machine,
    measurement::{Measurement, Summary},
    postgres::Setting,
    target::Target,
    trials::Trial,
};

pub(crate) use table::Table;

/// Others taking more than this many cores make a measurement doubtful.
const DISTURBED: f64 = 0.1;

/// A run, told.
pub(crate) struct Report {
    pub(crate) text: String,
    pub(crate) json: Value,
    /// Whether everybody did what they were asked, however fast.
    pub(crate) is_correct: bool,
}

impl Report {
    pub(crate) fn save(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.json).map_err(Failure::because("cannot write JSON"))?;
        fs::write(path, text + "\n").map_err(Failure::at(path))
    }
}

/// What a run was made with.
#[derive(Debug, Serialize)]
pub(crate) struct Conditions {
    pub(crate) time: String,
    pub(crate) machine: Machine,
    pub(crate) postgres: Vec<Setting>,
    pub(crate) service: BTreeMap<String, String>,
    pub(crate) rounds: u32,
    pub(crate) seconds: u64,
    pub(crate) warm_up: u64,
}

impl Conditions {
    /// Those of a run that ends now.
    pub(crate) fn new(
        machine: Machine,
        postgres: Vec<Setting>,
        service: BTreeMap<String, String>,
        &Common { rounds, seconds, warm_up, .. }: &Common,
    ) -> Self {
        let time: DateTime<Utc> = SystemTime::now().into();
        let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self { time, machine, postgres, service, rounds, seconds, warm_up }
    }

    pub(crate) fn text(&self, title: &str) -> String {
        let machine = &self.machine;
        let settings: Vec<String> =
            self.postgres.iter().map(|setting| format!("{} {}", setting.name, setting.value)).collect();
        let service: Vec<String> =
            self.service.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let Self { time, rounds, seconds, warm_up, .. } = self;
        format!(
            "{title}, {time}, commit {}\n\
             Machine:    {} cores, {}, {:.1} GB, Linux {}; {}, where writing a page durably takes {:.2} ms\n\
             PostgreSQL: {}\n\
             Service:    {}\n\
             Rounds:     {rounds} of {seconds} s each after {warm_up} s of warm-up\n",
            machine.commit,
            machine.cores,
            machine.processor,
            megabytes(machine.memory) / 1_000.0,
            machine.kernel,
            machine.file_system,
            machine.sync_millis,
            settings.join(", "),
            if service.is_empty() { "left out".to_owned() } else { service.join(" ") },
        )
    }
}

/// Tells how far a run has come. Progress goes to standard error: the report alone is the result.
pub(crate) fn tell(what: &str) {
    eprintln!("{what}");
}

/// Adds a part with a title of its own.
pub(crate) fn section(text: &mut String, title: &str, content: &str) {
    // Writing to a string does not fail.
    let _ = write!(text, "\n{title}\n\n{content}");
}

pub(crate) fn target_table(targets: &[Target]) -> String {
    let mut table = Table::new(&["Target", "Wanted", "Measured", "Verdict"]);
    for Target { what, wanted, measured, met } in targets {
        let verdict = if *met { "met" } else { "MISSED" };
        table.row([what.clone(), wanted.clone(), measured.clone(), verdict.to_owned()]);
    }
    table.text(4)
}

/// The columns that every table of medians has, after those that tell whose they are.
pub(crate) const FIGURES: [&str; 11] = [
    "Callers",
    "Rate/s",
    "Slowest",
    "Fastest",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "Cores: server",
    "PostgreSQL",
    "generator",
    "others",
];

/// The cells of those columns, with so many digits after the point of a latency.
pub(crate) fn figures<S>(one: &Summary<S>, digits: usize) -> [String; 11] {
    let millis = |value: f64| format!("{value:.digits$}");
    let cores = |value: f64| format!("{value:.2}");
    let rate = |value: f64| format!("{value:.0}");
    [
        one.callers.to_string(),
        rate(one.per_second),
        rate(one.slowest),
        rate(one.fastest),
        millis(one.latency.p50),
        millis(one.latency.p95),
        millis(one.latency.p99),
        cores(one.cores.service),
        cores(one.cores.postgres),
        cores(one.cores.generator),
        cores(one.cores.others),
    ]
}

/// What was not answered as it should be, if anything was not.
pub(crate) fn refusals<S>(measurements: &[Measurement<S>]) -> Option<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (what, count) in measurements.iter().flat_map(|one| &one.measured.refused) {
        *counts.entry(what).or_default() += count;
    }
    let first = measurements.iter().find_map(|one| one.measured.first_refusal.as_ref());
    if counts.is_empty() && first.is_none() {
        return None;
    }
    let mut text = String::new();
    for (what, count) in counts {
        let _ = writeln!(text, "{what}: {count}");
    }
    if let Some(first) = first {
        let _ = writeln!(text, "first (warm-up included): {first}");
    }
    Some(text)
}

/// A warning, if others were at work.
pub(crate) fn disturbance<S>(measurements: &[Measurement<S>], trials: &[Trial<S>]) -> Option<String> {
    let measured = measurements.iter().map(|one| one.measured.cores.others);
    let others = measured.chain(trials.iter().map(|trial| trial.others));
    let (disturbed, all) = (others.clone().filter(|cores| *cores > DISTURBED).count(), others.count());
    (disturbed > 0).then(|| {
        format!("In {disturbed} of {all} measurements and trials others took more than {DISTURBED} cores.\n")
    })
}

// Memory is far below 2^52 bytes.
#[expect(clippy::cast_precision_loss, reason = "megabytes are not exact")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::tests::measurement;

    #[test]
    fn refused_answers_are_told_with_the_first_of_them() {
        let mut measurements = [measurement('a', 1, 10.0), measurement('b', 1, 10.0)];
        measurements[1].measured.first_refusal = Some("409: sold out".to_owned());
        let told = "409: 2\nfirst (warm-up included): 409: sold out\n";
        assert_eq!(refusals(&measurements).as_deref(), Some(told));
        for one in &mut measurements {
            one.measured.refused.clear();
        }
        assert!(refusals(&measurements).is_some(), "the warm-up counts too");
        measurements[1].measured.first_refusal = None;
        assert_eq!(refusals(&measurements), None);
    }

    #[test]
    fn others_at_work_make_a_run_doubtful() {
        let mut measurements = [measurement('a', 1, 10.0), measurement('b', 1, 10.0)];
        assert_eq!(disturbance(&measurements, &[]), None);
        measurements[0].measured.cores.others = 0.11;
        let trial = Trial { subject: 'a', callers: 1, per_second: 1.0, others: 0.2 };
        let told = "In 2 of 3 measurements and trials others took more than 0.1 cores.\n";
        assert_eq!(disturbance(&measurements, &[trial]).as_deref(), Some(told));
    }
}
