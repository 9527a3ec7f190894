//! The language of the words, and how the vectors are brought into another one.

use diesel::{
    prelude::*,
    result::OptionalExtension,
    sql_query,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use diesel_async::RunQueryDsl;

use crate::{Connection, Result, signals};

/// Vectors that one transaction brings into the language.
const BATCH: i64 = 1_000;

/// The language of the vectors.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Language {
    /// A text search configuration of the database, such as `english`.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Whether all vectors are in it; see [`rebuild_in_tx`].
    #[diesel(sql_type = Bool)]
    pub complete: bool,
}

/// The language that products are indexed and searched in.
///
/// # Errors
/// Only when the database fails.
pub async fn get_language(conn: &mut Connection) -> Result<Language> {
    let sql = "SELECT language AS name, rebuilt_to IS NULL AS complete FROM product_search_settings";
    Ok(sql_query(sql).get_result(conn).await?)
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The languages that the database knows, in alphabetical order.
///
/// # Errors
/// Only when the database fails.
pub async fn list_languages(conn: &mut Connection) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT cfgname::text AS name FROM pg_ts_config WHERE pg_ts_config_is_visible(oid) ORDER BY 1";
    let rows: Vec<NameRow> = sql_query(sql).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// Makes `language`, one of [`list_languages`], that of all products and searches from now on. The vectors that are there
/// are brought into it by [`rebuild_in_tx`]; until then searches find them by chance.
///
/// Waits for whoever is writing products, and keeps others from it until the transaction ends: a product that was
/// indexed in the old language must not be committed behind the back of the rebuilding.
///
/// # Errors
/// Only when the database fails.
pub async fn change_in_tx(conn: &mut Connection, language: &str) -> Result<()> {
    sql_query("LOCK TABLE products IN SHARE MODE").execute(conn).await?;
    sql_query("UPDATE product_search_settings SET language = $1, rebuilt_to = $2")
        .bind::<Text, _>(language)
        .bind::<BigInt, _>(i64::MIN)
        .execute(conn)
        .await?;
    // Servers keep the answers of searches.
    signals::tell_everything_in_tx(conn).await
}

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    place: Option<i64>,
}

/// Brings the next 1,000 vectors into the language and returns how many there were: 0 when all are in it. Commit after
/// each call; a rebuilding that was interrupted goes on where it was.
///
/// # Errors
/// Only when the database fails.
pub async fn rebuild_in_tx(conn: &mut Connection) -> Result<usize> {
    let settings = "SELECT rebuilt_to AS place FROM product_search_settings FOR UPDATE";
    let row: Option<PlaceRow> = sql_query(settings).get_result(conn).await.optional()?;
    let Some(after) = row.and_then(|row| row.place) else { return Ok(0) };
    // Locked by one statement and read by the next, which sees what was committed while the first one waited.
    let locked = "SELECT max(product_id) AS place FROM ( \
                  SELECT product_id FROM product_search WHERE product_id > $1 ORDER BY product_id LIMIT $2 FOR UPDATE \
                  ) AS batch";
    let last: PlaceRow =
        sql_query(locked).bind::<BigInt, _>(after).bind::<BigInt, _>(BATCH).get_result(conn).await?;
    let rebuilt = match last.place {
        None => 0,
        Some(last) => {
            let rebuild = "UPDATE product_search SET vector = product_search_vector( \
                           product_search_language(), product.name, product.description) \
                           FROM products AS product WHERE product.id = product_id \
                           AND product_id > $1 AND product_id <= $2";
            let rebuild = sql_query(rebuild).bind::<BigInt, _>(after).bind::<BigInt, _>(last);
            let vectors = rebuild.execute(conn).await?;
            let learn = "INSERT INTO product_search_lexemes (lexeme) SELECT DISTINCT used.lexeme \
                         FROM product_search, unnest(tsvector_to_array(vector)) AS used (lexeme) \
                         WHERE product_id > $1 AND product_id <= $2 AND NOT EXISTS ( \
                         SELECT FROM product_search_lexemes AS known WHERE known.lexeme = used.lexeme COLLATE \"C\")";
            sql_query(learn).bind::<BigInt, _>(after).bind::<BigInt, _>(last).execute(conn).await?;
            signals::tell_everything_in_tx(conn).await?;
            vectors
        }
    };
    sql_query("UPDATE product_search_settings SET rebuilt_to = $1")
        .bind::<Nullable<BigInt>, _>(last.place)
        .execute(conn)
        .await?;
    Ok(rebuilt)
}
