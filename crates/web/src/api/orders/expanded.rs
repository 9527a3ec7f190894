//! An order with its relations.

use serde::Serialize;
use stockroom_service::{CanceledOrder, OrderLine, OrderView};
use utoipa::ToSchema;

use super::bodies::{CreditNoteFields, OrderFields};
use crate::{
    api::{
        clients::bodies::ClientFields, order_details::bodies::OrderDetailFields,
        products::bodies::ProductFields,
    },
    http::rows::all,
};

/// A line of an order, with the product sold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLineFields {
    #[serde(flatten)]
    line: OrderDetailFields,
    /// The product sold.
    product: Option<ProductFields>,
}

impl From<OrderLine> for OrderLineFields {
    fn from(line: OrderLine) -> Self {
        Self { line: line.line.into(), product: line.product.map(ProductFields::from) }
    }
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderResponse {
    #[serde(flatten)]
    order: OrderFields,
    /// Who placed it.
    client: Option<ClientFields>,
    /// Its first 100 lines.
    order_details: Vec<OrderLineFields>,
}

impl From<OrderView> for OrderResponse {
    fn from(view: OrderView) -> Self {
        Self {
            order: view.order.into(),
            client: view.client.map(ClientFields::from),
            order_details: all(view.lines),
        }
    }
}

/// An order that is cancelled, with what is owed back for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CanceledOrderResponse {
    #[serde(flatten)]
    order: OrderResponse,
    /// What is owed back; none for an order that was never anything but cancelled.
    credit_note: Option<CreditNoteFields>,
}

impl From<CanceledOrder> for CanceledOrderResponse {
    fn from(canceled: CanceledOrder) -> Self {
        Self { order: canceled.order.into(), credit_note: canceled.credit_note.map(CreditNoteFields::from) }
    }
}
