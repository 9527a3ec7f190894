//! Checkout: a whole order in one request.

pub(crate) mod bodies;
pub(crate) mod routes;
