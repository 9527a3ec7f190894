//! Addresses of clients.

pub(crate) mod bodies;
pub(crate) mod routes;
