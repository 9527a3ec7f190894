//! Business rules that a well-formed request can break, with the sentences that the contract promises.

use crate::{BillId, ClientId, Money, OrderId, OrderStatus, Permission, ProductId, Resource, Shortage};

/// A request that is understood and not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A new line wants more than is in stock.
    #[error("Insufficient stock for product {product}. Requested: {requested}, Available: {available}")]
    InsufficientStock {
        /// The product that is short.
        product: ProductId,
        /// Pieces wanted.
        requested: i64,
        /// Pieces in stock.
        available: i64,
    },
    /// A changed line wants more additional pieces than are in stock.
    #[error(
        "Insufficient stock for product {product}. Requested additional: {additional}, Available: {available}"
    )]
    InsufficientAdditionalStock {
        /// The product that is short.
        product: ProductId,
        /// Pieces wanted beyond what the line holds already.
        additional: i64,
        /// Pieces in stock.
        available: i64,
    },
    /// A checkout wants more of some products than there is; all of them are told.
    #[error("{}", shortages(.0))]
    InsufficientStockForOrder(Vec<Shortage>),
    /// The buyer of a checkout was told another total.
    #[error("Total mismatch. Expected {total}, got {expected}")]
    TotalMismatch {
        /// What the request says.
        expected: Money,
        /// What is to be paid.
        total: Money,
    },
    /// More would be taken off than an order costs.
    #[error("Discount {discount} is more than the order's total {total}")]
    DiscountTooLarge {
        /// What should be taken off.
        discount: Money,
        /// What the lines cost.
        total: Money,
    },
    /// An order costs more than an amount of money can be.
    #[error("The order's total is more than 99999999999.99")]
    TotalTooLarge,
    /// The client calculated with another price.
    #[error("Price mismatch. Expected {expected}, got {got}")]
    PriceMismatch {
        /// The product's price.
        expected: Money,
        /// The price in the request.
        got: Money,
    },
    /// The order's state machine has no such move.
    #[error("Cannot change order status from {from} to {to}")]
    IllegalStatusChange {
        /// The order's status.
        from: OrderStatus,
        /// The status wanted.
        to: OrderStatus,
    },
    /// The lines of a cancelled order are history: its stock was given back.
    #[error("Cannot change the lines of order {0}: order is CANCELED")]
    OrderIsCanceled(OrderId),
    /// An issued bill says what was sold: the lines and the total of its order are final.
    #[error("Cannot change the lines or the total of order {0}: its bill is issued")]
    OrderIsBilled(OrderId),
    /// An order whose bill is issued stays.
    #[error("Cannot delete order {0}: its bill is issued. Consider cancelling it instead.")]
    BilledOrderStays(OrderId),
    /// An issued bill is immutable.
    #[error("Cannot change or delete bill {0}: it is issued")]
    BillIsIssued(String),
    /// An issued bill is for one order, the one that was placed with it.
    #[error("Bill {0} is issued for another order")]
    BillOfAnotherOrder(BillId),
    /// Numbers of this form are given by the shop alone.
    #[error("Bill number {0} exists in, or is reserved for, the shop's own series")]
    BillNumberReserved(String),
    /// Sold products stay, for the sake of the orders that name them.
    #[error(
        "Cannot delete product {0}: product has associated sales history. Consider marking as inactive instead of deleting."
    )]
    ProductHasSales(ProductId),
    /// A category with products stays.
    #[error("Cannot delete category with associated products")]
    CategoryHasProducts,
    /// A client with orders or bills stays.
    #[error("Cannot delete client {0}: client has associated orders or bills")]
    ClientHasOrdersOrBills(ClientId),
    /// What was erased stays so: nothing about the client changes, and nothing new is written about them.
    #[error("Client {0} was erased")]
    ClientErased(ClientId),
    /// What is to be changed or deleted is no longer what the caller has seen.
    #[error("{resource} with id {id} was changed meanwhile: read it again")]
    Outdated {
        /// What kind of thing it is.
        resource: Resource,
        /// Its id.
        id: i64,
    },
    /// The stock is not the one that the caller expected to replace.
    #[error("Stock of product {product} was changed meanwhile. Expected {expected}, Available: {available}")]
    StockChanged {
        /// The product.
        product: ProductId,
        /// The stock that the caller has seen.
        expected: i64,
        /// Pieces in stock.
        available: i64,
    },
    /// Only somebody with this permission may do it.
    #[error("This needs the permission {0}")]
    NotPermitted(Permission),
    /// A client reviews a product once, where that is asked for.
    #[error("Duplicate entry: review of this client for this product already exists")]
    AlreadyReviewed,
    /// Nobody changes their own role, so that nobody locks everybody out.
    #[error("Cannot change one's own role: another administrator can")]
    OwnRole,
    /// A bill with an order stays.
    #[error("Cannot delete bill {0}: bill has an associated order")]
    BillHasOrder(BillId),
}

fn shortages(shortages: &[Shortage]) -> String {
    let sentence = |short: &Shortage| {
        let Shortage { product, requested, available } = *short;
        Refusal::InsufficientStock { product, requested, available }.to_string()
    };
    shortages.iter().map(sentence).collect::<Vec<_>>().join(". ")
}
