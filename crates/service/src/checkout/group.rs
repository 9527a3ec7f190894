//! A group of orders that are placed in one transaction.

use std::{collections::BTreeSet, time::Instant};

use stockroom_domain::{Checkout, ProductId};
use stockroom_repository::checkouts::{Outcome, Placement};
use tracing::Span;

use super::{queue::QueuedOrder, retry::Attempts};
use crate::{
    Error,
    unit_of_work::{Caches, PendingInvalidation},
};

/// Orders that are placed together, and what happened to them so far.
pub(super) struct Group {
    pub(super) orders: Vec<QueuedOrder>,
    pub(super) attempts: Attempts,
    /// When the first attempt began.
    pub(super) started: Option<Instant>,
    /// All their products, until it is known what was sold. Dropped, it invalidates them: the outcome is unknown.
    pub(super) stale: PendingInvalidation,
}

impl Group {
    /// A group that was not tried yet; `None` without orders.
    pub(super) fn new(orders: Vec<QueuedOrder>, caches: &Caches) -> Option<Self> {
        if orders.is_empty() {
            return None;
        }
        let stale = caches.pending();
        stale.products(products_of(&orders));
        Some(Self { orders, attempts: Attempts::default(), started: None, stale })
    }

    /// What the repository is to place.
    pub(super) fn placements(&self) -> Vec<Placement<'_>> {
        self.orders.iter().map(QueuedOrder::placement).collect()
    }

    /// The products of all orders.
    pub(super) fn products(&self) -> Vec<ProductId> {
        products_of(&self.orders).collect()
    }

    /// The first half, to be placed first, and the second.
    pub(super) fn split(mut self, caches: &Caches) -> impl Iterator<Item = Self> + use<> {
        let second = self.orders.split_off(self.orders.len() / 2);
        // The last one is taken first.
        [Self::new(second, caches), Self::new(self.orders, caches)].into_iter().flatten()
    }

    /// The group without the orders of these products, which are refused.
    pub(super) fn without(self, products: &[ProductId], failure: &Error, caches: &Caches) -> Option<Self> {
        let names =
            |order: &QueuedOrder| order.checkout.lines.iter().any(|line| products.contains(&line.product_id));
        let (refused, others) = self.orders.into_iter().partition(names);
        refuse(refused, failure);
        Self::new(others, caches)
    }

    /// Answers all its callers with a failure.
    pub(super) fn refuse(self, failure: &Error) {
        refuse(self.orders, failure);
    }

    /// The span of the group: part of the trace of its first order, and linked with those of the others.
    pub(super) fn span(&self) -> Span {
        let Some((first, others)) = self.orders.split_first() else { return Span::none() };
        let span = tracing::trace_span!(
            target: "stockroom::trace",
            parent: &first.span,
            "place group",
            orders = self.orders.len()
        );
        if !span.is_disabled() {
            for other in others {
                span.follows_from(&other.span);
                other.span.follows_from(&span);
            }
        }
        span
    }
}

/// The products that the placed orders of a group have sold. With `replayed`, orders that were found by their keys count: an
/// earlier attempt with an unknown commit has placed them.
pub(super) fn sold<'c>(
    checkouts: impl IntoIterator<Item = &'c Checkout>,
    outcomes: &[Outcome],
    replayed: bool,
) -> Vec<ProductId> {
    let is_placed = |outcome: &Outcome| match outcome {
        Outcome::Placed(_) => true,
        Outcome::Replayed(_) => replayed,
        Outcome::KeyReused | Outcome::Refused(_) => false,
    };
    let placed = checkouts.into_iter().zip(outcomes).filter(|(_, outcome)| is_placed(outcome));
    let products: BTreeSet<ProductId> =
        placed.flat_map(|(checkout, _)| &checkout.lines).map(|line| line.product_id).collect();
    products.into_iter().collect()
}

fn products_of(orders: &[QueuedOrder]) -> impl Iterator<Item = ProductId> {
    orders.iter().flat_map(|order| &order.checkout.lines).map(|line| line.product_id)
}

fn refuse(orders: Vec<QueuedOrder>, failure: &Error) {
    for order in orders {
        order.responder.complete(&Err(failure.clone()));
    }
}
