//! Access tokens: JSON Web Tokens (RFC 7519) that tell for some minutes who somebody is.
//!
//! What a token says is remembered until it expires: verifying a signature takes longer than most reads.

use std::time::{Duration, SystemTime};

use foldhash::fast::RandomState;
use jsonwebtoken::{Header, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use stockroom_domain::{ClientId, Role, SessionId};

use super::{
    LEEWAY,
    keyring::{KeyRing, ReadyKey},
    secret::Secret,
};
use crate::{Error, Identity, Result};

/// Tokens remembered at most, each of some hundred bytes.
const MOST_REMEMBERED: u64 = 65_536;
/// What the shop signs is much shorter.
const LONGEST: usize = 2048;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    sid: i64,
    role: String,
    iat: u64,
    exp: u64,
}

/// What tokens say that were verified.
pub(super) struct AccessTokens {
    issuer: String,
    lifetime: Duration,
    remembered: moka::sync::Cache<Box<str>, Remembered, RandomState>,
}

#[derive(Debug, Clone, Copy)]
struct Remembered {
    identity: Identity,
    /// In seconds since 1970, with the leeway.
    ends: u64,
}

/// Why a token says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unverified {
    /// Its key is not known here: perhaps it is too new.
    UnknownKey,
    /// It is forged, expired, or no token at all.
    Invalid,
}

impl AccessTokens {
    pub(super) fn new(issuer: String, lifetime: Duration) -> Self {
        let remembered = moka::sync::Cache::builder()
            .max_capacity(MOST_REMEMBERED)
            .time_to_live(lifetime + LEEWAY)
            .build_with_hasher(RandomState::default());
        Self { issuer, lifetime, remembered }
    }

    /// A token for an account's session.
    pub(super) fn sign(
        &self,
        key: &ReadyKey,
        account: ClientId,
        role: Role,
        session: SessionId,
    ) -> Result<Secret> {
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(key.algorithm.in_tokens()) };
        let iat = seconds_since_1970();
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: account.to_string(),
            sid: session.0,
            role: role.name().to_owned(),
            iat,
            exp: iat + self.lifetime.as_secs(),
        };
        encode(&header, &claims, &key.encoding).map(Secret::from).map_err(Error::internal)
    }

    /// Who a token says that its bearer is, after its signature and its time are found good.
    pub(super) fn verify(&self, keys: &KeyRing, token: &str) -> Result<Identity, Unverified> {
        let now = seconds_since_1970();
        if let Some(known) = self.remembered.get(token) {
            return if now < known.ends { Ok(known.identity) } else { Err(Unverified::Invalid) };
        }
        if token.len() > LONGEST {
            return Err(Unverified::Invalid);
        }
        let invalid = |_| Unverified::Invalid;
        let kid = decode_header(token).map_err(invalid)?.kid.ok_or(Unverified::Invalid)?;
        // The key says which algorithm it is for; a token that says otherwise is refused.
        let claims = keys.with(&kid, |key| decode::<Claims>(token, &key.decoding, &key.validation));
        let claims = claims.ok_or(Unverified::UnknownKey)?.map_err(|_| Unverified::Invalid)?.claims;
        let identity = Identity::Account {
            id: ClientId(claims.sub.parse().map_err(|_| Unverified::Invalid)?),
            role: claims.role.parse().map_err(|_| Unverified::Invalid)?,
            session: SessionId(claims.sid),
        };
        let ends = claims.exp.saturating_add(LEEWAY.as_secs());
        self.remembered.insert(token.into(), Remembered { identity, ends });
        Ok(identity)
    }
}

fn seconds_since_1970() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuthSettings;

    #[test]
    fn what_is_remembered_is_forgotten_in_time() {
        let keys = KeyRing::new(&AuthSettings::default());
        let tokens = AccessTokens::new("shop".to_owned(), Duration::from_mins(15));
        let identity = Identity::Account { id: ClientId(7), role: Role::Client, session: SessionId(1) };
        let now = seconds_since_1970();
        for (ends, expected) in [(now + 60, Ok(identity)), (now, Err(Unverified::Invalid))] {
            tokens.remembered.insert("token".into(), Remembered { identity, ends });
            assert_eq!(tokens.verify(&keys, "token"), expected);
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let keys = KeyRing::new(&AuthSettings::default());
        let tokens = AccessTokens::new("shop".to_owned(), Duration::from_mins(15));
        let unnamed = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2ln";
        for wrong in ["", "a", "a.b", "a.b.c", "a.b.c.d", "\u{e9}.\u{e9}.\u{e9}", unnamed, &"a".repeat(5000)]
        {
            assert_eq!(tokens.verify(&keys, wrong), Err(Unverified::Invalid), "{wrong}");
        }
        let unknown = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IngifQ.e30.c2ln";
        assert_eq!(tokens.verify(&keys, unknown), Err(Unverified::UnknownKey));
    }
}
