//! The audit log: who has done what to which row, and where it came from.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use crate::{AuditEntryId, ClientId, Violation};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What is done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction { $($(#[$doc])* $name),+ }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name under which it is logged.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

actions! {
    /// A row was inserted.
    Create = "create",
    /// Columns of a row were changed.
    Update = "update",
    /// A row was deleted.
    Delete = "delete",
    /// All rows of a table were removed at once.
    Truncate = "truncate",
    /// A row was shown to somebody who works for the shop.
    Read = "read",
    /// What is held about a person, or the log, was handed out as a whole.
    Export = "export",
    /// What is held about a person was erased.
    Erase = "erase",
    /// What the log itself knew of a person was deleted from it.
    Forget = "forget",
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AuditAction {
    type Err = Violation;

    fn from_str(name: &str) -> Result<Self, Violation> {
        Self::ALL.iter().copied().find(|action| action.name() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|action| action.name()).collect();
            Violation::new("enum", format!("Input should be one of: {}", known.join(", ")))
        })
    }
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Identity; entries that were written later have higher ones.
    pub id: AuditEntryId,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who has done it, such as `admin:7`, `key:3` or `script:reprice`.
    pub actor: String,
    /// The id of the request, where it was one.
    pub request_id: Option<String>,
    /// The address that the request came from.
    pub address: Option<String>,
    /// What was done, see [`AuditAction`].
    pub action: String,
    /// The table.
    pub resource: String,
    /// The row's id, where it is one row.
    pub resource_id: Option<i64>,
    /// Whom it concerns.
    pub client_id: Option<ClientId>,
    /// Columns as they were; of an update those that it changed. What is personal and forgotten, and what is secret, is
    /// `***`.
    pub before: Option<Cells>,
    /// Columns as they have become.
    pub after: Option<Cells>,
}

/// Columns of a row and their values, as the text of a JSON object. Nothing here reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells(String);

impl Cells {
    /// Takes the text of a JSON object.
    pub fn from_json(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the JSON object.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// The text of the JSON object, owned.
    pub fn into_json(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_actions_lead_back_to_them() {
        for action in AuditAction::ALL {
            assert_eq!(action.name().parse(), Ok(*action));
        }
        let unknown = "Create".parse::<AuditAction>().unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "Input should be one of: create, update, delete, truncate, read, export, erase, forget"
        );
    }
}
