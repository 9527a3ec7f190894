//! The data layer as scripts use it: schema, changesets, transactions, the pool and pages.

mod changesets;
mod migrations;
mod model;
mod pages;
mod pool;
mod schema;
mod stock;
mod transactions;
mod trigger_facts;
