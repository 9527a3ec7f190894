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
//! 2. orders, by ascending id (an order's lock also guards its lines),
//! 3. products, by ascending id, then the clients who buy them (`FOR KEY SHARE`, as foreign keys do),
//! 4. rows of `product_search`, by ascending id (triggers lock them for whoever changes a product or a review),
//! 5. the series that numbers a document: nothing is locked after it.

mod children;
mod document_series;
mod error;
mod lists;
mod pool;
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
pub mod idempotency;
pub mod imports;
pub mod invariants;
pub mod migrations;
pub mod order_details;
pub mod order_events;
pub mod orders;
pub mod product_search;
pub mod products;
pub mod reviews;
pub mod signals;
pub mod stock;

pub use error::{Error, Result};
pub use pool::{Pool, PoolSettings, PoolStatus, PooledConnection};
pub use transaction::{Transaction, transaction, transaction_then};

/// A connection to PostgreSQL; what every function here takes.
pub type Connection = diesel_async::AsyncPgConnection;
