//! What is wrong with an input: each broken rule with its place and the value that broke it.

use std::fmt;

use serde_json::Value;
use stockroom_domain::Violation;

/// One broken rule with its place and the input that broke it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldViolation {
    /// Which part of the request: `body`, `query` or `path`.
    pub part: &'static str,
    /// The list and the place in it, counted from 0, when the field belongs to a row of a list.
    pub row: Option<(String, usize)>,
    /// The field's name; empty when the whole part, or the whole row, is wrong.
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
        Self(vec![FieldViolation { part, row: None, field: field.to_owned(), violation, input }])
    }
}

impl FieldViolation {
    /// Where it is within its part: `price`, or `lines.0.quantity` in a row of a list; empty for the whole part.
    pub fn place(&self) -> String {
        match &self.row {
            None => self.field.clone(),
            Some((list, index)) if self.field.is_empty() => format!("{list}.{index}"),
            Some((list, index)) => format!("{list}.{index}.{}", self.field),
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            match field.place().as_str() {
                "" => write!(f, "{separator}{}", field.violation)?,
                place => write!(f, "{separator}{place}: {}", field.violation)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
