//! A checkout worker: takes groups of orders off the queue and places each in one transaction.

use std::{sync::Arc, time::Instant};

use stockroom_domain::ProductId;
use stockroom_repository::{
    self as repository, Connection, Pool, Transaction,
    checkouts::{self, Outcome, Placement},
    products, signals,
};
use tokio::{
    sync::{Mutex, mpsc},
    time::sleep,
};
use tracing::Instrument;

use super::{
    CheckoutAnswer,
    group::{Group, sold},
    in_flight::Completion,
    measures::{Measures, retried},
    queue::QueuedOrder,
    retry::{Action, Circumstances, RETRY_PAUSE, split_or_refuse},
    snapshot,
};
use crate::{Error, unit_of_work::Caches};

/// One of the workers of a queue.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) pool: Pool,
    pub(super) caches: Caches,
    /// The name under which other servers are notified of what was sold, where the database has to notify them.
    pub(super) notify_as: Option<String>,
    pub(super) queue: Arc<Mutex<mpsc::Receiver<QueuedOrder>>>,
    /// Orders of a group, at most.
    pub(super) group: usize,
    pub(super) measures: Measures,
}

impl Worker {
    /// Serves the queue until it is closed and empty, whatever happens to a single group.
    pub(super) async fn keep_running(self) {
        while let Err(error) = tokio::spawn(self.clone().run()).await {
            tracing::error!(%error, "a checkout worker died and is started again");
        }
    }

    async fn run(self) {
        loop {
            let mut orders = Vec::new();
            // Everything that waits; the other workers take what comes after.
            if self.queue.lock().await.recv_many(&mut orders, self.group).await == 0 {
                return;
            }
            self.measures.taken(orders.iter().map(|order| order.since.elapsed()));
            if let Some(group) = Group::new(orders, &self.caches) {
                let span = group.span();
                self.place(group).instrument(span).await;
            }
        }
    }

    /// Places a group and answers all its callers. What becomes of it after a failure is decided by the table in
    /// [`super::retry`].
    async fn place(&self, group: Group) {
        let mut groups = vec![group];
        while let Some(mut group) = groups.pop() {
            group.started.get_or_insert_with(Instant::now);
            let began = Instant::now();
            let error = match self.attempt(&group).await {
                Ok(outcomes) => {
                    self.complete(group, outcomes).await;
                    continue;
                }
                Err(error) => error,
            };
            match self.decide(&mut group, &error, began) {
                Action::Retry(reason) => {
                    retried(reason);
                    groups.push(group);
                    sleep(RETRY_PAUSE).await;
                }
                Action::RefuseLocked => groups.extend(self.refuse_locked(group, error).await),
                Action::Split => groups.extend(self.split(group, &error)),
                Action::Refuse => group.refuse(&error.into()),
            }
        }
    }

    fn decide(&self, group: &mut Group, error: &repository::Error, began: Instant) -> Action {
        let reconnecting_helps = match error {
            repository::Error::Lost(_) => {
                self.pool.distrust_connections();
                !self.pool.outlasted(began)
            }
            repository::Error::ReadOnly(_) => self.pool.replaces_connections_since(began),
            _ => false,
        };
        let (now, orders) = (Instant::now(), group.orders.len());
        let action = group.attempts.decide(error, Circumstances { now, orders, reconnecting_helps });
        if matches!(error, repository::Error::CommitLost(_)) {
            tracing::warn!(%error, orders, "the connection was lost during a commit");
        }
        action
    }

    /// Invalidates what a group has sold, once for all of it, and answers its callers.
    async fn complete(&self, group: Group, outcomes: Vec<Outcome>) {
        let Group { orders, attempts, started, stale } = group;
        let unknown_commit = attempts.had_unknown_commit();
        self.measures.placed(&outcomes, started.unwrap_or_else(Instant::now).elapsed(), unknown_commit);
        stale.replace_with_products(sold(
            orders.iter().map(|order| &order.checkout),
            &outcomes,
            unknown_commit,
        ));
        stale.flush().await;
        for (order, outcome) in orders.into_iter().zip(outcomes) {
            order.responder.complete(&completion(outcome, unknown_commit));
        }
    }

    /// The halves of a group.
    fn split(&self, group: Group, error: &repository::Error) -> impl Iterator<Item = Group> + use<> {
        tracing::debug!(%error, orders = group.orders.len(), "a group of orders is split");
        self.measures.split();
        group.split(&self.caches)
    }

    /// Refuses the orders of products that another transaction keeps locked, and returns the others. When none is locked any
    /// more, the failure is treated like any other.
    async fn refuse_locked(&self, group: Group, error: repository::Error) -> Vec<Group> {
        let locked = self.locked_products(&group).await;
        if !locked.is_empty() {
            return group
                .without(&locked, &Error::Unavailable(error.to_string()), &self.caches)
                .into_iter()
                .collect();
        }
        if split_or_refuse(group.orders.len()) == Action::Split {
            return self.split(group, &error).collect();
        }
        group.refuse(&error.into());
        Vec::new()
    }

    /// The products of a group that another transaction has locked; none when that cannot be found out.
    async fn locked_products(&self, group: &Group) -> Vec<ProductId> {
        let products = group.products();
        let found = async { products::list_locked(&mut *self.pool.get().await?, &products).await };
        found.await.unwrap_or_default()
    }

    /// Places a group in one transaction.
    async fn attempt(&self, group: &Group) -> repository::Result<Vec<Outcome>> {
        let placements = group.placements();
        let mut transaction = Transaction::begin(self.pool.get().await?).await?;
        match self.place_in_tx(transaction.connection(), &placements).await {
            Ok(outcomes) => {
                let started = Instant::now();
                let committed = transaction.commit().await;
                self.measures.committed(started.elapsed());
                committed.map(|_| outcomes)
            }
            Err(error) => {
                // When that fails the connection is closed, which rolls back too.
                let _ = transaction.roll_back().await;
                Err(error)
            }
        }
    }

    async fn place_in_tx(
        &self,
        conn: &mut Connection,
        placements: &[Placement<'_>],
    ) -> repository::Result<Vec<Outcome>> {
        let decided = checkouts::decide_in_tx(conn, placements).await?;
        let stored = decided.sold().map(snapshot::encode).collect();
        let outcomes = decided.write_in_tx(conn, stored).await?;
        if let Some(name) = &self.notify_as {
            let sold = sold(placements.iter().map(|placement| placement.checkout), &outcomes, false);
            signals::tell_in_tx(conn, &sold, name).await?;
        }
        Ok(outcomes)
    }
}

/// What the callers of an order are answered. After an unknown commit an order that is found by its key was placed for them.
fn completion(outcome: Outcome, unknown_commit: bool) -> Completion {
    match outcome {
        Outcome::Placed(order) => Ok(CheckoutAnswer::placed(*order, false)),
        Outcome::Replayed(stored) => Ok(CheckoutAnswer::stored(stored, !unknown_commit)),
        Outcome::KeyReused => Err(Error::KeyReused),
        Outcome::Refused(refusal) => Err(refusal.into()),
    }
}
