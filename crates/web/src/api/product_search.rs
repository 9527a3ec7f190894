//! Full-text search for products.

pub(crate) mod bodies;
pub(crate) mod routes;
