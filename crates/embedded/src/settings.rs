//! What a caller chooses about its server, and the `PostgreSQL` options that follow from it.
//!
//! The options are given on the command line, where they win over every configuration file,
//! so a hand-edited `postgresql.conf` can neither open the server to the network nor weaken its durability.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::socket::PORT;

/// How a private server is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Directory that holds the database cluster, its lock and its log. Created if missing; must be empty or
    /// made by an earlier start.
    pub data_dir: PathBuf,
    /// Directory of the server binaries; `None` searches `PATH` and the usual places.
    pub bin_dir: Option<PathBuf>,
    /// What a crash of the machine may cost.
    pub durability: Durability,
    /// Most connections the server accepts at once.
    pub max_connections: u32,
    /// Longest wait for the server to accept connections; crash recovery after heavy load can take long.
    pub start_timeout: Duration,
}

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: a commit is on disk before it is acknowledged.
    Durable,
    /// Everything, the whole cluster included. For tests only.
    Disposable,
}

impl Settings {
    /// A durable server for 100 connections, with 60 s to start, from whichever binaries are installed.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: None,
            durability: Durability::Durable,
            max_connections: 100,
            start_timeout: Duration::from_mins(1),
        }
    }

    /// Arguments of `postgres`.
    pub(crate) fn server_arguments(&self, cluster: &Path, socket_dir: &Path) -> Vec<OsString> {
        let switch = self.switch();
        let mut options = vec![
            "listen_addresses=".to_owned(),
            format!("port={PORT}"),
            "unix_socket_permissions=0700".to_owned(),
            format!("max_connections={}", self.max_connections),
            format!("fsync={switch}"),
            format!("synchronous_commit={switch}"),
            format!("full_page_writes={switch}"),
        ];
        options.extend(
            [
                "shared_buffers=128MB",
                "max_wal_size=1GB",
                "checkpoint_completion_target=0.9",
                "log_destination=stderr",
                "logging_collector=off",
                "log_checkpoints=off",
                "log_min_messages=warning",
                // The details of errors quote values, personal ones among them, and so may statements.
                "log_error_verbosity=terse",
                "log_min_error_statement=panic",
                "timezone=UTC",
                "log_timezone=UTC",
                // Callers match on error details, and so does this crate.
                "lc_messages=C",
            ]
            .map(str::to_owned),
        );
        if self.durability == Durability::Disposable {
            options.extend(["wal_level=minimal", "max_wal_senders=0"].map(str::to_owned));
        }

        let mut arguments = vec!["-D".into(), cluster.into(), "-c".into(), socket_option(socket_dir)];
        arguments.extend(options.into_iter().flat_map(|option| ["-c".into(), option.into()]));
        arguments
    }

    /// Whether a server that already runs with these values is as good as a new one.
    pub(crate) fn accept(&self, fsync: &str, max_connections: &str) -> bool {
        fsync == self.switch() && max_connections == self.max_connections.to_string()
    }

    fn switch(&self) -> &'static str {
        match self.durability {
            Durability::Durable => "on",
            Durability::Disposable => "off",
        }
    }
}

/// The option is a comma-separated list; only a quoted entry may hold commas or spaces.
fn socket_option(socket_dir: &Path) -> OsString {
    let mut option = OsString::from("unix_socket_directories=\"");
    option.push(socket_dir);
    option.push("\"");
    option
}
