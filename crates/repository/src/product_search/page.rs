//! A page of what was found: filtered, ranked, sorted.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text},
};
use stockroom_domain::{Key, SearchSort};

use super::candidates::Candidates;

/// One row, whatever is found: how many, whether there may be more, the query; ids and sort keys of the page.
#[derive(Debug, QueryId)]
pub(super) struct Page {
    pub(super) candidates: Candidates,
    pub(super) sort: i32,
    pub(super) most: i64,
    pub(super) after: After,
    pub(super) skip: i64,
    pub(super) limit: i64,
}

pub(super) type Row = (i64, bool, String, Vec<i64>, Vec<f64>);

/// The place after which the page begins; without an id, the beginning.
#[derive(Debug, Default, QueryId)]
pub(super) struct After {
    id: Option<i64>,
    number: f64,
    name: String,
}

impl From<Option<&Key>> for After {
    fn from(key: Option<&Key>) -> Self {
        match key {
            None => Self::default(),
            Some(Key::Id(id)) => Self { id: Some(*id), ..Self::default() },
            Some(Key::Number(bits, id)) => {
                Self { id: Some(*id), number: f64::from_bits(bits.cast_unsigned()), ..Self::default() }
            }
            Some(Key::Text(name, id)) => Self { id: Some(*id), name: name.clone(), ..Self::default() },
        }
    }
}

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
    type SqlType = (BigInt, Bool, Text, Array<BigInt>, Array<Double>);
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
        out.push_sql(
            "::integer AS sort), ranked AS MATERIALIZED ( \
                SELECT product_id, place, \
                    CASE (SELECT sort FROM ordered) \
                    WHEN 0 THEN ts_rank('{0.1, 0.1, 0.1, 1.0}', vector, (SELECT query FROM asked))::float8 \
                        + CASE WHEN vector @@ (SELECT whole FROM asked) THEN 0.5 ELSE 0.0 END \
                        + CASE WHEN name_key = (SELECT name FROM asked) THEN 2.0 \
                               WHEN starts_with(name_key, (SELECT name FROM asked)) THEN 0.5 ELSE 0.0 END \
                    WHEN 1 THEN -price::float8 \
                    WHEN 2 THEN price::float8 \
                    WHEN 4 THEN product_id::float8 \
                    WHEN 5 THEN coalesce(rating_sum::float8 / nullif(rating_count, 0), 0.0) \
                    ELSE 0.0 END AS key, \
                    CASE (SELECT sort FROM ordered) WHEN 3 THEN name_key ELSE '' END AS text_key \
                FROM passed), \
             beyond AS MATERIALIZED (SELECT ",
        );
        out.push_bind_param::<Nullable<BigInt>, _>(&self.after.id)?;
        out.push_sql("::bigint AS id, ");
        out.push_bind_param::<Double, _>(&self.after.number)?;
        // Names in the table are in lower case as PostgreSQL makes it, which is not always that of Rust.
        out.push_sql("::float8 AS key, lower(");
        out.push_bind_param::<Text, _>(&self.after.name)?;
        out.push_sql(
            ") AS text_key), \
             page AS (SELECT * FROM ranked WHERE place <= 10000 AND ((SELECT id FROM beyond) IS NULL \
                    OR (-key, text_key, product_id) > (SELECT -key, text_key, id FROM beyond)) \
                ORDER BY key DESC, text_key, product_id OFFSET ",
        );
        out.push_bind_param::<BigInt, _>(&self.skip)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(
            ") SELECT (SELECT count(*) FROM ranked WHERE place <= 10000), \
                EXISTS (SELECT FROM ranked WHERE place > 10000), (SELECT query::text FROM asked), \
                coalesce(array_agg(product_id), '{}'), coalesce(array_agg(key), '{}') FROM page",
        );
        Ok(())
    }
}
