//! A bounded pool of connections. Waiting for one is bounded too, and every connection has its timeouts set before
//! its first use.

mod connecting;
mod connection;
mod hosts;
mod response_timeout;
mod statements;
mod tls;
mod transport;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{Hook, HookError, PoolError as DeadpoolError, TimeoutType, Timeouts},
};
use diesel::ConnectionError;
use diesel_async::{
    AsyncConnection, AsyncPgConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod, deadpool as diesel_deadpool,
    },
};
use metrics::{Counter, Histogram};
use tokio::runtime::Handle;

pub use connection::PooledConnection;
use statements::{InFlight, Watch};

use crate::{Error, Result, audit::ActorSetting, signals::Signals};

pub(crate) use connecting::{Target, connect_alone, connect_patiently, lets_nobody_in};

/// From which share of common trigrams on two words are compared by the letter: two letters that changed places leave
/// hardly any in common.
const SIMILAR: f32 = 0.2;

/// How to connect and how long anything may take.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// A PostgreSQL URL, for example `postgres://user:secret@host:5432/shop?sslmode=verify-full`. `sslmode` and `sslrootcert`
    /// mean what they mean to libpq, but for where root certificates are looked for when none are named: in the operating system.
    pub url: String,
    /// Connections at most.
    pub size: usize,
    /// How long to wait for a free connection.
    pub wait: Duration,
    /// How long to wait for PostgreSQL to accept a new connection. Several hosts share it.
    pub connect: Duration,
    /// `statement_timeout` of every connection.
    pub statement: Duration,
    /// `lock_timeout` of every connection.
    pub lock: Duration,
    /// `idle_in_transaction_session_timeout` of every connection.
    pub idle_in_transaction: Duration,
    /// How long PostgreSQL may say nothing while it owes an answer, before the connection is given up. It helps where the
    /// other timeouts, which PostgreSQL keeps, do not: when PostgreSQL or the way to it hangs. More than `statement`. It
    /// does not apply to sockets of the machine itself.
    pub response_timeout: Duration,
    /// Whether plans may read whole tables. A connection that only ever looks rows up by key is better off without: its
    /// plans are kept, and one that was made while a table was small would go on scanning it when it has grown.
    pub scans: bool,
    /// Whether servers are told of changes to the catalogue that are made here.
    pub signals: Signals,
    /// Under which name the audit log has the changes that are made here, where a transaction names nobody.
    pub actor: ActorSetting,
    /// `application_name`, as shown in `pg_stat_activity`.
    pub application_name: String,
    /// What the pool is called in metrics.
    pub name: &'static str,
    /// From which time on a statement is logged as slow, without its values; never when `None`.
    pub slow_statement: Option<Duration>,
}

impl PoolSettings {
    /// The defaults for a URL: 16 connections, 5 s to get one, 10 s for a statement, 5 s for a lock, 12 s for a response. Changes are audited
    /// as those of a script without a name.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            size: 16,
            wait: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            statement: Duration::from_secs(10),
            lock: Duration::from_secs(5),
            idle_in_transaction: Duration::from_secs(10),
            response_timeout: Duration::from_secs(12),
            scans: true,
            signals: Signals::default(),
            actor: ActorSetting::default(),
            application_name: "stockroom".to_owned(),
            name: "main",
            slow_statement: None,
        }
    }

    /// For a script of this name: the audit log has its changes as those of `script:<name>`.
    #[must_use]
    pub fn with_actor(self, script: impl Into<String>) -> Self {
        Self { actor: ActorSetting::Script(script.into()), ..self }
    }

    /// Where these settings lead to, with all that is set for a session.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the URL cannot be read, or the root certificates that it needs.
    pub(crate) fn target(&self) -> Result<Target> {
        let mut target = Target::of_url(&self.url)
            .map_err(|reason| Error::Unavailable(format!("invalid database settings: {reason}")))?;
        let config = &mut target.config;
        connecting::notice_lost_peers(config, self.response_timeout);
        config.connect_timeout(self.connect);
        let given = config.get_options().unwrap_or_default().to_owned();
        let scans = if self.scans { "on" } else { "off" };
        let signals = self.signals.setting();
        let actor = self.actor.option();
        config.application_name(&self.application_name).options(format!(
            "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} \
             -c enable_seqscan={scans} -c stockroom.signals={signals} {actor} -c jit=off -c timezone=UTC \
             -c pg_trgm.similarity_threshold={SIMILAR} {given}",
            self.statement.as_millis(),
            self.lock.as_millis(),
            self.idle_in_transaction.as_millis(),
        ));
        Ok(target)
    }
}

