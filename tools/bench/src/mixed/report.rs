//! What a run comes to.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use crate::{
    checkout::check::Findings,
    measurement::{Measurement, Summary},
    report::{
        Conditions, FIGURES, Report, Table, disturbance, figures, megabytes, refusals, section, target_table,
    },
    target::Target,
};

use super::{
    resident::{Growth, Resident},
    subject::{Part, Subject, Way},
    targets::{self, Manners},
};

/// Everything about a run.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    #[serde(flatten)]
    pub(super) conditions: Conditions,
    pub(super) soak: bool,
    pub(super) think_milliseconds: u64,
    /// What one should know of the service.
    pub(super) remarks: Vec<String>,
    pub(super) measurements: Vec<Measurement<Subject>>,
    pub(super) watches: Vec<Watch>,
    pub(super) check: Findings,
}

/// The service's memory during a measurement.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Watch {
    pub(super) way: Way,
    pub(super) round: u32,
    pub(super) growth: Growth,
    pub(super) resident: Resident,
}

impl Run {
    pub(super) fn report(&self) -> Report {
        let summaries = Summary::all(&self.measurements, Subject::all());
        let manners =
            Manners { watches: &self.watches, seconds: self.conditions.seconds, is_clean: self.check.clean };
        let targets = targets::judge(&summaries, &manners);
        let whole = self.whole();
        let refusals = refusals(&whole);
        Report {
            text: self.text(&summaries, &targets, &whole, refusals.as_deref()),
            json: json!({ "run": self, "medians": summaries, "targets": targets }),
            is_correct: refusals.is_none() && self.check.clean,
        }
    }

    /// The measurements of all kinds together; those of single kinds are parts of them.
    fn whole(&self) -> Vec<Measurement<Subject>> {
        self.measurements.iter().filter(|one| one.subject.part == Part::All).cloned().collect()
    }

    fn text(
        &self,
        summaries: &[Summary<Subject>],
        targets: &[Target],
        whole: &[Measurement<Subject>],
        refusals: Option<&str>,
    ) -> String {
        let mut text = self.conditions.text(if self.soak { "Soak" } else { "Mixed" });
        for remark in &self.remarks {
            let _ = writeln!(text, "            {remark}");
        }
        section(&mut text, "Medians of all requests", &Self::whole_table(summaries, whole));
        section(&mut text, "Medians of each kind", &Self::kind_table(summaries));
        section(&mut text, "Resident memory of the service", &self.memory_table());
        if let Some(told) = refusals {
            section(&mut text, "Wrong answers", told);
        }
        section(&mut text, "Targets", &target_table(targets));
        section(&mut text, "stockroom check", &format!("{}\n", self.check.output));
        if let Some(warning) = disturbance(whole, &[]) {
            section(&mut text, "Doubtful", &warning);
        }
        text
    }

    fn whole_table(summaries: &[Summary<Subject>], whole: &[Measurement<Subject>]) -> String {
        let mut table = Table::new(&[["Users"].as_slice(), FIGURES.as_slice()].concat());
        for one in summaries.iter().filter(|one| one.subject.part == Part::All) {
            table.row([one.subject.way.title().to_owned()].into_iter().chain(figures(one, 1)));
        }
        let mut text = table.text(1);
        let postgres = whole.iter().map(|one| one.measured.memory.postgres).max().unwrap_or(0);
        let _ = writeln!(text, "\nMost memory: PostgreSQL {:.0} MB", megabytes(postgres));
        text
    }

    fn kind_table(summaries: &[Summary<Subject>]) -> String {
        let mut table = Table::new(&[
            "Users", "What", "Rate/s", "mean ms", "p50 ms", "p95 ms", "p99 ms", "max ms", "Refused",
        ]);
        for one in summaries {
            let latency = one.latency;
            let millis = [latency.mean, latency.p50, latency.p95, latency.p99, latency.max];
            let who = [one.subject.way.title().to_owned(), one.subject.part.title().to_owned()];
            let figures = [format!("{:.0}", one.per_second)].into_iter();
            let figures = figures.chain(millis.map(|millis| format!("{millis:.1}")));
            table.row(who.into_iter().chain(figures).chain([one.refused.to_string()]));
        }
        table.text(2)
    }

    fn memory_table(&self) -> String {
        let mut table =
            Table::new(&["Users", "Round", "First MB", "Last MB", "Most MB", "MB per minute", "second half"]);
        for Watch { way, round, growth, .. } in &self.watches {
            let Growth { first, last, most, slope, late_slope } = growth;
            let sizes = [first, last, most].map(|size| format!("{size:.1}"));
            let slopes = [slope, late_slope].map(|slope| format!("{slope:.2}"));
            let who = [way.title().to_owned(), round.to_string()];
            table.row(who.into_iter().chain(sizes).chain(slopes));
        }
        table.text(1)
    }
}
