//! How the shop's parts are doing, and whether it can be sent requests.
//!
//! Whoever asks, and however often: the parts are looked at once in a second at most, or a few times while one is down, in the
//! runtime that the shop was started in, each for a bounded time. Who asks a second after a part is well again is told so.

mod history;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use stockroom_cache::Counters;
use stockroom_redis_link::RedisLink;
use stockroom_repository::{Pool, PoolStatus, Probe};
use tokio::{runtime::Handle, sync::Mutex};

use crate::{Error, LifecycleState, Result, Shop};

pub use history::HealthChange;
use history::History;

/// How long a part may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_millis(900);
/// How long what was seen is told to others who ask, from when the look began.
const FRESH: Duration = Duration::from_secs(1);
/// How long it is told that a part is down, from when the look ended.
const AMISS: Duration = Duration::from_millis(200);

/// What was seen when every part was looked at.
#[derive(Debug, Clone)]
pub struct Health {
    /// PostgreSQL.
    pub database: DatabaseHealth,
    /// Redis; `None` when none is configured.
    pub redis: Option<RedisHealth>,
    /// The pool of connections to PostgreSQL.
    pub pool: PoolStatus,
    /// What is kept rendered; `None` when nothing is.
    pub cache: Option<CacheHealth>,
    /// The last changes of the parts, oldest first.
    pub history: Vec<HealthChange>,
}

/// What the cache of the catalogue does.
#[derive(Debug, Clone, Copy)]
pub struct CacheHealth {
    /// Whether it asks Redis at present; `None` when none is configured.
    pub uses_redis: Option<bool>,
    /// What it has done since the service started.
    pub counters: Counters,
}

/// Whether PostgreSQL answers.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseHealth {
    /// How long a small query took; `None` when it failed.
    pub latency: Option<Duration>,
}

/// Whether Redis answers.
#[derive(Debug, Clone, Copy)]
pub struct RedisHealth {
    /// Whether it answered a PING.
    pub up: bool,
}

/// Whether the shop can be sent requests, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Where the shop is in its life.
    pub lifecycle: LifecycleState,
    /// How its database was, a second ago at most.
    pub database: DatabaseState,
    /// Whether the database has every migration of this program; `None` when that is not known.
    pub migrated: Option<bool>,
    /// Whether no more orders can wait.
    pub queue_full: bool,
}

impl Readiness {
    /// Whether nothing is in the way.
    pub fn is_ready(&self) -> bool {
        self.lifecycle == LifecycleState::Serving
            && self.database != DatabaseState::Down
            && self.migrated == Some(true)
            && !self.queue_full
    }
}

/// How a database answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseState {
    /// It does.
    Up,
    /// It does, and takes no changes: what is only read can be had.
    ReadOnly,
    /// It does not, or not in time.
    Down,
}

impl DatabaseState {
    /// Its name: `up`, `read_only` or `down`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::ReadOnly => "read_only",
            Self::Down => "down",
        }
    }
}

/// The parts that are asked, and what they said.
pub(crate) struct Watch {
    seeing: Arc<Seeing>,
    runtime: Handle,
}

struct Seeing {
    pool: Pool,
    probe: Probe,
    redis: Option<RedisLink>,
    last: Mutex<Option<Looked>>,
    history: History,
}

#[derive(Debug, Clone, Copy)]
struct Looked {
    began: Instant,
    ended: Instant,
    /// Connections that the pool had opened when it began.
    opened: u64,
    database: DatabaseState,
    latency: Option<Duration>,
    migrated: Option<bool>,
    redis: Option<RedisHealth>,
}

impl Looked {
    /// Whether it can be told to somebody who asked then. A look that began later always can: else many who wait for a part
    /// that hangs would have it looked at one after the other.
    fn holds_for(&self, asked: Instant, pool: &Pool) -> bool {
        let database = self.database != DatabaseState::Down;
        let redis = self.redis.is_none_or(|redis| redis.up);
        // PostgreSQL takes connections since.
        let outdated = !database && pool.opened() != self.opened;
        let longest = if database && redis { FRESH } else { AMISS };
        asked <= self.began || (!outdated && asked < self.began + FRESH && asked < self.ended + longest)
    }
}

impl Watch {
    /// Asks in the runtime that this is called in.
    pub(crate) fn start(pool: &Pool, redis: Option<RedisLink>) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|error| Error::Unavailable(error.to_string()))?;
        let probe = Probe::new(pool, PATIENCE)?;
        let pool = pool.clone();
        let seeing = Seeing { pool, probe, redis, last: Mutex::default(), history: History::default() };
        Ok(Self { seeing: Arc::new(seeing), runtime })
    }

    async fn look(&self, lifecycle: LifecycleState) -> Option<Looked> {
        let seeing = Arc::clone(&self.seeing);
        // A task of its own: who goes away while it looks leaves it to those who wait.
        self.runtime.spawn(async move { seeing.look(lifecycle).await }).await.ok()
    }

    /// Closes its connection.
    pub(crate) async fn close(&self) {
        self.seeing.probe.close().await;
    }
}

impl Seeing {
    async fn look(&self, lifecycle: LifecycleState) -> Looked {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        self.history.note("service", lifecycle.name());
        if let Some(looked) = last.filter(|looked| looked.holds_for(asked, &self.pool)) {
            return looked;
        }
        let (began, opened) = (Instant::now(), self.pool.opened());
        let redis = async {
            match &self.redis {
                None => None,
                Some(link) => Some(RedisHealth { up: answers(link).await }),
            }
        };
        let (seen, redis) = tokio::join!(self.probe.look(), redis);
        let (database, latency, migrated) = match seen {
            Ok(seen) => {
                let database = if seen.read_only { DatabaseState::ReadOnly } else { DatabaseState::Up };
                (database, Some(seen.latency), Some(seen.migrated))
            }
            Err(error) => {
                tracing::debug!(%error, "the database does not answer a health check");
                (DatabaseState::Down, None, None)
            }
        };
        let looked = Looked { began, ended: Instant::now(), opened, database, latency, migrated, redis };
        self.note(&looked);
        *last = Some(looked);
        looked
    }

    fn note(&self, looked: &Looked) {
        self.history.note("database", looked.database.name());
        if let Some(migrated) = looked.migrated {
            self.history.note("migrations", if migrated { "current" } else { "pending" });
        }
        if let Some(redis) = looked.redis {
            self.history.note("redis", if redis.up { "up" } else { "down" });
        }
    }
}

impl Shop {
    /// How every part is. Never fails.
    pub async fn health(&self) -> Health {
        let looked = self.parts.watch.look(self.lifecycle().state()).await;
        Health {
            database: DatabaseHealth { latency: looked.and_then(|looked| looked.latency) },
            redis: looked.and_then(|looked| looked.redis),
            pool: self.parts.pool.status(),
            cache: self.parts.catalogue.health(),
            history: self.parts.watch.seeing.history.list(),
        }
    }

    /// Whether it can be sent requests. Never fails.
    pub async fn readiness(&self) -> Readiness {
        let lifecycle = self.lifecycle().state();
        let looked = self.parts.watch.look(lifecycle).await;
        Readiness {
            lifecycle,
            database: looked.map_or(DatabaseState::Down, |looked| looked.database),
            migrated: looked.and_then(|looked| looked.migrated),
            queue_full: self.parts.checkouts.is_full(),
        }
    }
}

async fn answers(link: &RedisLink) -> bool {
    let up = link.ping(PATIENCE).await;
    if !up {
        tracing::debug!(status = ?link.status(), "Redis does not answer a health check");
    }
    up
}
