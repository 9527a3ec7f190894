//! Fills a shop from outside of it: the log of another shop, imported or replayed as traffic, and a demo catalogue.
//!
//! It writes through the repository alone and sends nothing; the program reads its options, and sends what a replay says.

pub mod demo;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod import;
pub mod log;
pub mod replay;
