//! What is wrong with an input value, in a form that programs and people can read.
//!
//! The kinds and sentences follow pydantic's (<https://docs.pydantic.dev/latest/errors/validation_errors/>), because
//! the clients of the REST contract already know them.

use std::fmt;

use serde_json::Value;

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

    pub(crate) fn missing() -> Self {
        Self::new("missing", "Field required")
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Violation {}

/// One broken rule with its place and the input that broke it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldViolation {
    /// Which part of the request: `body`, `query` or `path`.
    pub part: &'static str,
    /// The field's name; empty when the whole part is wrong.
    pub field: String,
    /// What is wrong.
    pub violation: Violation,
    /// The offending input (shortened when long); null when it is missing or secret.
    pub input: Value,
}

/// Everything that is wrong with one input, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Violations(pub Vec<FieldViolation>);

impl Violations {
    /// A single violation of one field.
    pub fn one(part: &'static str, field: &str, violation: Violation, input: Value) -> Self {
        Self(vec![FieldViolation { part, field: field.to_owned(), violation, input }])
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, FieldViolation { field, violation, .. }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            match field.as_str() {
                "" => write!(f, "{separator}{violation}")?,
                field => write!(f, "{separator}{field}: {violation}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
