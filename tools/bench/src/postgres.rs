//! The `PostgreSQL` of a run: durable, private, on a directory of its own that goes with it.
//!
//! It holds shops: databases with the schema of the service. Who writes gets a copy of one, so that none pays for what
//! another has written.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use stockroom_embedded::{Durability, Server, Settings};
use stockroom_repository::migrations;
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::{arguments::Common, failure::Failure, interrupt};

const MAINTENANCE: &str = "postgres";
/// What a shop has that people buy in.
pub(crate) const SHOP: &str = include_str!("../sql/load.sql");
/// Connections that a running service needs at most, and as many for maintenance and background work.
const SPARE_CONNECTIONS: u32 = 50;
/// After a checkpoint the disk has a moment to itself.
const PAUSE: Duration = Duration::from_millis(500);

const REPORTED: [&str; 15] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_level",
    "shared_buffers",
    "wal_buffers",
    "max_wal_size",
    "min_wal_size",
    "checkpoint_timeout",
    "commit_delay",
    "autovacuum",
    "jit",
    "max_connections",
];

/// A setting as the server reports it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// A running server with the shops to measure on.
pub(crate) struct Postgres {
    // Dropped in this order: the server stops before its directory goes.
    server: Server,
    directory: TempDir,
    runtime: Runtime,
    /// Whether measurements are worth preparing for.
    settles: bool,
}

impl Postgres {
    /// Starts an empty server that `callers` and so many `services` can connect to.
    pub(crate) fn start(common: &Common, callers: u32, services: u32) -> Result<Self, Failure> {
        let base = common.directory.clone().unwrap_or_else(env::temp_dir);
        let directory = tempfile::Builder::new().prefix("stockroom-bench-").tempdir_in(&base);
        let directory = directory.map_err(Failure::at(&base))?;
        // Started as root, the server runs as another user, who must be able to pass.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))
            .map_err(Failure::at(directory.path()))?;
        let settings = Settings {
            durability: Durability::Durable,
            max_connections: callers + services * SPARE_CONNECTIONS,
            ..Settings::new(directory.path().join("data"))
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::because("cannot start the runtime"))?;
        let settles = common.warm_up > 0;
        Ok(Self { server: Server::start(&settings)?, directory, runtime, settles })
    }

    /// Makes a shop and fills it with so many products.
    pub(crate) fn load(&self, database: &str, content: &str, products: u64) -> Result<(), Failure> {
        self.server.create_database(database)?;
        self.runtime.block_on(migrations::run(&self.url(database)))?;
        self.execute(database, &format!("SET bench.products = {products};\n{content}"))?;
        self.execute(database, "VACUUM (FREEZE, ANALYZE)")
    }

    /// Makes a copy of a shop that nobody uses.
    pub(crate) fn copy(&self, original: &str, copy: &str) -> Result<(), Failure> {
        self.execute(MAINTENANCE, &format!("CREATE DATABASE {copy} TEMPLATE {original}"))
    }

    /// Leaves nothing for the next measurement to pay: neither dead rows of these databases nor dirty pages of any.
    /// Nothing is done in a run without warm-up, whose figures are rough anyway.
    pub(crate) fn settle(&self, databases: &[&str]) -> Result<(), Failure> {
        if !self.settles {
            return Ok(());
        }
        databases.iter().try_for_each(|database| self.execute(database, "VACUUM (ANALYZE)"))?;
        self.execute(MAINTENANCE, "CHECKPOINT")?;
        interrupt::sleep(PAUSE)
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> Result<Vec<Setting>, Failure> {
        REPORTED
            .iter()
            .map(|name| Ok(Setting { name, value: self.query(MAINTENANCE, &format!("SHOW {name}"))? }))
            .collect()
    }

    /// Runs statements, one after the other.
    pub(crate) fn execute(&self, database: &str, sql: &str) -> Result<(), Failure> {
        self.query(database, sql).map(drop)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    /// A place for files of the run.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The process that all others of the server are children of.
    pub(crate) fn pid(&self) -> Result<u32, Failure> {
        self.server.pid().ok_or_else(|| Failure::run("PostgreSQL has ended"))
    }

    /// A client program of the server's version, or the one on `PATH`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let beside = self.server.bin_dir().join(name);
        if beside.is_file() { beside } else { PathBuf::from(name) }
    }

    /// The first value that statements answer; nothing if they answer none.
    pub(crate) fn query(&self, database: &str, sql: &str) -> Result<String, Failure> {
        interrupt::check()?;
        self.runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.url(database), NoTls).await?;
            let connection = tokio::spawn(connection);
            let answered = client.simple_query(sql).await?;
            drop(client);
            // A session that has ended is not in the way of what comes next.
            let _ = connection.await;
            let value = answered.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
                _ => None,
            });
            Ok(value.unwrap_or_default())
        })
    }
}
