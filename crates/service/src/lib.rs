//! The use cases of a shop: what each request means, in which transaction, and what the answer shows.
//!
//! [`Shop`] is the entrance; it is cheap to clone. It owns the transactions: the repository's functions only take
//! connections. It knows nothing of HTTP.

mod accounts;
mod acting;
mod addresses;
mod api_keys;
mod audit;
mod auth;
mod bills;
mod caller;
mod catalogue;
mod categories;
mod checkout;
mod clients;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod grouped;
mod health;
mod housekeeping;
mod idempotency;
mod lifecycle;
mod lists;
mod mail;
mod order_details;
mod orders;
mod passwords;
mod privacy;
mod product_reads;
mod product_search;
mod products;
mod random;
mod readings;
mod relations;
mod reviews;
mod staff;

pub mod demo;
pub mod invariants;
pub mod retail_import;
pub mod retail_log;
pub mod retail_replay;

use std::sync::Arc;

pub use stockroom_cache::{Counters as CacheCounters, Settings as CacheSettings};
use stockroom_domain::PageLimits;
use stockroom_limits::Limiter;
pub use stockroom_limits::Settings as LimitSettings;
use stockroom_repository::signals::Signals;
pub use stockroom_repository::{
    Pool, PoolSettings, PoolStatus,
    audit::{ActorSetting, AuditFilter},
    idempotency::{Answer, RequestKey},
    migrations,
    order_details::OrderDetailFilter,
    product_search::{CategoryCount, FacetCounts, PriceCount, RatingCount, StockCount},
    products::ProductFilter,
};
use uuid::Uuid;

pub use accounts::{NewAccount, Registered};
pub use api_keys::{KeyInForce, MadeKey, NewKey, end_api_key, list_api_keys, make_api_key};
pub use audit::{AuditPages, export_audit};
pub use auth::{
    Algorithm, AuthSettings, Device, KeyError, Secret, SignedIn, SigningKey, Tokens, rotate_signing_key,
};
pub use bills::BillView;
pub use caller::{Caller, Identity, Origin};
pub use catalogue::{CatalogueSettings, Document, Seen, Shown};
pub use categories::CategoryView;
pub use checkout::CheckoutSettings;
pub use clients::ClientView;
pub use error::{Error, Result};
pub use health::{CacheHealth, DatabaseHealth, DatabaseState, Health, HealthChange, Readiness, RedisHealth};
pub use idempotency::{Answered, Once};
pub use lifecycle::{Lifecycle, LifecycleState, OpenWrite};
pub use lists::Listed;
pub use mail::{
    LogMailer, Mail, MailError, MailSettings, Mailer, NoMailer, Sending, SmtpMailer, TOKEN_PLACEHOLDER,
};
pub use order_details::{LineView, NewLine};
pub use orders::{CanceledOrder, OrderLine, OrderView};
pub use passwords::PasswordSettings;
pub use privacy::{HeldOrder, HeldSession, PersonalData};
pub use product_search::{Found, FoundProduct, LanguageError, MatchedBy, search_in};
pub use products::ProductView;
pub use readings::{PoolReading, Readings};
pub use reviews::{ReviewSettings, ReviewView};
pub use staff::make_account;

/// Related rows shown inside one resource, at most.
pub const NESTED_ROWS: i64 = 100;

/// Connections that serve those who work for the shop, beside those of the public.
const OPERATORS: usize = 4;

/// A shop as somebody may deal with it: its data, its rules, and who asks.
#[derive(Clone)]
pub struct Shop {
    parts: Arc<Parts>,
    caller: Caller,
}

/// What a shop is made of.
struct Parts {
    pool: Pool,
    operators: Pool,
    lifecycle: Lifecycle,
    watch: health::Watch,
    page_limits: PageLimits,
    passwords: passwords::Passwords,
    auth: auth::Auth,
    checkouts: checkout::Queue,
    reviews: ReviewSettings,
    catalogue: catalogue::Catalogue,
    product_reads: Arc<product_reads::ProductReads>,
    keys_in_force: api_keys::KeysInForce,
    limiter: Arc<Limiter>,
    listener: Option<catalogue::Listener>,
}

