//! Bills: what a client owes for an order.

use chrono::NaiveDate;

use crate::{Amount, BillDate, BillId, ClientId, Money, Text, choice::choice};

/// A bill's number: 1 to 50 characters, unique.
pub type BillNumber = Text<1, 50>;

choice! {
    /// How a bill is paid.
    PaymentType, "payment type" {
        /// Cash.
        Cash = 1 "CASH",
        /// Any card.
        Card = 2 "CARD",
        /// Debit card.
        Debit = 3 "DEBIT",
        /// Credit card.
        Credit = 4 "CREDIT",
        /// Bank transfer.
        BankTransfer = 5 "BANK_TRANSFER",
    }
}

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Identity.
    pub id: BillId,
    /// Unique number.
    pub bill_number: String,
    /// What was taken off, 0 or more.
    pub discount: Money,
    /// The day it was written.
    pub date: NaiveDate,
    /// What is owed, 0 or more.
    pub total: Money,
    /// How it is paid.
    pub payment_type: PaymentType,
    /// Who owes it.
    pub client_id: ClientId,
}

/// A bill to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewBill<'a> {
    /// Unique number.
    pub bill_number: &'a BillNumber,
    /// What was taken off.
    pub discount: Amount,
    /// The day it is written.
    pub date: BillDate,
    /// What is owed.
    pub total: Amount,
    /// How it is paid.
    pub payment_type: PaymentType,
    /// Who owes it.
    pub client_id: ClientId,
}

/// Changes of a bill; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillChanges {
    /// A new number.
    pub bill_number: Option<BillNumber>,
    /// What is taken off.
    pub discount: Option<Amount>,
    /// Another day.
    pub date: Option<BillDate>,
    /// What is owed.
    pub total: Option<Amount>,
    /// Another way to pay.
    pub payment_type: Option<PaymentType>,
    /// Another client.
    pub client_id: Option<ClientId>,
}
