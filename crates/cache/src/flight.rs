//! A load that is under way, and those who wait for it.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;
use tokio::sync::watch;

use crate::{Source, error::Result};

const SHARDS: usize = 64;

/// What a load brought, and from where.
pub(crate) type Landed<V, E> = Result<(Option<V>, Source), E>;

/// A load that is under way.
#[derive(Debug)]
pub(crate) struct Flight<V, E> {
    /// The version of its namespace that it began under.
    pub(crate) epoch: u64,
    landed: watch::Sender<Option<Landed<V, E>>>,
}

impl<V, E> Flight<V, E> {
    pub(crate) fn new(epoch: u64) -> Self {
        Self { epoch, landed: watch::Sender::new(None) }
    }

    pub(crate) fn wait(&self) -> watch::Receiver<Option<Landed<V, E>>> {
        self.landed.subscribe()
    }

    /// Tells those who wait; the first to tell is believed.
    pub(crate) fn land(&self, landed: Landed<V, E>) {
        self.landed.send_if_modified(|told| {
            let first = told.is_none();
            if first {
                *told = Some(landed);
            }
            first
        });
    }
}

/// The loads that are under way, by key. Whoever stores or drops a value holds the lock of its key's shard, so that an
/// invalidation and the end of a load cannot miss each other.
pub(crate) struct Flights<K, V, E> {
    hasher: RandomState,
    shards: Vec<Mutex<Flying<K, V, E>>>,
}

type Flying<K, V, E> = HashMap<K, Arc<Flight<V, E>>, RandomState>;

impl<K: Hash, V, E> Flights<K, V, E> {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::default(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    pub(crate) fn lock(&self, key: &K) -> MutexGuard<'_, Flying<K, V, E>> {
        let hash = self.hasher.hash_one(key);
        #[expect(clippy::cast_possible_truncation, reason = "only the remainder is wanted")]
        let shard = hash as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
