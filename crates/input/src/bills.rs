//! What a request can change about a bill.

use stockroom_domain::BillChanges;

use crate::{Fields, FromFields};

impl FromFields for BillChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            bill_number: fields.change("bill_number"),
            discount: fields.change("discount"),
            date: fields.change("date"),
            total: fields.change("total"),
            payment_type: fields.change("payment_type"),
            client_id: fields.change("client_id"),
        })
    }
}
