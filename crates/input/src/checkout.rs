//! An order to place, as a request says it.

use stockroom_domain::{Checkout, CheckoutLine, MOST_LINES};

use crate::{Fields, FromFields};

impl FromFields for CheckoutLine {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let product_id = fields.required("product_id");
        let quantity = fields.required("quantity");
        Some(Self { product_id: product_id?, quantity: quantity? })
    }
}

impl FromFields for Checkout {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let client_id = fields.required("client_id");
        let lines = fields.required_rows("lines", MOST_LINES);
        let delivery_method = fields.required("delivery_method");
        let payment_type = fields.required("payment_type");
        let address_id = fields.optional("address_id");
        let discount = fields.optional("discount");
        let expected_total = fields.optional("expected_total");
        Some(Self {
            client_id: client_id?,
            lines: lines?,
            delivery_method: delivery_method?,
            payment_type: payment_type?,
            address_id: address_id?,
            discount: discount?.unwrap_or_default(),
            expected_total: expected_total?,
        })
    }
}
