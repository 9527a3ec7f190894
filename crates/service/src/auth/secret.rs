//! Secrets that the shop gives to somebody and keeps only the SHA-256 of: refresh tokens and tokens of password resets.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use stockroom_repository::refresh_tokens::TokenHash;

use crate::{Result, random};

/// Random bytes of a secret: nobody guesses one of 2^256.
const BYTES: usize = 32;

/// A secret to be told once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret. The prefix tells people, and programs that look for leaked secrets, what it is.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] when the machine has no randomness to give.
    pub(super) fn new(prefix: &str) -> Result<Self> {
        Ok(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::bytes::<BYTES>()?))))
    }

    /// The secret, for whom it is meant and for nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> TokenHash {
        hash(&self.0)
    }
}

/// What is kept of a secret.
pub(super) fn hash(secret: &str) -> TokenHash {
    Sha256::digest(secret).into()
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_not_shown() {
        let (one, other) = (Secret::new("rt_").unwrap(), Secret::new("rt_").unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), "rt_".len() + 43);
        assert_eq!(format!("{one:?}"), "Secret(***)");
        assert_eq!(one.hash(), hash(one.reveal()));
    }
}
