//! Permissions to set a new password without knowing the old one, by the SHA-256 of the token that was mailed. A client
//! has one at most: the last one asked for.

use std::time::Duration;

use diesel::{
    dsl::now,
    prelude::*,
    result::OptionalExtension,
    sql_query,
    sql_types::{BigInt, Binary, Double},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::ClientId;

use crate::{Connection, Result, refresh_tokens::TokenHash, schema::password_resets};

/// Lets whoever has this token set the password of a client, for a while; an earlier token of the client's is good no
/// more. `false` when there is no such client any more, or it was erased.
///
/// # Errors
/// Only when the database fails.
pub async fn replace(
    conn: &mut Connection,
    client: ClientId,
    token: &TokenHash,
    lifetime: Duration,
) -> Result<bool> {
    let replace = "INSERT INTO password_resets (token_hash, client_id, expires_at) \
                   SELECT $1, id, now() + make_interval(secs => $3) \
                   FROM clients WHERE id = $2 AND erased_at IS NULL FOR KEY SHARE \
                   ON CONFLICT ON CONSTRAINT password_resets_client_id_key DO UPDATE SET \
                   token_hash = excluded.token_hash, created_at = now(), expires_at = excluded.expires_at, \
                   used_at = NULL";
    let replaced = sql_query(replace)
        .bind::<Binary, _>(token.as_slice())
        .bind::<BigInt, _>(client.0)
        .bind::<Double, _>(lifetime.as_secs_f64())
        .execute(conn)
        .await?;
    Ok(replaced > 0)
}

/// Whose password a token lets set, if it is still good.
///
/// # Errors
/// Only when the database fails.
pub async fn find_client(conn: &mut Connection, token: &TokenHash) -> Result<Option<ClientId>> {
    let client = password_resets::table
        .find(token.as_slice())
        .filter(password_resets::used_at.is_null())
        .filter(password_resets::expires_at.gt(now))
        .select(password_resets::client_id);
    Ok(client.first(conn).await.optional()?.map(ClientId))
}

/// Uses a token up; `false` when it is no longer good. The caller has locked the client.
///
/// # Errors
/// Only when the database fails.
pub async fn use_in_tx(conn: &mut Connection, token: &TokenHash) -> Result<bool> {
    let good = password_resets::table
        .find(token.as_slice())
        .filter(password_resets::used_at.is_null())
        .filter(password_resets::expires_at.gt(now));
    Ok(diesel::update(good).set(password_resets::used_at.eq(now)).execute(conn).await? > 0)
}

/// Takes back what was mailed to a client.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_of_client(conn: &mut Connection, client: ClientId) -> Result<()> {
    let theirs = password_resets::table.filter(password_resets::client_id.eq(client.0));
    diesel::delete(theirs).execute(conn).await?;
    Ok(())
}

/// Deletes up to `most` that expired longer ago than this, and returns how many.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_expired(conn: &mut Connection, age: Duration, most: i64) -> Result<usize> {
    let delete = "DELETE FROM password_resets WHERE token_hash IN ( \
                      SELECT token_hash FROM password_resets \
                      WHERE expires_at < now() - make_interval(secs => $1) \
                      ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    Ok(sql_query(delete).bind::<Double, _>(age.as_secs_f64()).bind::<BigInt, _>(most).execute(conn).await?)
}
