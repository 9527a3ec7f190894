//! What a change makes stale, collected while it is made and invalidated once it is committed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use stockroom_cache::Invalidation;
use stockroom_domain::{CategoryId, ProductId, SessionId};
use stockroom_repository as repository;
use tokio::{runtime::Handle, time::sleep};

use crate::{
    auth::{api_keys::KeysInForce, live_sessions::LiveSessions},
    catalog::cache::{CATEGORIES, Catalogue, CatalogueKey, LISTS, PRODUCTS},
};

/// The pauses before a change with an unknown outcome is invalidated again. PostgreSQL may still commit it: it gives up on a
/// commit that takes longer than `statement_timeout`.
const REPEATS: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(4),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// The caches of this process that a change can make stale. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Caches {
    catalog: Option<Catalogue>,
    sessions: Option<Arc<LiveSessions>>,
    api_keys: Option<Arc<KeysInForce>>,
}

impl Caches {
    /// All caches of a shop.
    pub(crate) fn new(catalog: Catalogue, sessions: Arc<LiveSessions>, api_keys: Arc<KeysInForce>) -> Self {
        Self { catalog: Some(catalog), sessions: Some(sessions), api_keys: Some(api_keys) }
    }

    /// Begins to collect what a change makes stale.
    pub(crate) fn pending(&self) -> PendingInvalidation {
        PendingInvalidation { caches: self.clone(), stale: Mutex::default() }
    }
}

/// The cache of the catalog alone: all that checkout and changes made by other programs touch.
impl From<Catalogue> for Caches {
    fn from(catalog: Catalogue) -> Self {
        Self { catalog: Some(catalog), ..Self::default() }
    }
}

#[derive(Default)]
struct Stale {
    catalog: Invalidation<CatalogueKey>,
    sessions: Vec<SessionId>,
    api_keys: bool,
}

/// What a change makes stale. Dropped before it is finished, because the caller disconnected, it invalidates all that was
/// collected: the outcome of the change is unknown then.
pub(crate) struct PendingInvalidation {
    caches: Caches,
    stale: Mutex<Stale>,
}

impl PendingInvalidation {
    /// This product: price, stock, reviews, whatever is shown of it.
    pub(crate) fn product(&self, id: ProductId) {
        self.products([id]);
    }

    /// These products.
    pub(crate) fn products(&self, ids: impl IntoIterator<Item = ProductId>) {
        let mut stale = self.lock();
        for id in ids {
            stale.catalog.key(CatalogueKey::Product(id)).namespace(LISTS);
        }
    }

    /// These products, and nothing that was collected before.
    pub(crate) fn replace_with_products(&self, ids: impl IntoIterator<Item = ProductId>) {
        drop(self.take());
        self.products(ids);
    }

    /// This category. Products and lists show its name.
    pub(crate) fn category(&self, id: CategoryId) {
        let mut stale = self.lock();
        // A category that was requested before it existed is cached as absent.
        stale.catalog.key(CatalogueKey::Category(id));
        stale.catalog.namespace(PRODUCTS).namespace(LISTS).namespace(CATEGORIES);
    }

    /// The whole catalog.
    pub(crate) fn whole_catalog(&self) {
        self.lock().catalog = Invalidation::everything();
    }

    /// These sessions: they have ended, or their account has another role.
    pub(crate) fn sessions(&self, ids: &[SessionId]) {
        self.lock().sessions.extend_from_slice(ids);
    }

    /// All API keys: which hash a revoked one has is not known.
    pub(crate) fn api_keys(&self) {
        self.lock().api_keys = true;
    }

    /// Invalidates what was collected, unless the change was refused and nothing can have been written. With an unknown
    /// outcome it is invalidated again later, because a commit may outlast the connection that asked for it.
    pub(super) async fn finish<T>(self, outcome: repository::Result<T>) -> repository::Result<T> {
        use repository::Error::{Duplicate, KeyInUse, KeyReused, NotFound, Refused};
        match &outcome {
            Err(NotFound { .. } | Duplicate { .. } | Refused(_) | KeyInUse | KeyReused) => drop(self.take()),
            Err(_) => {
                self.repeat_later();
                self.flush().await;
            }
            Ok(_) => self.flush().await,
        }
        outcome
    }

    /// Invalidates what was collected.
    pub(crate) async fn flush(self) {
        let stale = self.take();
        self.forget_accounts(&stale);
        if let Some(cache) = self.caches.catalog.as_ref().and_then(Catalogue::cache) {
            cache.invalidate(stale.catalog).await;
        }
    }

    fn forget_accounts(&self, stale: &Stale) {
        if let Some(sessions) = self.caches.sessions.as_ref().filter(|_| !stale.sessions.is_empty()) {
            sessions.forget(&stale.sessions);
        }
        if let Some(api_keys) = self.caches.api_keys.as_ref().filter(|_| stale.api_keys) {
            api_keys.forget();
        }
    }

    /// Invalidates the catalog's part again after each of [`REPEATS`].
    fn repeat_later(&self) {
        let stale = self.lock().catalog.clone();
        let cache = self.caches.catalog.as_ref().and_then(Catalogue::cache).cloned();
        let (Some(cache), Ok(runtime), false) = (cache, Handle::try_current(), stale.is_empty()) else {
            return;
        };
        runtime.spawn(async move {
            for pause in REPEATS {
                sleep(pause).await;
                cache.invalidate(stale.clone()).await;
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Stale> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Stale {
        std::mem::take(&mut self.lock())
    }
}

impl Drop for PendingInvalidation {
    fn drop(&mut self) {
        self.repeat_later();
        let stale = self.take();
        self.forget_accounts(&stale);
        if let Some(cache) = self.caches.catalog.as_ref().and_then(Catalogue::cache) {
            cache.invalidate_soon(stale.catalog);
        }
    }
}
