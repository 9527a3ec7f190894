//! The schema's versions, compiled into the binary.

use diesel::{RunQueryDsl, migration::MigrationSource, pg::Pg, sql_query};
use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{Error, Result, pool::connect_patiently};

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Serializes migrators: two servers that start at once do not run the same migration twice.
const ADVISORY_LOCK: i64 = 0x7374_6f63_6b72_6f6f;

type BlockingConnection = AsyncConnectionWrapper<AsyncPgConnection>;

/// Brings the database at `url` to the newest version and returns the names of the migrations that were run.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached in time, [`Error::NotLetIn`], [`Error::Lost`] when it goes away meanwhile,
/// [`Error::ReadOnly`] when it is a standby, [`Error::Migration`] when a migration fails (it is rolled back).
pub async fn run(url: &str) -> Result<Vec<String>> {
    on_blocking_connection(url, |connection| {
        let names = pending_names(connection)?;
        connection.run_pending_migrations(MIGRATIONS).map_err(|error| failed(&*error))?;
        Ok(names)
    })
    .await
}

/// The names of the migrations that `run` would run.
///
/// # Errors
/// As for [`run`].
pub async fn pending(url: &str) -> Result<Vec<String>> {
    on_blocking_connection(url, pending_names).await
}

/// Reverts every migration, newest first: all data is lost.
///
/// # Errors
/// As for [`run`].
pub async fn revert_all(url: &str) -> Result<()> {
    on_blocking_connection(url, |connection| {
        connection.revert_all_migrations(MIGRATIONS).map(drop).map_err(|error| failed(&*error))
    })
    .await
}

/// How many versions the schema has.
pub fn count() -> usize {
    MigrationSource::<Pg>::migrations(&MIGRATIONS).map_or(0, |all| all.len())
}

async fn on_blocking_connection<T: Send + 'static>(
    url: &str,
    work: impl FnOnce(&mut BlockingConnection) -> Result<T> + Send + 'static,
) -> Result<T> {
    let connection = connect_patiently(url).await?;
    let run = move || {
        let mut connection = BlockingConnection::from(connection);
        // Released when the connection closes.
        sql_query(format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).execute(&mut connection)?;
        // The versions of the schema tell what migrations do to rows.
        sql_query("SELECT set_config('stockroom.actor', '-', false)").execute(&mut connection)?;
        let done = work(&mut connection);
        // What a lost connection makes fail is not the migration's fault.
        match (done, sql_query("SELECT 1").execute(&mut connection)) {
            (Err(Error::Migration(reason)), Err(_)) => Err(Error::Lost(reason)),
            (done, _) => done,
        }
    };
    tokio::task::spawn_blocking(run).await.map_err(|error| Error::Migration(error.to_string()))?
}

fn pending_names(connection: &mut BlockingConnection) -> Result<Vec<String>> {
    let pending = connection.pending_migrations(MIGRATIONS).map_err(|error| failed(&*error))?;
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

fn failed(error: &(dyn std::error::Error + Send + Sync)) -> Error {
    let text = error.to_string();
    if text.contains("in a read-only transaction") { Error::ReadOnly(text) } else { Error::Migration(text) }
}
