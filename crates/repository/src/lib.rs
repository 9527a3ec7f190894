//! PostgreSQL access for Stockroom: rows, inserts, changesets, queries, locks, migrations and the pool.
//!
//! Usable alone by administration scripts (see `examples/`). Every function takes a [`Connection`], so that any of
//! them composes into any transaction; functions named `*_in_tx` must run inside one (see [`transaction`]).
//! The tables themselves are private: a column that is not a field of a changeset cannot be written, and every change
//! of a product's stock goes through [`stock`], which writes the ledger in the same transaction.
//!
//! # Lock order
//! Whoever locks several rows takes them in this order, or risks a deadlock:
//! 1. the idempotency key of a request (a checkout writes its keys last, under the lock of its series: nobody else claims
//!    keys of that operation),
//!    A review that is to be changed has a lock of this kind, too (`pg_advisory_xact_lock`),
//! 2. orders, by ascending id (an order's lock also guards its lines),
//! 3. products, by ascending id (`FOR NO KEY UPDATE` by whoever writes a review, which changes their rating), then the
//!    clients who buy or review them (`FOR KEY SHARE`, as foreign keys do), then reviews,
//! 4. rows of `product_search`, by ascending id (triggers lock them for whoever changes a product or a review),
//! 5. the series that numbers a document: nothing is locked after it.
//!
//! Whoever erases a client has its orders already when it locks the client, and takes others, which were placed meanwhile,
//! only where nobody has them.
//!
//! Signing in touches none of these but clients: a client, then its password reset, then its sessions by ascending id (a
//! session's lock also guards its refresh tokens).

mod changesets;
mod children;
mod document_series;
mod error;
mod lists;
mod pool;
mod probe;
mod reading;
mod reads;
mod schema;
mod statement;
mod transaction;

pub mod addresses;
pub mod api_keys;
pub mod audit;
pub mod bills;
pub mod categories;
pub mod checkouts;
pub mod clients;
pub mod credit_notes;
pub mod erasing;
pub mod idempotency;
pub mod imports;
pub mod invariants;
pub mod migrations;
pub mod order_details;
pub mod order_events;
pub mod orders;
pub mod password_resets;
pub mod product_search;
pub mod products;
pub mod refresh_tokens;
pub mod reviews;
pub mod sessions;
pub mod signals;
pub mod signing_keys;
pub mod stock;

pub use error::{Error, Result};
pub use pool::{Pool, PoolSettings, PoolStatus, PooledConnection};
pub use probe::{Probe, Seen};
pub use reading::read;
pub use transaction::{Transaction, begin_snapshot_in_tx, transaction};

/// A connection to PostgreSQL; what every function here takes.
pub type Connection = diesel_async::AsyncPgConnection;
