//! What operators read of a shop: how busy its parts are now, and what is looked up for them in the background.

use std::time::Duration;

use stockroom_repository::{PoolStatus, products};

use crate::{CacheHealth, DatabaseState, LifecycleState, Shop};

/// The pause between two looks at the database.
const LOOKING: Duration = Duration::from_secs(5);
/// The pause between two counts of products: the whole table is read.
const COUNTING: Duration = Duration::from_mins(1);

/// How busy the parts of a shop are. Reading it asks nobody.
#[derive(Debug, Clone)]
pub struct Readings {
    /// The pools of connections to PostgreSQL.
    pub pools: Vec<PoolReading>,
    /// Orders that wait to be placed.
    pub checkouts_waiting: usize,
    /// Orders that may wait.
    pub checkouts_capacity: usize,
    /// Passwords that wait to be hashed.
    pub passwords_waiting: usize,
    /// What is kept rendered; `None` when nothing is.
    pub cache: Option<CacheHealth>,
}

/// How busy a pool is.
#[derive(Debug, Clone, Copy)]
pub struct PoolReading {
    /// What the pool is called.
    pub name: &'static str,
    /// How busy it is.
    pub status: PoolStatus,
    /// Connections that it has opened since the start.
    pub opened: u64,
}

impl Shop {
    /// How busy the parts of the shop are now.
    pub fn readings(&self) -> Readings {
        let reading = |pool: &stockroom_repository::Pool| PoolReading {
            name: pool.name(),
            status: pool.status(),
            opened: pool.opened(),
        };
        let (checkouts_waiting, checkouts_capacity) = self.parts.checkouts.waiting();
        Readings {
            pools: vec![
                reading(&self.parts.pool),
                reading(&self.parts.operators),
                reading(self.parts.checkouts.pool()),
            ],
            checkouts_waiting,
            checkouts_capacity,
            passwords_waiting: self.parts.passwords.waiting(),
            cache: self.parts.catalogue.health(),
        }
    }

    /// Looks, for as long as it is polled, whether the database answers, and counts the products of which there are fewer
    /// than `low_stock` pieces.
    pub async fn keep_measuring(&self, low_stock: i64) {
        tokio::join!(self.keep_looking(), self.keep_counting(low_stock));
    }

    async fn keep_looking(&self) {
        let database_up = metrics::gauge!("stockroom_database_up");
        loop {
            let up = self.readiness().await.database != DatabaseState::Down;
            database_up.set(if up { 1.0 } else { 0.0 });
            tokio::time::sleep(LOOKING).await;
        }
    }

    async fn keep_counting(&self, low_stock: i64) {
        let low = metrics::gauge!("stockroom_products_low_stock");
        // Before that there may be no products.
        self.lifecycle().reached(LifecycleState::Serving).await;
        loop {
            let counted =
                async { products::count_low_stock(&mut *self.parts.pool.get().await?, low_stock).await };
            match counted.await {
                Ok(count) => low.set(f64::from(count)),
                Err(error) => tracing::debug!(%error, "could not count the products that run out"),
            }
            tokio::time::sleep(COUNTING).await;
        }
    }
}
