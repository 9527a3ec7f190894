//! Operations on order lines.

use actix_web::{HttpResponse, delete, get, patch, post, put, web::Json};
use stockroom_domain::{ListOrder, OrderDetailChanges, OrderDetailId, OrderId, ProductId};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{Idempotent, LineView, OrderDetailFilter};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{
    CreateOrderDetailRequest, OrderDetailResponse, PatchOrderDetailRequest, UpdateOrderDetailRequest,
};
use crate::{
    http::{
        answer::{Created, List, Updated, visible},
        extract::{Access, Body, Id, Keyed, ListQuery, OrOwner, Patch, to},
        problem::Problem,
    },
    schema::{
        Billed, BodyErrors, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound, PageParams,
        RuleBroken,
    },
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(get).service(update).service(patch).service(delete);
}

/// Which lines a list shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Only lines of this order.
    #[param(value_type = Option<i64>, example = 9)]
    order_id: Option<OrderId>,
    /// Only lines of this product.
    #[param(value_type = Option<i64>, example = 1)]
    product_id: Option<ProductId>,
}

impl FromFields for ListFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (order_id, product_id) = (fields.optional("order_id"), fields.optional("product_id"));
        Some(Self { order_id: order_id?, product_id: product_id? })
    }
}

/// Lists order lines
///
/// Each with its order and product; of one order or product with `order_id`, `product_id`.
#[utoipa::path(
    tag = "order_details", operation_id = "listOrderDetails", params(PageParams, ListFilter),
    responses((status = 200, description = "A page of order lines, ordered by id", body = [OrderDetailResponse]), Invalid, Needs<OrOwner<to::OrdersRead>>, EveryError)
)]
#[get("/order_details")]
async fn list(
    shop: Access<OrOwner<to::OrdersRead>>,
    ListQuery { filter, paging }: ListQuery<ListFilter>,
) -> Result<List<OrderDetailResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::ORDER_DETAILS, shop.page_limits())?;
    let ListFilter { order_id, product_id } = filter;
    Ok(answer(
        shop.list_order_details(OrderDetailFilter { order_id, product_id, client_id: None }, &page).await?,
    ))
}

/// Creates an order line
///
/// Takes the stock under a lock of the product. Many at once never sell more than there is.
#[utoipa::path(
    tag = "order_details", operation_id = "createOrderDetail", params(KeyParam), request_body = CreateOrderDetailRequest,
    responses((status = 201, description = "Created", body = OrderDetailResponse), KeyErrors, RuleBroken, NotFound, BodyErrors, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[post("/order_details")]
async fn create(
    shop: Access<to::OrdersWrite>,
    Keyed { key, body }: Keyed<CreateOrderDetailRequest>,
) -> Result<Created, Problem> {
    let render = visible::<LineView, OrderDetailResponse>;
    Ok(Created(shop.create_order_detail(body.into(), Idempotent { key, render }).await?))
}

/// Shows an order line
#[utoipa::path(
    tag = "order_details", operation_id = "getOrderDetail", params(IdParam),
    responses((status = 200, description = "The order line", body = OrderDetailResponse), NotFound, Invalid, Needs<OrOwner<to::OrdersRead>>, EveryError)
)]
#[get("/order_details/{id_key}")]
async fn get(
    shop: Access<OrOwner<to::OrdersRead>>,
    Id(id): Id<OrderDetailId>,
) -> Result<Json<OrderDetailResponse>, Problem> {
    Ok(Json(shop.get_order_detail(id).await?.into()))
}

/// Changes an order line forgivingly
///
/// A new quantity moves the difference, a new product moves stock between both.
#[utoipa::path(
    tag = "order_details", operation_id = "updateOrderDetail", params(IdParam), request_body = UpdateOrderDetailRequest,
    responses((status = 200, description = "The changed order line", body = OrderDetailResponse), RuleBroken, NotFound, Billed, BodyErrors, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[put("/order_details/{id_key}")]
async fn update(
    shop: Access<to::OrdersWrite>,
    Id(id): Id<OrderDetailId>,
    Body(changes): Body<OrderDetailChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, OrderDetailResponse>(shop.update_order_detail(id, changes).await?)))
}

/// Changes an order line strictly (JSON merge patch)
#[utoipa::path(
    tag = "order_details", operation_id = "patchOrderDetail", params(IdParam),
    request_body(content((PatchOrderDetailRequest = "application/merge-patch+json"), (PatchOrderDetailRequest = "application/json"))),
    responses((status = 200, description = "The changed order line", body = OrderDetailResponse), RuleBroken, NotFound, Billed, BodyErrors, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[patch("/order_details/{id_key}")]
async fn patch(
    shop: Access<to::OrdersWrite>,
    Id(id): Id<OrderDetailId>,
    Patch(changes): Patch<OrderDetailChanges>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, OrderDetailResponse>(shop.update_order_detail(id, changes).await?)))
}

/// Deletes an order line
///
/// Gives its stock back, unless the order was cancelled (then it is back already).
#[utoipa::path(
    tag = "order_details", operation_id = "deleteOrderDetail", params(IdParam),
    responses((status = 204, description = "Deleted"), NotFound, Billed, Invalid, Needs<to::OrdersWrite>, EveryError)
)]
#[delete("/order_details/{id_key}")]
async fn delete(shop: Access<to::OrdersWrite>, Id(id): Id<OrderDetailId>) -> Result<HttpResponse, Problem> {
    shop.delete_order_detail(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
