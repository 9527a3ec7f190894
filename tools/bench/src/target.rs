//! What something is meant to reach, and whether it did.

use serde::Serialize;

/// One target. Missing it is told, and is no failure of a run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) wanted: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

impl Target {
    /// A ratio that should be reached; `digits` are those of the wanted one.
    pub(crate) fn at_least(what: String, wanted: f64, digits: usize, ratio: f64) -> Self {
        Self {
            what,
            wanted: format!("at least {wanted:.digits$}"),
            measured: format!("{ratio:.2}"),
            met: ratio >= wanted,
        }
    }

    /// A ratio that should not be exceeded.
    pub(crate) fn at_most(what: &str, wanted: f64, ratio: f64) -> Self {
        Self {
            what: what.to_owned(),
            wanted: format!("at most {wanted:.1}"),
            measured: format!("{ratio:.2}"),
            met: ratio <= wanted,
        }
    }

    /// A quantity that should stay below a limit; `digits` are those of the measured one.
    pub(crate) fn below(what: &str, limit: f64, measured: f64, digits: usize, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            wanted: format!("below {limit} {unit}"),
            measured: format!("{measured:.digits$} {unit}"),
            met: measured < limit,
        }
    }

    /// Whether `stockroom check` found nothing wrong.
    pub(crate) fn clean(what: &str, is_clean: bool) -> Self {
        Self {
            what: what.to_owned(),
            wanted: "clean".to_owned(),
            measured: if is_clean { "clean" } else { "not clean" }.to_owned(),
            met: is_clean,
        }
    }

    /// Something that should never happen.
    pub(crate) fn none(what: &str, count: u64) -> Self {
        Self {
            what: what.to_owned(),
            wanted: "none".to_owned(),
            measured: count.to_string(),
            met: count == 0,
        }
    }
}
