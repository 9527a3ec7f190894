//! Answers to requests that carried an idempotency key, stored so that a repeated request gets the same answer and has
//! no second effect. Semantics as in the IETF draft "The Idempotency-Key HTTP Header Field"
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

use diesel::{
    prelude::*,
    result::OptionalExtension,
    sql_query,
    sql_types::{BigInt, Double},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::ClientId;

use crate::{Connection, Error, Result, schema::idempotency_keys};

/// What makes a request the same one when it is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The key that the caller chose, 1 to 255 characters.
    pub key: String,
    /// The name of what is requested, 1 to 100 characters.
    pub operation: String,
    /// Who asks.
    pub caller: String,
    /// SHA-256 of the request's body, secrets left out.
    pub fingerprint: [u8; 32],
}

/// What makes two requests the same one: key, operation and caller.
pub type RequestIdentity = (String, String, String);

impl RequestKey {
    /// What makes another request the same one, or a misuse of its key.
    pub fn identity(&self) -> RequestIdentity {
        (self.key.clone(), self.operation.clone(), self.caller.clone())
    }
}

/// A stored answer. Its content is the business of who stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The table of the row that it shows.
    pub resource: String,
    /// The id of that row.
    pub resource_id: i64,
    /// The person whom it concerns. Anonymizing that person deletes it.
    pub client_id: Option<ClientId>,
    /// The content.
    pub body: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys, check_for_backend(diesel::pg::Pg))]
pub(crate) struct AnswerRow {
    resource: Option<String>,
    resource_id: Option<i64>,
    client_id: Option<i64>,
    answer: String,
}

impl From<AnswerRow> for StoredAnswer {
    fn from(row: AnswerRow) -> Self {
        Self {
            resource: row.resource.unwrap_or_default(),
            resource_id: row.resource_id.unwrap_or_default(),
            client_id: row.client_id.map(ClientId),
            body: row.answer,
        }
    }
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is new; the caller answers it in this transaction (see [`store_in_tx`]).
    New,
    /// It was answered.
    Answered(StoredAnswer),
}

/// Claims a key for this transaction. Waits while another transaction works on a request with the same key.
///
/// # Errors
/// [`Error::KeyReused`] when the key came with another body; [`Error::KeyInUse`] when the other transaction takes
/// longer than `lock_timeout`.
pub async fn claim_in_tx(conn: &mut Connection, request: &RequestKey) -> Result<Claim> {
    let claimed = diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::key.eq(&request.key),
            idempotency_keys::operation.eq(&request.operation),
            idempotency_keys::caller.eq(&request.caller),
            idempotency_keys::fingerprint.eq(request.fingerprint.as_slice()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map_err(|error| match error.into() {
            Error::Locked(_) => Error::KeyInUse,
            error => error,
        })?;
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let row: Option<(Vec<u8>, AnswerRow)> = idempotency_keys::table
        .find((&request.key, &request.operation, &request.caller))
        .select((idempotency_keys::fingerprint, AnswerRow::as_select()))
        .first(conn)
        .await
        .optional()?;
    match row {
        // It expired between the two statements.
        None => Err(Error::Conflict(None)),
        Some((fingerprint, answer)) if fingerprint == request.fingerprint => {
            Ok(Claim::Answered(answer.into()))
        }
        Some(_) => Err(Error::KeyReused),
    }
}

/// Stores the answer to a request whose key this transaction has claimed.
///
/// # Errors
/// Only when the database fails.
pub async fn store_in_tx(conn: &mut Connection, request: &RequestKey, answer: &StoredAnswer) -> Result<()> {
    diesel::update(idempotency_keys::table.find((&request.key, &request.operation, &request.caller)))
        .set((
            idempotency_keys::resource.eq(&answer.resource),
            idempotency_keys::resource_id.eq(answer.resource_id),
            idempotency_keys::client_id.eq(answer.client_id.map(|client| client.0)),
            idempotency_keys::answer.eq(&answer.body),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes up to `most` answers that are older than this many seconds, the oldest first, and returns how many it
/// deleted.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_expired(conn: &mut Connection, age_seconds: f64, most: i64) -> Result<usize> {
    let delete = "DELETE FROM idempotency_keys WHERE (key, operation, caller) IN ( \
                      SELECT key, operation, caller FROM idempotency_keys \
                      WHERE created_at < now() - make_interval(secs => $1) ORDER BY created_at LIMIT $2 \
                      FOR UPDATE SKIP LOCKED)";
    Ok(sql_query(delete).bind::<Double, _>(age_seconds).bind::<BigInt, _>(most).execute(conn).await?)
}
