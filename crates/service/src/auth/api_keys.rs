//! API keys: making and ending them, and what one proves.
//!
//! A key is `sk_live_`, 256 random bits and a checksum, so that what was mistyped is refused without asking the database. Its
//! SHA-256 is kept, and nothing else of it but how it begins.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use stockroom_domain::{
    ApiKey, ApiKeyId, CallsPerMinute, KeyName, ListOrder, Page, Permission, Permissions, Refusal, Scopes,
};
use stockroom_repository::{
    self as repository, Connection, Pool,
    api_keys::{self, NewApiKey},
    read,
};
use tokio::sync::Semaphore;

use crate::{
    Error, Listed, Need, Result, Shop, lists, random,
    unit_of_work::{PendingInvalidation, UnitOfWork},
};

const MANAGE: Need = Need::to(Permission::KeysManage);

/// Unknown keys that are looked up at once on the connections of those who work for the shop: fewer than there are.
const LOOKS: usize = 2;
/// What every key begins with.
const PREFIX: &str = "sk_live_";
/// Characters of a key that are shown wherever it is spoken of.
const SHOWN: usize = PREFIX.len() + 8;
/// Random bytes of a key.
const RANDOM: usize = 32;
/// Keys that are remembered at most.
const MOST_REMEMBERED: u64 = 10_000;

/// A key to make.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What people call it.
    pub name: KeyName,
    /// What it permits.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it may be used in a minute.
    pub calls_per_minute: Option<CallsPerMinute>,
}

/// A key that was made: told now and never again.
pub struct MadeKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key.
    pub secret: String,
}

/// What a key proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInForce {
    /// Which one it is.
    pub id: ApiKeyId,
    /// What it permits.
    pub permissions: Permissions,
    /// How often it may be used in a minute.
    pub calls_per_minute: Option<u32>,
    expires_at: Option<DateTime<Utc>>,
}

/// The keys that were good a moment ago, by their hash. One that is revoked by this server ends at once.
pub(crate) struct KeysInForce {
    known: Option<Cache<[u8; 32], KeyInForce>>,
    /// Counts the times that keys were revoked here.
    revoked: AtomicU64,
    /// Who may look a key up beside the public.
    looks: Semaphore,
}

impl KeysInForce {
    /// Takes a key for good for this long without asking the database; not at all when it is no time.
    pub(crate) fn new(trusted: Duration) -> Self {
        let known = (!trusted.is_zero())
            .then(|| Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(trusted).build());
        Self { known, revoked: AtomicU64::new(0), looks: Semaphore::new(LOOKS) }
    }

    fn get(&self, hash: &[u8; 32]) -> Option<KeyInForce> {
        self.known.as_ref()?.get(hash)
    }

    /// How often keys were revoked by now: to be asked before a key is read.
    fn revocations(&self) -> u64 {
        self.revoked.load(Ordering::SeqCst)
    }

    fn remember(&self, hash: [u8; 32], key: KeyInForce, before: u64) {
        let Some(known) = &self.known else { return };
        known.insert(hash, key);
        // What was read may be older than a revocation meanwhile.
        if self.revocations() != before {
            known.invalidate(&hash);
        }
    }

    /// Forgets all: which hash a revoked key has is not known.
    pub(crate) fn forget(&self) {
        self.revoked.fetch_add(1, Ordering::SeqCst);
        if let Some(known) = &self.known {
            known.invalidate_all();
        }
    }
}

impl Shop {
    /// Whether a text means to be an API key.
    pub fn is_api_key(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Whether this API key is remembered, so that nothing has to be looked up for it.
    pub fn remembers_key(&self, key: &str) -> bool {
        self.parts.keys_in_force.get(&hash(key)).is_some()
    }

    /// What an API key proves.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] when it is none, was revoked or is past its time.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn authenticate_key(&self, key: &str) -> Result<KeyInForce> {
        if !is_well_formed(key) {
            return Err(Error::InvalidToken);
        }
        self.key_in_force(key, &self.parts.pool).await
    }

    /// Whether a key is in force. Few are looked up at once, however many are tried: those beyond are taken for unknown.
    pub(crate) async fn is_key_of_operator(&self, key: &str) -> bool {
        if !is_well_formed(key) {
            return false;
        }
        if self.parts.keys_in_force.get(&hash(key)).is_none() {
            let Ok(_turn) = self.parts.keys_in_force.looks.try_acquire() else { return false };
            return self.key_in_force(key, &self.parts.operators).await.is_ok();
        }
        self.key_in_force(key, &self.parts.operators).await.is_ok()
    }

    async fn key_in_force(&self, key: &str, pool: &Pool) -> Result<KeyInForce> {
        let hash = hash(key);
        let remembered = &self.parts.keys_in_force;
        if let Some(known) = remembered.get(&hash) {
            let over = known.expires_at.is_some_and(|end| end <= Utc::now());
            return if over { Err(Error::InvalidToken) } else { Ok(known) };
        }
        let before = remembered.revocations();
        let found = read(pool, async |conn| api_keys::find_in_force(conn, &hash).await).await?;
        let key = found.ok_or(Error::InvalidToken)?;
        self.touch_last_used(pool, &key).await?;
        let (id, permissions, calls_per_minute) = (key.id, key.scopes, key.calls_per_minute);
        let in_force = KeyInForce { id, permissions, calls_per_minute, expires_at: key.expires_at };
        remembered.remember(hash, in_force, before);
        Ok(in_force)
    }

