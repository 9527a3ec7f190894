//! The integration tests: one binary, one file for each endpoint or concern, one function for each situation.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a broken expectation must fail the test, in a function of its own too"
)]

mod access;
mod addresses;
mod architecture;
mod audit;
mod auth;
mod bad_input;
mod bills;
mod bounds;
mod cache;
mod caching;
mod cancel;
mod categories;
mod check;
mod checkout;
mod checkout_groups;
mod clients;
mod cross_origin;
mod faults;
mod headers;
mod health;
mod idempotency;
mod issued_bills;
mod ledger;
mod line_changes;
mod lists;
mod openapi;
mod order_details;
mod order_events;
mod order_status;
mod orders;
mod paths;
mod privacy;
mod product_filter;
mod product_search;
mod products;
mod races;
mod rate_limit;
mod redis_link;
mod repository;
mod retail_import;
mod retired_products;
mod reviews;
mod stocked;
mod tls;
mod values;
