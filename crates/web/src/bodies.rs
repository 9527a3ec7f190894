//! What requests and answers look like on the wire. Leaves (`*Fields`) are flat; answers add related leaves, one
//! level deep.

pub(crate) mod accounts;
pub(crate) mod addresses;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod bills;
pub(crate) mod categories;
pub(crate) mod checkout;
pub(crate) mod clients;
pub(crate) mod health;
pub(crate) mod order_details;
pub(crate) mod orders;
pub(crate) mod passwords;
pub(crate) mod privacy;
pub(crate) mod product_search;
pub(crate) mod products;
pub(crate) mod readiness;
pub(crate) mod reviews;
pub(crate) mod sessions;

/// Turns values of the domain into bodies.
pub(crate) fn all<T, B: From<T>>(values: Vec<T>) -> Vec<B> {
    values.into_iter().map(B::from).collect()
}
