//! Bodies of orders.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use stockroom_domain::{
    Amount, BillId, ClientId, CreditNote, DeliveryMethod, Money, NewOrder, Order, OrderDate, OrderEvent,
    OrderStatus, ShippingAddress,
};
use stockroom_input::{Fields, FromFields};
use utoipa::ToSchema;

use crate::schema::{
    DeliveryMethodInput, DeliveryMethodNumber, OrderStatusInput, OrderStatusNumber, partial_requests,
};

/// An order to create; its lines are added one by one.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"total": 25.0, "delivery_method": "HOME_DELIVERY", "client_id": 7, "bill_id": 4}))]
pub(crate) struct CreateOrderRequest {
    /// When it was placed: with or without a zone (then UTC), to the minute, or a date alone; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    date: Option<OrderDate>,
    /// What it costs, exact to the cent.
    #[schema(value_type = f64, minimum = 0.0, maximum = 99_999_999_999.99)]
    total: Amount,
    /// How it reaches the client.
    #[schema(value_type = DeliveryMethodInput)]
    delivery_method: DeliveryMethod,
    /// Where it stands; `PENDING` when left out.
    #[schema(value_type = Option<OrderStatusInput>)]
    status: OrderStatus,
    /// Who places it; must exist.
    #[schema(value_type = i64)]
    client_id: ClientId,
    /// The bill for it; must exist.
    #[schema(value_type = i64)]
    bill_id: BillId,
}

partial_requests!(CreateOrderRequest => UpdateOrderRequest, PatchOrderRequest, nullable: []);

impl FromFields for CreateOrderRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let date = fields.optional("date");
        let total = fields.required("total");
        let delivery_method = fields.required("delivery_method");
        let status = fields.optional("status");
        let client_id = fields.required("client_id");
        let bill_id = fields.required("bill_id");
        Some(Self {
            date: date?,
            total: total?,
            delivery_method: delivery_method?,
            status: status?.unwrap_or(OrderStatus::Pending),
            client_id: client_id?,
            bill_id: bill_id?,
        })
    }
}

impl From<CreateOrderRequest> for NewOrder {
    fn from(request: CreateOrderRequest) -> Self {
        let CreateOrderRequest { date, total, delivery_method, status, client_id, bill_id } = request;
        Self { date, total, delivery_method, status, client_id, bill_id }
    }
}

/// An order without its relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderFields {
    /// Identity.
    #[schema(example = 9)]
    id_key: i64,
    /// When it was placed, in UTC.
    #[schema(example = "2026-11-21T10:30:00Z")]
    date: DateTime<Utc>,
    /// What it costs.
    #[schema(value_type = f64, example = 25.0)]
    total: Money,
    /// How it reaches the client.
    #[schema(value_type = DeliveryMethodNumber)]
    delivery_method: DeliveryMethod,
    /// Where it stands.
    #[schema(value_type = OrderStatusNumber)]
    status: OrderStatus,
    /// Who placed it.
    #[schema(example = 7)]
    client_id: i64,
    /// The bill for it.
    #[schema(example = 4)]
    bill_id: i64,
    /// Where it goes, as the address book had it when the order was placed.
    address: Option<ShippingAddressFields>,
}

/// Where an order goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShippingAddressFields {
    /// Street.
    #[schema(example = "San Martin")]
    street: Option<String>,
    /// House number.
    #[schema(example = "12 B")]
    number: Option<String>,
    /// City.
    #[schema(example = "Salta")]
    city: Option<String>,
}

impl From<ShippingAddress> for ShippingAddressFields {
    fn from(address: ShippingAddress) -> Self {
        let ShippingAddress { street, number, city } = address;
        Self { street, number, city }
    }
}

impl From<Order> for OrderFields {
    fn from(order: Order) -> Self {
        Self {
            id_key: order.id.0,
            date: order.date,
            total: order.total,
            delivery_method: order.delivery_method,
            status: order.status,
            client_id: order.client_id.0,
            bill_id: order.bill_id.0,
            address: order.address.map(ShippingAddressFields::from),
        }
    }
}

/// What is owed back for a cancelled order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreditNoteFields {
    /// Number in the series of credit notes.
    #[schema(example = "C-2026-000001")]
    credit_note_number: String,
    /// The bill that it takes back.
    #[schema(example = "B-2026-000007")]
    bill_number: String,
    /// The day it was written.
    #[schema(example = "2026-11-21")]
    date: NaiveDate,
    /// What is owed back.
    #[schema(value_type = f64, example = 25.0)]
    total: Money,
}

impl From<CreditNote> for CreditNoteFields {
    fn from(note: CreditNote) -> Self {
        let CreditNote { credit_note_number, bill_number, date, total, .. } = note;
        Self { credit_note_number, bill_number, date, total }
    }
}

/// An event in the history of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderEventFields {
    /// Identity; later events have higher ones.
    #[schema(example = 31)]
    id_key: i64,
    /// The status before; null when the order was placed.
    #[schema(value_type = Option<OrderStatusNumber>)]
    from_status: Option<OrderStatus>,
    /// The status since.
    #[schema(value_type = OrderStatusNumber)]
    to_status: OrderStatus,
    /// When, in UTC.
    #[schema(example = "2026-11-21T10:30:00Z")]
    at: DateTime<Utc>,
}

impl From<OrderEvent> for OrderEventFields {
    fn from(event: OrderEvent) -> Self {
        Self { id_key: event.id.0, from_status: event.from, to_status: event.to, at: event.at }
    }
}
