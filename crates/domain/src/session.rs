//! Sessions: what begins with a sign-in and lasts until it expires or is ended.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{ClientId, SessionId, Text, Violation};

/// Somebody's being signed in on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Whose it is.
    pub client_id: ClientId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it began or was last refreshed.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    pub expires_at: DateTime<Utc>,
    /// What the device called itself, up to 200 characters.
    pub user_agent: Option<String>,
    /// The address that the sign-in came from.
    pub address: Option<String>,
}

/// A secret that the shop has given to somebody, as it came back: 1 to 512 characters, never shown, not even in `Debug`.
#[derive(Clone)]
pub struct GivenToken(Text<1, 512>);

impl GivenToken {
    /// Takes a secret that keeps the limits.
    ///
    /// # Errors
    /// As for [`Text::parse`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        Text::parse(text).map(Self)
    }

    /// The secret, for looking it up and for nothing else.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for GivenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenToken(***)")
    }
}
