//! Counts of what was found, by category, price, stock and rating.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Nullable, Text},
};
use stockroom_domain::{CategoryId, Facets, Money, PRICE_STEPS, RATING_STEPS};

use super::candidates::Candidates;

/// Counts of a search; `None` where they were not wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FacetCounts {
    /// The categories with most of the products found, 100 at most, most first.
    pub categories: Option<Vec<CategoryCount>>,
    /// The price ranges, cheapest first; those without a product too.
    pub prices: Option<Vec<PriceCount>>,
    /// In stock, and not.
    pub in_stock: Option<StockCount>,
    /// So many stars or more, most stars first.
    pub ratings: Option<Vec<RatingCount>>,
}

/// Products of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCount {
    /// The category.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// Products found in it.
    pub count: i64,
}

/// Products in a price range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceCount {
    /// The lowest price in it.
    pub from: Money,
    /// The highest price in it, if there is one.
    pub to: Option<Money>,
    /// Products found in it.
    pub count: i64,
}

/// Products in stock and out of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StockCount {
    /// In stock.
    pub yes: i64,
    /// Out of stock.
    pub no: i64,
}

/// Products with an average of so many stars or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingCount {
    /// The stars.
    pub from: i64,
    /// Products found that have them.
    pub count: i64,
}

/// Rows of facet, key and count; a category's with its name.
#[derive(Debug, QueryId)]
pub(super) struct Count {
    pub(super) candidates: Candidates,
    pub(super) wanted: Facets,
}

pub(super) type Row = (String, i64, Option<String>, i64);

impl Query for Count {
    type SqlType = (Text, BigInt, Nullable<Text>, BigInt);
}

impl QueryFragment<Pg> for Count {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH ");
        self.candidates.walk_ast(out.reborrow())?;
        // A condition must not be computed again for each facet.
        out.push_sql(
            ", counted AS MATERIALIZED ( \
                SELECT product_id, price, category_id, rating_count, rating_sum, in_category, in_price, in_stock, in_rating \
                FROM seen WHERE place <= 10000) \
             (SELECT 'category', id, name, count FROM ( \
                SELECT category_id, count(*) AS count FROM counted WHERE in_price AND in_stock AND in_rating AND ",
        );
        out.push_bind_param::<Bool, _>(&self.wanted.category)?;
        out.push_sql(
            " GROUP BY category_id ORDER BY count DESC, category_id LIMIT 100 \
             ) AS most JOIN LATERAL (SELECT id, name FROM categories WHERE id = category_id OFFSET 0) AS category ON true \
             ORDER BY count DESC, id) \
             UNION ALL SELECT 'price', width_bucket(price, ",
        );
        out.push_bind_param::<Array<BigInt>, [i64]>(&PRICE_STEPS)?;
        out.push_sql("), NULL, count(*) FROM counted WHERE in_category AND in_stock AND in_rating AND ");
        out.push_bind_param::<Bool, _>(&self.wanted.price)?;
        out.push_sql(
            " GROUP BY 2 \
             UNION ALL SELECT 'in_stock', (SELECT stock > 0 FROM products WHERE id = product_id)::integer, NULL, count(*) \
                FROM counted WHERE in_category AND in_price AND in_rating AND ",
        );
        out.push_bind_param::<Bool, _>(&self.wanted.in_stock)?;
        out.push_sql(
            " GROUP BY 2 \
             UNION ALL SELECT 'rating', stars, NULL, \
                count(*) FILTER (WHERE rating_count > 0 AND rating_sum >= stars * 1000 * rating_count) \
                FROM counted, unnest(",
        );
        out.push_bind_param::<Array<BigInt>, [i64]>(&RATING_STEPS)?;
        out.push_sql(") AS stars WHERE in_category AND in_price AND in_stock AND ");
        out.push_bind_param::<Bool, _>(&self.wanted.rating)?;
        out.push_sql(" GROUP BY 2");
        Ok(())
    }
}

/// Puts the rows into the facets that were wanted.
pub(super) fn counts(wanted: Facets, rows: Vec<Row>) -> FacetCounts {
    let mut categories = Vec::new();
    let mut prices = price_ranges();
    let mut stock = StockCount::default();
    let mut ratings: Vec<_> = RATING_STEPS.map(|from| RatingCount { from, count: 0 }).into();
    for (facet, key, name, count) in rows {
        match facet.as_str() {
            "category" => {
                categories.push(CategoryCount { id: CategoryId(key), name: name.unwrap_or_default(), count });
            }
            "price" => {
                if let Some(range) = usize::try_from(key).ok().and_then(|place| prices.get_mut(place)) {
                    range.count = count;
                }
            }
            "in_stock" if key == 1 => stock.yes = count,
            "in_stock" => stock.no = count,
            _ => {
                if let Some(rating) = ratings.iter_mut().find(|rating| rating.from == key) {
                    rating.count = count;
                }
            }
        }
    }
    FacetCounts {
        categories: wanted.category.then_some(categories),
        prices: wanted.price.then_some(prices),
        in_stock: wanted.in_stock.then_some(stock),
        ratings: wanted.rating.then_some(ratings),
    }
}

/// All ranges, in the order in which `width_bucket` numbers them.
fn price_ranges() -> Vec<PriceCount> {
    let starts = std::iter::once(0).chain(PRICE_STEPS);
    let ends = PRICE_STEPS.into_iter().map(|end| Some(end - 1)).chain([None]);
    let range = |(from, to): (i64, Option<i64>)| PriceCount {
        from: Money::from_minor(from),
        to: to.map(Money::from_minor),
        count: 0,
    };
    starts.zip(ends).map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_ranges_leave_no_cent_out() {
        let ranges = price_ranges();
        assert_eq!(ranges.len(), PRICE_STEPS.len() + 1);
        for pair in ranges.windows(2) {
            assert_eq!(pair[0].to.unwrap().minor() + 1, pair[1].from.minor());
        }
        assert_eq!((ranges[0].from, ranges[7].to), (Money::ZERO, None));
    }
}
