//! Customers: clients and their address books.

pub(crate) mod addresses;
pub(crate) mod clients;
