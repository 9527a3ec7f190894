//! Looks at the database for a health check, on a connection of its own: it answers in bounded time also when the pool is
//! exhausted or PostgreSQL hangs.

use std::time::{Duration, Instant};

use diesel::{migration::MigrationSource, pg::Pg};
use tokio::{sync::Mutex, task::JoinHandle, time::timeout};
use tokio_postgres::{Client, error::SqlState};

use crate::{
    Error, Pool, PoolSettings, Result, migrations,
    pool::{Target, connect_alone, lets_nobody_in},
};

/// What was seen of a database that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How long it took to answer, once there was a connection.
    pub latency: Duration,
    /// Whether it has the newest migration of this program. It may have newer ones.
    pub migrated: bool,
    /// Whether it takes no changes.
    pub read_only: bool,
}

/// A connection to look through. It is made when first asked, and again when it is lost.
pub struct Probe {
    target: Target,
    newest: String,
    patience: Duration,
    open: Mutex<Option<Open>>,
}

struct Open {
    client: Client,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

const LOOK: &str = "SELECT EXISTS (SELECT FROM __diesel_schema_migrations WHERE version = $1), \
                    pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";

impl Probe {
    /// Looks at the database of a pool, for so long at most.
    ///
    /// # Errors
    /// [`Error::Migration`] when the migrations of this program cannot be read; [`Error::Unavailable`] when root certificates can no
    /// longer be.
    pub fn new(pool: &Pool, patience: Duration) -> Result<Self> {
        let settings = pool.settings();
        let application_name = format!("{} health", settings.application_name);
        let target = PoolSettings { application_name, connect: patience, ..settings.clone() }.target()?;
        let newest = MigrationSource::<Pg>::migrations(&migrations::MIGRATIONS)
            .map_err(|error| Error::Migration(error.to_string()))?
            .iter()
            .map(|migration| migration.name().version().to_string())
            .max()
            .unwrap_or_default();
        Ok(Self { target, newest, patience, open: Mutex::default() })
    }

    /// Asks the database how it is.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not answer in time; [`Error::NotLetIn`].
    pub async fn look(&self) -> Result<Seen> {
        let mut open = self.open.lock().await;
        let late = Error::Unavailable(format!("no answer within {} ms", self.patience.as_millis()));
        let seen = timeout(self.patience, self.ask(&mut open)).await.unwrap_or(Err(late));
        // A session may take no changes though others of the same server do by now.
        if seen.as_ref().map_or(true, |seen| seen.read_only) {
            *open = None;
        }
        seen
    }

    /// Closes its connection.
    pub async fn close(&self) {
        *self.open.lock().await = None;
    }

    async fn ask(&self, open: &mut Option<Open>) -> Result<Seen> {
        if let Some(kept) = open.take().filter(|open| !open.client.is_closed()) {
            let seen = self.ask_on(&kept.client).await;
            let broke = kept.client.is_closed();
            if !broke {
                *open = Some(kept);
            }
            if !broke || seen.is_ok() {
                return seen;
            }
            // A new one tells whether PostgreSQL is there.
        }
        let connected = open.insert(self.connect().await?);
        self.ask_on(&connected.client).await
    }

    async fn ask_on(&self, client: &Client) -> Result<Seen> {
        let started = Instant::now();
        let (migrated, read_only) = match client.query_one(LOOK, &[&self.newest]).await {
            Ok(row) => (row.get(0), row.get(1)),
            // Nothing was ever migrated.
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => (false, false),
            Err(error) => return Err(failed(&error)),
        };
        Ok(Seen { latency: started.elapsed(), migrated, read_only })
    }

    async fn connect(&self) -> Result<Open> {
        let (client, driver) = connect_alone(&self.target, self.patience).await?;
        Ok(Open { client, driver })
    }
}

fn failed(error: &tokio_postgres::Error) -> Error {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let text = format!("{error}{cause}");
    if lets_nobody_in(error.code()) { Error::NotLetIn(text) } else { Error::Unavailable(text) }
}
