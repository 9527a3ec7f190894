//! The integration tests: one binary, one file for each endpoint or concern, one function for each situation.

#![expect(
    clippy::unwrap_used,
    reason = "a broken expectation must fail the test, in a function of its own too"
)]

mod addresses;
mod auth;
mod bills;
mod clients;
mod ledger;
mod line_changes;
mod order_details;
mod order_status;
mod orders;
mod products;
mod races;
mod repository;
