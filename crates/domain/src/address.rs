//! Addresses: where clients live.

use crate::{AddressId, ClientId, Text};

/// A street: 1 to 200 characters.
pub type Street = Text<1, 200>;

/// A house number, which may hold letters: at most 20 characters.
pub type HouseNumber = Text<0, 20>;

/// A city: 1 to 100 characters.
pub type City = Text<1, 100>;

/// An address of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Identity.
    pub id: AddressId,
    /// Street, 1 to 200 characters.
    pub street: Option<String>,
    /// House number, at most 20 characters; it may hold letters.
    pub number: Option<String>,
    /// City, 1 to 100 characters.
    pub city: Option<String>,
    /// Whose address it is.
    pub client_id: ClientId,
}
