//! Operations on the audit log.

use actix_web::{HttpRequest, HttpResponse, get, http::header::CONTENT_DISPOSITION, web::Bytes};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use stockroom_domain::{AuditAction, AuditEntry, ClientId, ListOrder, Moment, Text, Violation};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{AuditFilter, Result};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{AuditEntryResponse, audit_lines};
use crate::{
    http::{
        answer::List,
        extract::{Access, ListQuery, Query, to},
        lingering::let_go_on,
        problem::Problem,
    },
    schema::{EveryError, Invalid, Needs, PageParams},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(export);
}

/// Which entries are shown: conditions that all must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct EntryFilter {
    /// Only what this actor has done.
    #[param(value_type = Option<String>, example = "admin:7")]
    actor: Option<Text<1, 200>>,
    /// Only this: `create`, `update`, `delete`, `truncate`, `read`, `export`, `erase` or `forget`.
    #[param(value_type = Option<String>, example = "update")]
    action: Option<AuditAction>,
    /// Only what was done to this table.
    #[param(value_type = Option<String>, example = "products")]
    resource: Option<Text<1, 63>>,
    /// Only what was done to the row with this id.
    #[param(example = 7)]
    resource_id: Option<i64>,
    /// Only what concerns this client.
    #[param(value_type = Option<i64>, example = 7)]
    client_id: Option<ClientId>,
    /// Only what was written at this moment (RFC 3339) or later.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-21T00:00:00Z")]
    since: Option<Moment>,
    /// Only what was written before this moment (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-22T00:00:00Z")]
    until: Option<Moment>,
}

impl FromFields for EntryFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (actor, action) = (fields.optional("actor"), fields.optional("action"));
        let (resource, resource_id) = (fields.optional("resource"), fields.optional("resource_id"));
        let client_id = fields.optional("client_id");
        let (since, until) = (fields.optional("since"), fields.optional("until"));
        if let (Some(Some(Moment(since))), Some(Some(Moment(until)))) = (since, until)
            && until < since
        {
            let violation = Violation::new("greater_than_equal", "Input should not be earlier than `since`");
            fields.refuse("until", violation, Value::from(until.to_rfc3339()));
        }
        Some(Self {
            actor: actor?,
            action: action?,
            resource: resource?,
            resource_id: resource_id?,
            client_id: client_id?,
            since: since?,
            until: until?,
        })
    }
}

impl From<EntryFilter> for AuditFilter {
    fn from(filter: EntryFilter) -> Self {
        Self {
            actor: filter.actor.map(Text::into_string),
            action: filter.action,
            resource: filter.resource.map(Text::into_string),
            resource_id: filter.resource_id,
            client_id: filter.client_id,
            since: filter.since.map(|Moment(since)| since),
            until: filter.until.map(|Moment(until)| until),
        }
    }
}

/// Lists the audit log
///
/// Newest first: what was changed by those who work for the shop, by scripts and by hand in the database, and what of it
/// was read.
#[utoipa::path(
    tag = "audit", operation_id = "listAuditLog", params(PageParams, EntryFilter),
    responses((status = 200, description = "A page of entries, newest first", body = [AuditEntryResponse]), Invalid, Needs<to::AuditRead>, EveryError)
)]
#[get("/audit")]
async fn list(
    shop: Access<to::AuditRead>,
    ListQuery { filter, paging }: ListQuery<EntryFilter>,
) -> Result<List<AuditEntryResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::AUDIT, shop.page_limits())?;
    Ok(answer(shop.list_audit(&filter.into(), &page).await?))
}

/// Exports the audit log
///
/// All entries that pass, newest first, one a line. They are sent as they are read, however many there are; an answer that
/// breaks off is not complete.
#[utoipa::path(
    tag = "audit", operation_id = "exportAuditLog", params(EntryFilter),
    responses((status = 200, description = "Entries, one a line", body = AuditEntryResponse, content_type = "application/x-ndjson"), Invalid, Needs<to::AuditRead>, EveryError)
)]
#[get("/audit/export")]
async fn export(
    shop: Access<to::AuditRead>,
    Query(filter): Query<EntryFilter>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let_go_on(&request);
    let mut pages = Box::pin(shop.export_audit(filter.into())?);
    // What fails before the first entry still gets an answer that says so.
    let first = pages.next().await.transpose()?;
    let lines = |page: Vec<AuditEntry>| Bytes::from(audit_lines(page));
    let lines = stream::iter(first.map(Ok))
        .chain(pages)
        .map_ok(lines)
        .map_err(|error| actix_web::Error::from(Problem::from(error)));
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"audit.ndjson\""))
        .streaming(lines))
}
