//! Clients, and the roles of their accounts.

pub(crate) mod bodies;
pub(crate) mod roles;
pub(crate) mod routes;