/// How busy a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections the pool may have.
    pub capacity: usize,
    /// Connections it has now.
    pub size: usize,
    /// Those of them that are free.
    pub available: usize,
    /// Callers waiting for one.
    pub waiting: usize,
}

/// What a pool counts and measures.
struct Measures {
    opened: Arc<AtomicU64>,
    waits: Histogram,
    timeouts: Counter,
    statements: Histogram,
}

impl Measures {
    fn new(pool: &'static str) -> Self {
        Self {
            opened: Arc::default(),
            waits: metrics::histogram!("stockroom_pool_wait_seconds", "pool" => pool),
            timeouts: metrics::counter!("stockroom_pool_timeouts_total", "pool" => pool),
            statements: metrics::histogram!("stockroom_query_duration_seconds", "pool" => pool),
        }
    }
}

/// A pool of connections to PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    inner: diesel_deadpool::Pool<AsyncPgConnection>,
    settings: Arc<PoolSettings>,
    measures: Arc<Measures>,
    trust: Trust,
}

/// How long connections are good at least once there was doubt about those before.
const DOUBT: Duration = Duration::from_secs(1);

/// Since when the connections of a shop's pools are good. Older ones lead to a server that is gone, or that takes no
/// changes any more.
#[derive(Debug, Clone, Default)]
struct Trust(Arc<Mutex<Option<Instant>>>);

impl Trust {
    /// Connections that were made after it ended the last time and fail again at once do not end it again: a server that stays
    /// as it is would have every request make a connection of its own.
    fn end(&self) {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_none_or(|at| at.elapsed() >= DOUBT) {
            *ended = Some(Instant::now());
        }
    }

    fn covers(&self, made: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|ended| made > ended)
    }
}

impl Pool {
    /// A pool that connects when first asked; no connection is made here. Its connections live as long as the runtime
    /// that this is called in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the URL cannot be read, or outside a tokio runtime.
    pub fn new(settings: PoolSettings) -> Result<Self> {
        Self::trusting(settings, Trust::default())
    }

    fn trusting(settings: PoolSettings, trust: Trust) -> Result<Self> {
        let broken =
            |error: &dyn std::fmt::Display| Error::Unavailable(format!("invalid database settings: {error}"));
        let target = Arc::new(settings.target()?);
        let measures = Arc::new(Measures::new(settings.name));
        let opened = Arc::clone(&measures.opened);
        let (size, wait, response_timeout) = (settings.size, settings.wait, settings.response_timeout);
        let (create, recycle) = (settings.connect, settings.connect);
        let mut config = ManagerConfig::default();
        // An open transaction or a lost connection is noticed without a round trip per use.
        config.recycling_method = RecyclingMethod::Fast;
        // A connection is driven by a task. It belongs to the runtime that made the pool, not to that of the worker that
        // happened to ask first: when that worker stops, others may be using the connection.
        let runtime = Handle::try_current().map_err(|error| broken(&error))?;
        let doubt = trust.clone();
        let expired: Arc<dyn Fn() + Send + Sync> = Arc::new(move || doubt.end());
        config.custom_setup = Box::new(move |_| {
            let (target, expired) = (Arc::clone(&target), Arc::clone(&expired));
            let connecting = runtime.spawn(connecting::establish(target, response_timeout, expired));
            let opened = Arc::clone(&opened);
            Box::pin(async move {
                let connection =
                    connecting.await.map_err(|error| ConnectionError::BadConnection(error.to_string()))??;
                opened.fetch_add(1, Ordering::Relaxed);
                Ok(connection)
            })
        });
        let manager =
            AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(&settings.url, config);
        let trusted = trust.clone();
        let inner = diesel_deadpool::Pool::builder(manager)
            .max_size(size)
            .timeouts(Timeouts { wait: Some(wait), create: Some(create), recycle: Some(recycle) })
            .runtime(Runtime::Tokio1)
            .pre_recycle(Hook::sync_fn(move |_, metrics| {
                let good = trusted.covers(metrics.created);
                good.then_some(()).ok_or_else(|| HookError::message("its server is not the one it was"))
            }))
            .build()
            .map_err(|error| broken(&error))?;
        Ok(Self { inner, settings: Arc::new(settings), measures, trust })
    }

