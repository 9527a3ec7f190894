//! Lines of orders.

pub(crate) mod bodies;
pub(crate) mod routes;
