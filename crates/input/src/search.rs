//! What a search for products asks for, as query strings say it.

use serde_json::Value;
use stockroom_domain::{CategoryId, Facets, MOST_SEARCH_CATEGORIES, SearchSort, SearchText, Violation};

use crate::{FieldValue, values::string};

impl FieldValue for SearchText {
    fn read(value: &Value) -> Result<Self, Violation> {
        Self::parse(string(value)?)
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

/// A comma list of 1 to [`MOST_SEARCH_CATEGORIES`] categories, in ascending order and without duplicates.
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

/// The items of a comma list, without blanks and empty ones.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
