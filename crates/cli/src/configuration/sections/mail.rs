//! Mail that the shop sends.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Mail that the shop sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// What becomes of it.
    pub transport: MailTransport,
    /// URL of an SMTP server.
    pub smtp_url: String,
    /// The sender.
    pub from: String,
    /// Template of the link in a mail about a new password; empty for the bare token.
    pub reset_url: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds a password.
        f.debug_struct("Mail").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// What becomes of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum MailTransport {
    /// It goes to the log.
    Log,
    /// It is sent.
    Smtp,
    /// It is not sent.
    None,
}

impl TryFrom<String> for MailTransport {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "log" => Ok(Self::Log),
            "smtp" => Ok(Self::Smtp),
            "none" => Ok(Self::None),
            _ => Err(format!("{name:?} is none of log, smtp, none")),
        }
    }
}
