//! What a request can change about an order.

use stockroom_domain::OrderChanges;

use crate::{Fields, FromFields};

impl FromFields for OrderChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            date: fields.change("date"),
            total: fields.change("total"),
            delivery_method: fields.change("delivery_method"),
            status: fields.change("status"),
            client_id: fields.change("client_id"),
            bill_id: fields.change("bill_id"),
        })
    }
}
