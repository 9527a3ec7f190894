//! Categories group products.

use crate::{CategoryId, Text};

/// A category's name: 1 to 100 characters, unique.
pub type CategoryName = Text<1, 100>;

/// A description of a category or product: at most 100,000 characters.
pub type Description = Text<0, 100_000>;

/// A group of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Identity.
    pub id: CategoryId,
    /// Unique name, 1 to 100 characters.
    pub name: String,
    /// For people.
    pub description: Option<String>,
}

/// A category to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewCategory<'a> {
    /// Unique name.
    pub name: &'a CategoryName,
    /// For people.
    pub description: Option<&'a Description>,
}

/// Changes of a category; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryChanges {
    /// A new name.
    pub name: Option<CategoryName>,
    /// A new description, or none.
    pub description: Option<Option<Description>>,
}
