//! The use cases of a shop: what each request means, in which transaction, and what the answer shows.
//!
//! [`Shop`] is the entrance; it is cheap to clone. It owns the transactions: the repository's functions only take
//! connections. It knows nothing of HTTP.

mod audit;
mod auth;
mod authorization;
mod billing;
mod catalog;
mod checkout;
mod customers;
mod disclosure;
mod error;
mod idempotency;
mod lifecycle;
mod lists;
mod mail;
mod operations;
mod orders;
mod privacy;
mod random;
mod relations;
mod unit_of_work;

use std::sync::Arc;

pub use operations::invariants;
pub use stockroom_cache::{Counters as CacheCounters, Settings as CacheSettings};
use stockroom_domain::PageLimits;
use stockroom_limits::Limiter;
pub use stockroom_limits::Settings as LimitSettings;
use stockroom_redis_link::RedisLink;
pub use stockroom_redis_link::{Error as RedisError, Settings as RedisSettings};
use stockroom_repository::signals::Signals;
pub use stockroom_repository::{
    Pool, PoolSettings, PoolStatus,
    audit::{ActorSetting, AuditFilter},
    idempotency::RequestKey,
    migrations,
    order_details::OrderDetailFilter,
    product_search::{CategoryCount, FacetCounts, PriceCount, RatingCount, StockCount},
    products::ProductFilter,
};
use uuid::Uuid;

pub use audit::{AuditPages, export_audit};
pub use auth::accounts::{NewAccount, OwnAccount, Registered};
pub use auth::api_keys::{KeyInForce, MadeKey, NewKey, end_api_key, list_api_keys, make_api_key};
pub use auth::passwords::PasswordSettings;
pub use auth::roles::make_account;
pub use auth::{
    Algorithm, AuthSettings, Device, KeyError, Secret, SignedIn, SigningKey, Tokens, rotate_signing_key,
};
pub use authorization::{
    Bypass, Need,
    caller::{Caller, Identity, Origin},
};
pub use billing::bills::BillView;
pub use catalog::cache::{CatalogueSettings, Document, Seen, Shown};
pub use catalog::categories::CategoryView;
pub use catalog::product_search::{Found, FoundProduct, LanguageError, MatchedBy, search_in};
pub use catalog::products::ProductView;
pub use catalog::reviews::{ReviewSettings, ReviewView};
pub use checkout::{CheckoutAnswer, CheckoutSettings};
pub use customers::clients::ClientView;
pub use disclosure::{Disclose, ShownRow, Visible};
pub use error::{Error, Result};
pub use idempotency::{Idempotent, StoredResponse};
pub use lifecycle::{Lifecycle, LifecycleState, OpenWrite};
pub use lists::Listed;
pub use mail::{
    LogMailer, Mail, MailError, MailSettings, Mailer, NoMailer, Sending, SmtpMailer, TOKEN_PLACEHOLDER,
};
pub use operations::health::{
    CacheHealth, DatabaseHealth, DatabaseState, Health, HealthChange, Readiness, RedisHealth,
};
pub use operations::readings::{PoolReading, Readings};
pub use orders::lines::{LineView, NewLine};
pub use orders::{CanceledOrder, OrderLine, OrderView};
pub use privacy::{HeldOrder, HeldSession, PersonalData};

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
    watch: operations::health::Watch,
    page_limits: PageLimits,
    passwords: auth::passwords::Passwords,
    auth: auth::Auth,
    checkouts: checkout::Queue,
    reviews: ReviewSettings,
    catalogue: catalog::cache::Catalogue,
    product_reads: Arc<catalog::product_reads::ProductReads>,
    keys_in_force: Arc<auth::api_keys::KeysInForce>,
    caches: unit_of_work::Caches,
    limiter: Arc<Limiter>,
    listener: Option<catalog::cache::Listener>,
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
    /// The Redis server that servers of the same shop share, if there is one.
    pub redis: Option<RedisSettings>,
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
    /// A shop over this database, for callers that are trusted with everything. Its checkout lanes, its loads and its connection to Redis run in the runtime that this is
    /// called in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] outside a tokio runtime; [`Error::InvalidRedisUrl`]; [`Error::InvalidSettings`].
    pub fn start(pool: &Pool, settings: ShopSettings) -> Result<Self> {
        let ShopSettings { page_limits, checkout, reviews, catalogue, redis, limits, auth, mail, lifecycle } =
            settings;
        let redis = redis.as_ref().map(RedisLink::start).transpose()?;
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
        let catalogue = catalog::cache::Catalogue::start(catalogue, redis.as_ref());
        let checkouts = checkout::Queue::start(&pool, &catalogue, checkout)?;
        let listener = catalogue.listen(&pool, name)?;
        let product_reads = Arc::new(catalog::product_reads::ProductReads::start(&pool));
        let passwords = auth::passwords::Passwords::start(auth.passwords)?;
        let keys_in_force = Arc::new(auth::api_keys::KeysInForce::new(auth.session_check));
        let live_sessions = Arc::new(auth::live_sessions::LiveSessions::new(auth.session_check));
        let caches = unit_of_work::Caches::new(
            catalogue.clone(),
            Arc::clone(&live_sessions),
            Arc::clone(&keys_in_force),
        );
        let limiter = Arc::new(match &redis {
            Some(link) => Limiter::shared(limits, link),
            None => Limiter::alone(limits),
        });
        let auth = auth::Auth::new(&auth, mail, limiter.clone(), live_sessions);
        let watch = operations::health::Watch::start(&pool, redis)?;
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
            caches,
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
