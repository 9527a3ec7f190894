//! Why a command failed: one sentence for the person at the terminal, and the exit code that goes with it.

use std::process::ExitCode;

/// A failed command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The command line or the configuration is at fault.
    #[error("{0}")]
    Usage(String),
    /// Something outside is: the database, the port, a file.
    #[error("{0}")]
    Run(String),
}

impl Failure {
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::Usage(sentence.into())
    }

    pub(crate) fn run(sentence: impl Into<String>) -> Self {
        Self::Run(sentence.into())
    }

    /// The failure on one line: causes from elsewhere may have several.
    pub(crate) fn sentence(&self) -> String {
        let text = self.to_string();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Run(_) => ExitCode::FAILURE,
        }
    }
}
