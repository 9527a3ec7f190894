//! Refresh tokens, by their SHA-256. Each is good for one use, under the lock of its session.

use std::time::Duration;

use diesel::{
    dsl::now,
    prelude::*,
    result::OptionalExtension,
    sql_query,
    sql_types::{BigInt, Double},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::SessionId;

use crate::{Connection, Result, schema::refresh_tokens};

/// The SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// The session that a token belongs to.
///
/// # Errors
/// Only when the database fails.
pub async fn find_session(conn: &mut Connection, token: &TokenHash) -> Result<Option<SessionId>> {
    let session = refresh_tokens::table.find(token.as_slice()).select(refresh_tokens::session_id);
    Ok(session.first(conn).await.optional()?.map(SessionId))
}

/// Uses a token up; `false` when it was used before. The caller has locked its session.
///
/// # Errors
/// Only when the database fails.
pub async fn use_in_tx(conn: &mut Connection, token: &TokenHash) -> Result<bool> {
    let unused = refresh_tokens::table.find(token.as_slice()).filter(refresh_tokens::used_at.is_null());
    Ok(diesel::update(unused).set(refresh_tokens::used_at.eq(now)).execute(conn).await? > 0)
}

/// Keeps a new token of a session.
///
/// # Errors
/// Only when the database fails.
pub async fn insert(conn: &mut Connection, token: &TokenHash, session: SessionId) -> Result<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((refresh_tokens::token_hash.eq(token.as_slice()), refresh_tokens::session_id.eq(session.0)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes up to `most` used tokens that are older than this, and returns how many.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_used(conn: &mut Connection, age: Duration, most: i64) -> Result<usize> {
    let delete = "DELETE FROM refresh_tokens WHERE token_hash IN ( \
                      SELECT token_hash FROM refresh_tokens \
                      WHERE created_at < now() - make_interval(secs => $1) AND used_at IS NOT NULL \
                      ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    Ok(sql_query(delete).bind::<Double, _>(age.as_secs_f64()).bind::<BigInt, _>(most).execute(conn).await?)
}
