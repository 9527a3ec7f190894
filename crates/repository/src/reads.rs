//! The reads that every table has, written once: by id, by several ids.

/// Defines `find`, `get`, `list_by_ids` and the private `not_found` for a table whose key is `id`.
macro_rules! reads {
    ($table:ident, $row:ident, $value:ident, $id:ident, $resource:expr) => {
        /// The row with this id, if there is one.
        ///
        /// # Errors
        /// Only when the database fails.
        pub async fn find(conn: &mut Connection, id: $id) -> Result<Option<$value>> {
            let row = $table::table.find(id.0).select($row::as_select()).first(conn).await.optional()?;
            row.map(|row| Ok($value::try_from(row)?)).transpose()
        }

        /// The row with this id.
        ///
        /// # Errors
        /// [`Error::NotFound`].
        pub async fn get(conn: &mut Connection, id: $id) -> Result<$value> {
            find(conn, id).await?.ok_or(not_found(id))
        }

        /// The rows with these ids, ordered by id; ids without a row are left out.
        ///
        /// # Errors
        /// Only when the database fails.
        pub async fn list_by_ids(conn: &mut Connection, ids: &[$id]) -> Result<Vec<$value>> {
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
            let rows = $table::table
                .filter($table::id.eq_any(ids))
                .order($table::id)
                .select($row::as_select())
                .load(conn)
                .await?;
            $crate::reads::into_values(rows)
        }

        fn not_found(id: $id) -> Error {
            Error::NotFound { resource: $resource, id: id.0 }
        }
    };
}
pub(crate) use reads;

use crate::{Error, Result};

/// Turns rows into domain values.
pub(crate) fn into_values<R, V>(rows: Vec<R>) -> Result<Vec<V>>
where
    V: TryFrom<R>,
    Error: From<V::Error>,
{
    rows.into_iter().map(|row| Ok(V::try_from(row)?)).collect()
}