    /// Another pool over the same database, with other settings.
    ///
    /// # Errors
    /// As for [`Pool::new`].
    pub fn sibling(&self, change: impl FnOnce(PoolSettings) -> PoolSettings) -> Result<Self> {
        Self::trusting(change(PoolSettings::clone(&self.settings)), self.trust.clone())
    }

    /// How long it is waited for a free connection.
    pub fn wait(&self) -> Duration {
        self.settings.wait
    }

    /// How its connections are made.
    pub(crate) fn settings(&self) -> &PoolSettings {
        &self.settings
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is free within the configured wait or PostgreSQL cannot be reached;
    /// [`Error::NotLetIn`] when it refuses whoever comes with this URL.
    pub async fn get(&self) -> Result<PooledConnection> {
        let started = Instant::now();
        let got = self.inner.get().await;
        self.measures.waits.record(started.elapsed().as_secs_f64());
        let mut object = got.map_err(|error| match error {
            DeadpoolError::Backend(PoolError::ConnectionError(ConnectionError::InvalidConnectionUrl(
                text,
            ))) => Error::NotLetIn(text),
            error => {
                if matches!(error, DeadpoolError::Timeout(TimeoutType::Wait)) {
                    self.measures.timeouts.increment(1);
                }
                Error::Unavailable(error.to_string())
            }
        })?;
        let in_flight = Arc::<InFlight>::default();
        let statements = self.measures.statements.clone();
        object.set_instrumentation(Watch::new(
            Arc::clone(&in_flight),
            self.settings.slow_statement,
            statements,
            self.trust.clone(),
        ));
        Ok(PooledConnection::new(object, in_flight))
    }

    /// What the pool is called in metrics.
    pub fn name(&self) -> &'static str {
        self.settings.name
    }

    /// Connections that it has opened since it was made.
    pub fn opened(&self) -> u64 {
        self.measures.opened.load(Ordering::Relaxed)
    }

    /// Whether whoever has begun then has waited as long as for a PostgreSQL that says nothing. They are not made to wait a second
    /// time.
    pub fn outlasted(&self, began: Instant) -> bool {
        began.elapsed() >= self.settings.response_timeout
    }

    /// Lets no connection be used again that was made before now, in this pool and its siblings. Once in a second at most.
    pub fn distrust_connections(&self) {
        self.trust.end();
    }

    /// Whether what has begun then, and met a server that takes no changes, may do better when it is done again: its connection
    /// is one of those that are not used again.
    pub fn replaces_connections_since(&self, began: Instant) -> bool {
        !self.trust.covers(began)
    }

    /// How busy the pool is now.
    pub fn status(&self) -> PoolStatus {
        let status = self.inner.status();
        PoolStatus {
            capacity: status.max_size,
            size: status.size,
            available: status.available,
            waiting: status.waiting,
        }
    }

    /// Closes all connections; those in use are closed when given back.
    pub fn close(&self) {
        self.inner.close();
    }
}
