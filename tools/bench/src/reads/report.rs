//! What a run of reads comes to.

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
    subject::{Server, Subject},
    targets,
};

/// Everything about a run.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    #[serde(flatten)]
    pub(super) conditions: Conditions,
    /// What one should know of the services and what they were asked.
    pub(super) remarks: Vec<String>,
    /// What could not be measured, and why.
    pub(super) left_out: Vec<String>,
    pub(super) trials: Vec<Trial<Subject>>,
    pub(super) measurements: Vec<Measurement<Subject>>,
}

impl Run {
    pub(super) fn report(&self) -> Report {
        let summaries = Summary::all(&self.measurements, Subject::ALL.into_iter());
        let targets = targets::judge(&summaries, self.peak_memory(Server::Service).map(megabytes));
        let refusals = refusals(&self.measurements);
        Report {
            text: self.text(&summaries, &targets, refusals.as_deref()),
            json: json!({ "run": self, "medians": summaries, "targets": targets }),
            is_correct: refusals.is_none(),
        }
    }

    fn text(&self, summaries: &[Summary<Subject>], targets: &[Target], refusals: Option<&str>) -> String {
        let mut text = self.conditions.text("Reads");
        for remark in &self.remarks {
            let _ = writeln!(text, "            {remark}");
        }
        let mut section = |title: &str, content: &str| section(&mut text, title, content);
        section("Callers tried for pgbench, the fastest of which were measured", &self.trial_table());
        section("Medians", &self.median_table(summaries));
        if !self.left_out.is_empty() {
            section("Left out", &(self.left_out.join("\n") + "\n"));
        }
        if let Some(told) = refusals {
            section("Wrong answers", told);
        }
        section("Targets", &target_table(targets));
        if let Some(warning) = disturbance(&self.measurements, &self.trials) {
            section("Doubtful", &warning);
        }
        text
    }

    fn trial_table(&self) -> String {
        let mut table = Table::new(&["Read", "Limit", "Callers", "Rate/s", "Others' cores"]);
        for Trial { subject, callers, per_second, others } in &self.trials {
            table.row([
                subject.read.title().to_owned(),
                subject.server.title().to_owned(),
                callers.to_string(),
                format!("{per_second:.0}"),
                format!("{others:.2}"),
            ]);
        }
        table.text(2)
    }

    fn median_table(&self, summaries: &[Summary<Subject>]) -> String {
        let head = [["Read", "Who"].as_slice(), FIGURES.as_slice(), ["CPU us each"].as_slice()].concat();
        let mut table = Table::new(&head);
        for one in summaries {
            let who = [one.subject.read.title().to_owned(), one.subject.server.title().to_owned()];
            let each = (one.cores.service + one.cores.postgres) / one.per_second * 1_000_000.0;
            table.row(who.into_iter().chain(figures(one, 2)).chain([format!("{each:.1}")]));
        }
        let mut text = table.text(2);
        let postgres = self.measurements.iter().map(|one| one.measured.memory.postgres).max().unwrap_or(0);
        let _ = write!(text, "\nMost memory: PostgreSQL {:.0} MB", megabytes(postgres));
        for server in [Server::Service, Server::Uncached, Server::Bare] {
            if let Some(peak) = self.peak_memory(server) {
                let _ = write!(text, ", {} {:.0} MB", server.title(), megabytes(peak));
            }
        }
        text.push('\n');
        text
    }

    /// The most that any process of the kind has ever had, in bytes.
    fn peak_memory(&self, server: Server) -> Option<u64> {
        let same = self.measurements.iter().filter(|one| one.subject.server == server);
        same.filter_map(|one| one.measured.memory.service_peak).max()
    }
}
