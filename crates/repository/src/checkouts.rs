//! Places whole orders, many in one transaction with a handful of statements, whatever their number.
//!
//! The products of all orders are locked at once, by ascending id; the orders are decided in the order given, in memory,
//! against the locked stock; then the stock is taken, numbers are taken from the series of bills, and everything is
//! written with one statement. What is audited among them is told by one more, where there is any. A refused order writes nothing and is no obstacle to the others.

mod read;
mod write;

use stockroom_domain::{Checkout, CheckoutRefusal, Money, PlacedOrder, Resource, Sale, ShippingAddress};

use crate::{
    Connection, Result,
    audit::Actor,
    idempotency::{Answer, RequestKey},
};
use read::Known;

/// An order to place.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    /// What is wanted.
    pub checkout: &'a Checkout,
    /// What makes it safe to try again, even when nobody knows whether it was committed. No two placements of a group
    /// have the same.
    pub request: &'a RequestKey,
    /// What its caller is told when it is placed; that is kept for the request.
    pub answer: fn(&PlacedOrder) -> Answer,
    /// Who places it, where that is audited.
    pub actor: Option<&'a Actor>,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is placed, and this answer is kept for its request.
    Placed(Answer, Takings),
    /// Its request was answered before, with this.
    Replayed(Answer),
    /// Its key was used before, with another body.
    KeyReused,
    /// It is refused.
    Refused(CheckoutRefusal),
}

/// What an order brings the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takings {
    /// Pieces that it takes.
    pub units: i64,
    /// What is to be paid.
    pub payable: Money,
}

impl Takings {
    /// Nothing, or nothing that is known.
    pub const NONE: Self = Self { units: 0, payable: Money::ZERO };

    fn of(placed: &PlacedOrder) -> Self {
        let units = placed.lines.iter().map(|line| line.sold.quantity.count()).sum();
        Self { units, payable: placed.bill.total }
    }
}

impl Outcome {
    /// The same outcome for a caller who asks for the first time: an earlier try of the same request was committed
    /// without anybody learning of it. What that one brought is not known any more.
    #[must_use]
    pub fn as_first(self) -> Self {
        match self {
            Self::Replayed(answer) => Self::Placed(answer, Takings::NONE),
            outcome => outcome,
        }
    }
}

/// Places a group of orders.
///
/// The keys of the requests are looked up under the locks of their products and written last, so a request that is
/// worked on twice at the same time, here and elsewhere, is answered by one and found by the other.
///
/// # Errors
/// [`crate::Error::Conflict`] when a request was answered elsewhere between look-up and write: it is found when tried
/// again. Any other error may belong to one of the orders alone; the others are placed when tried without it.
pub async fn place_in_tx(conn: &mut Connection, group: &[Placement<'_>]) -> Result<Vec<Outcome>> {
    let mut known = read::read(conn, group).await?;
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(group.len());
    let mut sold = Vec::with_capacity(group.len());
    for placement in group {
        let outcome = match known.answered(placement.request) {
            Some(outcome) => Some(outcome),
            None => match sell(&mut known, placement.checkout) {
                Ok((sale, address)) => {
                    sold.push(Sold { placement, sale, address });
                    None
                }
                Err(refusal) => Some(Outcome::Refused(refusal)),
            },
        };
        outcomes.push(outcome);
    }
    let mut answers = write::write(conn, sold, known.stamps).await?.into_iter();
    let placed = |outcome: Option<Outcome>| {
        outcome.or_else(|| answers.next().map(|(answer, takings)| Outcome::Placed(answer, takings)))
    };
    Ok(outcomes.into_iter().filter_map(placed).collect())
}

/// An order that is decided and not written yet.
struct Sold<'a> {
    placement: &'a Placement<'a>,
    sale: Sale,
    address: Option<ShippingAddress>,
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
