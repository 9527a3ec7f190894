//! Order lines.

use crate::{Money, OrderDetailId, OrderId, ProductId, Quantity};

/// A line of an order: some pieces of one product at the price they were sold for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDetail {
    /// Identity.
    pub id: OrderDetailId,
    /// Pieces.
    pub quantity: Quantity,
    /// Price of one piece when it was sold.
    pub price: Money,
    /// The order it belongs to.
    pub order_id: OrderId,
    /// The product sold.
    pub product_id: ProductId,
}
