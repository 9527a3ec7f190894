//! The keys at hand: those that are configured, or else those that all servers of the shop share in its database, the
//! first of which is made when it is needed.
//!
//! A key that is added there verifies at once and signs a little later, when every server that looks for it finds it. The
//! one before verifies until what it has signed is expired.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use stockroom_repository::{Pool, signing_keys};
use tokio::sync::Mutex;

use super::{
    AuthSettings, LEEWAY,
    key::{Algorithm, SigningKey},
};
use crate::{Error, Result, unit_of_work::UnitOfWork};

/// A replaced key verifies for this much longer than its last token is good.
const GRACE: Duration = Duration::from_mins(1);
/// Replaced keys are deleted this long after any of their tokens can be good.
const KEPT: Duration = Duration::from_hours(48);
/// Replaced keys deleted at once, at most.
const BATCH: i64 = 1000;

/// The keys at hand.
pub(super) struct KeyRing {
    settings: KeySettings,
    keys: RwLock<Arc<Vec<ReadyKey>>>,
    /// When they were last read from the database. Held while they are read: one reads for all.
    read: Mutex<Option<Instant>>,
}

struct KeySettings {
    configured: bool,
    algorithm: Algorithm,
    issuer: String,
    lifetime: Duration,
    reload: Duration,
}

/// A key as it is used.
pub(super) struct ReadyKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    pub(super) validation: Validation,
    signs_from: Instant,
    verifies_until: Option<Instant>,
}

impl KeyRing {
    pub(super) fn new(settings: &AuthSettings) -> Self {
        let configured = settings.keys.clone();
        let settings = KeySettings {
            configured: !configured.is_empty(),
            algorithm: settings.algorithm,
            issuer: settings.issuer.clone(),
            lifetime: settings.access_token,
            reload: settings.key_reload,
        };
        let now = Instant::now();
        let keys = configured.iter().map(|key| settings.ready(key, now, None)).collect();
        Self { settings, keys: RwLock::new(Arc::new(keys)), read: Mutex::new(None) }
    }

    /// Does something with the key of this name.
    pub(super) fn with<T>(&self, kid: &str, work: impl FnOnce(&ReadyKey) -> T) -> Option<T> {
        let keys = self.keys();
        let now = Instant::now();
        let key = keys.iter().find(|key| key.kid == kid)?;
        key.verifies_until.is_none_or(|until| now < until).then(|| work(key))
    }

    /// Does something with the key that signs now, after looking for a newer one.
    pub(super) async fn sign_with<T>(&self, pool: &Pool, work: impl FnOnce(&ReadyKey) -> T) -> Result<T> {
        if let Err(error) = self.read_again(pool).await {
            if self.keys().is_empty() {
                return Err(error);
            }
            tracing::warn!(%error, "could not look for a newer signing key");
        }
        let keys = self.keys();
        let now = Instant::now();
        // The newest come first; the very first key of a shop has nobody to wait for.
        let key = keys.iter().find(|key| key.signs_from <= now).or(keys.last());
        key.map(work).ok_or_else(|| Error::internal("there is no signing key"))
    }

    /// Reads the keys from the database, unless they are configured or were read a moment ago. Makes the first one, and
    /// one of the configured algorithm when the newest is of another.
    pub(super) async fn read_again(&self, pool: &Pool) -> Result<()> {
        if self.settings.configured {
            return Ok(());
        }
        let mut read = self.read.lock().await;
        if read.is_some_and(|at| at.elapsed() < self.settings.reload) {
            return Ok(());
        }
        let algorithm = self.settings.algorithm;
        let mut stored = signing_keys::list(&mut *pool.get().await?).await?;
        if stored.first().is_none_or(|(key, _)| key.algorithm != algorithm.name()) {
            add(pool, algorithm, false).await?;
            stored = signing_keys::list(&mut *pool.get().await?).await?;
        }
        let now = Instant::now();
        let KeySettings { lifetime, reload, .. } = self.settings;
        let delay = reload * 2;
        let mut keys = Vec::with_capacity(stored.len());
        let mut replaced: Option<Duration> = None;
        for (key, age) in stored {
            let until = replaced.map(|age| now + (delay + lifetime + LEEWAY + GRACE).saturating_sub(age));
            replaced = Some(age);
            let key = SigningKey::from_stored(key).map_err(Error::internal)?;
            keys.push(self.settings.ready(&key, now + delay.saturating_sub(age), until));
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        *read = Some(now);
        Ok(())
    }

    fn keys(&self) -> Arc<Vec<ReadyKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeySettings {
    fn ready(&self, key: &SigningKey, signs_from: Instant, verifies_until: Option<Instant>) -> ReadyKey {
        let mut validation = Validation::new(key.algorithm().in_tokens());
        validation.leeway = LEEWAY.as_secs();
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        ReadyKey {
            kid: key.kid().to_owned(),
            algorithm: key.algorithm(),
            encoding: key.encoding(),
            decoding: key.decoding(),
            validation,
            signs_from,
            verifies_until,
        }
    }
}

/// Makes a new key that will sign access tokens, and returns its name. Older ones verify until what they have signed is
/// expired. Servers find it by themselves; those whose keys are configured do not look.
///
/// # Errors
/// Only when the database fails, or the machine has no randomness to give.
pub async fn rotate_signing_key(pool: &Pool, algorithm: Algorithm) -> Result<String> {
    let kid = add(pool, algorithm, true).await?;
    UnitOfWork::of_program(pool)
        .run(async |tx| signing_keys::delete_superseded(tx, KEPT, BATCH).await)
        .await?;
    Ok(kid)
}

/// Adds a key, `always` or when the newest is of another algorithm, and returns the name of the newest.
async fn add(pool: &Pool, algorithm: Algorithm, always: bool) -> Result<String> {
    let new = SigningKey::generate(algorithm)?.to_stored();
    let newest = UnitOfWork::of_program(pool).run(async |tx| {
        signing_keys::lock_in_tx(tx).await?;
        let newest = signing_keys::list(tx).await?.into_iter().next();
        match newest {
            Some((newest, _)) if !always && newest.algorithm == algorithm.name() => Ok(newest.kid),
            _ => {
                signing_keys::insert(tx, &new).await?;
                Ok(new.kid.clone())
            }
        }
    });
    Ok(newest.await?)
}
