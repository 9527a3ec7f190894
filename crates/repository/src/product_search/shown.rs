//! What a page of found products shows beside their fields: where the text matched, and how they were rated.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Nullable, Text},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::{Marked, ProductId};

use super::{Wanted, candidates::Terms};
use crate::{Connection, Result};

/// What is shown of one product.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The product.
    pub product_id: ProductId,
    /// Its name, with what matched.
    pub name: Marked,
    /// The beginning of its description, with what matched.
    pub description: Option<Marked>,
    /// How many reviews it has.
    pub rating_count: i64,
    /// The sum of their ratings, in thousandths of a star.
    pub rating_sum: i64,
}

#[derive(Debug, QueryId)]
struct List {
    terms: Terms,
    corrected: bool,
    ids: Vec<i64>,
}

type Row = (i64, String, String, Option<String>, Option<String>, i64, i64);

impl Query for List {
    type SqlType = (BigInt, Text, Text, Nullable<Text>, Nullable<Text>, BigInt, BigInt);
}

impl QueryFragment<Pg> for List {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH asked AS MATERIALIZED (SELECT ");
        self.terms.walk_ast(out.reborrow())?;
        out.push_sql(" AS query, CASE WHEN ");
        out.push_bind_param::<Bool, _>(&self.corrected)?;
        out.push_sql(
            " THEN 'simple'::regconfig ELSE product_search_language() END AS language, \
                E'HighlightAll=true, StartSel=\\uE000, StopSel=\\uE001' AS marks), \
             shown AS (SELECT id, name, left(description, 10000) AS description, rating_count, rating_sum \
                FROM product_search JOIN products ON id = product_id WHERE product_id = ANY (",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(
            ")) SELECT id, name, ts_headline(language, product_search_plain(name), query, marks), \
                description, ts_headline(language, product_search_plain(description), query, marks), \
                rating_count, rating_sum FROM shown, asked",
        );
        Ok(())
    }
}

/// `unfinished` is the last word in lower case, when it may be the beginning of others.
pub(super) async fn list(
    conn: &mut Connection,
    wanted: &Wanted,
    unfinished: &str,
    ids: Vec<i64>,
) -> Result<Vec<Shown>> {
    let corrected = matches!(wanted, Wanted::Corrected(_));
    let rows: Vec<Row> = List { terms: wanted.into(), corrected, ids }.get_results(conn).await?;
    let shown = |(id, name, marked_name, description, marked, rating_count, rating_sum): Row| Shown {
        product_id: ProductId(id),
        name: Marked::new(&name, &marked_name, unfinished),
        description: description.zip(marked).map(|(text, marked)| Marked::new(&text, &marked, unfinished)),
        rating_count,
        rating_sum,
    };
    Ok(rows.into_iter().map(shown).collect())
}
