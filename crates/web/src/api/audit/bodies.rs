//! Bodies of the audit log.

use serde::Serialize;
use serde_json::value::RawValue;
use stockroom_domain::{AuditEntry, Cells};
use utoipa::ToSchema;

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id_key": 311, "at": "2026-11-21T12:00:00.123456Z", "actor": "admin:7",
    "request_id": "0b7ff1a1-5b0e-4c36-9b8c-0a2a5c2f6a7e", "address": "203.0.113.7", "action": "update",
    "resource": "products", "resource_id": 7, "client_id": null, "before": {"price": 1250}, "after": {"price": 1100}
}))]
pub(crate) struct AuditEntryResponse {
    /// Identity; entries that were written later have higher ones.
    #[schema(example = 311)]
    id_key: i64,
    /// When it was written.
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T12:00:00Z")]
    at: chrono::DateTime<chrono::Utc>,
    /// Who has done it: `admin:7`, `operator:7`, `key:3`, `script:reprice`.
    #[schema(example = "admin:7")]
    actor: String,
    /// The id of the request, where it was one.
    #[schema(example = "0b7ff1a1-5b0e-4c36-9b8c-0a2a5c2f6a7e")]
    request_id: Option<String>,
    /// The address that the request came from.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// What was done: `create`, `update`, `delete`, `truncate`, `read`, `export`, `erase`, `forget`.
    #[schema(example = "update")]
    action: String,
    /// The table.
    #[schema(example = "products")]
    resource: String,
    /// The row's id, where it is one row.
    #[schema(example = 7)]
    resource_id: Option<i64>,
    /// The client whom it concerns.
    #[schema(example = 7)]
    client_id: Option<i64>,
    /// Columns as they were, amounts in cents; of an update those that it changed. What is secret, or personal and
    /// forgotten, is `***`.
    #[schema(value_type = Option<Object>)]
    before: Option<Box<RawValue>>,
    /// Columns as they have become.
    #[schema(value_type = Option<Object>)]
    after: Option<Box<RawValue>>,
}

impl From<AuditEntry> for AuditEntryResponse {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id_key: entry.id.0,
            at: entry.at,
            actor: entry.actor,
            request_id: entry.request_id,
            address: entry.address,
            action: entry.action,
            resource: entry.resource,
            resource_id: entry.resource_id,
            client_id: entry.client_id.map(|client| client.0),
            before: entry.before.and_then(raw),
            after: entry.after.and_then(raw),
        }
    }
}

/// The JSON of columns as it is, without reading it into values.
fn raw(cells: Cells) -> Option<Box<RawValue>> {
    RawValue::from_string(cells.into_json()).ok()
}

/// Entries as an export has them: each as the API shows it, one a line.
pub fn audit_lines(entries: Vec<AuditEntry>) -> Vec<u8> {
    let mut lines = Vec::new();
    for entry in entries {
        // Plain data with text keys always has a JSON form, and a vector takes all that is written.
        let _ = serde_json::to_writer(&mut lines, &AuditEntryResponse::from(entry));
        lines.push(b'\n');
    }
    lines
}
