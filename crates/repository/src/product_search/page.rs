//! A page of what was found: filtered, ranked, sorted.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Double, Integer, Nullable},
};
use stockroom_domain::SearchSort;

use super::candidates::{Candidates, Terms};

/// One row, whatever is found: how many, whether there may be more, ids and sort keys of the page.
#[derive(Debug, QueryId)]
pub(super) struct Page {
    pub(super) candidates: Candidates,
    pub(super) whole: Terms,
    pub(super) sort: i32,
    pub(super) most: i64,
    pub(super) skip: i64,
    pub(super) limit: i64,
}

pub(super) type Row = (i64, bool, Vec<i64>, Vec<Option<f64>>);

/// What each order is called in the statement.
pub(super) const fn number(sort: SearchSort) -> i32 {
    match sort {
        SearchSort::Relevance => 0,
        SearchSort::PriceAscending => 1,
        SearchSort::PriceDescending => 2,
        SearchSort::Name => 3,
        SearchSort::Newest => 4,
        SearchSort::Rating => 5,
    }
}

impl Query for Page {
    type SqlType = (BigInt, Bool, Array<BigInt>, Array<Nullable<Double>>);
}

impl QueryFragment<Pg> for Page {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH ");
        self.candidates.walk_ast(out.reborrow())?;
        // The row after the last one examined only tells that there is one.
        out.push_sql(
            ", passed AS (SELECT * FROM seen \
                WHERE place > 10000 OR in_category AND in_price AND in_stock AND in_rating LIMIT ",
        );
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql("), ordered AS (SELECT ");
        out.push_bind_param::<Integer, _>(&self.sort)?;
        // A word of the name counts like ten of the description; words that are whole, and the beginning of the name,
        // count like another one.
        out.push_sql("::integer AS sort), whole AS MATERIALIZED (SELECT ");
        self.whole.walk_ast(out.reborrow())?;
        out.push_sql(
            " AS query), ranked AS MATERIALIZED ( \
                SELECT product_id, place, \
                    CASE (SELECT sort FROM ordered) \
                    WHEN 0 THEN ts_rank('{0.1, 0.1, 0.1, 1.0}', vector, (SELECT query FROM asked))::float8 \
                        + CASE WHEN vector @@ (SELECT query FROM whole) THEN 0.5 ELSE 0.0 END \
                        + CASE WHEN name_key = (SELECT name FROM asked) THEN 2.0 \
                               WHEN starts_with(name_key, (SELECT name FROM asked)) THEN 0.5 ELSE 0.0 END \
                    WHEN 1 THEN -price::float8 \
                    WHEN 2 THEN price::float8 \
                    WHEN 4 THEN product_id::float8 \
                    WHEN 5 THEN rating_sum::float8 / nullif(rating_count, 0) END AS key, \
                    CASE (SELECT sort FROM ordered) WHEN 3 THEN name_key END AS text_key \
                FROM passed), \
             page AS (SELECT * FROM ranked WHERE place <= 10000 \
                ORDER BY key DESC NULLS LAST, text_key, product_id OFFSET ",
        );
        out.push_bind_param::<BigInt, _>(&self.skip)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(
            ") SELECT (SELECT count(*) FROM ranked WHERE place <= 10000), \
                EXISTS (SELECT FROM ranked WHERE place > 10000), \
                coalesce(array_agg(product_id), '{}'), coalesce(array_agg(key), '{}') FROM page",
        );
        Ok(())
    }
}
