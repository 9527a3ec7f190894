//! Checkout: whole orders, placed in groups.
//!
//! Orders wait in a bounded queue. A few lanes serve it; each takes whatever waits, up to a bound, and places it in one
//! transaction (see [`stockroom_repository::checkouts`]) while the next orders gather. There is no timer: an order that
//! comes alone is placed alone, at once, and groups grow by themselves when orders come faster than commits.
//!
//! An order in the queue is placed whether or not its caller still waits. Orders of the same key share one placement.

mod in_flight;
mod lane;
mod measures;
mod queue;

use stockroom_domain::{Checkout, Money, Permission, PlacedOrder, Resource};
use stockroom_repository::idempotency::{Answer, RequestKey};

pub use queue::CheckoutSettings;
pub(crate) use queue::Queue;

use crate::{Answered, Result, Shop};

impl Shop {
    /// Places a whole order: lines, bill, stock. All or nothing. Where it is placed by somebody who is audited, an entry is
    /// written with it.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for a client, an address of the client's or a product (that is sold) that does not
    /// exist; [`crate::Error::Refused`] when stock does not suffice or the total is not as expected;
    /// [`crate::Error::Refused`] when the caller may give no discount; [`crate::Error::KeyReused`];
    /// [`crate::Error::Unavailable`], at once, when too many orders are waiting.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn checkout(
        &self,
        checkout: Checkout,
        key: Option<RequestKey>,
        answer: fn(&PlacedOrder) -> Answer,
    ) -> Result<Answered> {
        self.place(checkout, key, answer).await.inspect_err(measures::refused)
    }

    async fn place(
        &self,
        checkout: Checkout,
        key: Option<RequestKey>,
        answer: fn(&PlacedOrder) -> Answer,
    ) -> Result<Answered> {
        let client = checkout.client_id;
        self.require_own(Permission::OrdersWrite, Some(client), (Resource::Client, client.0))?;
        if checkout.discount.money() > Money::ZERO {
            self.require(Permission::DiscountsGive)?;
        }
        self.parts.checkouts.place(checkout, key, self.actor(), answer).await
    }

    /// Takes no more checkouts, and returns when those that wait are placed. That takes as long as PostgreSQL does: whoever has
    /// no more time drops it, and what is not placed when the program ends is lost.
    pub async fn drain(&self) {
        self.parts.checkouts.drain().await;
    }
}
