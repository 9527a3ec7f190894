//! Whether what was ordered adds up: `stockroom check` on a database, after everything.

use serde::Serialize;

use crate::{failure::Failure, service::Program};

use super::contender::Contender;

/// What the check said of a contender's database.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Verdict {
    pub(super) contender: Contender,
    #[serde(flatten)]
    pub(super) findings: Findings,
}

/// What the check said.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Findings {
    pub(crate) clean: bool,
    /// Its table, and what it complains of.
    pub(crate) output: String,
}

impl Verdict {
    pub(super) fn ask(program: &Program, contender: Contender, url: &str) -> Result<Self, Failure> {
        Ok(Self { contender, findings: Findings::ask(program, url)? })
    }
}

impl Findings {
    /// Checks a database, which takes as long as it takes.
    pub(crate) fn ask(program: &Program, url: &str) -> Result<Self, Failure> {
        let output = program.run(&["check"], url)?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(Self { clean: output.status.success(), output: text.trim().to_owned() })
    }
}
