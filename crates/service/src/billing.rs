//! Billing: bills.

pub(crate) mod bills;
