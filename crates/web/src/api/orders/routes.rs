//! Operations on orders.

use actix_web::{HttpResponse, delete, get, patch, post, put, web::Json};
use stockroom_domain::{ClientId, ListOrder, OrderChanges, OrderId};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{CanceledOrder, Idempotent, OrderView};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    bodies::{CreateOrderRequest, OrderEventFields, PatchOrderRequest, UpdateOrderRequest},
    expanded::{CanceledOrderResponse, OrderResponse},
};
use crate::{
    http::{
        answer::{Created, Done, List, Updated, visible},
        extract::{Access, Body, Id, Key, Keyed, ListQuery, OrOwner, Patch, to},
        problem::Problem,
        rows::all,
    },
    schema::{
        Billed, BodyErrors, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound, PageParams,
        RuleBroken,
    },
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(get)
        .service(update)
        .service(patch)
        .service(delete)
        .service(cancel)
        .service(list_events);
}

/// Which orders a list shows.
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

/// Lists orders
///
/// Each with its client and lines; of one client with `client_id`.
#[utoipa::path(
    tag = "orders", operation_id = "listOrders", params(PageParams, ListFilter),
    responses((status = 200, description = "A page of orders, ordered by id", body = [OrderResponse]), Invalid, Needs<OrOwner<to::OrdersRead>>, EveryError)
)]
#[get("/orders")]
async fn list(
    shop: Access<OrOwner<to::OrdersRead>>,
    ListQuery { filter, paging }: ListQuery<ListFilter>,
) -> Result<List<OrderResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::ORDERS, shop.page_limits())?;
    Ok(answer(shop.list_orders(filter.client_id, &page).await?))
}

/// Creates an order
///
/// An order has a bill from the start; its lines are added one by one.
#[utoipa::path(
    tag = "orders", operation_id = "createOrder", params(KeyParam), request_body = CreateOrderRequest,
    responses((status = 201, description = "Created", body = OrderResponse), KeyErrors, Billed, NotFound, BodyErrors, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[post("/orders")]
async fn create(
    shop: Access<to::OrdersWrite>,
    Keyed { key, body }: Keyed<CreateOrderRequest>,
) -> Result<Created, Problem> {
    let render = visible::<OrderView, OrderResponse>;
    Ok(Created(shop.create_order(body.into(), Idempotent { key, render }).await?))
}

/// Shows an order
#[utoipa::path(
    tag = "orders", operation_id = "getOrder", params(IdParam),
    responses((status = 200, description = "The order", body = OrderResponse), NotFound, Invalid, Needs<OrOwner<to::OrdersRead>>, EveryError)
)]
#[get("/orders/{id_key}")]
async fn get(
    shop: Access<OrOwner<to::OrdersRead>>,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderResponse>, Problem> {
    Ok(Json(shop.get_order(id).await?.into()))
}

/// Changes an order forgivingly
///
/// Status `CANCELED` gives the stock of all lines back and issues a credit note, once.
#[utoipa::path(
    tag = "orders", operation_id = "updateOrder", params(IdParam), request_body = UpdateOrderRequest,
    responses((status = 200, description = "The changed order", body = OrderResponse), RuleBroken, NotFound, Billed, BodyErrors, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[put("/orders/{id_key}")]
async fn update(
    shop: Access<to::OrdersWrite>,
    Id(id): Id<OrderId>,
    Body(changes): Body<OrderChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, OrderResponse>(shop.update_order(id, &changes).await?)))
}

/// Changes an order strictly (JSON merge patch)
#[utoipa::path(
    tag = "orders", operation_id = "patchOrder", params(IdParam),
    request_body(content((PatchOrderRequest = "application/merge-patch+json"), (PatchOrderRequest = "application/json"))),
    responses((status = 200, description = "The changed order", body = OrderResponse), RuleBroken, NotFound, Billed, BodyErrors, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[patch("/orders/{id_key}")]
async fn patch(
    shop: Access<to::OrdersWrite>,
    Id(id): Id<OrderId>,
    Patch(changes): Patch<OrderChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, OrderResponse>(shop.update_order(id, &changes).await?)))
}

/// Deletes an order
///
/// Its lines go with it; their stock is given back unless the order was cancelled. An order that was placed by a checkout
/// stays, because its bill is issued: it can be cancelled.
#[utoipa::path(
    tag = "orders", operation_id = "deleteOrder", params(IdParam),
    responses((status = 204, description = "Deleted"), NotFound, Billed, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[delete("/orders/{id_key}")]
async fn delete(shop: Access<to::OrdersWrite>, Id(id): Id<OrderId>) -> Result<HttpResponse, Problem> {
    shop.delete_order(id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Cancels an order
///
/// Gives the stock of all lines back and issues a credit note, once: an order that is cancelled already is shown as it is,
/// with the credit note that it has.
#[utoipa::path(
    tag = "orders", operation_id = "cancelOrder", params(IdParam, KeyParam),
    responses((status = 200, description = "The cancelled order", body = CanceledOrderResponse), KeyErrors, RuleBroken, NotFound, Invalid, Needs<OrOwner<to::OrdersWrite>>, EveryError)
)]
#[post("/orders/{id_key}/cancel")]
async fn cancel(
    shop: Access<OrOwner<to::OrdersWrite>>,
    Id(id): Id<OrderId>,
    Key(key): Key,
) -> Result<Done, Problem> {
    let render = visible::<CanceledOrder, CanceledOrderResponse>;
    Ok(Done(shop.cancel_order(id, Idempotent { key, render }).await?))
}

/// Shows the history of an order
///
/// Its placement and every move of its status, in the order of time.
#[utoipa::path(
    tag = "orders", operation_id = "listOrderEvents", params(IdParam),
    responses((status = 200, description = "The history", body = [OrderEventFields]), NotFound, Invalid, Needs<OrOwner<to::OrdersRead>>, EveryError)
)]
#[get("/orders/{id_key}/events")]
async fn list_events(
    shop: Access<OrOwner<to::OrdersRead>>,
    Id(id): Id<OrderId>,
) -> Result<Json<Vec<OrderEventFields>>, Problem> {
    Ok(Json(all(shop.list_order_events(id).await?)))
}
