//! The cache over a real Redis: several caches in one test are several processes that share it.

mod bounds;
mod faults;
mod flights;
mod invalidations;
mod links;
mod model;
mod node;
