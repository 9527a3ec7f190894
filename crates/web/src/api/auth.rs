//! Registration and sign-in, as JSON and as OAuth 2.

pub(crate) mod bodies;
pub(crate) mod routes;
pub(crate) mod token;
