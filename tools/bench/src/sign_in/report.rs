//! What a run of signing in comes to.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use crate::{
    measurement::{Measurement, Summary},
    report::{
        Conditions, FIGURES, Report, Table, disturbance, figures, megabytes, refusals, section, target_table,
    },
    target::Target,
};

use super::{subject::Subject, targets};

/// Everything about a run.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    #[serde(flatten)]
    pub(super) conditions: Conditions,
    /// What one should know of the services.
    pub(super) remarks: Vec<String>,
    /// People who sign in at the same time.
    pub(super) crowd: u32,
    pub(super) measurements: Vec<Measurement<Subject>>,
}

impl Run {
    pub(super) fn report(&self) -> Report {
        let summaries = Summary::all(&self.measurements, Subject::ALL.into_iter());
        let targets = targets::judge(&summaries, self.crowd);
        let refusals = refusals(&self.measurements);
        Report {
            text: self.text(&summaries, &targets, refusals.as_deref()),
            json: json!({ "run": self, "medians": summaries, "targets": targets }),
            is_correct: refusals.is_none(),
        }
    }

    fn text(&self, summaries: &[Summary<Subject>], targets: &[Target], refusals: Option<&str>) -> String {
        let mut text = self.conditions.text("Signing in");
        for remark in &self.remarks {
            let _ = writeln!(text, "            {remark}");
        }
        section(&mut text, "Medians", &self.median_table(summaries));
        if let Some(told) = refusals {
            section(&mut text, "Wrong answers", told);
        }
        section(&mut text, "Targets", &target_table(targets));
        if let Some(warning) = disturbance(&self.measurements, &[]) {
            section(&mut text, "Doubtful", &warning);
        }
        text
    }

    fn median_table(&self, summaries: &[Summary<Subject>]) -> String {
        let head = [["What", "How"].as_slice(), FIGURES.as_slice(), ["CPU us each"].as_slice()].concat();
        let mut table = Table::new(&head);
        for one in summaries {
            let who = [one.subject.work.title().to_owned(), one.subject.way.title().to_owned()];
            let each = (one.cores.service + one.cores.postgres) / one.per_second * 1_000_000.0;
            table.row(who.into_iter().chain(figures(one, 2)).chain([format!("{each:.1}")]));
        }
        let mut text = table.text(2);
        let peaks = self.measurements.iter().filter_map(|one| one.measured.memory.service_peak);
        if let Some(peak) = peaks.max() {
            let _ = writeln!(text, "\nMost memory of a service: {:.0} MB", megabytes(peak));
        }
        text
    }
}
