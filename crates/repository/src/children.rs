//! The rows that belong to many parents, in one query, with a cap for each parent.

use diesel::{
    deserialize::QueryableByName,
    pg::Pg,
    sql_query,
    sql_types::{Array, BigInt},
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
    let sql = format!(
        "SELECT child.* FROM (SELECT DISTINCT unnest($1) AS id) AS parent \
         CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {parent_column} = parent.id AND {condition} ORDER BY id LIMIT $2) AS child \
         ORDER BY child.id"
    );
    Ok(sql_query(sql).bind::<Array<BigInt>, _>(parents).bind::<BigInt, _>(most).load(conn).await?)
}
