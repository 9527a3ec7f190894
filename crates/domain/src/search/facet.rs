//! Which counts are wanted beside the products found, and the steps by which they are counted.

use serde_json::Value;

use super::items;
use crate::{Violation, input::FieldValue, text::string};

/// Where one price range ends and the next begins, in cents.
pub const PRICE_STEPS: [i64; 7] = [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000];

/// The averages from which on products are counted, in stars.
pub const RATING_STEPS: [i64; 4] = [4, 3, 2, 1];

/// The counts that are wanted; none by default, because a plain search is then answered sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each count is wanted or not, whatever the others are")]
pub struct Facets {
    /// Products of each category.
    pub category: bool,
    /// Products in each price range.
    pub price: bool,
    /// Products in stock, and not.
    pub in_stock: bool,
    /// Products with so many stars or more.
    pub rating: bool,
}

impl Facets {
    /// Whether anything is to be counted.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

impl FieldValue for Facets {
    fn read(value: &Value) -> Result<Self, Violation> {
        let mut facets = Self::default();
        for name in items(string(value)?) {
            match name {
                "category" => facets.category = true,
                "price" => facets.price = true,
                "in_stock" => facets.in_stock = true,
                "rating" => facets.rating = true,
                _ => {
                    let message = "Input should be a comma list of: category, price, in_stock, rating";
                    return Err(Violation::new("enum", message));
                }
            }
        }
        Ok(facets)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facets_are_a_comma_list_of_known_names() {
        let read = |text: &str| Facets::read(&json!(text));
        assert_eq!(read(""), Ok(Facets::default()));
        assert!(!read(" , ").unwrap().any());
        assert_eq!(read("price"), Ok(Facets { price: true, ..Facets::default() }));
        let all = Facets { category: true, price: true, in_stock: true, rating: true };
        assert_eq!(read("rating, in_stock,price,category,price"), Ok(all));
        assert_eq!(read("price,colour").unwrap_err().kind, "enum");
        assert!(Facets::read(&json!(["price"])).is_err());
    }
}
