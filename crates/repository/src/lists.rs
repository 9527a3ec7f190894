//! The lists that every table has, written once: a page by id, and how many rows there are altogether.
//!
//! A table brings `matching`, the rows that meet the conditions of its filter. Pages are cut out of them by key, so that
//! one at any depth costs what the first one costs.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::Error as DieselError,
    sql_types::Text,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::Key;

use crate::{Connection, Error, Result};

/// Defines `list` and `total` for a table whose key is `id`: of all rows, of those of one parent where it is given
/// (`by client_id: ClientId`), or of those that `matching` picks. `totals` defines `total` alone.
macro_rules! lists {
    ($table:ident, $row:ident, $value:ident) => {
        fn matching() -> $table::BoxedQuery<'static, diesel::pg::Pg> {
            $table::table.into_boxed()
        }

        $crate::lists::lists!($table, $row, $value, matching());
    };
    ($table:ident, $row:ident, $value:ident, by $parent:ident: $id:ty) => {
        fn matching($parent: Option<$id>) -> $table::BoxedQuery<'static, diesel::pg::Pg> {
            let query = $table::table.into_boxed();
            match $parent {
                Some(id) => query.filter($table::$parent.eq(id.0)),
                None => query,
            }
        }

        $crate::lists::lists!($table, $row, $value, matching($parent: Option<$id>));
    };
    ($table:ident, $row:ident, $value:ident, matching($($filter:ident: $type:ty)?)) => {
        /// A page of the list, ordered by id.
        ///
        /// # Errors
        /// [`Error::KeyMismatch`] when the page begins after a key that is no id.
        pub async fn list(conn: &mut Connection, $($filter: $type,)? page: &Page) -> Result<Vec<$value>> {
            let mut query = matching($($filter)?);
            if let Some(key) = &page.after {
                query = query.filter($table::id.gt($crate::lists::id(key)?));
            }
            let rows = query
                .order($table::id)
                .offset(page.skip)
                .limit(page.limit)
                .select($row::as_select())
                .load(conn)
                .await?;
            $crate::reads::into_values(rows)
        }

        $crate::lists::totals!($table, matching($($filter: $type)?));
    };
}
pub(crate) use lists;

macro_rules! totals {
    ($table:ident, matching($($filter:ident: $type:ty)?)) => {
        /// How many rows the whole list has, when the page asks for it.
        ///
        /// # Errors
        /// Only when the database fails.
        pub async fn total(
            conn: &mut Connection,
            $($filter: $type,)?
            page: &Page,
        ) -> Result<Option<stockroom_domain::Total>> {
            use stockroom_domain::{Count, Total};
            let rows = match page.count {
                None => return Ok(None),
                Some(Count::Exact) => matching($($filter)?).count().get_result(conn).await?,
                Some(Count::Estimate) => {
                    $crate::lists::estimate(conn, matching($($filter)?).select($table::id)).await?
                }
            };
            Ok(page.count.map(|count| Total { rows, count }))
        }
    };
}
pub(crate) use totals;

/// The id after which a page of a list by id begins.
pub(crate) fn id(key: &Key) -> Result<i64> {
    match key {
        Key::Id(id) => Ok(*id),
        Key::Number(..) | Key::Text(..) => Err(Error::KeyMismatch),
    }
}

/// A query that is planned and not run.
struct Explain<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("EXPLAIN (FORMAT JSON) ");
        self.0.walk_ast(out)
    }
}

impl<Q> QueryId for Explain<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Explain<Q> {
    // The plan is of the type json, which travels as its text.
    type SqlType = Text;
}

/// How many rows the planner expects of a query.
pub(crate) async fn estimate<Q>(conn: &mut Connection, query: Q) -> Result<i64>
where
    Q: QueryFragment<Pg> + Send,
{
    let plan: String = Explain(query).get_result(conn).await?;
    let unreadable =
        |cause: Box<dyn std::error::Error + Send + Sync>| DieselError::DeserializationError(cause);
    let plan: Value = serde_json::from_str(&plan).map_err(|error| unreadable(error.into()))?;
    let rows = plan.pointer("/0/Plan/Plan Rows").and_then(Value::as_f64);
    let rows = rows.ok_or_else(|| unreadable(format!("a plan without its rows: {plan}").into()))?;
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and this is an estimate")]
    Ok(rows as i64)
}
