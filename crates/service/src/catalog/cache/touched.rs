//! What a change touches, dropped from the cache when the change is made.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use stockroom_cache::{Cache, Invalidation};
use stockroom_domain::{CategoryId, ProductId};
use tokio::{runtime::Handle, time::sleep};

use super::{CATEGORIES, CatalogueKey, Document, LISTS, PRODUCTS};
use crate::{Error, Result};

/// When a change that may still be under way in the database is looked for again, after the time before. The database
/// gives up on a commit that takes longer than a statement may.
const LATER: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(4),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// Notes what a change touches while it is being made. When it is dropped with notes, by a caller that is gone, what was
/// noted is dropped from the cache too: nobody knows whether the change was committed, or will be.
pub(crate) struct Touched {
    cache: Option<Cache<CatalogueKey, Document, Error>>,
    noted: Mutex<Invalidation<CatalogueKey>>,
}

impl Touched {
    pub(super) fn new(cache: Option<Cache<CatalogueKey, Document, Error>>) -> Self {
        Self { cache, noted: Mutex::default() }
    }

    /// This product: its price, its stock, its reviews, whatever is shown of it.
    pub(crate) fn product(&self, id: ProductId) {
        self.products([id]);
    }

    /// These products.
    pub(crate) fn products(&self, ids: impl IntoIterator<Item = ProductId>) {
        self.note(|noted| {
            for id in ids {
                noted.key(CatalogueKey::Product(id)).namespace(LISTS);
            }
        });
    }

    /// These products, and nothing of what was noted before.
    pub(crate) fn only_products(&self, ids: impl IntoIterator<Item = ProductId>) {
        drop(self.take());
        self.products(ids);
    }

    /// This category. Products and lists show its name.
    pub(crate) fn category(&self, id: CategoryId) {
        self.note(|noted| {
            // A category that was asked for before there was one is known not to exist.
            noted.key(CatalogueKey::Category(id));
            noted.namespace(PRODUCTS).namespace(LISTS).namespace(CATEGORIES);
        });
    }

    /// Nobody knows what.
    pub(crate) fn everything(&self) {
        self.note(|noted| *noted = Invalidation::everything());
    }

    /// Drops what was noted from the cache, unless the change was refused and nothing can have been written. Where nobody
    /// knows, it is dropped again later: a commit may outlast the connection that asked for it.
    pub(crate) async fn settle<T>(self, outcome: Result<T, impl Into<Error>>) -> Result<T> {
        let outcome = outcome.map_err(Into::into);
        match &outcome {
            Err(
                Error::NotFound { .. }
                | Error::Duplicate { .. }
                | Error::Refused(_)
                | Error::KeyInUse
                | Error::KeyReused,
            ) => drop(self.take()),
            Err(_) => {
                self.drop_later();
                self.drop_noted().await;
            }
            Ok(_) => self.drop_noted().await,
        }
        outcome
    }

    /// Drops what was noted from the cache.
    pub(crate) async fn drop_noted(self) {
        let noted = self.take();
        if let Some(cache) = &self.cache {
            cache.invalidate(noted).await;
        }
    }

    /// Drops what was noted from the cache a few times from now on.
    fn drop_later(&self) {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (Some(cache), Ok(runtime), false) = (self.cache.clone(), Handle::try_current(), noted.is_empty())
        else {
            return;
        };
        runtime.spawn(async move {
            for pause in LATER {
                sleep(pause).await;
                cache.invalidate(noted.clone()).await;
            }
        });
    }

    fn note(&self, note: impl FnOnce(&mut Invalidation<CatalogueKey>)) {
        if self.cache.is_some() {
            note(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn take(&self) -> Invalidation<CatalogueKey> {
        std::mem::take(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        self.drop_later();
        if let Some(cache) = &self.cache {
            cache.invalidate_soon(self.take());
        }
    }
}
