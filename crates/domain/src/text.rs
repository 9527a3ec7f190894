//! Text with a length limit, counted in characters, that PostgreSQL can store (no NUL).

use std::fmt;

use validator::ValidateLength;

use crate::Violation;

/// A text of `MIN` to `MAX` characters (inclusive) without NUL characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text<const MIN: u64, const MAX: u64>(String);

impl<const MIN: u64, const MAX: u64> Text<MIN, MAX> {
    /// Takes a text that keeps the limits.
    ///
    /// # Errors
    /// `string_too_short`, `string_too_long` or `string_nul`.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        if !text.validate_length(Some(MIN), None, None) {
            return Err(Violation::new(
                "string_too_short",
                format!("String should have at least {}", characters(MIN)),
            ));
        }
        if !text.validate_length(None, Some(MAX), None) {
            return Err(Violation::new(
                "string_too_long",
                format!("String should have at most {}", characters(MAX)),
            ));
        }
        if text.contains('\0') {
            return Err(Violation::new("string_nul", "String should not contain NUL characters"));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

fn characters(count: u64) -> String {
    if count == 1 { "1 character".to_owned() } else { format!("{count} characters") }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), &str>) {
        assert_eq!(Text::<1, 3>::parse(text).map(|_| ()).map_err(|violation| violation.kind), expected);
    }

    #[test]
    fn lengths_are_inclusive_and_in_characters() {
        check("", Err("string_too_short"));
        check("a", Ok(()));
        check("ééé", Ok(()));
        check("abcd", Err("string_too_long"));
        check("a\0", Err("string_nul"));
    }
}
