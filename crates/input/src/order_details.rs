//! What a request can change about a line of an order.

use stockroom_domain::OrderDetailChanges;

use crate::{Fields, FromFields};

impl FromFields for OrderDetailChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            quantity: fields.change("quantity"),
            price: fields.change("price"),
            order_id: fields.change("order_id"),
            product_id: fields.change("product_id"),
        })
    }
}
