//! Lists, their orders, and the places of rows in them.

use serde::{Deserialize, Serialize};

/// The place of a row in the order of a list: what the list is sorted by, then the row's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// The id, in a list by id.
    Id(i64),
    /// A number, such as a price in cents, and the id.
    Number(i64, i64),
    /// A text, such as a name, and the id.
    Text(String, i64),
}

/// Which kind of [`Key`] the rows of a list have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// [`Key::Id`].
    Id,
    /// [`Key::Number`].
    Number,
    /// [`Key::Text`].
    Text,
}

impl Key {
    /// Which kind of key this is.
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Id(_) => KeyKind::Id,
            Self::Number(..) => KeyKind::Number,
            Self::Text(..) => KeyKind::Text,
        }
    }
}

/// A list in one of its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListOrder {
    list: &'static str,
    sort: &'static str,
    kind: KeyKind,
}

impl ListOrder {
    /// The addresses, by id.
    pub const ADDRESSES: Self = Self::by_id("addresses");
    /// The audit log, newest first.
    pub const AUDIT: Self = Self::new("audit", "newest", KeyKind::Id);
    /// The bills, by id.
    pub const BILLS: Self = Self::by_id("bills");
    /// The categories, by id.
    pub const CATEGORIES: Self = Self::by_id("categories");
    /// The clients, by id.
    pub const CLIENTS: Self = Self::by_id("clients");
    /// The API keys, by id.
    pub const API_KEYS: Self = Self::by_id("api_keys");
    /// The order lines, by id.
    pub const ORDER_DETAILS: Self = Self::by_id("order_details");
    /// The orders, by id.
    pub const ORDERS: Self = Self::by_id("orders");
    /// The products, by id.
    pub const PRODUCTS: Self = Self::by_id("products");
    /// The reviews, by id.
    pub const REVIEWS: Self = Self::by_id("reviews");
    /// The reviews that are moderated, by id.
    pub const REVIEW_QUEUE: Self = Self::by_id("reviews/queue");

    /// A list of this name, sorted like this, whose rows have keys of this kind.
    pub const fn new(list: &'static str, sort: &'static str, kind: KeyKind) -> Self {
        Self { list, sort, kind }
    }

    /// A list of this name, by ascending id.
    pub const fn by_id(list: &'static str) -> Self {
        Self::new(list, "id", KeyKind::Id)
    }

    /// The place of the row with this id, in a list by id.
    pub const fn at_id(self, id: i64) -> ListPosition {
        ListPosition { order: self, key: Key::Id(id) }
    }

    /// The name of the list.
    pub const fn list(self) -> &'static str {
        self.list
    }

    /// The name of the order.
    pub const fn sort(self) -> &'static str {
        self.sort
    }

    /// The kind of key that its rows have.
    pub const fn kind(self) -> KeyKind {
        self.kind
    }
}

/// The place of a row in one order of one list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListPosition {
    /// The list and its order.
    pub order: ListOrder,
    /// The row's key, of the kind that the order's rows have.
    pub key: Key,
}
