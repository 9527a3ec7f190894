//! Changing, forgetting and resetting passwords.

pub(crate) mod bodies;
pub(crate) mod routes;
