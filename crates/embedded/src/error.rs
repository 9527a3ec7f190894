//! Everything that can keep a private server from starting, answering or stopping.
//!
//! Each message is one sentence for the person at the terminal: what is wrong, where, and what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a private server could not be started, used or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No directory holds both `initdb` and a `postgres` that runs.
    #[error(
        "no PostgreSQL server binaries (initdb, postgres) found in {looked_in}: install them \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; \
         macOS: brew install postgresql@17) or configure the directory that holds them"
    )]
    BinariesNotFound {
        /// The places searched.
        looked_in: String,
    },
    /// The installed server is older than the oldest supported one.
    #[error(
        "PostgreSQL {found} in {bin_dir} is too old: install PostgreSQL {} or newer",
        crate::binaries::OLDEST_MAJOR
    )]
    TooOld {
        /// Where it was found.
        bin_dir: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// The cluster was made by a major version that is not installed.
    #[error(
        "data directory {data_dir} was made by PostgreSQL {made_by}, but installed is {installed}: \
         install PostgreSQL {made_by}, convert the data with pg_upgrade, or choose another data directory"
    )]
    WrongMajor {
        /// The directory.
        data_dir: PathBuf,
        /// Major version of the cluster.
        made_by: u32,
        /// Major versions found, comma-separated.
        installed: String,
    },
    /// The directory holds something this crate did not make.
    #[error("{data_dir} is not empty and not a Stockroom data directory: choose an empty or a new directory")]
    NotOurs {
        /// The directory.
        data_dir: PathBuf,
    },
    /// Another process uses the data directory.
    #[error(
        "another Stockroom is running on data directory {data_dir}{}: stop it or choose another data directory",
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The directory.
        data_dir: PathBuf,
        /// The process that holds it, if it has said so.
        pid: Option<u32>,
    },
    /// Started as root, and there is nobody to run the server as.
    #[error(
        "PostgreSQL refuses to run as root and there is no user `postgres` to run it as: \
         create one (useradd --system postgres) or start Stockroom as an ordinary user"
    )]
    NoUnprivilegedUser,
    /// Started as root, and the user the server runs as cannot get to a directory.
    #[error(
        "PostgreSQL runs as {user}, who may not enter {blocker} on the way to {target}: \
         allow it (chmod o+x {blocker}), choose another directory, or start Stockroom as an ordinary user"
    )]
    Unreachable {
        /// The directory that blocks.
        blocker: PathBuf,
        /// The directory that is needed.
        target: PathBuf,
        /// The user.
        user: String,
    },
    /// This process may not use a file or directory it needs.
    #[error("permission denied on {path}: give this user access to it or choose another data directory")]
    PermissionDenied {
        /// The file or directory.
        path: PathBuf,
    },
    /// No directory for the Unix socket is short enough, reachable and private.
    #[error(
        "no private directory for the PostgreSQL socket ({tried}): choose a data directory with a shorter \
         path, or set TMPDIR to a short directory that belongs to you"
    )]
    NoSocketDirectory {
        /// What is wrong with each candidate.
        tried: String,
    },
    /// `initdb` failed.
    #[error(
        "could not create the database cluster in {data_dir}: correct what initdb reports and start again: {output}"
    )]
    Initdb {
        /// The directory.
        data_dir: PathBuf,
        /// The last lines it printed.
        output: String,
    },
    /// The server exited while starting.
    #[error("PostgreSQL did not start: correct what its log {log} reports and start again: {tail}")]
    StartFailed {
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server did not accept connections in time.
    #[error(
        "PostgreSQL did not accept connections within {seconds} s: see its log {log}, or allow it more time: {tail}"
    )]
    StartTimeout {
        /// How long was waited.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server survived an immediate shutdown.
    #[error("PostgreSQL (process {pid}) does not stop: end that process before the next start")]
    StopTimeout {
        /// The server's process.
        pid: i32,
    },
    /// The running server did not create a database.
    #[error("PostgreSQL did not create database {database}: {reason}")]
    CreateDatabase {
        /// The database.
        database: String,
        /// What the server, or the connection to it, reported.
        reason: String,
    },
    /// The operating system failed on a file, directory or program.
    #[error("could not use {path}: {source}")]
    Io {
        /// The file, directory or program.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// Turns an I/O failure into the error that names where it happened.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path },
            _ => Self::Io { path, source },
        }
    }
}
