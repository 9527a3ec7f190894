//! The integration tests: one binary, one file for each endpoint or concern, one function for each situation.

#![expect(clippy::expect_used, reason = "a broken expectation must fail the test")]

mod architecture;
mod cross_origin;
mod headers;
mod health;
mod openapi;
mod products;
mod races;
mod rate_limit;
mod retail_import;
