//! A broken rule of a value, in a form that programs and people can read.
//!
//! The kinds and sentences follow pydantic's (<https://docs.pydantic.dev/latest/errors/validation_errors/>), because
//! the clients of the REST contract already know them.

use std::fmt;

/// One broken rule, without the place where it was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Machine-readable kind, for example `greater_than`.
    pub kind: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl Violation {
    /// A violation of this kind with this sentence.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Violation {}
