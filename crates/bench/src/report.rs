//! What a run comes to: a text with tables for people, JSON with every measurement for machines.

mod table;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde::Serialize;
use serde_json::json;

use crate::{
    baselines::Trial,
    check::Verdict,
    checkout::Idle,
    contender::Contender,
    failure::Failure,
    machine::Machine,
    measurement::{Measurement, Summary},
    postgres::Setting,
    targets::{self, Manners, Target, is_lone},
    workload::Workload,
};

use table::Table;

/// Others taking more than this many cores make a measurement doubtful.
const DISTURBED: f64 = 0.1;

/// Everything about a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) time: String,
    pub(crate) machine: Machine,
    pub(crate) postgres: Vec<Setting>,
    pub(crate) service: BTreeMap<String, String>,
    pub(crate) rounds: u32,
    pub(crate) seconds: u64,
    pub(crate) warm_up: u64,
    pub(crate) trials: Vec<Trial>,
    pub(crate) measurements: Vec<Measurement>,
    pub(crate) first_refusal: Option<String>,
    pub(crate) idle: Option<Idle>,
    pub(crate) verdicts: Vec<Verdict>,
}

impl Report {
    /// Whether everybody did what they were asked, however fast.
    pub(crate) fn is_correct(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.clean)
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), Failure> {
        let whole = json!({ "run": self, "medians": self.summaries(), "targets": self.targets() });
        let text = serde_json::to_string_pretty(&whole).map_err(Failure::because("cannot write JSON"))?;
        fs::write(path, text + "\n").map_err(Failure::at(path))
    }

    pub(crate) fn text(&self) -> String {
        let mut text = self.conditions();
        let mut section = |title: &str, content: &str| {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{title}\n\n{content}");
        };
        section(
            "Callers tried for the single statement, the fastest of which were measured",
            &self.trial_table(),
        );
        section("Medians", &self.median_table());
        if let Some(told) = self.refusals() {
            section("Refused", &told);
        }
        if !self.targets().is_empty() {
            section("Targets", &self.target_table());
        }
        for Verdict { contender, clean, output } in &self.verdicts {
            // Of the limits it is enough to know that they did the same work.
            let told = if *clean && *contender != Contender::Service { "clean" } else { output };
            section(&format!("stockroom check: {}", contender.title()), &format!("{told}\n"));
        }
        if let Some(warning) = self.disturbance() {
            section("Doubtful", &warning);
        }
        text
    }

    fn conditions(&self) -> String {
        let machine = &self.machine;
        let settings: Vec<String> =
            self.postgres.iter().map(|setting| format!("{} {}", setting.name, setting.value)).collect();
        let service: Vec<String> =
            self.service.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let Report { time, rounds, seconds, warm_up, .. } = self;
        format!(
            "Checkout, {time}, commit {}\n\
             Machine:    {} cores, {}, {:.1} GB, Linux {}; {}, where writing a page durably takes {:.2} ms\n\
             PostgreSQL: {}\n\
             Service:    {}\n\
             Rounds:     {rounds} of {seconds} s each after {warm_up} s of warm-up\n",
            machine.commit,
            machine.cores,
            machine.processor,
            gigabytes(machine.memory),
            machine.kernel,
            machine.file_system,
            machine.sync_millis,
            settings.join(", "),
            if service.is_empty() { "left out".to_owned() } else { service.join(" ") },
        )
    }

    fn trial_table(&self) -> String {
        let mut table = Table::new(&["Orders", "Limit", "Callers", "Orders/s", "Others' cores"]);
        for Trial { way, per_second, others } in &self.trials {
            table.row([
                way.workload.title().to_owned(),
                way.contender.title().to_owned(),
                way.callers.to_string(),
                format!("{per_second:.0}"),
                format!("{others:.2}"),
            ]);
        }
        table.text(2)
    }

    fn median_table(&self) -> String {
        let mut table = Table::new(&[
            "Orders",
            "Who",
            "Callers",
            "Orders/s",
            "Slowest",
            "Fastest",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "Cores: service",
            "PostgreSQL",
            "generator",
            "others",
        ]);
        for one in self.summaries() {
            let millis = |value: f64| format!("{value:.1}");
            let cores = |value: f64| format!("{value:.2}");
            let rate = |value: f64| format!("{value:.0}");
            table.row([
                one.workload.title().to_owned(),
                one.contender.title().to_owned(),
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
            ]);
        }
        let mut text = table.text(2);
        let _ = writeln!(text, "\nMost memory: PostgreSQL {:.0} MB{}", self.postgres_memory(), {
            let peak = self.peak_memory().map(megabytes);
            peak.map_or_else(String::new, |peak| format!(", service {peak:.0} MB"))
        });
        text
    }

    fn target_table(&self) -> String {
        let mut table = Table::new(&["Target", "Wanted", "Measured", "Verdict"]);
        for Target { what, wanted, measured, met } in self.targets() {
            table.row([what, wanted, measured, if met { "met" } else { "MISSED" }.to_owned()]);
        }
        table.text(4)
    }

    fn summaries(&self) -> Vec<Summary> {
        let callers = |contender| -> Vec<u32> {
            let mut all: Vec<u32> = self
                .measurements
                .iter()
                .filter(|one| one.contender == contender)
                .map(|one| one.callers)
                .collect();
            all.sort_unstable_by(|a, b| b.cmp(a));
            all.dedup();
            all
        };
        let mut summaries = Vec::new();
        for workload in Workload::ALL {
            for contender in Contender::ALL {
                for callers in callers(contender) {
                    let same = |one: &&Measurement| {
                        one.workload == workload && one.contender == contender && one.callers == callers
                    };
                    let measured: Vec<&Measurement> = self.measurements.iter().filter(same).collect();
                    summaries.extend(Summary::of(&measured));
                }
            }
        }
        summaries
    }

    fn targets(&self) -> Vec<Target> {
        let summaries = self.summaries();
        let lone = summaries.iter().find(|one| is_lone(one));
        let (Some(lone), Some(idle)) = (lone, &self.idle) else { return Vec::new() };
        let manners = Manners {
            lone_p99: lone.latency.p99,
            peak_memory: self.peak_memory().unwrap_or(0),
            idle_cores: idle.cores,
            is_clean: self.is_correct(),
        };
        targets::judge(&summaries, &manners)
    }

    fn peak_memory(&self) -> Option<u64> {
        self.measurements.iter().filter_map(|one| one.memory.service_peak).max()
    }

    fn postgres_memory(&self) -> f64 {
        megabytes(self.measurements.iter().map(|one| one.memory.postgres).max().unwrap_or(0))
    }

    fn refusals(&self) -> Option<String> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (what, count) in self.measurements.iter().flat_map(|one| &one.refused) {
            *counts.entry(what).or_default() += count;
        }
        if counts.is_empty() && self.first_refusal.is_none() {
            return None;
        }
        let mut text = String::new();
        for (what, count) in counts {
            let _ = writeln!(text, "{what}: {count}");
        }
        if let Some(first) = &self.first_refusal {
            let _ = writeln!(text, "first (warm-up included): {first}");
        }
        Some(text)
    }

    fn disturbance(&self) -> Option<String> {
        let measured = self.measurements.iter().map(|one| one.cores.others);
        let others = measured.chain(self.trials.iter().map(|trial| trial.others));
        let (disturbed, all) = (others.clone().filter(|cores| *cores > DISTURBED).count(), others.count());
        (disturbed > 0).then(|| {
            format!(
                "In {disturbed} of {all} measurements and trials others took more than {DISTURBED} cores.\n"
            )
        })
    }
}

// Memory is far below 2^52 bytes.
#[expect(clippy::cast_precision_loss, reason = "megabytes are not exact")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn gigabytes(bytes: u64) -> f64 {
    megabytes(bytes) / 1_000.0
}
