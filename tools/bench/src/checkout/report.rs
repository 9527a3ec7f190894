//! What a run of checkout comes to.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use crate::{
    measurement::{Measurement, Summary},
    report::{
        Conditions, FIGURES, Report, Table, disturbance, figures, megabytes, refusals, section, target_table,
    },
    target::Target,
    trials::Trial,
};

use super::{
    Idle, Subject,
    check::{Findings, Verdict},
    contender::Contender,
    targets::{self, Manners, is_lone},
    workload::Workload,
};

/// Everything about a run.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    #[serde(flatten)]
    pub(super) conditions: Conditions,
    pub(super) trials: Vec<Trial<Subject>>,
    pub(super) measurements: Vec<Measurement<Subject>>,
    pub(super) idle: Option<Idle>,
    pub(super) verdicts: Vec<Verdict>,
}

impl Run {
    pub(super) fn report(&self) -> Report {
        let subjects = Workload::ALL.into_iter().flat_map(|workload| {
            Contender::ALL.into_iter().map(move |contender| Subject { workload, contender })
        });
        let summaries = Summary::all(&self.measurements, subjects);
        let targets = self.targets(&summaries);
        Report {
            text: self.text(&summaries, &targets),
            json: json!({ "run": self, "medians": summaries, "targets": targets }),
            is_correct: self.is_clean(),
        }
    }

    fn is_clean(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.findings.clean)
    }

    fn text(&self, summaries: &[Summary<Subject>], targets: &[Target]) -> String {
        let mut text = self.conditions.text("Checkout");
        let mut section = |title: &str, content: &str| section(&mut text, title, content);
        section(
            "Callers tried for the single statement, the fastest of which were measured",
            &self.trial_table(),
        );
        section("Medians", &self.median_table(summaries));
        if let Some(told) = refusals(&self.measurements) {
            section("Refused", &told);
        }
        if !targets.is_empty() {
            section("Targets", &target_table(targets));
        }
        for Verdict { contender, findings: Findings { clean, output } } in &self.verdicts {
            // Of the limits it is enough to know that they did the same work.
            let told = if *clean && *contender != Contender::Service { "clean" } else { output };
            section(&format!("stockroom check: {}", contender.title()), &format!("{told}\n"));
        }
        if let Some(warning) = disturbance(&self.measurements, &self.trials) {
            section("Doubtful", &warning);
        }
        text
    }

    fn trial_table(&self) -> String {
        let mut table = Table::new(&["Orders", "Limit", "Callers", "Rate/s", "Others' cores"]);
        for Trial { subject, callers, per_second, others } in &self.trials {
            table.row([
                subject.workload.title().to_owned(),
                subject.contender.title().to_owned(),
                callers.to_string(),
                format!("{per_second:.0}"),
                format!("{others:.2}"),
            ]);
        }
        table.text(2)
    }

    fn median_table(&self, summaries: &[Summary<Subject>]) -> String {
        let mut table = Table::new(&[["Orders", "Who"].as_slice(), FIGURES.as_slice()].concat());
        for one in summaries {
            let Subject { workload, contender } = one.subject;
            let who = [workload.title().to_owned(), contender.title().to_owned()];
            table.row(who.into_iter().chain(figures(one, 1)));
        }
        let mut text = table.text(2);
        let postgres = self.measurements.iter().map(|one| one.measured.memory.postgres).max().unwrap_or(0);
        let _ = writeln!(text, "\nMost memory: PostgreSQL {:.0} MB{}", megabytes(postgres), {
            let peak = self.peak_memory().map(megabytes);
            peak.map_or_else(String::new, |peak| format!(", service {peak:.0} MB"))
        });
        text
    }

    fn targets(&self, summaries: &[Summary<Subject>]) -> Vec<Target> {
        let lone = summaries.iter().find(|one| is_lone(one));
        let (Some(lone), Some(idle)) = (lone, &self.idle) else { return Vec::new() };
        let manners = Manners {
            lone_p99: lone.latency.p99,
            peak_memory: megabytes(self.peak_memory().unwrap_or(0)),
            idle_cores: idle.cores,
            is_clean: self.is_clean(),
        };
        targets::judge(summaries, &manners)
    }

    fn peak_memory(&self) -> Option<u64> {
        self.measurements.iter().filter_map(|one| one.measured.memory.service_peak).max()
    }
}
