//! Products and their stock.

pub(crate) mod bodies;
pub(crate) mod expanded;
pub(crate) mod routes;
pub(crate) mod stock;
