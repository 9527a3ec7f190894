//! Checkout: whole orders, placed in groups.
//!
//! Orders wait in a bounded queue. A few workers serve it; each takes whatever waits, up to a bound, and places it in one
//! transaction (see [`stockroom_repository::checkouts`]) while the next orders gather. There is no timer: an order that
//! comes alone is placed alone, at once, and groups grow by themselves when orders come faster than commits.
//!
//! An order in the queue is placed whether or not its caller still waits. Orders of the same key share one placement.

mod group;
mod in_flight;
mod measures;
mod queue;
mod retry;
mod snapshot;
mod worker;

use std::sync::Arc;

use stockroom_domain::{Checkout, Money, Permission, PlacedOrder, Resource};
use stockroom_repository::{checkouts::StoredOrder, idempotency::RequestKey};

pub use queue::CheckoutSettings;
pub(crate) use queue::Queue;

use crate::{Disclose, Need, Result, Shop, ShownRow, StoredResponse, Visible, orders::without_address};

const WRITE: Need = Need::or_owner(Permission::OrdersWrite);

/// What the caller of a checkout is answered. Cheap to clone: callers of the same key share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutAnswer {
    /// The order as it was placed.
    Placed {
        /// The order.
        order: Arc<PlacedOrder>,
        /// Whether an earlier request with the same key has placed it.
        replayed: bool,
    },
    /// A rendered answer that the release before this one has stored. Goes with the next release: answers are kept for a day.
    Rendered(StoredResponse),
}

impl CheckoutAnswer {
    fn placed(order: PlacedOrder, replayed: bool) -> Self {
        Self::Placed { order: Arc::new(order), replayed }
    }

    fn stored(stored: StoredOrder, replayed: bool) -> Self {
        let StoredOrder { body, bill_number, order_id } = stored;
        match snapshot::decode(&body, &bill_number) {
            Some(order) => Self::placed(order, replayed),
            None => Self::Rendered(StoredResponse {
                row: ShownRow::new("orders", order_id.0, None),
                body,
                replayed,
            }),
        }
    }

    /// The same for another caller of the same key.
    fn into_replay(self) -> Self {
        match self {
            Self::Placed { order, .. } => Self::Placed { order, replayed: true },
            Self::Rendered(response) => Self::Rendered(StoredResponse { replayed: true, ..response }),
        }
    }
}

impl Disclose for PlacedOrder {
    const READ: Option<Permission> = Some(Permission::OrdersRead);

    fn row(&self) -> ShownRow {
        self.order.row()
    }

    fn redact(self) -> Visible<Self> {
        Visible::Shown(Self { order: without_address(self.order), ..self })
    }
}

impl Shop {
    /// Places a whole order: lines, bill, stock. All or nothing. For a caller that is audited, entries are written with it.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for a client, an address of the client's or a product (that is sold) that does not
    /// exist; [`crate::Error::Refused`] when stock does not suffice or the total is not as expected;
    /// [`crate::Error::Refused`] when the caller may give no discount; [`crate::Error::KeyReused`];
    /// [`crate::Error::Unavailable`], at once, when too many orders are waiting.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn checkout(&self, checkout: Checkout, key: Option<RequestKey>) -> Result<CheckoutAnswer> {
        self.place(checkout, key).await.inspect_err(measures::refused)
    }

    async fn place(&self, checkout: Checkout, key: Option<RequestKey>) -> Result<CheckoutAnswer> {
        self.authorize(WRITE)?;
        let client = checkout.client_id;
        self.require_own(Permission::OrdersWrite, Some(client), (Resource::Client, client.0))?;
        if checkout.discount.money() > Money::ZERO {
            self.require(Permission::DiscountsGive)?;
        }
        let may_read = self.caller.may_with(Permission::OrdersRead, Some(client));
        let discloses = may_read && self.caller.account() != Some(client);
        let answer = self.parts.checkouts.place(checkout, key, self.actor(), discloses).await?;
        if let CheckoutAnswer::Placed { order, replayed } = answer {
            if replayed && may_read && self.caller.is_audited() {
                self.disclose(&*self.pool().get().await?, [&*order]).await?;
            }
            let order = if may_read { order } else { Arc::new(redacted(&order)) };
            return Ok(CheckoutAnswer::Placed { order, replayed });
        }
        Ok(answer)
    }

    /// Takes no more checkouts, and returns when those that wait are placed. That takes as long as PostgreSQL does: when it is
    /// dropped before, orders that are not placed when the program ends are lost.
    pub async fn drain(&self) {
        self.parts.checkouts.drain().await;
    }
}

fn redacted(placed: &PlacedOrder) -> PlacedOrder {
    PlacedOrder { order: without_address(placed.order.clone()), ..placed.clone() }
}
