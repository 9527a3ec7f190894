//! Categories of products.

pub(crate) mod bodies;
pub(crate) mod routes;
