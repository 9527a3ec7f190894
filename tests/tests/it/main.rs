//! The integration tests: one binary, one file for each endpoint or concern, one function for each situation.

mod categories;
mod products;
mod races;
mod reviews;
