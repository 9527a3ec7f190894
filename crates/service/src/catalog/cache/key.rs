//! The names of what is cached.

use std::{fmt, str::FromStr};

use stockroom_cache::{Key, Namespace};
use stockroom_domain::{CategoryId, ProductId};

use super::{CATEGORIES, LISTS, PRODUCTS};

/// What is cached. The text of a list is what was asked for, in one canonical form, without line breaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum CatalogueKey {
    /// A product with its category and reviews.
    Product(ProductId),
    /// A category with its products.
    Category(CategoryId),
    /// A list of products.
    Products(Box<str>),
    /// A list of categories.
    Categories(Box<str>),
    /// A list of categories with their products.
    StockedCategories(Box<str>),
}

impl CatalogueKey {
    pub(super) fn is_category(&self) -> bool {
        matches!(self, Self::Category(_) | Self::Categories(_) | Self::StockedCategories(_))
    }
}

impl Key for CatalogueKey {
    fn namespace(&self) -> Namespace {
        match self {
            Self::Product(_) => PRODUCTS,
            Self::Category(_) | Self::Products(_) | Self::StockedCategories(_) => LISTS,
            Self::Categories(_) => CATEGORIES,
        }
    }
}

impl fmt::Display for CatalogueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(id) => write!(f, "product:{id}"),
            Self::Category(id) => write!(f, "category:{id}"),
            Self::Products(list) => write!(f, "products:{list}"),
            Self::Categories(list) => write!(f, "categories:{list}"),
            Self::StockedCategories(list) => write!(f, "stocked-categories:{list}"),
        }
    }
}

/// A name that is not known.
#[derive(Debug)]
pub(crate) struct UnknownKey;

impl FromStr for CatalogueKey {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let (kind, rest) = text.split_once(':').ok_or(UnknownKey)?;
        let id = || rest.parse().map_err(|_| UnknownKey);
        match kind {
            "product" => Ok(Self::Product(ProductId(id()?))),
            "category" => Ok(Self::Category(CategoryId(id()?))),
            "products" => Ok(Self::Products(rest.into())),
            "categories" => Ok(Self::Categories(rest.into())),
            "stocked-categories" => Ok(Self::StockedCategories(rest.into())),
            _ => Err(UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for key in [
            CatalogueKey::Product(ProductId(7)),
            CatalogueKey::Category(CategoryId(7)),
            CatalogueKey::Products("limit=20:x".into()),
            CatalogueKey::Categories("".into()),
            CatalogueKey::StockedCategories("limit=20".into()),
        ] {
            assert_eq!(key.to_string().parse::<CatalogueKey>().unwrap(), key);
        }
        assert!("product:x".parse::<CatalogueKey>().is_err());
        assert!("orders:1".parse::<CatalogueKey>().is_err());
    }
}
