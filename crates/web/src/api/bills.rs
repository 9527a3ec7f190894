//! Bills.

pub(crate) mod bodies;
pub(crate) mod routes;
