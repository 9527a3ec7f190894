//! Sessions of accounts.

pub(crate) mod bodies;
pub(crate) mod routes;
