//! Who may do what, and how people sign in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who may do what.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Whether callers have to say who they are.
    pub mode: AuthMode,
    /// Whether the open mode may be reached from other machines.
    pub open_to_other_machines: bool,
    /// How access tokens are signed.
    pub algorithm: String,
    /// Keys of access tokens; empty for one in the database.
    pub keys: Vec<String>,
    /// Who access tokens are from.
    pub issuer: String,
    /// How long an access token is good.
    pub access_token_seconds: u64,
    /// How long a session lasts unless it is refreshed.
    pub refresh_token_days: u64,
    /// How long a mailed token is good.
    pub reset_token_minutes: u64,
    /// How long a session is believed to go on, and an API key to be in force.
    pub session_check_seconds: u64,
    /// Memory of a password's hash.
    pub argon2_memory_kib: u32,
    /// Passes over that memory.
    pub argon2_iterations: u32,
    /// Lanes of that memory.
    pub argon2_parallelism: u32,
    /// Passwords that may wait to be hashed.
    pub password_queue: usize,
    /// Tries of an account in a minute; 0 for no limit.
    pub logins_per_minute_per_account: u32,
    /// Tries of an address in a minute; 0 for no limit.
    pub logins_per_minute_per_address: u32,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys are secret.
        f.debug_struct("Auth").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Whether callers have to say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum AuthMode {
    /// They have to, and may do what they have proven to be allowed to.
    Enforced,
    /// Everybody may do what the contract's clients do.
    Open,
}

impl TryFrom<String> for AuthMode {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "enforced" => Ok(Self::Enforced),
            "open" => Ok(Self::Open),
            _ => Err(format!("{name:?} is none of enforced, open")),
        }
    }
}
