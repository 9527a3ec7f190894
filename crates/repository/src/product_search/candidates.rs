//! The products that a search looks at, and which of its conditions each of them fulfils.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Text},
};
use stockroom_domain::{Money, ProductSearch, SearchTerms};

use super::Wanted;

/// The relations `asked` (one row: `query`, `whole`, `name`) and `seen` (rows of `product_search` with `place` and, for
/// each condition, whether it is fulfilled), to follow `WITH`. They are written once, for several statements.
#[derive(Debug, QueryId)]
pub(super) struct Candidates {
    terms: Terms,
    name: String,
    any_category: bool,
    categories: Vec<i64>,
    min_price: i64,
    max_price: i64,
    in_stock_only: bool,
    min_rating: i64,
    include_inactive: bool,
}

/// The parameters of `product_search_query`.
#[derive(Debug, QueryId)]
struct Terms {
    words: String,
    last: String,
    corrected: String,
}

impl From<&Wanted> for Terms {
    fn from(wanted: &Wanted) -> Self {
        match wanted.clone() {
            Wanted::Words(SearchTerms { words, last }) => Self { words, last, corrected: String::new() },
            Wanted::Corrected(corrected) => Self { words: String::new(), last: String::new(), corrected },
        }
    }
}

impl QueryFragment<Pg> for Terms {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("product_search_query(");
        out.push_bind_param::<Text, _>(&self.words)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(&self.last)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(&self.corrected)?;
        out.push_sql(")");
        Ok(())
    }
}

impl Candidates {
    pub(super) fn new(search: &ProductSearch, wanted: &Wanted) -> Self {
        let filter = &search.filter;
        let thousandths = |stars: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "a rating is from 1 to 5")]
            let thousandths = (stars * 1000.0).round() as i64;
            thousandths
        };
        Self {
            terms: wanted.into(),
            name: search.text.as_str().to_owned(),
            any_category: filter.categories.is_empty(),
            categories: filter.categories.iter().map(|id| id.0).collect(),
            min_price: filter.min_price.map_or(0, Money::minor),
            max_price: filter.max_price.map_or(i64::MAX, Money::minor),
            in_stock_only: filter.in_stock_only,
            min_rating: filter.min_rating.map_or(0, |rating| thousandths(rating.stars())),
            include_inactive: filter.include_inactive,
        }
    }
}

impl QueryFragment<Pg> for Candidates {
    /// What has the words in its name comes first; the rest is not even looked for when that is enough.
    ///
    /// No subquery is joined to another: each is a value that was computed before, so the plan does not depend on the
    /// words, and it uses the indexes whatever they are.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("asked AS MATERIALIZED (SELECT query, whole, lower(");
        out.push_bind_param::<Text, _>(&self.name)?;
        out.push_sql(") AS name FROM ");
        self.terms.walk_ast(out.reborrow())?;
        out.push_sql(
            "), \
             named AS MATERIALIZED ( \
                SELECT * FROM product_search \
                WHERE name_key COLLATE \"C\" >= (SELECT name FROM asked) \
                    AND name_key COLLATE \"C\" < (SELECT name || chr(1114111) FROM asked) \
                ORDER BY name_key COLLATE \"C\", product_id LIMIT 100), \
             matched AS (SELECT * FROM ( \
                SELECT * FROM product_search \
                WHERE ts_filter(vector, '{a}') @@ (SELECT query FROM asked) \
                    AND product_id NOT IN (SELECT product_id FROM named) \
                UNION ALL \
                SELECT * FROM product_search \
                WHERE vector @@ (SELECT query FROM asked) AND NOT ts_filter(vector, '{a}') @@ (SELECT query FROM asked) \
                    AND product_id NOT IN (SELECT product_id FROM named) \
                ) AS either LIMIT 10001), \
             placed AS ( \
                SELECT *, 0::bigint AS place FROM named UNION ALL SELECT *, row_number() OVER () FROM matched), \
             seen AS ( \
                SELECT product_id, vector, name_key, price, category_id, rating_count, rating_sum, place, (",
        );
        out.push_bind_param::<Bool, _>(&self.any_category)?;
        out.push_sql(" OR category_id = ANY (");
        out.push_bind_param::<Array<BigInt>, _>(&self.categories)?;
        out.push_sql(")) AS in_category, price BETWEEN ");
        out.push_bind_param::<BigInt, _>(&self.min_price)?;
        out.push_sql(" AND ");
        out.push_bind_param::<BigInt, _>(&self.max_price)?;
        out.push_sql(" AS in_price, (NOT ");
        out.push_bind_param::<Bool, _>(&self.in_stock_only)?;
        out.push_sql(
            " OR (SELECT stock > 0 FROM products WHERE id = product_id)) AS in_stock, \
             (asked_rating = 0 OR rating_count > 0 AND rating_sum >= asked_rating * rating_count) AS in_rating \
             FROM placed, LATERAL (SELECT ",
        );
        out.push_bind_param::<BigInt, _>(&self.min_rating)?;
        out.push_sql("::bigint AS asked_rating) AS rating WHERE (");
        out.push_bind_param::<Bool, _>(&self.include_inactive)?;
        out.push_sql(" OR active))");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::{debug_query, pg::Pg};
    use stockroom_domain::{Facets, SearchFilter, SearchSort, SearchText};

    use super::{
        super::{MOST_EXAMINED, MOST_NAMED},
        *,
    };

    #[test]
    fn the_bounds_are_those_that_are_told() {
        let text = SearchText::parse("mug").unwrap();
        let wanted = Wanted::Words(text.terms());
        let (filter, sort, facets) = (SearchFilter::default(), SearchSort::default(), Facets::default());
        let search = ProductSearch { text, filter, sort, facets, after: None, skip: 0, limit: 1 };
        let sql = debug_query::<Pg, _>(&Candidates::new(&search, &wanted)).to_string();
        assert!(sql.contains(&format!(" LIMIT {MOST_NAMED})")), "{sql}");
        assert!(sql.contains(&format!(" LIMIT {})", MOST_EXAMINED + 1)), "{sql}");
    }
}
