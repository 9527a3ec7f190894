//! Places whole orders, many in one transaction with a handful of statements, whatever their number.
//!
//! [`decide_in_tx`] locks the products of all orders at once, by ascending id, and decides the orders in the order given, in
//! memory, against the locked stock. [`Decided::write_in_tx`] takes the stock, then the numbers of the bills from their series,
//! and writes everything with one statement, and one more for what is audited. A refused order writes nothing and does not
//! affect the others. What is stored for the idempotency keys is made between the two, before the series is locked.

mod read;
mod write;

use stockroom_domain::{
    Bill, BillId, Checkout, CheckoutRefusal, Order, OrderDetailId, OrderId, OrderStatus, PlacedLine,
    PlacedOrder, Resource, Sale, ShippingAddress,
};

use crate::{Connection, Result, audit::Actor, idempotency::RequestKey};
use read::{Known, Stamps};

/// An order to place.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    /// What is wanted.
    pub checkout: &'a Checkout,
    /// Its idempotency key, by which it is found when the outcome of a commit is unknown. No two placements of a group have
    /// the same.
    pub request: &'a RequestKey,
    /// Who places it, where that is audited.
    pub actor: Option<&'a Actor>,
    /// Whether the answer shows the actor the personal data of someone else, which is audited too.
    pub discloses: bool,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is placed.
    Placed(Box<PlacedOrder>),
    /// An order was placed for its key before.
    Replayed(StoredOrder),
    /// Its key was used before, with another body.
    KeyReused,
    /// It is refused.
    Refused(CheckoutRefusal),
}

/// What is stored for the idempotency key of a placed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    /// The content given to [`Decided::write_in_tx`].
    pub body: String,
    /// The number of its bill, which was not known when the content was made.
    pub bill_number: String,
    /// The order.
    pub order_id: OrderId,
}

/// A group of orders that is decided and not written yet. Its products are locked.
pub struct Decided<'a> {
    /// In the order of the group; `None` for those in `sold`.
    outcomes: Vec<Option<Outcome>>,
    sold: Vec<Sold<'a>>,
}

/// An order that is sold and not written yet.
struct Sold<'a> {
    placement: &'a Placement<'a>,
    /// Complete but for the number of its bill.
    placed: PlacedOrder,
}

impl Decided<'_> {
    /// The orders that will be placed, in the order of the group. Their bills have no numbers yet.
    pub fn sold(&self) -> impl ExactSizeIterator<Item = &PlacedOrder> {
        self.sold.iter().map(|sold| &sold.placed)
    }

    /// Writes the orders, each with what is to be stored for its idempotency key: `stored` has one for each of
    /// [`Decided::sold`].
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when a request was answered by another transaction meanwhile: it is found when tried again.
    /// Any other error may belong to one of the orders alone; the others are placed when tried without it.
    pub async fn write_in_tx(self, conn: &mut Connection, stored: Vec<String>) -> Result<Vec<Outcome>> {
        let mut placed = write::write(conn, self.sold, stored).await?.into_iter();
        let outcome = |outcome: Option<Outcome>| {
            outcome.or_else(|| placed.next().map(|order| Outcome::Placed(Box::new(order))))
        };
        Ok(self.outcomes.into_iter().filter_map(outcome).collect())
    }
}

/// Decides a group of orders under the locks of their products.
///
/// The keys of the requests are looked up under these locks and written last, so of two transactions that work on the same
/// request one writes it and the other one finds it.
///
/// # Errors
/// Only when the database fails.
pub async fn decide_in_tx<'a>(conn: &mut Connection, group: &'a [Placement<'a>]) -> Result<Decided<'a>> {
    let mut known = read::read(conn, group).await?;
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(group.len());
    let mut sold = Vec::with_capacity(group.len());
    for placement in group {
        let outcome = match known.answered(placement.request) {
            Some(outcome) => Some(outcome),
            None => match sell(&mut known, placement.checkout) {
                Ok((sale, address)) => {
                    sold.extend(
                        known
                            .stamps
                            .placed(placement.checkout, sale, address)
                            .map(|placed| Sold { placement, placed }),
                    );
                    None
                }
                Err(refusal) => Some(Outcome::Refused(refusal)),
            },
        };
        outcomes.push(outcome);
    }
    Ok(Decided { outcomes, sold })
}

fn sell(known: &mut Known, checkout: &Checkout) -> Result<(Sale, Option<ShippingAddress>), CheckoutRefusal> {
    let missing = |resource, id| CheckoutRefusal::NotFound { resource, id };
    let client = checkout.client_id;
    if !known.clients.contains(&client.0) {
        return Err(missing(Resource::Client, client.0));
    }
    let address = match checkout.address_id {
        None => None,
        // Somebody else's address is nobody's business: it is as good as none.
        Some(id) => match known.addresses.get(&id.0) {
            Some((owner, address)) if *owner == client => address.clone(),
            _ => return Err(missing(Resource::Address, id.0)),
        },
    };
    Ok((known.shelf.sell(checkout)?, address))
}

impl Stamps {
    /// The order that a sale becomes, with the next of the reserved ids.
    fn placed(
        &mut self,
        checkout: &Checkout,
        sale: Sale,
        address: Option<ShippingAddress>,
    ) -> Option<PlacedOrder> {
        let (order, bill) = (OrderId(self.orders.next()?), BillId(self.bills.next()?));
        let order = Order {
            id: order,
            date: self.now,
            total: sale.totals.subtotal(),
            delivery_method: checkout.delivery_method,
            status: OrderStatus::Pending,
            client_id: checkout.client_id,
            bill_id: bill,
            address,
            checked_out: true,
        };
        let bill = Bill {
            id: bill,
            bill_number: String::new(),
            discount: sale.totals.discount(),
            date: self.now.date_naive(),
            total: sale.totals.payable(),
            payment_type: checkout.payment_type,
            client_id: checkout.client_id,
        };
        let lines = sale.lines.into_iter().zip(self.lines.by_ref());
        let lines = lines.map(|(sold, id)| PlacedLine { id: OrderDetailId(id), sold }).collect();
        Some(PlacedOrder { order, bill, lines })
    }
}
