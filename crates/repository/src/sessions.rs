//! Sessions: what begins with a sign-in and lasts until it expires or is revoked.
//!
//! Those that have ended are of no use to anybody; they are deleted after a while.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    data_types::PgInterval,
    dsl::now,
    prelude::*,
    result::OptionalExtension,
    sql_query,
    sql_types::{BigInt, Double, Timestamptz},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::{ClientId, Resource, Role, Session, SessionId};

use crate::{
    Connection, Error, Result,
    reads::into_values,
    schema::{clients, sessions},
};

diesel::allow_tables_to_appear_in_same_query!(clients, sessions);

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
struct SessionRow {
    id: i64,
    client_id: i64,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    user_agent: Option<String>,
    address: Option<String>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId(row.id),
            client_id: ClientId(row.client_id),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            user_agent: row.user_agent,
            address: row.address,
        }
    }
}

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Whose it is.
    pub client_id: ClientId,
    /// How long it lasts unless it is refreshed.
    pub lifetime: Duration,
    /// What the device calls itself, up to 200 characters.
    pub user_agent: Option<&'a str>,
    /// The address that the sign-in comes from.
    pub address: Option<&'a str>,
}

/// Whose a live session is, and what that account is to the shop now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The account.
    pub client_id: ClientId,
    /// Its role.
    pub role: Role,
}

/// Begins a session.
///
/// # Errors
/// [`Error::NotFound`] when there is no such client.
pub async fn insert(conn: &mut Connection, new: NewSession<'_>) -> Result<Session> {
    let row = diesel::insert_into(sessions::table)
        .values((
            sessions::client_id.eq(new.client_id.0),
            sessions::expires_at.eq(now.into_sql::<Timestamptz>() + interval(new.lifetime)),
            sessions::user_agent.eq(new.user_agent),
            sessions::address.eq(new.address),
        ))
        .returning(SessionRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| {
            let client = ("sessions_client_id_fkey", Resource::Client, new.client_id.0);
            Error::of_write(error, &[client])
        })?;
    Ok(row.into())
}

/// Whose a session is, unless it has ended.
///
/// # Errors
/// Only when the database fails.
pub async fn find_holder(conn: &mut Connection, id: SessionId) -> Result<Option<Holder>> {
    let found: Option<(i64, String)> = sessions::table
        .inner_join(clients::table.on(clients::id.eq(sessions::client_id)))
        .filter(sessions::id.eq(id.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((clients::id, clients::role))
        .first(conn)
        .await
        .optional()?;
    found.map(|(id, role)| Ok(Holder { client_id: ClientId(id), role: role.parse()? })).transpose()
}

/// Locks a session (`FOR UPDATE`) and tells whether there is one.
///
/// # Errors
/// Only when the database fails.
pub async fn lock_in_tx(conn: &mut Connection, id: SessionId) -> Result<bool> {
    let locked = sessions::table.find(id.0).select(sessions::id).for_update().first::<i64>(conn).await;
    Ok(locked.optional()?.is_some())
}

/// Lets a session last for another lifetime from now on. The caller has locked it.
///
/// # Errors
/// Only when the database fails.
pub async fn extend_in_tx(conn: &mut Connection, id: SessionId, lifetime: Duration) -> Result<()> {
    diesel::update(sessions::table.find(id.0))
        .set((
            sessions::last_used_at.eq(now),
            sessions::expires_at.eq(now.into_sql::<Timestamptz>() + interval(lifetime)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The sessions of a client that have not ended, those used last first.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_client(conn: &mut Connection, client: ClientId, most: i64) -> Result<Vec<Session>> {
    let rows: Vec<SessionRow> = sessions::table
        .filter(sessions::client_id.eq(client.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .limit(most)
        .select(SessionRow::as_select())
        .load(conn)
        .await?;
    into_values(rows)
}

/// All that is known of the sessions of a client, also of those that have ended, ordered by id; each with when it was
/// revoked.
///
/// # Errors
/// Only when the database fails.
pub async fn list_all_of_client(
    conn: &mut Connection,
    client: ClientId,
) -> Result<Vec<(Session, Option<DateTime<Utc>>)>> {
    let rows: Vec<(SessionRow, Option<DateTime<Utc>>)> = sessions::table
        .filter(sessions::client_id.eq(client.0))
        .order(sessions::id)
        .select((SessionRow::as_select(), sessions::revoked_at))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(row, revoked)| (row.into(), revoked)).collect())
}

/// Deletes all sessions of a client with their refresh tokens, and returns which. The caller has locked the client.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_of_client_in_tx(conn: &mut Connection, client: ClientId) -> Result<Vec<SessionId>> {
    let theirs = sessions::table.filter(sessions::client_id.eq(client.0));
    // By ascending id, as all who lock several.
    let ids: Vec<i64> = theirs.select(sessions::id).order(sessions::id).for_update().load(conn).await?;
    diesel::delete(theirs).execute(conn).await?;
    Ok(ids.into_iter().map(SessionId).collect())
}

/// Ends a session, of this client when one is given, and tells whether there was one to end.
///
/// # Errors
/// Only when the database fails.
pub async fn revoke(conn: &mut Connection, id: SessionId, of: Option<ClientId>) -> Result<bool> {
    let mut ended = diesel::update(sessions::table)
        .filter(sessions::id.eq(id.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .into_boxed();
    if let Some(client) = of {
        ended = ended.filter(sessions::client_id.eq(client.0));
    }
    Ok(ended.set(sessions::revoked_at.eq(now)).execute(conn).await? > 0)
}

/// Ends all sessions of a client but one, and returns which.
///
/// # Errors
/// Only when the database fails.
pub async fn revoke_all_in_tx(
    conn: &mut Connection,
    client: ClientId,
    but: Option<SessionId>,
) -> Result<Vec<SessionId>> {
    let open = sessions::table
        .filter(sessions::client_id.eq(client.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(but.map_or(0, |session| session.0)));
    // By ascending id, as all who lock several.
    let ids: Vec<i64> = open.select(sessions::id).order(sessions::id).for_update().load(conn).await?;
    if !ids.is_empty() {
        diesel::update(sessions::table.filter(sessions::id.eq_any(&ids)))
            .set(sessions::revoked_at.eq(now))
            .execute(conn)
            .await?;
    }
    Ok(ids.into_iter().map(SessionId).collect())
}

/// Deletes up to `most` sessions that ended longer ago than this, with their refresh tokens, and returns how many.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_ended(conn: &mut Connection, age: Duration, most: i64) -> Result<usize> {
    let delete = "DELETE FROM sessions WHERE id IN ( \
                      SELECT id FROM sessions WHERE least(expires_at, revoked_at) < now() - make_interval(secs => $1) \
                      ORDER BY least(expires_at, revoked_at) LIMIT $2 FOR UPDATE SKIP LOCKED)";
    Ok(sql_query(delete).bind::<Double, _>(age.as_secs_f64()).bind::<BigInt, _>(most).execute(conn).await?)
}

/// A span of time as the database adds it to a moment.
fn interval(time: Duration) -> PgInterval {
    PgInterval::from_microseconds(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
