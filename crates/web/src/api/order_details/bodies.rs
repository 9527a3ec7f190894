//! Bodies of order lines.

use serde::Serialize;
use stockroom_domain::{Amount, Money, OrderDetail, OrderId, ProductId, Quantity};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{LineView, NewLine};
use utoipa::ToSchema;

use crate::api::{orders::bodies::OrderFields, products::bodies::ProductFields};
use crate::schema::partial_requests;

/// A line to add to an order.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"quantity": 2, "price": 12.5, "order_id": 9, "product_id": 1}))]
pub(crate) struct CreateOrderDetailRequest {
    /// Pieces; taken from the stock.
    #[schema(value_type = i64, minimum = 1, maximum = 2_147_483_647)]
    quantity: Quantity,
    /// Price of one piece: within 0.01 of the product's, which is taken when left out.
    #[schema(value_type = Option<f64>, minimum = 0.0)]
    price: Option<Amount>,
    /// The order; must exist and not be cancelled.
    #[schema(value_type = i64)]
    order_id: OrderId,
    /// The product; must exist.
    #[schema(value_type = i64)]
    product_id: ProductId,
}

partial_requests!(CreateOrderDetailRequest => UpdateOrderDetailRequest, PatchOrderDetailRequest, nullable: []);

impl FromFields for CreateOrderDetailRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let quantity = fields.required("quantity");
        let price = fields.optional("price");
        let order_id = fields.required("order_id");
        let product_id = fields.required("product_id");
        Some(Self { quantity: quantity?, price: price?, order_id: order_id?, product_id: product_id? })
    }
}

impl From<CreateOrderDetailRequest> for NewLine {
    fn from(request: CreateOrderDetailRequest) -> Self {
        let CreateOrderDetailRequest { quantity, price, order_id, product_id } = request;
        Self { quantity, price, order_id, product_id }
    }
}

/// A line without its relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderDetailFields {
    /// Identity.
    #[schema(example = 12)]
    id_key: i64,
    /// Pieces.
    #[schema(minimum = 1, example = 2)]
    quantity: i64,
    /// Price of one piece when it was sold.
    #[schema(value_type = f64, example = 12.5)]
    price: Money,
    /// The order it belongs to.
    #[schema(example = 9)]
    order_id: i64,
    /// The product sold.
    #[schema(example = 1)]
    product_id: i64,
}

impl From<OrderDetail> for OrderDetailFields {
    fn from(line: OrderDetail) -> Self {
        Self {
            id_key: line.id.0,
            quantity: line.quantity.count(),
            price: line.price,
            order_id: line.order_id.0,
            product_id: line.product_id.0,
        }
    }
}

/// An order line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderDetailResponse {
    #[serde(flatten)]
    line: OrderDetailFields,
    /// The order it belongs to.
    order: Option<OrderFields>,
    /// The product sold.
    product: Option<ProductFields>,
}

impl From<LineView> for OrderDetailResponse {
    fn from(view: LineView) -> Self {
        Self {
            line: view.line.into(),
            order: view.order.map(OrderFields::from),
            product: view.product.map(ProductFields::from),
        }
    }
}
