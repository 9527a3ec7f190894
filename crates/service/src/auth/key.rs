//! A key that signs access tokens: which algorithm it is for is a property of the key, and never taken from a token.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{SigningKey as Ed25519Key, pkcs8::DecodePrivateKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use stockroom_repository::signing_keys::StoredKey;

use crate::{Result, random};

/// Of an HMAC key at least as much as its hash has (RFC 7518, 3.2).
const LEAST_SECRET: usize = 32;
const SEED: usize = 32;
/// A PKCS#8 document of an Ed25519 key (RFC 8410) up to the seed that ends it.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// How access tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    #[default]
    EdDsa,
    /// HMAC with SHA-256.
    Hs256,
}

/// A key, by the name that tokens know it by. It is shown nowhere, not even in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    /// The seed of an Ed25519 key, or the secret of an HMAC.
    secret: Vec<u8>,
}

/// What is wrong with the text of a key, without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not made of three parts.
    #[error("a key is kid:algorithm:base64")]
    Parts,
    /// Its name has other characters, or too many.
    #[error("the kid of a key is made of 1 to 64 letters, digits, - and _")]
    Kid,
    /// There is no such algorithm.
    #[error("the algorithm of a key is EdDSA or HS256")]
    Algorithm,
    /// Its secret is not base64.
    #[error("the secret of a key is base64")]
    Base64,
    /// Its secret can be guessed.
    #[error("the secret of an HS256 key has at least 32 bytes")]
    Short,
    /// It is none of this algorithm.
    #[error("the secret of an EdDSA key is an Ed25519 seed of 32 bytes or its PKCS#8 document (DER)")]
    NotEd25519,
}

impl Algorithm {
    /// The name that tokens and the configuration know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }

    pub(super) const fn in_tokens(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
        }
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        [Self::EdDsa, Self::Hs256].into_iter().find(|one| one.name() == name).ok_or(KeyError::Algorithm)
    }
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] when the machine has no randomness to give.
    pub(super) fn generate(algorithm: Algorithm) -> Result<Self> {
        let secret = random::bytes::<LEAST_SECRET>()?.to_vec();
        Ok(Self { kid: uuid::Uuid::new_v4().simple().to_string(), algorithm, secret })
    }

    fn new(kid: &str, algorithm: Algorithm, secret: Vec<u8>) -> Result<Self, KeyError> {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&kid.len()) || !kid.bytes().all(named) {
            return Err(KeyError::Kid);
        }
        let secret = match algorithm {
            Algorithm::Hs256 if secret.len() < LEAST_SECRET => return Err(KeyError::Short),
            Algorithm::EdDsa if secret.len() != SEED => {
                Ed25519Key::from_pkcs8_der(&secret).map_err(|_| KeyError::NotEd25519)?.to_bytes().to_vec()
            }
            Algorithm::Hs256 | Algorithm::EdDsa => secret,
        };
        Ok(Self { kid: kid.to_owned(), algorithm, secret })
    }

    /// Its name in the header of a token.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn encoding(&self) -> EncodingKey {
        match self.algorithm {
            Algorithm::EdDsa => EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], &self.secret[..]].concat()),
            Algorithm::Hs256 => EncodingKey::from_secret(&self.secret),
        }
    }

    pub(super) fn decoding(&self) -> DecodingKey {
        match (self.algorithm, <&[u8; SEED]>::try_from(self.secret.as_slice())) {
            (Algorithm::EdDsa, Ok(seed)) => {
                DecodingKey::from_ed_der(Ed25519Key::from_bytes(seed).verifying_key().as_bytes())
            }
            (Algorithm::EdDsa | Algorithm::Hs256, _) => DecodingKey::from_secret(&self.secret),
        }
    }

    pub(super) fn to_stored(&self) -> StoredKey {
        let Self { kid, algorithm, secret } = self.clone();
        StoredKey { kid, algorithm: algorithm.name().to_owned(), secret }
    }

    pub(super) fn from_stored(stored: StoredKey) -> Result<Self, KeyError> {
        Self::new(&stored.kid, stored.algorithm.parse()?, stored.secret)
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    /// Reads `kid:HS256:base64` or `kid:EdDSA:base64`.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, ':');
        let (Some(kid), Some(algorithm), Some(secret)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Parts);
        };
        let secret = STANDARD.decode(secret.trim()).map_err(|_| KeyError::Base64)?;
        Self::new(kid.trim(), algorithm.trim().parse()?, secret)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {}, ***)", self.kid, self.algorithm.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, KeyError>) {
        let read = text.parse::<SigningKey>();
        assert_eq!(read.as_ref().map(SigningKey::kid).map_err(|error| *error), expected, "{text}");
    }

    #[test]
    fn keys_are_read_or_refused_with_a_reason() {
        let thirty_two = STANDARD.encode([7; 32]);
        let pkcs8 = STANDARD.encode([&PKCS8_PREFIX[..], &[7; 32]].concat());
        check(&format!("a-1:HS256:{thirty_two}"), Ok("a-1"));
        check(&format!("a:EdDSA:{thirty_two}"), Ok("a"));
        check(&format!("a:EdDSA:{pkcs8}"), Ok("a"));
        check("a:HS256", Err(KeyError::Parts));
        check(&format!(":HS256:{thirty_two}"), Err(KeyError::Kid));
        check(&format!("a b:HS256:{thirty_two}"), Err(KeyError::Kid));
        check(&format!("a:none:{thirty_two}"), Err(KeyError::Algorithm));
        check("a:HS256:???", Err(KeyError::Base64));
        check(&format!("a:HS256:{}", STANDARD.encode([7; 31])), Err(KeyError::Short));
        check(&format!("a:EdDSA:{}", STANDARD.encode([7; 33])), Err(KeyError::NotEd25519));
    }

    #[test]
    fn a_seed_and_its_document_are_the_same_key_and_neither_is_shown() {
        let seed: SigningKey = format!("a:EdDSA:{}", STANDARD.encode([7; 32])).parse().unwrap();
        let document = STANDARD.encode([&PKCS8_PREFIX[..], &[7; 32]].concat());
        assert_eq!(format!("a:EdDSA:{document}").parse(), Ok(seed.clone()));
        assert_eq!(format!("{seed:?}"), "SigningKey(a, EdDSA, ***)");
        assert_eq!(SigningKey::from_stored(seed.to_stored()), Ok(seed));
    }
}
