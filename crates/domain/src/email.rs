//! E-mail addresses, in the shape that HTML's e-mail input accepts.

use validator::ValidateEmail;

use crate::Violation;

/// A well-formed e-mail address, kept as written; two that differ only in case are the same account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Takes a well-formed address (the HTML living standard's rule, lengths as in RFC 5321).
    ///
    /// # Errors
    /// `value_error` when it is not one.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if text.validate_email() && !text.contains('\0') {
            Ok(Self(text.to_owned()))
        } else {
            Err(Violation::new("value_error", "Value is not a valid email address"))
        }
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as written, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert!(Email::parse("Ana.Lopez+shop@example.com").is_ok());
        for bad in
            ["", "ana", "ana@", "@example.com", "a b@example.com", "ana@exa mple.com", "a\0@example.com"]
        {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
