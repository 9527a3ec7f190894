//! Operations on clients.

use actix_web::{HttpResponse, delete, get, patch, post, put, web::Json};
use serde_json::Value;
use stockroom_domain::{ClientId, ListOrder, Permission, Violation};
use stockroom_input::{Fields, FromFields, Violations};
use stockroom_service::{ClientView, Idempotent, Shop};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{
    ClientResponse, ClientUpdate, CreateClientRequest, PatchClientRequest, UpdateClientRequest,
};
use crate::{
    http::{
        answer::{Created, List, Updated, visible},
        extract::{Access, Body, Id, Keyed, ListQuery, OrOwner, Patch, read_expand, to},
        problem::Problem,
    },
    schema::{
        BodyErrors, Conflict, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound, PageParams,
    },
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(get).service(update).service(patch).service(delete);
}

/// Which clients a list shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Relations to add: `orders`.
    #[param(value_type = Option<String>, example = "orders")]
    expand: bool,
}

impl FromFields for ListFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { expand: read_expand(fields, "orders", &["addresses"])? })
    }
}

/// Lists clients
///
/// Each with its addresses; orders are shown with `expand=orders`.
#[utoipa::path(
    tag = "clients", operation_id = "listClients", params(PageParams, ListFilter),
    responses((status = 200, description = "A page of clients, ordered by id", body = [ClientResponse]), Invalid, Needs<to::ClientsRead>, EveryError)
)]
#[get("/clients")]
async fn list(
    shop: Access<to::ClientsRead>,
    ListQuery { filter, paging }: ListQuery<ListFilter>,
) -> Result<List<ClientResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::CLIENTS, shop.page_limits())?;
    Ok(answer(shop.list_clients(&page, filter.expand).await?))
}

/// Creates a client
#[utoipa::path(
    tag = "clients", operation_id = "createClient", params(KeyParam), request_body = CreateClientRequest,
    responses((status = 201, description = "Created", body = ClientResponse), KeyErrors, Conflict, BodyErrors, Invalid, Needs<to::ClientsWrite>, EveryError)
)]
#[post("/clients")]
async fn create(
    shop: Access<to::ClientsWrite>,
    Keyed { key, body }: Keyed<CreateClientRequest>,
) -> Result<Created, Problem> {
    let render = visible::<ClientView, ClientResponse>;
    Ok(Created(shop.create_client(body.into(), Idempotent { key, render }).await?))
}

/// Shows a client
#[utoipa::path(
    tag = "clients", operation_id = "getClient", params(IdParam),
    responses((status = 200, description = "The client", body = ClientResponse), NotFound, Invalid, Needs<OrOwner<to::ClientsRead>>, EveryError)
)]
#[get("/clients/{id_key}")]
async fn get(
    shop: Access<OrOwner<to::ClientsRead>>,
    Id(id): Id<ClientId>,
) -> Result<Json<ClientResponse>, Problem> {
    Ok(Json(shop.get_client(id).await?.into()))
}

/// Changes a client forgivingly
#[utoipa::path(
    tag = "clients", operation_id = "updateClient", params(IdParam), request_body = UpdateClientRequest,
    responses((status = 200, description = "The changed client", body = ClientResponse), NotFound, Conflict, BodyErrors, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[put("/clients/{id_key}")]
async fn update(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Id(id): Id<ClientId>,
    Body(changes): Body<ClientUpdate>,
) -> Result<Updated, Problem> {
    let ClientUpdate { changes, password } = leave_password(&shop, changes)?;
    Ok(Updated(visible::<_, ClientResponse>(shop.update_client(id, changes, password).await?)))
}

/// Changes a client strictly (JSON merge patch)
#[utoipa::path(
    tag = "clients", operation_id = "patchClient", params(IdParam),
    request_body(content((PatchClientRequest = "application/merge-patch+json"), (PatchClientRequest = "application/json"))),
    responses((status = 200, description = "The changed client", body = ClientResponse), NotFound, Conflict, BodyErrors, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[patch("/clients/{id_key}")]
async fn patch(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Id(id): Id<ClientId>,
    Patch(changes): Patch<ClientUpdate>,
) -> Result<Updated, Problem> {
    let ClientUpdate { changes, password } = leave_password(&shop, changes)?;
    Ok(Updated(visible::<_, ClientResponse>(shop.update_client(id, changes, password).await?)))
}

/// Whoever has somebody's token does not know their password, and gets no new one by it.
fn leave_password(shop: &Shop, changes: ClientUpdate) -> Result<ClientUpdate, Problem> {
    if changes.password.is_none() || shop.caller().may(Permission::ClientsWrite) {
        return Ok(changes);
    }
    let text = "Change it with POST /auth/password, which asks for the current one";
    Err(Violations::one("body", "password", Violation::new("protected", text), Value::Null).into())
}

/// Deletes a client
///
/// Its addresses go with it; refused while it has orders or bills. Clients who delete themselves are erased instead,
/// whatever they have bought.
#[utoipa::path(
    tag = "clients", operation_id = "deleteClient", params(IdParam),
    responses((status = 204, description = "Deleted"), NotFound, Conflict, Invalid, Needs<OrOwner<to::ClientsWrite>>, EveryError)
)]
#[delete("/clients/{id_key}")]
async fn delete(
    shop: Access<OrOwner<to::ClientsWrite>>,
    Id(id): Id<ClientId>,
) -> Result<HttpResponse, Problem> {
    shop.delete_client(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
