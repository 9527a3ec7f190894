//! Export and erasure of personal data.

pub(crate) mod bodies;
pub(crate) mod routes;
