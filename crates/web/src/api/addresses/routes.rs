//! Operations on addresses.

use actix_web::{HttpResponse, delete, get, patch, post, put, web::Json};
use stockroom_domain::{Address, AddressChanges, AddressId, ClientId, ListOrder};
use stockroom_input::{Fields, FromFields};
use stockroom_service::Idempotent;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{AddressFields, CreateAddressRequest, PatchAddressRequest, UpdateAddressRequest};
use crate::{
    http::{
        answer::{Created, List, Updated, visible},
        extract::{Access, Body, Id, Keyed, ListQuery, OrOwner, Patch, to},
        problem::Problem,
    },
    schema::{BodyErrors, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound, PageParams},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(get).service(update).service(patch).service(delete);
}

/// Which addresses a list shows.
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

/// Lists addresses
///
/// Of one client with `client_id`.
#[utoipa::path(
    tag = "addresses", operation_id = "listAddresses", params(PageParams, ListFilter),
    responses((status = 200, description = "A page of addresses, ordered by id", body = [AddressFields]), Invalid, Needs<OrOwner<to::ClientsRead>>, EveryError)
)]
#[get("/addresses")]
async fn list(
    shop: Access<OrOwner<to::ClientsRead>>,
    ListQuery { filter, paging }: ListQuery<ListFilter>,
) -> Result<List<AddressFields>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::ADDRESSES, shop.page_limits())?;
    Ok(answer(shop.list_addresses(filter.client_id, &page).await?))
}

/// Creates an address
#[utoipa::path(
    tag = "addresses", operation_id = "createAddress", params(KeyParam), request_body = CreateAddressRequest,
    responses((status = 201, description = "Created", body = AddressFields), KeyErrors, NotFound, BodyErrors, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[post("/addresses")]
async fn create(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Keyed { key, body }: Keyed<CreateAddressRequest>,
) -> Result<Created, Problem> {
    let render = visible::<Address, AddressFields>;
    Ok(Created(shop.create_address(body.as_new(), Idempotent { key, render }).await?))
}

/// Shows an address
#[utoipa::path(
    tag = "addresses", operation_id = "getAddress", params(IdParam),
    responses((status = 200, description = "The address", body = AddressFields), NotFound, Invalid, Needs<OrOwner<to::ClientsRead>>, EveryError)
)]
#[get("/addresses/{id_key}")]
async fn get(
    shop: Access<OrOwner<to::ClientsRead>>,
    Id(id): Id<AddressId>,
) -> Result<Json<AddressFields>, Problem> {
    Ok(Json(shop.get_address(id).await?.into()))
}

/// Changes an address forgivingly
#[utoipa::path(
    tag = "addresses", operation_id = "updateAddress", params(IdParam), request_body = UpdateAddressRequest,
    responses((status = 200, description = "The changed address", body = AddressFields), NotFound, BodyErrors, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[put("/addresses/{id_key}")]
async fn update(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Id(id): Id<AddressId>,
    Body(changes): Body<AddressChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, AddressFields>(shop.update_address(id, &changes).await?)))
}

/// Changes an address strictly (JSON merge patch)
#[utoipa::path(
    tag = "addresses", operation_id = "patchAddress", params(IdParam),
    request_body(content((PatchAddressRequest = "application/merge-patch+json"), (PatchAddressRequest = "application/json"))),
    responses((status = 200, description = "The changed address", body = AddressFields), NotFound, BodyErrors, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[patch("/addresses/{id_key}")]
async fn patch(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Id(id): Id<AddressId>,
    Patch(changes): Patch<AddressChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, AddressFields>(shop.update_address(id, &changes).await?)))
}

/// Deletes an address
#[utoipa::path(
    tag = "addresses", operation_id = "deleteAddress", params(IdParam),
    responses((status = 204, description = "Deleted"), NotFound, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[delete("/addresses/{id_key}")]
async fn delete(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Id(id): Id<AddressId>,
) -> Result<HttpResponse, Problem> {
    shop.delete_address(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