    /// Records that a key is used, once a minute. A read-only PostgreSQL does not make the key invalid.
    async fn touch_last_used(&self, pool: &Pool, key: &ApiKey) -> Result<()> {
        let a_minute_ago = Utc::now() - chrono::Duration::minutes(1);
        if key.last_used_at.is_some_and(|last| last >= a_minute_ago) {
            return Ok(());
        }
        let touched = self.own_unit_of_work(pool).run(async |tx| api_keys::note_use(tx, key.id).await);
        match touched.await {
            Err(repository::Error::ReadOnly(_)) => Ok(()),
            touched => Ok(touched?),
        }
    }

    /// Makes a key that permits no more than its maker may do wherever doors are closed.
    ///
    /// # Errors
    /// [`Error::Refused`] when it would permit more.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_api_key(&self, new: &NewKey) -> Result<MadeKey> {
        let create = self.unit_of_work(MANAGE)?;
        let excess = new.scopes.0.iter().find(|permission| !self.caller.may_hand_on(*permission));
        if let Some(permission) = excess {
            return Err(Refusal::NotPermitted(permission).into());
        }
        let maker = self.caller.name();
        let secret = random_key()?;
        let key = create.run(async |tx| insert(tx, new, &secret, &maker).await).await?;
        Ok(MadeKey { key, secret })
    }

    /// A page of the keys, those that have ended included.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_api_keys(&self, page: &Page) -> Result<Listed<ApiKey>> {
        let mut conn = self.connection_for(MANAGE).await?;
        let found = api_keys::list(&mut conn, &page.and_one_more()).await?;
        let (rows, next) = lists::cut(found, page, |key| ListOrder::API_KEYS.at_id(key.id.0));
        Ok(Listed { rows, next, total: api_keys::total(&mut conn, page).await? })
    }

    /// Ends a key: at once on this server, within seconds on others.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<()> {
        let revoke = self.unit_of_work(MANAGE)?.invalidating(PendingInvalidation::api_keys);
        Ok(revoke.run(async |tx| api_keys::revoke_in_tx(tx, id).await).await.map(drop)?)
    }
}

/// Makes a key without a running shop, as the command line does.
///
/// # Errors
/// Only when the database fails.
pub async fn make_api_key(pool: &Pool, new: &NewKey, maker: &str) -> Result<MadeKey> {
    let secret = random_key()?;
    let create = UnitOfWork::of_program(pool);
    let key = create.run(async |tx| insert(tx, new, &secret, maker).await).await?;
    Ok(MadeKey { key, secret })
}

/// All keys, those that have ended included, as the command line lists them.
///
/// # Errors
/// Only when the database fails.
pub async fn list_api_keys(pool: &Pool) -> Result<Vec<ApiKey>> {
    Ok(api_keys::list(&mut *pool.get().await?, &Page::first(i64::MAX)).await?)
}

/// Ends a key without a running shop.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn end_api_key(pool: &Pool, id: ApiKeyId) -> Result<()> {
    let revoke = UnitOfWork::of_program(pool);
    Ok(revoke.run(async |tx| api_keys::revoke_in_tx(tx, id).await).await.map(drop)?)
}

async fn insert(
    conn: &mut Connection,
    new: &NewKey,
    secret: &str,
    maker: &str,
) -> repository::Result<ApiKey> {
    let row = NewApiKey {
        name: &new.name,
        prefix: secret.get(..SHOWN).unwrap_or(PREFIX),
        key_hash: &hash(secret),
        scopes: new.scopes.0,
        calls_per_minute: new.calls_per_minute.map(|calls| calls.0),
        created_by: maker,
        expires_at: new.expires_at,
    };
    api_keys::insert(conn, row).await
}

fn random_key() -> Result<String> {
    let body = URL_SAFE_NO_PAD.encode(random::bytes::<RANDOM>()?);
    let checksum = checksum(&body);
    Ok(format!("{PREFIX}{body}{checksum}"))
}

fn is_well_formed(key: &str) -> bool {
    let body_length = RANDOM.div_ceil(3) * 4 - 1;
    let parts = key.strip_prefix(PREFIX).and_then(|rest| rest.split_at_checked(body_length));
    parts.is_some_and(|(body, given)| given == checksum(body))
}

fn checksum(body: &str) -> String {
    URL_SAFE_NO_PAD.encode(crc32fast::hash(body.as_bytes()).to_be_bytes())
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_form() {
        let key = random_key().unwrap();
        assert!(Shop::is_api_key(&key) && is_well_formed(&key), "{key}");
        assert_ne!(key, random_key().unwrap());
        let mistyped = key.replace(key.chars().nth(20).unwrap(), "~");
        for wrong in [&*mistyped, "sk_live_", "sk_live_short", "", &key[..key.len() - 1], "é"] {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
    }
}
