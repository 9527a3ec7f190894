//! What is read most: products and categories, rendered once and kept until a change touches them.
//!
//! A read finds its [`Document`] in the cache or renders it from the database. The unit of work invalidates what a change has
//! made stale. Changes made by other programs arrive as notifications of the database ([`signals`]).

mod document;
mod key;
mod signals;

use std::time::Duration;

use stockroom_cache::{Cache, Namespace, Settings};
use stockroom_redis_link::RedisLink;
use stockroom_repository::{Pool, PoolSettings};
use tokio::task::AbortHandle;

use crate::{CacheHealth, Error, Result};

pub use document::{Document, Seen, Shown};
pub(crate) use key::CatalogueKey;

/// Items that show the name of a category.
pub(crate) const PRODUCTS: Namespace = Namespace::new(0);
/// Whatever lists products, with their prices and stocks.
pub(crate) const LISTS: Namespace = Namespace::new(1);
/// Lists of categories without their products.
pub(crate) const CATEGORIES: Namespace = Namespace::new(2);

/// How reads are cached.
#[derive(Debug, Clone)]
pub struct CatalogueSettings {
    /// The cache; `None` to render everything anew each time.
    pub cache: Option<Settings>,
    /// How long products and lists of them are kept.
    pub ttl: Duration,
    /// How long categories are kept.
    pub category_ttl: Duration,
}

impl Default for CatalogueSettings {
    fn default() -> Self {
        Self {
            cache: Some(Settings::default()),
            ttl: Duration::from_mins(5),
            category_ttl: Duration::from_hours(1),
        }
    }
}

/// The cache of the catalogue. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Catalogue {
    cache: Option<Cache<CatalogueKey, Document, Error>>,
    ttl: Duration,
    category_ttl: Duration,
}

/// The task that hears what other programs change. Dropped, it ends.
pub(crate) struct Listener {
    task: AbortHandle,
    pool: Pool,
}

impl Listener {
    /// Ends it, and its connection.
    pub(crate) fn end(&self) {
        self.task.abort();
        self.pool.close();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.end();
    }
}

impl Catalogue {
    /// Runs its background work in the runtime that this is called in.
    pub(crate) fn start(settings: CatalogueSettings, redis: Option<&RedisLink>) -> Self {
        let CatalogueSettings { cache, ttl, category_ttl } = settings;
        Self { cache: cache.map(|settings| Cache::start(settings, redis)), ttl, category_ttl }
    }

    /// Hears what others than `own` change in this database, with a connection of its own; `None` when there is no cache.
    pub(crate) fn listen(&self, pool: &Pool, own: String) -> Result<Option<Listener>> {
        if self.cache.is_none() {
            return Ok(None);
        }
        let pool = pool.sibling(|database| PoolSettings {
            size: 1,
            application_name: format!("{} signals", database.application_name),
            name: "signals",
            ..database
        })?;
        let task = tokio::spawn(signals::listen(pool.clone(), self.clone(), own)).abort_handle();
        Ok(Some(Listener { task, pool }))
    }

    /// The document when it is at hand.
    pub(crate) fn get(&self, key: &CatalogueKey) -> Option<Shown> {
        let read = self.cache.as_ref()?.get(key)?;
        read.value.map(|document| Shown { document, hit: true })
    }

    /// The document; `None` when there is no such thing. `render` makes it from the database.
    pub(crate) async fn read<F>(
        &self,
        key: &CatalogueKey,
        render: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Option<Shown>>
    where
        F: Future<Output = Result<Option<Document>>> + Send + 'static,
    {
        let Some(cache) = &self.cache else {
            return Ok(render().await?.map(|document| Shown { document, hit: false }));
        };
        let ttl = if key.is_category() { self.category_ttl } else { self.ttl };
        let read = cache.get_or_load(key, ttl, render).await.map_err(|error| match error {
            stockroom_cache::Error::Load(error) => error,
            stockroom_cache::Error::Abandoned => Error::internal("rendering a document was abandoned"),
        })?;
        let hit = read.source.is_hit();
        Ok(read.value.map(|document| Shown { document, hit }))
    }

    /// The cache, where there is one.
    pub(crate) fn cache(&self) -> Option<&Cache<CatalogueKey, Document, Error>> {
        self.cache.as_ref()
    }

    /// What the cache does; `None` when there is none.
    pub(crate) fn health(&self) -> Option<CacheHealth> {
        let cache = self.cache.as_ref()?;
        Some(CacheHealth { uses_redis: cache.uses_redis(), counters: cache.counters() })
    }
}
