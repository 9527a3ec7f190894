//! Orders and the moves of their status.

use chrono::{DateTime, Utc};

use crate::{Amount, BillId, ClientId, Money, OrderDate, OrderEventId, OrderId, Refusal, choice::choice};

choice! {
    /// How an order reaches the client.
    DeliveryMethod, "delivery method" {
        /// Picked up from the car.
        DriveThru = 1 "DRIVE_THRU",
        /// Handed over in the shop.
        OnHand = 2 "ON_HAND",
        /// Brought home.
        HomeDelivery = 3 "HOME_DELIVERY",
    }
}

choice! {
    /// Where an order stands.
    OrderStatus, "order status" {
        /// Placed.
        Pending = 1 "PENDING",
        /// Being prepared.
        InProgress = 2 "IN_PROGRESS",
        /// With the client; the end.
        Delivered = 3 "DELIVERED",
        /// Called off, its stock given back; the end.
        Canceled = 4 "CANCELED",
    }
}

/// What a legal move of an order's status asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// The status stays as it is.
    None,
    /// The order moves on.
    Forward,
    /// The order is called off: the stock of its lines goes back.
    Cancel,
}

impl OrderStatus {
    /// Decides a move to another status.
    ///
    /// # Errors
    /// [`Refusal::IllegalStatusChange`] for moves backwards, out of `CANCELED`, or from `DELIVERED` to `CANCELED`.
    pub fn change_to(self, to: Self) -> Result<StatusChange, Refusal> {
        use OrderStatus::{Canceled, Delivered, InProgress, Pending};
        match (self, to) {
            (Pending, Pending) | (InProgress, InProgress) | (Delivered, Delivered) | (Canceled, Canceled) => {
                Ok(StatusChange::None)
            }
            (Pending, InProgress | Delivered) | (InProgress, Delivered) => Ok(StatusChange::Forward),
            (Pending | InProgress, Canceled) => Ok(StatusChange::Cancel),
            (from, to) => Err(Refusal::IllegalStatusChange { from, to }),
        }
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// When it was placed.
    pub date: DateTime<Utc>,
    /// What it costs, 0 or more.
    pub total: Money,
    /// How it reaches the client.
    pub delivery_method: DeliveryMethod,
    /// Where it stands.
    pub status: OrderStatus,
    /// Who placed it.
    pub client_id: ClientId,
    /// The bill for it.
    pub bill_id: BillId,
    /// Where it goes: copied from the address book when a checkout placed it.
    pub address: Option<ShippingAddress>,
    /// Whether a checkout placed it. Its bill is issued then, so its lines and its total are final.
    pub checked_out: bool,
}

/// An order to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewOrder {
    /// When it was placed; the database's time when not given.
    pub date: Option<OrderDate>,
    /// What it costs.
    pub total: Amount,
    /// How it reaches the client.
    pub delivery_method: DeliveryMethod,
    /// Where it stands.
    pub status: OrderStatus,
    /// Who placed it.
    pub client_id: ClientId,
    /// The bill for it.
    pub bill_id: BillId,
}

/// Changes of an order; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderChanges {
    /// When it was placed.
    pub date: Option<OrderDate>,
    /// A new total.
    pub total: Option<Amount>,
    /// Another way to the client.
    pub delivery_method: Option<DeliveryMethod>,
    /// The status that it moves to.
    pub status: Option<OrderStatus>,
    /// Another client.
    pub client_id: Option<ClientId>,
    /// Another bill.
    pub bill_id: Option<BillId>,
}

impl OrderChanges {
    /// Moves the order to this status.
    #[must_use]
    pub fn with_status(self, status: OrderStatus) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Whether something would change that the issued bill of a checked-out order says.
    pub fn contradict_bill_of(&self, order: &Order) -> bool {
        self.total.is_some_and(|total| total.money() != order.total)
            || self.client_id.is_some_and(|client| client != order.client_id)
            || self.bill_id.is_some_and(|bill| bill != order.bill_id)
    }
}

/// An address as it was when an order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingAddress {
    /// Street.
    pub street: Option<String>,
    /// House number; it may hold letters.
    pub number: Option<String>,
    /// City.
    pub city: Option<String>,
}

impl ShippingAddress {
    /// An address of these parts; none when all of them are missing.
    pub fn of(street: Option<String>, number: Option<String>, city: Option<String>) -> Option<Self> {
        let known = street.is_some() || number.is_some() || city.is_some();
        known.then_some(Self { street, number, city })
    }
}

/// An event in the history of an order: its placement, or a move of its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderEvent {
    /// Identity; later events have higher ones.
    pub id: OrderEventId,
    /// The status before; none when the order was placed.
    pub from: Option<OrderStatus>,
    /// The status since.
    pub to: OrderStatus,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus::{Canceled, Delivered, InProgress, Pending};

    #[track_caller]
    fn check(from: OrderStatus, to: OrderStatus, expected: Option<StatusChange>) {
        assert_eq!(from.change_to(to).ok(), expected, "{from} to {to}");
    }

    #[test]
    fn every_move_is_decided() {
        for status in [Pending, InProgress, Delivered, Canceled] {
            check(status, status, Some(StatusChange::None));
        }
        check(Pending, InProgress, Some(StatusChange::Forward));
        check(Pending, Delivered, Some(StatusChange::Forward));
        check(InProgress, Delivered, Some(StatusChange::Forward));
        check(Pending, Canceled, Some(StatusChange::Cancel));
        check(InProgress, Canceled, Some(StatusChange::Cancel));
        check(Delivered, Canceled, None);
        check(InProgress, Pending, None);
        check(Delivered, Pending, None);
        check(Delivered, InProgress, None);
        for status in [Pending, InProgress, Delivered] {
            check(Canceled, status, None);
        }
    }
}
