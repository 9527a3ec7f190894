//! Business rules that a well-formed request can break, with the sentences that the contract promises.

use crate::{BillId, ClientId, Money, OrderId, OrderStatus, ProductId};

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
    /// A bill with an order stays.
    #[error("Cannot delete bill {0}: bill has an associated order")]
    BillHasOrder(BillId),
}
