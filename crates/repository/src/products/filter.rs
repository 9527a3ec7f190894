//! Which products a list shows, and in which order.

use diesel::{pg::Pg, prelude::*, sql_types::Text};
use stockroom_domain::{CategoryId, Key, ListOrder, ListPosition, Money, Page, Product, ProductSort};

use super::beyond::Beyond;
use crate::{Error, Result, lists, schema::products};

diesel::define_sql_function!(fn lower(text: Text) -> Text);

/// Conditions that all must hold, and an order; ties are broken by id.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    /// The name contains this text, regardless of case.
    pub search: Option<String>,
    /// Only this category.
    pub category_id: Option<CategoryId>,
    /// This price or dearer.
    pub min_price: Option<Money>,
    /// This price or cheaper.
    pub max_price: Option<Money>,
    /// Only what is in stock.
    pub in_stock_only: bool,
    /// Also what is no longer sold.
    pub include_inactive: bool,
    /// The order; by ascending id when `None`.
    pub sort: Option<ProductSort>,
}

impl ProductFilter {
    /// The list in the order that this filter gives it.
    pub fn list_order(&self) -> ListOrder {
        self.sort.map_or(ListOrder::PRODUCTS, ProductSort::list_order)
    }

    /// The place of a product in the list.
    pub fn position_of(&self, product: &Product) -> ListPosition {
        let key = self.sort.map_or(Key::Id(product.id.0), |sort| sort.key_of(product));
        ListPosition { order: self.list_order(), key }
    }

    /// The products that pass, in the filter's order, after the page's key.
    pub(super) fn query<'a>(&'a self, page: &'a Page) -> Result<products::BoxedQuery<'a, Pg>> {
        let query = match &page.after {
            Some(key) => self.after(key)?,
            None => self.matching(),
        };
        Ok(match self.sort {
            None => query.order(products::id.asc()),
            Some(ProductSort::Newest) => query.order(products::id.desc()),
            Some(ProductSort::PriceAscending) => query.order((products::price.asc(), products::id.asc())),
            Some(ProductSort::PriceDescending) => query.order((products::price.desc(), products::id.desc())),
            Some(ProductSort::NameAscending) => {
                query.order((lower(products::name).asc(), products::id.asc()))
            }
            Some(ProductSort::NameDescending) => {
                query.order((lower(products::name).desc(), products::id.desc()))
            }
        })
    }

    /// The products that pass and come after this key.
    fn after<'a>(&'a self, key: &'a Key) -> Result<products::BoxedQuery<'a, Pg>> {
        let query = self.matching();
        Ok(match (self.sort, key) {
            (None, key) => query.filter(products::id.gt(lists::id(key)?)),
            (Some(ProductSort::Newest), key) => query.filter(products::id.lt(lists::id(key)?)),
            (Some(ProductSort::PriceAscending), Key::Number(price, id)) => {
                query.filter(Beyond::Price(*price, *id))
            }
            (Some(ProductSort::PriceDescending), Key::Number(price, id)) => {
                query.filter(Beyond::PriceBackwards(*price, *id))
            }
            (Some(ProductSort::NameAscending), Key::Text(name, id)) => query.filter(Beyond::Name(name, *id)),
            (Some(ProductSort::NameDescending), Key::Text(name, id)) => {
                query.filter(Beyond::NameBackwards(name, *id))
            }
            (Some(_), _) => return Err(Error::KeyMismatch),
        })
    }

    /// The products that pass, in no order.
    pub(super) fn matching(&self) -> products::BoxedQuery<'_, Pg> {
        let mut query = products::table.into_boxed();
        if let Some(text) = &self.search {
            query = query.filter(products::name.ilike(containing(text)));
        }
        if let Some(category) = self.category_id {
            query = query.filter(products::category_id.eq(category.0));
        }
        if let Some(least) = self.min_price {
            query = query.filter(products::price.ge(least.minor()));
        }
        if let Some(most) = self.max_price {
            query = query.filter(products::price.le(most.minor()));
        }
        if self.in_stock_only {
            query = query.filter(products::stock.gt(0));
        }
        if !self.include_inactive {
            query = query.filter(products::active);
        }
        query
    }
}

/// A `LIKE` pattern for any text that contains this one; the pattern's own signs mean themselves.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_the_pattern_mean_themselves() {
        assert_eq!(containing(r"50%_\"), r"%50\%\_\\%");
    }
}
