//! Running the shop: health, metrics, maintenance and the check of invariants.

pub(crate) mod health;
pub(crate) mod housekeeping;
pub mod invariants;
pub(crate) mod readings;
