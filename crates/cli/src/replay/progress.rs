//! How far a replay is, on standard error: a bar on a terminal, else a line for every tenth.

use std::{
    io::{self, IsTerminal},
    sync::atomic::{AtomicU64, Ordering},
};

use indicatif::{ProgressBar, ProgressStyle};
use stockroom_retail::replay::Outcome;

use crate::failure::Failure;

/// Shows how far a replay is.
pub(super) struct Progress {
    events: u64,
    bar: Option<ProgressBar>,
    tenths_told: AtomicU64,
}

impl Progress {
    /// Nothing of so many events is through yet.
    pub(super) fn start(events: u64) -> Result<Self, Failure> {
        let mut bar = None;
        if io::stderr().is_terminal() {
            let template = "{wide_bar} {pos}/{len} at {per_sec}, {elapsed} of {duration}: {msg}";
            let style = ProgressStyle::with_template(template)
                .map_err(|error| Failure::run(format!("cannot show progress: {error}")))?;
            bar =
                Some(ProgressBar::new(events).with_style(style).with_message(sentence(&Outcome::default())));
        }
        Ok(Self { events, bar, tenths_told: AtomicU64::new(0) })
    }

    /// Shows what was answered so far.
    pub(super) fn tell(&self, outcome: &Outcome) {
        if let Some(bar) = &self.bar {
            bar.set_message(sentence(outcome));
            bar.set_position(outcome.events);
            return;
        }
        let tenths = (outcome.events * 10).checked_div(self.events).unwrap_or(0);
        if self.tenths_told.fetch_max(tenths, Ordering::Relaxed) < tenths {
            eprintln!("replaying: {} %, {}", tenths * 10, sentence(outcome));
        }
    }

    /// Takes the bar away; the report follows.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn sentence(outcome: &Outcome) -> String {
    let placed = outcome.checkouts.done + outcome.checkouts.replayed;
    let refused = outcome.checkouts.refused_total() + outcome.cancels.refused_total();
    let cancelled = outcome.cancels.done + outcome.cancels.replayed;
    format!("{placed} orders placed, {cancelled} cancelled, {refused} refused")
}
