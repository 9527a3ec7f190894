//! The use cases of a shop: what each request means, in which transaction, and what the answer shows.
//!
//! [`Shop`] is the entrance; it is cheap to clone. It owns the transactions: the repository's functions only take
//! connections. It knows nothing of HTTP.

mod accounts;
mod addresses;
mod bills;
mod categories;
mod clients;
mod error;
mod health;
mod order_details;
mod orders;
mod passwords;
mod products;
mod relations;
mod reviews;

pub mod demo;
pub mod retail_import;

use std::sync::Arc;

use stockroom_domain::PageLimits;
pub use stockroom_repository::{
    Pool, PoolSettings, PoolStatus,
    addresses::{AddressChanges, NewAddress},
    bills::{BillChanges, NewBill},
    categories::{CategoryChanges, NewCategory},
    clients::ClientChanges,
    migrations,
    order_details::{OrderDetailChanges, OrderDetailFilter},
    orders::{NewOrder, OrderChanges},
    products::{NewProduct, ProductChanges, ProductFilter},
    reviews::{NewReview, ReviewChanges},
};

pub use accounts::NewAccount;
pub use bills::BillView;
pub use categories::CategoryView;
pub use clients::ClientView;
pub use error::{Error, Result};
pub use health::{DatabaseHealth, Health, RedisHealth};
pub use order_details::{LineView, NewLine};
pub use orders::{OrderLine, OrderView};
pub use products::ProductView;
pub use reviews::ReviewView;

/// Related rows shown inside one resource, at most.
pub const NESTED_ROWS: i64 = 100;

/// A shop: its data and the rules of dealing with it.
#[derive(Clone)]
pub struct Shop {
    pool: Pool,
    redis: Option<redis::Client>,
    page_limits: PageLimits,
    passwords: Arc<passwords::Passwords>,
}

impl Shop {
    /// A shop over this database.
    pub fn new(pool: Pool, page_limits: PageLimits) -> Self {
        Self { pool, redis: None, page_limits, passwords: Arc::default() }
    }

    /// The same shop with a Redis server whose health is reported.
    ///
    /// # Errors
    /// [`Error::Internal`] when the URL cannot be read.
    pub fn with_redis(self, url: &str) -> Result<Self> {
        let client = redis::Client::open(url).map_err(|error| Error::Internal(error.into()))?;
        Ok(Self { redis: Some(client), ..self })
    }

    /// How long lists may be.
    pub fn page_limits(&self) -> PageLimits {
        self.page_limits
    }

    /// Closes the connections to the database.
    pub fn close(&self) {
        self.pool.close();
    }
}
