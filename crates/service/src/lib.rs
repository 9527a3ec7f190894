//! The use cases of a shop: what each request means, in which transaction, and what the answer shows.
//!
//! [`Shop`] is the entrance; it is cheap to clone. It owns the transactions: the repository's functions only take
//! connections. It knows nothing of HTTP.

mod accounts;
mod addresses;
mod bills;
mod categories;
mod checkout;
mod clients;
mod error;
mod grouped;
mod health;
mod housekeeping;
mod idempotency;
mod order_details;
mod orders;
mod passwords;
mod products;
mod relations;
mod reviews;

pub mod demo;
pub mod invariants;
pub mod retail_import;
pub mod retail_log;
pub mod retail_replay;

use std::sync::Arc;

use stockroom_domain::PageLimits;
pub use stockroom_repository::{
    Pool, PoolSettings, PoolStatus,
    addresses::{AddressChanges, NewAddress},
    bills::{BillChanges, NewBill},
    categories::{CategoryChanges, NewCategory},
    clients::ClientChanges,
    idempotency::{Answer, RequestKey},
    migrations,
    order_details::{OrderDetailChanges, OrderDetailFilter},
    orders::{NewOrder, OrderChanges},
    products::{NewProduct, ProductChanges, ProductFilter},
    reviews::{NewReview, ReviewChanges},
};

pub use accounts::NewAccount;
pub use bills::BillView;
pub use categories::CategoryView;
pub use checkout::CheckoutSettings;
pub use clients::ClientView;
pub use error::{Error, Result};
pub use health::{DatabaseHealth, Health, RedisHealth};
pub use idempotency::{Answered, Once};
pub use order_details::{LineView, NewLine};
pub use orders::{CanceledOrder, OrderLine, OrderView};
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
    checkouts: Arc<checkout::Queue>,
}

impl Shop {
    /// A shop over this database. Its checkout lanes run in the runtime that this is called in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] outside a tokio runtime.
    pub fn start(pool: Pool, page_limits: PageLimits, checkout: CheckoutSettings) -> Result<Self> {
        let checkouts = Arc::new(checkout::Queue::start(&pool, checkout)?);
        Ok(Self { pool, redis: None, page_limits, passwords: Arc::default(), checkouts })
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
