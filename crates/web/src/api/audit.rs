//! The audit log.

pub(crate) mod bodies;
pub(crate) mod routes;
