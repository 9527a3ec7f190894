//! Why nothing could be measured: one sentence for the person at the terminal.

use std::{fmt::Display, io, path::Path};

/// A run that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// `PostgreSQL` could not be started.
    #[error("{0}")]
    Embedded(#[from] stockroom_embedded::Error),
    /// A statement failed.
    #[error("PostgreSQL refused a statement: {}", told(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// The schema could not be made.
    #[error("cannot migrate: {0}")]
    Migration(#[from] stockroom_repository::Error),
    /// A signal asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Everything else, explained.
    #[error("{0}")]
    Run(String),
}

impl Failure {
    pub(crate) fn run(sentence: impl Into<String>) -> Self {
        Self::Run(sentence.into())
    }

    /// A file or program that did not do what was asked.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |error| Self::Run(format!("{path}: {error}"))
    }

    pub(crate) fn output(error: io::Error) -> Self {
        Self::because("cannot write to standard output")(error)
    }

    /// Something that failed, and why.
    pub(crate) fn because<E: Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Run(format!("{what}: {error}"))
    }
}

/// What the server says; the error itself says no more than that there is one.
fn told(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}
