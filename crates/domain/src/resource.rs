//! The kinds of things a shop keeps, as they are called in errors.

use std::fmt;

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A group of products.
    Category,
    /// Something for sale.
    Product,
    /// A customer.
    Client,
    /// Where a client lives.
    Address,
    /// A bill.
    Bill,
    /// An order.
    Order,
    /// A line of an order.
    OrderDetail,
    /// What a client thinks of a product.
    Review,
    /// What a script proves itself with.
    ApiKey,
    /// Somebody's being signed in.
    Session,
}

impl Resource {
    /// The singular name that starts a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Category => "Category",
            Self::Product => "Product",
            Self::Client => "Client",
            Self::Address => "Address",
            Self::Bill => "Bill",
            Self::Order => "Order",
            Self::OrderDetail => "Order detail",
            Self::Review => "Review",
            Self::ApiKey => "API key",
            Self::Session => "Session",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
