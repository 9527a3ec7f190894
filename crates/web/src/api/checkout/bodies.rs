//! Bodies of checkout.

use serde::Serialize;
use stockroom_domain::{Money, PlacedLine, PlacedOrder};
use utoipa::ToSchema;

use crate::api::{bills::bodies::BillFields, orders::bodies::OrderFields};
use crate::schema::{DeliveryMethodInput, PaymentTypeInput};

/// A whole order to place. Its prices are those of the products.
#[derive(ToSchema)]
#[schema(example = json!({
    "client_id": 7, "lines": [{"product_id": 1, "quantity": 2}], "delivery_method": "HOME_DELIVERY",
    "payment_type": "CARD", "expected_total": 25.0
}))]
#[expect(dead_code, reason = "describes the form for the OpenAPI document; the domain reads it")]
pub(crate) struct CheckoutRequest {
    /// Who buys; must exist.
    client_id: i64,
    /// What is bought. Lines that share a product are one demand on its stock.
    #[schema(min_items = 1, max_items = 100)]
    lines: Vec<CheckoutLineRequest>,
    /// How it reaches the client.
    #[schema(inline = false)]
    delivery_method: DeliveryMethodInput,
    /// How it is paid.
    payment_type: PaymentTypeInput,
    /// Where to: an address of the client's. It is copied into the order.
    address_id: Option<i64>,
    /// What is taken off, at most what the lines cost.
    #[schema(minimum = 0.0, default = 0)]
    discount: Option<f64>,
    /// What the buyer was told to pay, lines minus discount. When it is another amount now, nothing is sold.
    #[schema(minimum = 0.0)]
    expected_total: Option<f64>,
}

/// A line of an order to place.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for the OpenAPI document; the domain reads it")]
pub(crate) struct CheckoutLineRequest {
    /// The product; must exist and be sold.
    #[schema(example = 1)]
    product_id: i64,
    /// Pieces.
    #[schema(minimum = 1, maximum = 2_147_483_647_i64, example = 2)]
    quantity: i64,
}

/// A whole order that was placed. `total` is what its lines cost; `bill.total` is what is to be paid.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutResponse {
    #[serde(flatten)]
    order: OrderFields,
    /// Its lines.
    order_details: Vec<SoldLineFields>,
    /// Its bill.
    bill: BillFields,
}

/// A line of a placed order, with the product as it was sold.
#[derive(Serialize, ToSchema)]
pub(crate) struct SoldLineFields {
    /// Identity.
    #[schema(example = 12)]
    id_key: i64,
    /// Pieces.
    #[schema(minimum = 1, example = 2)]
    quantity: i64,
    /// Price of one piece.
    #[schema(value_type = f64, example = 12.5)]
    price: Money,
    /// The order it belongs to.
    #[schema(example = 9)]
    order_id: i64,
    /// The product sold.
    #[schema(example = 1)]
    product_id: i64,
    /// The product sold.
    product: SoldProductFields,
}

/// What was sold.
#[derive(Serialize, ToSchema)]
pub(crate) struct SoldProductFields {
    /// Identity.
    #[schema(example = 1)]
    id_key: i64,
    /// Name.
    #[schema(example = "Enamel mug")]
    name: String,
    /// Stock keeping unit.
    #[schema(example = "MUG-350")]
    sku: Option<String>,
}

impl From<&PlacedOrder> for CheckoutResponse {
    fn from(placed: &PlacedOrder) -> Self {
        let order = placed.order.id.0;
        let line = |PlacedLine { id, sold }: &PlacedLine| SoldLineFields {
            id_key: id.0,
            quantity: sold.quantity.count(),
            price: sold.price,
            order_id: order,
            product_id: sold.product_id.0,
            product: SoldProductFields {
                id_key: sold.product_id.0,
                name: sold.name.clone(),
                sku: sold.sku.clone(),
            },
        };
        Self {
            order: placed.order.clone().into(),
            order_details: placed.lines.iter().map(line).collect(),
            bill: placed.bill.clone().into(),
        }
    }
}
