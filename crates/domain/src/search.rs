//! What a search for products asks for: text, conditions, an order, and the counts that are wanted beside it.
//!
//! [`SearchText::terms`] turns any text into a query that PostgreSQL accepts; [`corrections`] decides which known words a
//! mistyped one may have meant, and [`Marked`] shows which words of a text matched.

mod correction;
mod facet;
#[path = "../../input/src/highlight.rs"]
mod highlight;
mod text;

use serde_json::Value;

pub use correction::corrections;
pub use facet::{Facets, PRICE_STEPS, RATING_STEPS};
pub use highlight::{MARK_END, MARK_START, Marked, Matching, words_of};
pub use text::{MOST_SEARCH_WORDS, SearchTerms, SearchText};

use crate::{
    CategoryId, Key, KeyKind, ListOrder, Money, ProductId, Rating, Violation, input::FieldValue, text::string,
};

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

impl FieldValue for SearchSort {
    fn read(value: &Value) -> Result<Self, Violation> {
        let name = string(value)?;
        let named = Self::ALL.into_iter().find(|(_, known)| *known == name);
        named.map(|(sort, _)| sort).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
            Violation::new("enum", format!("Input should be one of: {}", known.join(", ")))
        })
    }
}

/// A comma list of categories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategoryList(pub Vec<CategoryId>);

impl FieldValue for CategoryList {
    fn read(value: &Value) -> Result<Self, Violation> {
        let mut ids = items(string(value)?)
            .map(|id| i64::read(&Value::from(id)).map(CategoryId))
            .collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        match ids.len() {
            0 => Err(Violation::new("too_short", "List should have at least 1 item, not 0")),
            count if count > MOST_SEARCH_CATEGORIES => {
                let message = format!("List should have at most {MOST_SEARCH_CATEGORIES} items, not {count}");
                Err(Violation::new("too_long", message))
            }
            _ => Ok(Self(ids)),
        }
    }
}

/// The items of a comma list, without blanks and empty ones.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Cursor;

    #[test]
    fn orders_have_names_and_nothing_else_is_one() {
        for (sort, name) in SearchSort::ALL {
            assert_eq!(SearchSort::read(&json!(name)), Ok(sort));
        }
        for value in [json!(""), json!("Relevance"), json!("name_asc"), json!(1), json!(null)] {
            assert!(SearchSort::read(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn categories_are_a_comma_list_without_duplicates() {
        let read = |text: &str| CategoryList::read(&json!(text)).map(|list| list.0);
        assert_eq!(read("3"), Ok(vec![CategoryId(3)]));
        assert_eq!(read(" 3,1 ,,3"), Ok(vec![CategoryId(1), CategoryId(3)]));
        assert_eq!(read(",").unwrap_err().kind, "too_short");
        assert_eq!(read("1,x").unwrap_err().kind, "int_parsing");
        let many: Vec<_> = (0..=MOST_SEARCH_CATEGORIES).map(|id| id.to_string()).collect();
        assert_eq!(read(&many.join(",")).unwrap_err().kind, "too_long");
        assert_eq!(read(&many[1..].join(",")).unwrap().len(), MOST_SEARCH_CATEGORIES);
    }

    #[test]
    fn every_order_is_a_list_of_its_own() {
        for (sort, _) in SearchSort::ALL {
            let key = sort.key_of(2.1, "Mug", ProductId(7));
            for (other, _) in SearchSort::ALL {
                let cursor = Cursor::new(sort.list_order(), key.clone());
                assert_eq!(cursor.key_in(other.list_order()).is_ok(), sort == other, "{sort:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_is_sold_or_not_is_no_selection() {
        assert!(!SearchFilter { include_inactive: true, ..SearchFilter::default() }.is_selective());
        assert!(SearchFilter { in_stock_only: true, ..SearchFilter::default() }.is_selective());
    }
}
