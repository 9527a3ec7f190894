//! Reviews and their moderation.

pub(crate) mod bodies;
pub(crate) mod moderation;
pub(crate) mod routes;
