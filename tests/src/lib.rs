//! What every integration test stands on: a real PostgreSQL, a database of its own and a running service.
//!

//! One private PostgreSQL serves the whole run; each test gets a copy of a migrated template database, so tests share
//! nothing and run in parallel.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "this crate serves tests only: a broken expectation must fail the test"
)]

mod actor;
mod answer;
mod app;
mod books;
mod certificates;
mod checkouts;
mod cluster;
mod dice;
mod fixtures;
mod locks;
mod pair;
mod postgres;
mod proxy;
mod redis;
mod wire;

pub use actor::Actor;
pub use answer::Answer;
pub use app::{App, patient};
pub use certificates::{Authority, IssuedCertificate};
pub use checkouts::place_group;
pub use cluster::{database, empty_database};
pub use dice::{Dice, Seed};
pub use fixtures::checkout;
pub use locks::Held;
pub use pair::Pair;
pub use postgres::TcpPostgres;
pub use proxy::{Proxy, Way};
pub use redis::RedisServer;
pub use wire::{Break, Wire};
