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

/// An address to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewAddress<'a> {
    /// Street.
    pub street: Option<&'a Street>,
    /// House number.
    pub number: Option<&'a HouseNumber>,
    /// City.
    pub city: Option<&'a City>,
    /// Whose address it is.
    pub client_id: ClientId,
}

/// Changes of an address; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressChanges {
    /// A new street, or none.
    pub street: Option<Option<Street>>,
    /// A new house number, or none.
    pub number: Option<Option<HouseNumber>>,
    /// A new city, or none.
    pub city: Option<Option<City>>,
    /// The client that it moves to.
    pub client_id: Option<ClientId>,
}
