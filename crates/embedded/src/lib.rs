//! Runs a private `PostgreSQL` from the server binaries installed on this machine.
//!
//! One [`Server`] owns one data directory: it is initialised once, survives crashes of its owner and of itself,
//! and is reachable only through a Unix socket in a directory closed to other users.
//! Everything here blocks; asynchronous callers move it to a blocking thread.

mod account;
mod binaries;
mod cluster;
mod error;
mod layout;
mod leftover;
mod lock;
mod pid_file;
mod postmaster;
mod server;
mod session;
mod settings;
mod socket;

pub use error::Error;
pub use server::Server;
pub use settings::{Durability, Settings};
