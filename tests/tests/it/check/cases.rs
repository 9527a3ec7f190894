//! Faults in the shop of `shop.rs`, one at a time: the invariant that each breaks, the SQL that brings it about, and
//! what the check must say.

mod documents;
mod search;
mod stock;

/// Invariant, fault, offenders.
type Case = (&'static str, &'static str, &'static [&'static str]);

/// Every fault.
pub(super) fn all() -> impl Iterator<Item = Case> {
    stock::CASES.iter().chain(documents::CASES).chain(search::CASES).copied()
}
