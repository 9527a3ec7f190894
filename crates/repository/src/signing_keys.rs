//! The keys that sign access tokens, where they are not configured: all servers of a shop find the same ones here.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{
    dsl::now,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Double, Timestamptz},
};
use diesel_async::RunQueryDsl;

use crate::{Connection, Result, schema::signing_keys};

/// A key. Its secret is shown nowhere, not even in `Debug`.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::pg::Pg))]
pub struct StoredKey {
    /// Its name in the header of a token.
    pub kid: String,
    /// `EdDSA` or `HS256`.
    pub algorithm: String,
    /// The secret.
    pub secret: Vec<u8>,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// All keys, the newest first, with the age of each by the clock of the database.
///
/// # Errors
/// Only when the database fails.
pub async fn list(conn: &mut Connection) -> Result<Vec<(StoredKey, Duration)>> {
    let keys: Vec<(StoredKey, DateTime<Utc>, DateTime<Utc>)> = signing_keys::table
        .order((signing_keys::created_at.desc(), signing_keys::kid.desc()))
        .select((StoredKey::as_select(), signing_keys::created_at, now.into_sql::<Timestamptz>()))
        .load(conn)
        .await?;
    let aged = |(key, made, read): (_, DateTime<Utc>, DateTime<Utc>)| {
        (key, (read - made).to_std().unwrap_or_default())
    };
    Ok(keys.into_iter().map(aged).collect())
}

/// Lets nobody else add a key until the transaction ends.
///
/// # Errors
/// Only when the database fails.
pub async fn lock_in_tx(conn: &mut Connection) -> Result<()> {
    sql_query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE").execute(conn).await?;
    Ok(())
}

/// Adds a key, which is the newest then.
///
/// # Errors
/// Only when the database fails.
pub async fn insert(conn: &mut Connection, key: &StoredKey) -> Result<()> {
    diesel::insert_into(signing_keys::table).values(key).execute(conn).await?;
    Ok(())
}

/// Deletes up to `most` keys that have had a successor for longer than this, and returns how many.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_superseded(conn: &mut Connection, age: Duration, most: i64) -> Result<usize> {
    let delete = "DELETE FROM signing_keys WHERE kid IN ( \
                      SELECT old.kid FROM signing_keys old WHERE EXISTS ( \
                          SELECT FROM signing_keys new WHERE new.created_at > old.created_at \
                          AND new.created_at < now() - make_interval(secs => $1)) \
                      LIMIT $2)";
    Ok(sql_query(delete).bind::<Double, _>(age.as_secs_f64()).bind::<BigInt, _>(most).execute(conn).await?)
}
