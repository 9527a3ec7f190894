//! What the service is and how it is.

pub(crate) mod bodies;
pub(crate) mod readiness;
pub(crate) mod routes;
