//! The integration tests: one binary, one file for each endpoint or concern, one function for each situation.

#![expect(clippy::unwrap_used, reason = "a broken expectation must fail the test")]

mod bad_input;
mod categories;
mod lists;
mod paths;
mod product_filter;
mod products;
mod races;
mod reviews;
mod stocked;
mod values;
