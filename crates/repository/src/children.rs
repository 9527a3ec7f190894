//! The rows that belong to many parents, in one query, with a cap for each parent.

use diesel::{
    QueryResult,
    deserialize::QueryableByName,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Untyped},
};
use diesel_async::RunQueryDsl;

use crate::{Connection, Result};

/// The first `most` rows (by id) of `table` that meet a condition for each parent, all parents in one query, ordered by id.
pub(crate) async fn list<R>(
    conn: &mut Connection,
    table: &'static str,
    parent_column: &'static str,
    condition: &'static str,
    parents: &[i64],
    most: i64,
) -> Result<Vec<R>>
where
    R: QueryableByName<Pg> + Send + 'static,
{
    if parents.is_empty() {
        return Ok(Vec::new());
    }
    let children = Children { table, parent_column, condition, parents, most };
    Ok(children.load(conn).await?)
}

/// The query. Its text has no values in it, so the connection keeps it prepared.
struct Children<'a> {
    table: &'static str,
    parent_column: &'static str,
    condition: &'static str,
    parents: &'a [i64],
    most: i64,
}

impl QueryFragment<Pg> for Children<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { table, parent_column, condition, parents, most } = self;
        out.push_sql("SELECT child.* FROM (SELECT DISTINCT unnest(");
        out.push_bind_param::<Array<BigInt>, _>(parents)?;
        out.push_sql(") AS id) AS parent CROSS JOIN LATERAL (SELECT * FROM ");
        for text in [table, " WHERE ", parent_column, " = parent.id AND ", condition, " ORDER BY id LIMIT "] {
            out.push_sql(text);
        }
        out.push_bind_param::<BigInt, _>(most)?;
        out.push_sql(") AS child ORDER BY child.id");
        Ok(())
    }
}

impl QueryId for Children<'_> {
    type QueryId = ();
    // Its text depends on the table.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Children<'_> {
    type SqlType = Untyped;
}
