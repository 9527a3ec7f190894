//! Bodies of bills.

use chrono::NaiveDate;
use serde::Serialize;
use stockroom_domain::{Amount, Bill, BillDate, BillNumber, ClientId, Money, NewBill, PaymentType};
use stockroom_input::{Fields, FromFields};
use stockroom_service::BillView;
use utoipa::ToSchema;

use crate::api::{clients::bodies::ClientFields, orders::bodies::OrderFields};
use crate::schema::{PaymentTypeInput, PaymentTypeNumber, partial_requests};

/// A bill to create.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "bill_number": "A-0001", "discount": 0, "date": "2026-11-21", "total": 25.0, "payment_type": "CARD", "client_id": 7
}))]
pub(crate) struct CreateBillRequest {
    /// Unique.
    #[schema(value_type = String, min_length = 1, max_length = 50)]
    bill_number: BillNumber,
    /// What was taken off, exact to the cent.
    #[schema(value_type = Option<f64>, minimum = 0.0, maximum = 99_999_999_999.99, default = 0)]
    discount: Amount,
    /// The day it is written; a timestamp is cut to its date.
    #[schema(value_type = String, format = Date)]
    date: BillDate,
    /// What is owed, exact to the cent.
    #[schema(value_type = f64, minimum = 0.0, maximum = 99_999_999_999.99)]
    total: Amount,
    /// How it is paid.
    #[schema(value_type = PaymentTypeInput)]
    payment_type: PaymentType,
    /// Who owes it; must exist.
    #[schema(value_type = i64)]
    client_id: ClientId,
}

partial_requests!(CreateBillRequest => UpdateBillRequest, PatchBillRequest, nullable: []);

impl FromFields for CreateBillRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let bill_number = fields.required("bill_number");
        let discount = fields.optional("discount");
        let date = fields.required("date");
        let total = fields.required("total");
        let payment_type = fields.required("payment_type");
        let client_id = fields.required("client_id");
        Some(Self {
            bill_number: bill_number?,
            discount: discount?.unwrap_or_default(),
            date: date?,
            total: total?,
            payment_type: payment_type?,
            client_id: client_id?,
        })
    }
}

impl CreateBillRequest {
    pub(crate) fn as_new(&self) -> NewBill<'_> {
        NewBill {
            bill_number: &self.bill_number,
            discount: self.discount,
            date: self.date,
            total: self.total,
            payment_type: self.payment_type,
            client_id: self.client_id,
        }
    }
}

/// A bill without its relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BillFields {
    /// Identity.
    #[schema(example = 4)]
    id_key: i64,
    /// Unique.
    #[schema(example = "A-0001")]
    bill_number: String,
    /// What was taken off.
    #[schema(value_type = f64, example = 0.0)]
    discount: Money,
    /// The day it was written.
    #[schema(example = "2026-11-21")]
    date: NaiveDate,
    /// What is owed.
    #[schema(value_type = f64, example = 25.0)]
    total: Money,
    /// How it is paid.
    #[schema(value_type = PaymentTypeNumber)]
    payment_type: PaymentType,
    /// Who owes it.
    #[schema(example = 7)]
    client_id: i64,
}

impl From<Bill> for BillFields {
    fn from(bill: Bill) -> Self {
        Self {
            id_key: bill.id.0,
            bill_number: bill.bill_number,
            discount: bill.discount,
            date: bill.date,
            total: bill.total,
            payment_type: bill.payment_type,
            client_id: bill.client_id.0,
        }
    }
}

/// A bill.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BillResponse {
    #[serde(flatten)]
    bill: BillFields,
    /// Who owes it.
    client: Option<ClientFields>,
    /// The order it is for, where there is one.
    order: Option<OrderFields>,
}

impl From<BillView> for BillResponse {
    fn from(view: BillView) -> Self {
        Self {
            bill: view.bill.into(),
            client: view.client.map(ClientFields::from),
            order: view.order.map(OrderFields::from),
        }
    }
}
