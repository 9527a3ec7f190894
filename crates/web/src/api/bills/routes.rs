//! Operations on bills.

use actix_web::{HttpResponse, delete, get, patch, post, put, web::Json};
use stockroom_domain::{BillChanges, BillId, ClientId, ListOrder};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{BillView, Idempotent};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{BillResponse, CreateBillRequest, PatchBillRequest, UpdateBillRequest};
use crate::{
    http::{
        answer::{Created, List, Updated, visible},
        extract::{Access, Body, Id, Keyed, ListQuery, OrOwner, Patch, to},
        problem::Problem,
    },
    schema::{
        BodyErrors, Conflict, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound, PageParams,
    },
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(get).service(update).service(patch).service(delete);
}

/// Which bills a list shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Only those of this client.
    #[param(value_type = Option<i64>, example = 7)]
    client_id: Option<ClientId>,
}

impl FromFields for ListFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { client_id: fields.optional("client_id")? })
    }
}

/// Lists bills
///
/// Each with its client and order; of one client with `client_id`.
#[utoipa::path(
    tag = "bills", operation_id = "listBills", params(PageParams, ListFilter),
    responses((status = 200, description = "A page of bills, ordered by id", body = [BillResponse]), Invalid, Needs<OrOwner<to::BillsRead>>, EveryError)
)]
#[get("/bills")]
async fn list(
    shop: Access<OrOwner<to::BillsRead>>,
    ListQuery { filter, paging }: ListQuery<ListFilter>,
) -> Result<List<BillResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::BILLS, shop.page_limits())?;
    Ok(answer(shop.list_bills(filter.client_id, &page).await?))
}

/// Creates a bill
#[utoipa::path(
    tag = "bills", operation_id = "createBill", params(KeyParam), request_body = CreateBillRequest,
    responses((status = 201, description = "Created", body = BillResponse), KeyErrors, NotFound, Conflict, BodyErrors, Invalid, Needs<to::BillsWrite>, EveryError)
)]
#[post("/bills")]
async fn create(
    shop: Access<to::BillsWrite>,
    Keyed { key, body }: Keyed<CreateBillRequest>,
) -> Result<Created, Problem> {
    let render = visible::<BillView, BillResponse>;
    Ok(Created(shop.create_bill(body.as_new(), Idempotent { key, render }).await?))
}

/// Shows a bill
#[utoipa::path(
    tag = "bills", operation_id = "getBill", params(IdParam),
    responses((status = 200, description = "The bill", body = BillResponse), NotFound, Invalid, Needs<OrOwner<to::BillsRead>>, EveryError)
)]
#[get("/bills/{id_key}")]
async fn get(
    shop: Access<OrOwner<to::BillsRead>>,
    Id(id): Id<BillId>,
) -> Result<Json<BillResponse>, Problem> {
    Ok(Json(shop.get_bill(id).await?.into()))
}

/// Changes a bill forgivingly
#[utoipa::path(
    tag = "bills", operation_id = "updateBill", params(IdParam), request_body = UpdateBillRequest,
    responses((status = 200, description = "The changed bill", body = BillResponse), NotFound, Conflict, BodyErrors, Invalid, Needs<to::BillsWrite>, EveryError)
)]
#[put("/bills/{id_key}")]
async fn update(
    shop: Access<to::BillsWrite>,
    Id(id): Id<BillId>,
    Body(changes): Body<BillChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, BillResponse>(shop.update_bill(id, &changes).await?)))
}

/// Changes a bill strictly (JSON merge patch)
#[utoipa::path(
    tag = "bills", operation_id = "patchBill", params(IdParam),
    request_body(content((PatchBillRequest = "application/merge-patch+json"), (PatchBillRequest = "application/json"))),
    responses((status = 200, description = "The changed bill", body = BillResponse), NotFound, Conflict, BodyErrors, Invalid, Needs<to::BillsWrite>, EveryError)
)]
#[patch("/bills/{id_key}")]
async fn patch(
    shop: Access<to::BillsWrite>,
    Id(id): Id<BillId>,
    Patch(changes): Patch<BillChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, BillResponse>(shop.update_bill(id, &changes).await?)))
}

/// Deletes a bill
///
/// Refused while it has an order.
#[utoipa::path(
    tag = "bills", operation_id = "deleteBill", params(IdParam),
    responses((status = 204, description = "Deleted"), NotFound, Conflict, Invalid, Needs<to::BillsWrite>, EveryError)
)]
#[delete("/bills/{id_key}")]
async fn delete(shop: Access<to::BillsWrite>, Id(id): Id<BillId>) -> Result<HttpResponse, Problem> {
    shop.delete_bill(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
