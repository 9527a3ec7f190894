//! Orders.

pub(crate) mod bodies;
pub(crate) mod expanded;
pub(crate) mod routes;
