//! Reads path ids, query strings and JSON bodies; whatever is wrong is answered as a problem that names the field.

mod access;
mod body;
mod device;
mod form;
mod if_match;
mod keyed;
mod path;
mod query;

pub(crate) use access::{Access, Anyone, Needed, OrOwner, SignedIn, to};
pub(crate) use body::{Body, BodyLimits, Patch};
pub(crate) use device::Sender;
pub(crate) use form::Form;
pub(crate) use if_match::IfMatch;
pub(crate) use keyed::{Key, Keyed};
pub(crate) use path::Id;
pub(crate) use query::{ListQuery, Paging, Query, read_expand};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use {
    keyed::{IDEMPOTENCY_KEY, read_key},
    query::read_list,
};