/// How a shop works.
#[derive(Debug, Clone, Default)]
pub struct ShopSettings {
    /// How long lists may be.
    pub page_limits: PageLimits,
    /// How orders are placed.
    pub checkout: CheckoutSettings,
    /// How reviews are dealt with.
    pub reviews: ReviewSettings,
    /// How reads are cached.
    pub catalogue: CatalogueSettings,
    /// URL of a Redis server that servers of the same shop share, if there is one.
    pub redis_url: Option<String>,
    /// How rate limits are counted.
    pub limits: LimitSettings,
    /// How people sign in.
    pub auth: AuthSettings,
    /// How mail is sent.
    pub mail: MailSettings,
    /// Its life; it serves at once, unless this says that it is starting.
    pub lifecycle: Lifecycle,
}

impl Shop {
    /// A shop over this database, for callers that are trusted with everything. Its checkout lanes, its loads and its link to Redis run in the runtime that this is
    /// called in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] outside a tokio runtime; [`Error::InvalidRedisUrl`]; [`Error::InvalidSettings`].
    pub fn start(pool: &Pool, settings: ShopSettings) -> Result<Self> {
        let ShopSettings {
            page_limits,
            checkout,
            reviews,
            catalogue,
            redis_url,
            limits,
            auth,
            mail,
            lifecycle,
        } = settings;
        let unreadable = |error: redis::RedisError| Error::InvalidRedisUrl(error.to_string());
        let redis = redis_url.as_deref().map(redis::Client::open).transpose().map_err(unreadable)?;
        // What this shop changes it drops from its cache itself. Other servers hear of it through Redis, else through the
        // database.
        let name = Uuid::new_v4().simple().to_string();
        let signals = if redis.is_some() { Signals::Off } else { Signals::Named(name.clone()) };
        let pool =
            pool.sibling(|database| PoolSettings { signals, actor: ActorSetting::Service, ..database })?;
        let operators = pool.sibling(|database| PoolSettings {
            name: "operators",
            size: database.size.min(OPERATORS),
            ..database
        })?;
        let catalogue = catalogue::Catalogue::start(catalogue, redis_url.as_deref())?;
        let checkouts = checkout::Queue::start(&pool, &catalogue, checkout)?;
        let listener = catalogue.listen(&pool, name)?;
        let product_reads = Arc::new(product_reads::ProductReads::start(&pool));
        let passwords = passwords::Passwords::start(auth.passwords)?;
        let keys_in_force = api_keys::KeysInForce::new(auth.session_check);
        let limiter = Arc::new(match redis_url.as_deref() {
            Some(url) => {
                Limiter::shared(limits, url).map_err(|error| Error::InvalidRedisUrl(error.to_string()))?
            }
            None => Limiter::alone(limits),
        });
        let auth = auth::Auth::new(&auth, mail, limiter.clone());
        let watch = health::Watch::start(&pool, redis)?;
        let parts = Parts {
            pool,
            operators,
            lifecycle,
            watch,
            page_limits,
            passwords,
            auth,
            checkouts,
            reviews,
            catalogue,
            product_reads,
            keys_in_force,
            limiter,
            listener,
        };
        Ok(Self { parts: Arc::new(parts), caller: Caller::trusted() })
    }

    /// The same shop for another caller.
    #[must_use]
    pub fn acting_for(&self, caller: Caller) -> Self {
        Self { parts: Arc::clone(&self.parts), caller }
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How long lists may be.
    pub fn page_limits(&self) -> PageLimits {
        self.parts.page_limits
    }

    /// What counts how often something is done, for all callers of the shop.
    pub fn limiter(&self) -> &Limiter {
        &self.parts.limiter
    }

    /// Its life.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.parts.lifecycle
    }

    /// Ends what is done in the background, and closes all connections to the database. Orders that wait are not placed any
    /// more: [`Shop::drain`] places them.
    pub async fn close(&self) {
        self.parts.lifecycle.stop();
        if let Some(listener) = &self.parts.listener {
            listener.end();
        }
        self.parts.checkouts.close();
        self.parts.pool.close();
        self.parts.operators.close();
        self.parts.watch.close().await;
    }
}
