//! API keys. A key is known by its SHA-256: it has 256 random bits, so nobody finds it by trying.

use chrono::{DateTime, Utc};
use diesel::{IntoSql, dsl::now, prelude::*, result::OptionalExtension, sql_types::Timestamptz};
use diesel_async::RunQueryDsl;
use stockroom_domain::{ApiKey, ApiKeyId, KeyName, Page, Permission, Permissions, Resource, Violation};

use crate::{Connection, Error, Result, lists::lists, reads::reads, schema::api_keys};

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
struct ApiKeyRow {
    id: i64,
    name: String,
    prefix: String,
    scopes: Vec<Option<String>>,
    calls_per_minute: Option<i32>,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = Violation;

    fn try_from(row: ApiKeyRow) -> Result<Self, Violation> {
        Ok(Self {
            id: ApiKeyId(row.id),
            name: row.name,
            prefix: row.prefix,
            scopes: scopes(&row.scopes),
            calls_per_minute: row.calls_per_minute.and_then(|calls| u32::try_from(calls).ok()),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        })
    }
}

/// A scope that this version does not know permits nothing.
fn scopes(names: &[Option<String>]) -> Permissions {
    names.iter().flatten().filter_map(|name| name.parse::<Permission>().ok()).collect()
}

/// A key to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// What people call it.
    pub name: &'a KeyName,
    /// What it begins with.
    pub prefix: &'a str,
    /// SHA-256 of the whole key.
    pub key_hash: &'a [u8; 32],
    /// What it permits.
    pub scopes: Permissions,
    /// How often it may be used in a minute, at most 2,147,483,647 times.
    pub calls_per_minute: Option<u32>,
    /// Who made it.
    pub created_by: &'a str,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

reads!(api_keys, ApiKeyRow, ApiKey, ApiKeyId, Resource::ApiKey);

lists!(api_keys, ApiKeyRow, ApiKey);

/// The key with this hash, when it is neither revoked nor past its time.
///
/// # Errors
/// Only when the database fails.
pub async fn find_in_force(conn: &mut Connection, key_hash: &[u8; 32]) -> Result<Option<ApiKey>> {
    let in_force = api_keys::key_hash.eq(key_hash.as_slice()).and(api_keys::revoked_at.is_null()).and(
        api_keys::expires_at.is_null().or(api_keys::expires_at.gt(now.into_sql::<Timestamptz>().nullable())),
    );
    let row = api_keys::table.filter(in_force).select(ApiKeyRow::as_select()).first(conn).await;
    Ok(row.optional()?.map(ApiKey::try_from).transpose()?)
}

/// Notes that a key is used now.
///
/// # Errors
/// [`crate::Error::ReadOnly`] when PostgreSQL takes no changes; otherwise only when the database fails.
pub async fn note_use(conn: &mut Connection, id: ApiKeyId) -> Result<()> {
    diesel::update(api_keys::table.find(id.0))
        .set(api_keys::last_used_at.eq(now.into_sql::<Timestamptz>().nullable()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a key.
///
/// # Errors
/// Only when the database fails.
pub async fn insert(conn: &mut Connection, new: NewApiKey<'_>) -> Result<ApiKey> {
    let scopes: Vec<&str> = new.scopes.iter().map(Permission::name).collect();
    let calls_per_minute = new.calls_per_minute.map(|calls| i32::try_from(calls).unwrap_or(i32::MAX));
    let row: ApiKeyRow = diesel::insert_into(api_keys::table)
        .values((
            api_keys::name.eq(new.name.as_str()),
            api_keys::prefix.eq(new.prefix),
            api_keys::key_hash.eq(new.key_hash.as_slice()),
            api_keys::scopes.eq(scopes),
            api_keys::calls_per_minute.eq(calls_per_minute),
            api_keys::created_by.eq(new.created_by),
            api_keys::expires_at.eq(new.expires_at),
        ))
        .returning(ApiKeyRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(row.try_into()?)
}

/// Ends a key for good; one that has ended already stays as it is.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke_in_tx(conn: &mut Connection, id: ApiKeyId) -> Result<ApiKey> {
    diesel::update(api_keys::table.find(id.0).filter(api_keys::revoked_at.is_null()))
        .set(api_keys::revoked_at.eq(now.into_sql::<Timestamptz>().nullable()))
        .execute(conn)
        .await?;
    get(conn, id).await
}
