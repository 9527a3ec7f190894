//! What a search for products asks for: text, conditions, an order, and the counts that are wanted beside it.
//!
//! [`SearchText::terms`] turns any text into a query that PostgreSQL accepts; [`corrections`] decides which known words a
//! mistyped one may have meant, and [`Marked`] shows which words of a text matched.

mod correction;
mod facet;
mod marked;
mod text;

pub use correction::corrections;
pub use facet::{Facets, PRICE_STEPS, RATING_STEPS};
pub use marked::{MARK_END, MARK_START, Marked, Matching, words_of};
pub use text::{MOST_SEARCH_WORDS, SearchTerms, SearchText};

use crate::{CategoryId, Key, KeyKind, ListOrder, Money, ProductId, Rating};

/// Categories that a search can be limited to at once.
pub const MOST_SEARCH_CATEGORIES: usize = 50;

/// A search for products; all conditions must hold.
#[derive(Debug, Clone)]
pub struct ProductSearch {
    /// What is looked for.
    pub text: SearchText,
    /// What the products found must fulfil.
    pub filter: SearchFilter,
    /// In which order they come.
    pub sort: SearchSort,
    /// What is counted beside them.
    pub facets: Facets,
    /// Only products that come after this place, a key of [`SearchSort::list_order`].
    pub after: Option<Key>,
    /// Products to skip.
    pub skip: i64,
    /// Products at most.
    pub limit: i64,
}

/// Conditions on the products found; by default those that are sold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchFilter {
    /// Only these categories; any when empty.
    pub categories: Vec<CategoryId>,
    /// This price or dearer.
    pub min_price: Option<Money>,
    /// This price or cheaper.
    pub max_price: Option<Money>,
    /// Only what is in stock.
    pub in_stock_only: bool,
    /// Reviewed, and on average with so many stars or more.
    pub min_rating: Option<Rating>,
    /// Also what is no longer sold.
    pub include_inactive: bool,
}

impl SearchFilter {
    /// Whether anything but what is no longer sold is left out.
    pub fn is_selective(&self) -> bool {
        *self != Self { include_inactive: self.include_inactive, ..Self::default() }
    }
}

/// In which order the products found come; ties are broken by ascending id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchSort {
    /// Best match first.
    #[default]
    Relevance,
    /// Cheapest first.
    PriceAscending,
    /// Dearest first.
    PriceDescending,
    /// By name, regardless of case.
    Name,
    /// Highest id first.
    Newest,
    /// Best average first, what has no review last.
    Rating,
}

impl SearchSort {
    /// Every order with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Relevance, "relevance"),
        (Self::PriceAscending, "price_asc"),
        (Self::PriceDescending, "price_desc"),
        (Self::Name, "name"),
        (Self::Newest, "newest"),
        (Self::Rating, "rating"),
    ];

    /// What is found, in this order. Its keys are names as they are written, or the bits of a number: exact, whatever it is.
    pub const fn list_order(self) -> ListOrder {
        let (name, kind) = match self {
            Self::Relevance => ("relevance", KeyKind::Number),
            Self::PriceAscending => ("price_asc", KeyKind::Number),
            Self::PriceDescending => ("price_desc", KeyKind::Number),
            Self::Name => ("name", KeyKind::Text),
            Self::Newest => ("newest", KeyKind::Number),
            Self::Rating => ("rating", KeyKind::Number),
        };
        ListOrder::new("products/search", name, kind)
    }

    /// The key of a product in this order, which is a number except by name.
    pub fn key_of(self, number: f64, name: &str, id: ProductId) -> Key {
        match self {
            Self::Name => Key::Text(name.to_owned(), id.0),
            _ => Key::Number(number.to_bits().cast_signed(), id.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sold_or_not_is_no_selection() {
        assert!(!SearchFilter { include_inactive: true, ..SearchFilter::default() }.is_selective());
        assert!(SearchFilter { in_stock_only: true, ..SearchFilter::default() }.is_selective());
    }
}
