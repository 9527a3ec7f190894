//! The demo catalogue's file, read into valid values. The file is compiled in, so it is always there.

use serde::Deserialize;
use stockroom_domain::{
    CategoryName, Comment, Description, Money, Price, ProductName, Rating, Sku, Stock, Violation,
};

const FILE: &str = include_str!("catalogue.toml");

/// A category with its products.
pub(super) struct DemoCategory {
    pub(super) name: CategoryName,
    pub(super) description: Description,
    pub(super) products: Vec<DemoProduct>,
}

/// A product with its reviews.
pub(super) struct DemoProduct {
    pub(super) sku: Sku,
    pub(super) name: ProductName,
    pub(super) description: Description,
    pub(super) price: Price,
    pub(super) stock: Stock,
    pub(super) reviews: Vec<DemoReview>,
}

/// A review.
pub(super) struct DemoReview {
    pub(super) rating: Rating,
    pub(super) comment: Comment,
}

/// Reads the catalogue.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn read() -> Result<Vec<DemoCategory>, String> {
    let file: RawCatalogue = toml::from_str(FILE).map_err(|error| error.to_string())?;
    file.category.into_iter().map(RawCategory::valid).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    category: Vec<RawCategory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCategory {
    name: String,
    description: String,
    product: Vec<RawProduct>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProduct {
    sku: String,
    name: String,
    description: String,
    /// A text, because a price is never a float.
    price: String,
    stock: i64,
    #[serde(default)]
    review: Vec<RawReview>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReview {
    rating: f64,
    comment: String,
}

impl RawCategory {
    fn valid(self) -> Result<DemoCategory, String> {
        let products: Result<_, String> = self
            .product
            .into_iter()
            .map(|product| {
                let sku = product.sku.clone();
                product.valid().map_err(|violation| format!("{sku}: {violation}"))
            })
            .collect();
        let wrong = |violation: Violation| format!("{}: {violation}", self.name);
        Ok(DemoCategory {
            name: CategoryName::parse(self.name.as_str()).map_err(wrong)?,
            description: Description::parse(self.description).map_err(wrong)?,
            products: products?,
        })
    }
}

impl RawProduct {
    fn valid(self) -> Result<DemoProduct, Violation> {
        Ok(DemoProduct {
            sku: Sku::parse(self.sku)?,
            name: ProductName::parse(self.name)?,
            description: Description::parse(self.description)?,
            price: Price::new(Money::parse(&self.price)?)?,
            stock: Stock::new(self.stock)?,
            reviews: self.review.into_iter().map(RawReview::valid).collect::<Result<_, _>>()?,
        })
    }
}

impl RawReview {
    fn valid(self) -> Result<DemoReview, Violation> {
        Ok(DemoReview { rating: Rating::new(self.rating)?, comment: Comment::parse(self.comment)? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_valid_and_worth_showing() {
        let catalogue = read().unwrap();
        let products: Vec<_> = catalogue.iter().flat_map(|category| &category.products).collect();
        let reviews: usize = products.iter().map(|product| product.reviews.len()).sum();
        assert_eq!((catalogue.len(), products.len(), reviews), (8, 48, 25));
        assert!(catalogue.iter().all(|category| category.products.len() >= 5));
    }

    #[test]
    fn names_and_skus_are_unique() {
        let catalogue = read().unwrap();
        let categories: HashSet<_> = catalogue.iter().map(|category| &category.name).collect();
        let skus: HashSet<_> =
            catalogue.iter().flat_map(|category| &category.products).map(|product| &product.sku).collect();
        assert_eq!((categories.len(), skus.len()), (8, 48));
    }
}
