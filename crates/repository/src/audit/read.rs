//! Reading the audit log, newest first, with the personal values that are not forgotten in their places.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::{AuditAction, AuditEntry, AuditEntryId, Cells, ClientId, Page};

use crate::{
    Connection, Result,
    lists::{self, totals},
    schema::{audit_log, audit_personal},
};

/// Which entries a list shows: conditions that all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this actor.
    pub actor: Option<String>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// On this table.
    pub resource: Option<String>,
    /// On the row with this id.
    pub resource_id: Option<i64>,
    /// That concern this client.
    pub client_id: Option<ClientId>,
    /// Written at this moment or later.
    pub since: Option<DateTime<Utc>>,
    /// Written before this moment.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log, check_for_backend(diesel::pg::Pg))]
struct AuditRow {
    id: i64,
    at: DateTime<Utc>,
    actor: String,
    request_id: Option<String>,
    address: Option<String>,
    action: String,
    resource: String,
    resource_id: Option<i64>,
    client_id: Option<i64>,
    before: Option<Value>,
    after: Option<Value>,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: AuditEntryId(row.id),
            at: row.at,
            actor: row.actor,
            request_id: row.request_id,
            address: row.address,
            action: row.action,
            resource: row.resource,
            resource_id: row.resource_id,
            client_id: row.client_id.map(ClientId),
            before: row.before.as_ref().map(cells),
            after: row.after.as_ref().map(cells),
        }
    }
}

fn cells(columns: &Value) -> Cells {
    Cells::from_json(columns.to_string())
}

fn matching(filter: &AuditFilter) -> audit_log::BoxedQuery<'_, Pg> {
    let mut query = audit_log::table.into_boxed();
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_log::actor.eq(actor));
    }
    if let Some(action) = filter.action {
        query = query.filter(audit_log::action.eq(action.name()));
    }
    if let Some(resource) = &filter.resource {
        query = query.filter(audit_log::resource.eq(resource));
    }
    if let Some(id) = filter.resource_id {
        query = query.filter(audit_log::resource_id.eq(id));
    }
    if let Some(client) = filter.client_id {
        query = query.filter(audit_log::client_id.eq(client.0));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_log::at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_log::at.lt(until));
    }
    query
}

/// A page of the log, newest first.
///
/// # Errors
/// [`crate::Error::KeyMismatch`] when the page begins after a key that is no id.
pub async fn list(conn: &mut Connection, filter: &AuditFilter, page: &Page) -> Result<Vec<AuditEntry>> {
    let rows = load(conn, matching(filter), page).await?;
    with_personal(conn, rows, None).await
}

totals!(audit_log, matching(filter: &AuditFilter));

/// A page of what the log knows of a client, newest first: entries that concern it or hold values of it. Values of others
/// are `***`.
///
/// # Errors
/// As for [`list`].
pub async fn list_of_client(conn: &mut Connection, client: ClientId, page: &Page) -> Result<Vec<AuditEntry>> {
    let values = audit_personal::table
        .filter(audit_personal::client_id.eq(client.0))
        .filter(audit_personal::audit_id.eq(audit_log::id));
    let query =
        audit_log::table.into_boxed().filter(audit_log::client_id.eq(client.0).or(exists(values).nullable()));
    let rows = load(conn, query, page).await?;
    with_personal(conn, rows, Some(client)).await
}

async fn load(
    conn: &mut Connection,
    mut query: audit_log::BoxedQuery<'_, Pg>,
    page: &Page,
) -> Result<Vec<AuditRow>> {
    if let Some(key) = &page.after {
        query = query.filter(audit_log::id.lt(lists::id(key)?));
    }
    let rows = query
        .order(audit_log::id.desc())
        .offset(page.skip)
        .limit(page.limit)
        .select(AuditRow::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

/// Puts personal values where the entries have `***`: everybody's, or those of one client.
async fn with_personal(
    conn: &mut Connection,
    mut entries: Vec<AuditRow>,
    client: Option<ClientId>,
) -> Result<Vec<AuditEntry>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let mut query = audit_personal::table.into_boxed().filter(audit_personal::audit_id.eq_any(ids));
    if let Some(client) = client {
        query = query.filter(audit_personal::client_id.eq(client.0));
    }
    let rows: Vec<(i64, String, Value)> = query
        .select((audit_personal::audit_id, audit_personal::side, audit_personal::cells))
        .load(conn)
        .await?;
    let mut values: HashMap<(i64, String), Value> =
        rows.into_iter().map(|(id, side, cells)| ((id, side), cells)).collect();
    for entry in &mut entries {
        let id = entry.id;
        merge(entry.before.as_mut(), values.remove(&(id, "before".to_owned())));
        merge(entry.after.as_mut(), values.remove(&(id, "after".to_owned())));
    }
    Ok(entries.into_iter().map(AuditEntry::from).collect())
}

fn merge(cells: Option<&mut Value>, values: Option<Value>) {
    if let (Some(Value::Object(cells)), Some(Value::Object(values))) = (cells, values) {
        cells.extend(values);
    }
}
