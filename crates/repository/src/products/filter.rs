//! Which products a list shows, and in which order.

use diesel::{pg::Pg, prelude::*, sql_types::Text};
use stockroom_domain::{CategoryId, Money, Page, ProductSort};

use crate::schema::products;

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
    pub(super) fn query(&self, page: Page) -> products::BoxedQuery<'_, Pg> {
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
        match self.sort {
            None => query.filter(products::id.gt(page.after.unwrap_or(i64::MIN))).order(products::id.asc()),
            Some(ProductSort::Newest) => query.order(products::id.desc()),
            Some(ProductSort::PriceAscending) => query.order((products::price.asc(), products::id.asc())),
            Some(ProductSort::PriceDescending) => query.order((products::price.desc(), products::id.desc())),
            Some(ProductSort::NameAscending) => {
                query.order((lower(products::name).asc(), products::id.asc()))
            }
            Some(ProductSort::NameDescending) => {
                query.order((lower(products::name).desc(), products::id.desc()))
            }
        }
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
