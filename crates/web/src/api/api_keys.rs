//! API keys of scripts and other systems.

pub(crate) mod bodies;
pub(crate) mod routes;
