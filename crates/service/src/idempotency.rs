//! Requests that may be sent again with the same idempotency key: each is done once, and answered alike every time.

use stockroom_repository::idempotency::RequestKey;

use crate::{ShownRow, Visible};

/// A request that may be sent again.
pub struct Idempotent<V> {
    /// Its idempotency key, where the caller sent one.
    pub key: Option<RequestKey>,
    /// Renders the answer, which is stored for the key.
    pub render: fn(Visible<V>) -> String,
}

/// An answer, given for the first time or again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The row that it shows.
    pub row: ShownRow,
    /// What was rendered.
    pub body: String,
    /// Whether it is the stored answer to an earlier request with the same key.
    pub replayed: bool,
}
