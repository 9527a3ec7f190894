//! Setting the stock of a product: what those may do who handle goods and do not keep the catalogue.

use actix_web::put;
use stockroom_domain::{ProductId, Stock};
use stockroom_input::{Fields, FromFields};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{expanded::ProductResponse, routes::body};
use crate::{
    http::{
        answer::cached::Changed,
        extract::{Access, Body, Id, to},
        problem::Problem,
    },
    schema::{BodyErrors, Conflict, EveryError, IdParam, Invalid, Needs, NotFound},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(set_stock);
}

/// A stock that was counted.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"stock": 40, "expected_stock": 38}))]
struct SetStockRequest {
    /// Pieces in stock.
    #[schema(value_type = i64, minimum = 0, maximum = 2_147_483_647)]
    stock: Stock,
    /// It is set only where this is the stock.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2_147_483_647)]
    expected_stock: Option<Stock>,
}

impl FromFields for SetStockRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (stock, expected_stock) = (fields.required("stock"), fields.optional("expected_stock"));
        Some(Self { stock: stock?, expected_stock: expected_stock? })
    }
}

/// Sets the stock of a product
///
/// The difference is recorded as an adjustment. With `expected_stock` nothing is set that was not looked at: when it is
/// another one by now, the answer is 409 `stock_changed` with what is in stock in `stock`.
#[utoipa::path(
    tag = "products", operation_id = "setStock", params(IdParam), request_body = SetStockRequest,
    responses((status = 200, description = "The changed product", body = ProductResponse), NotFound, Conflict, BodyErrors, Invalid, Needs<to::StockWrite>, EveryError)
)]
#[put("/products/{id_key}/stock")]
async fn set_stock(
    shop: Access<to::StockWrite>,
    Id(id): Id<ProductId>,
    Body(SetStockRequest { stock, expected_stock }): Body<SetStockRequest>,
) -> Result<Changed, Problem> {
    Ok(Changed(body(shop.set_stock(id, stock, expected_stock).await?)))
}
