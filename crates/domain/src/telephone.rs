//! Telephone numbers as people write them.

use crate::Violation;

/// A telephone number, kept as written: an optional `+`, then 7 to 20 digits once blanks, `-`, `(` and `)` are removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telephone(String);

impl Telephone {
    /// Takes a telephone number.
    ///
    /// # Errors
    /// `value_error` when it breaks the rule above or is longer than 50 characters as written.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let digits = plain.strip_prefix('+').unwrap_or(&plain);
        if (7..=20).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit()) && text.len() <= 50
        {
            Ok(Self(text.to_owned()))
        } else {
            let message = "Telephone should be an optional '+' and 7 to 20 digits (blanks, '-', '(' and ')' are ignored)";
            Err(Violation::new("value_error", message))
        }
    }

    /// The number as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as written, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for good in ["0000000000", "+54 11 1234-5678", "(011) 1234567", "1234567", &"1".repeat(20)] {
            assert!(Telephone::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "123456", &"1".repeat(21), "12345x7", "12+345678", "++1234567", "١٢٣٤٥٦٧"] {
            assert!(Telephone::parse(bad).is_err(), "{bad}");
        }
    }
}
