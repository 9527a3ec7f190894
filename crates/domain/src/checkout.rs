//! Checkout: a whole order in one request, and what becomes of it against the stock that is there.
//!
//! Pure: [`Shelf`] stands for products whose rows are locked. Orders take from it in the order of their arrival, each
//! all or nothing, so many of them can be decided together.

mod shelf;

use crate::{
    AddressId, Amount, Bill, ClientId, DeliveryMethod, Money, Order, OrderDetailId, PaymentType, ProductId,
    Quantity, Refusal, Resource,
};

pub use shelf::{Sale, SaleLine, Shelf, ShelfProduct};

/// Lines of a checkout, at most.
pub const MOST_LINES: usize = 100;

/// An order to place, as its buyer wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Who buys.
    pub client_id: ClientId,
    /// What, 1 to [`MOST_LINES`] lines. Several lines may name the same product.
    pub lines: Vec<CheckoutLine>,
    /// How it reaches the client.
    pub delivery_method: DeliveryMethod,
    /// How it is paid.
    pub payment_type: PaymentType,
    /// Where to; an address of the client's.
    pub address_id: Option<AddressId>,
    /// What is taken off, at most what the lines cost.
    pub discount: Amount,
    /// What the buyer was told to pay; the order is refused when it is not so.
    pub expected_total: Option<Amount>,
}

/// A line of an order to place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckoutLine {
    /// The product.
    pub product_id: ProductId,
    /// Pieces.
    pub quantity: Quantity,
}

/// Why an order is not placed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutRefusal {
    /// Something that it names does not exist, is not the client's, or is no longer sold.
    #[error("{resource} with id {id} not found")]
    NotFound {
        /// What was looked for.
        resource: Resource,
        /// Its id.
        id: i64,
    },
    /// A rule of the shop forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A product of which an order wants more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// The product.
    pub product: ProductId,
    /// Pieces wanted, on all lines of the order together.
    pub requested: i64,
    /// Pieces in stock.
    pub available: i64,
}

/// An order that was placed, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The order.
    pub order: Order,
    /// Its lines.
    pub lines: Vec<PlacedLine>,
    /// Its bill.
    pub bill: Bill,
}

/// A line of an order that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedLine {
    /// Identity.
    pub id: OrderDetailId,
    /// What was sold.
    pub sold: SaleLine,
}

/// What an order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    subtotal: Amount,
    discount: Amount,
    payable: Amount,
}

impl Totals {
    /// Adds the lines up and takes the discount off.
    ///
    /// # Errors
    /// [`Refusal::TotalTooLarge`] when the sum is no [`Amount`]; [`Refusal::DiscountTooLarge`] when nothing would be
    /// left to pay and more.
    pub fn of(lines: &[SaleLine], discount: Amount) -> Result<Self, Refusal> {
        let sum = lines
            .iter()
            .try_fold(0_i64, |sum, line| sum.checked_add(line.price.times(line.quantity.count())?.minor()));
        let amount = |minor| Amount::new(Money::from_minor(minor)).ok();
        let subtotal = sum.and_then(amount).ok_or(Refusal::TotalTooLarge)?;
        let total = subtotal.money();
        let payable = amount(total.minor() - discount.money().minor())
            .ok_or(Refusal::DiscountTooLarge { discount: discount.money(), total })?;
        Ok(Self { subtotal, discount, payable })
    }

    /// What the lines cost together.
    pub const fn subtotal(self) -> Money {
        self.subtotal.money()
    }

    /// What is taken off.
    pub const fn discount(self) -> Money {
        self.discount.money()
    }

    /// What is left to pay.
    pub const fn payable(self) -> Money {
        self.payable.money()
    }
}
