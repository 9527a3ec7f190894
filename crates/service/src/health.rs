//! How the shop's parts are doing.

use std::time::{Duration, Instant};

use stockroom_cache::Counters;
use stockroom_repository::{PoolStatus, products};

use crate::Shop;

/// How long a part may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was seen when every part was asked.
#[derive(Debug, Clone, Copy)]
pub struct Health {
    /// PostgreSQL.
    pub database: DatabaseHealth,
    /// Redis; `None` when none is configured.
    pub redis: Option<RedisHealth>,
    /// The pool of connections to PostgreSQL.
    pub pool: PoolStatus,
    /// What is kept rendered; `None` when nothing is.
    pub cache: Option<CacheHealth>,
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
    /// How long a small query took, a connection included; `None` when it failed.
    pub latency: Option<Duration>,
}

/// Whether Redis answers.
#[derive(Debug, Clone, Copy)]
pub struct RedisHealth {
    /// Whether it answered a PING.
    pub up: bool,
}

impl Shop {
    /// Asks every part how it is, each for a bounded time. Never fails.
    pub async fn health(&self) -> Health {
        // Taken first: the check itself uses a connection.
        let pool = self.parts.pool.status();
        let started = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, async {
            let mut conn = self.parts.pool.get().await?;
            products::any(&mut conn).await
        });
        let latency = matches!(answer.await, Ok(Ok(_))).then(|| started.elapsed());
        let redis = match &self.parts.redis {
            None => None,
            Some(client) => Some(RedisHealth { up: answers(client).await }),
        };
        Health { database: DatabaseHealth { latency }, redis, pool, cache: self.parts.catalogue.health() }
    }
}

async fn answers(client: &redis::Client) -> bool {
    let ping = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    matches!(tokio::time::timeout(PATIENCE, ping).await, Ok(Ok(_)))
}
