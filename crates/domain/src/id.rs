//! One newtype per kind of id, so that a product's id can never be passed where an order's is wanted.

use std::fmt;

use serde::Serialize;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// Identifies a category.
    CategoryId,
    /// Identifies a product.
    ProductId,
    /// Identifies a client (a customer of the shop).
    ClientId,
    /// Identifies an address of a client.
    AddressId,
    /// Identifies a bill.
    BillId,
    /// Identifies an order.
    OrderId,
    /// Identifies an order line.
    OrderDetailId,
    /// Identifies an event in the history of an order.
    OrderEventId,
    /// Identifies a review.
    ReviewId,
    /// Identifies a session: what begins with a sign-in.
    SessionId,
    /// Identifies an API key.
    ApiKeyId,
    /// Identifies an entry of the audit log.
    AuditEntryId,
}
