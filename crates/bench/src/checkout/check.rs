//! Whether what was ordered adds up: `stockroom check` on the database of each contender, after everything.

use serde::Serialize;

use crate::{failure::Failure, service::Program};

use super::contender::Contender;

/// What the check said.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    pub(crate) contender: Contender,
    pub(crate) clean: bool,
    /// Its table, and what it complains of.
    pub(crate) output: String,
}

impl Verdict {
    pub(crate) fn ask(program: &Program, contender: Contender, url: &str) -> Result<Self, Failure> {
        let output = program.run(&["check"], url)?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(Self { contender, clean: output.status.success(), output: text.trim().to_owned() })
    }
}
