//! Order lines.

use crate::{Amount, Money, OrderDetailId, OrderId, ProductId, Quantity};

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

/// A line to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewOrderDetail {
    /// Pieces.
    pub quantity: Quantity,
    /// Price of one piece, already checked against the product's.
    pub price: Money,
    /// The order.
    pub order_id: OrderId,
    /// The product.
    pub product_id: ProductId,
}

/// Changes of a line; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderDetailChanges {
    /// Pieces.
    pub quantity: Option<Quantity>,
    /// Price of one piece.
    pub price: Option<Amount>,
    /// The order.
    pub order_id: Option<OrderId>,
    /// The product.
    pub product_id: Option<ProductId>,
}
