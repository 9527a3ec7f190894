//! A lane: takes groups of orders off the queue and places each in one transaction.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use stockroom_domain::{Checkout, ProductId};
use stockroom_repository::{
    self as repository, Connection, Pool, Transaction,
    checkouts::{self, Outcome, Placement},
    products, signals,
};
use tokio::{
    sync::{Mutex, mpsc},
    time::sleep,
};
use tracing::{Instrument, Span};

use super::{
    in_flight::Settled,
    measures::{Measures, retried},
    queue::Waiting,
};
use crate::{Answered, Error, catalog::cache::Catalogue};

/// How long a group is tried again when the connection was lost while it was committed. Its callers can be told nothing
/// before the keys could be looked up.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause before the next try.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a group that lost against another transaction is tried again.
const MOST_CONFLICTS: u32 = 4;

/// One of the lanes of a queue.
#[derive(Clone)]
pub(super) struct Lane {
    pool: Pool,
    catalogue: Catalogue,
    /// The name under which other servers hear of what was sold, where the database has to tell them.
    told_as: Option<String>,
    queue: Arc<Mutex<mpsc::Receiver<Waiting>>>,
    group: usize,
    measures: Measures,
}

impl Lane {
    pub(super) fn new(
        pool: Pool,
        catalogue: Catalogue,
        told_as: Option<String>,
        queue: mpsc::Receiver<Waiting>,
        group: usize,
        measures: Measures,
    ) -> Self {
        Self { pool, catalogue, told_as, queue: Arc::new(Mutex::new(queue)), group, measures }
    }

    /// Serves the queue until it is closed and empty, whatever happens to a single group.
    pub(super) async fn keep_running(self) {
        while let Err(error) = tokio::spawn(self.clone().run()).await {
            tracing::error!(%error, "a checkout lane died and is started again");
        }
    }

    async fn run(self) {
        loop {
            let mut group = Vec::new();
            // Everything that waits; the other lanes take what comes after.
            if self.queue.lock().await.recv_many(&mut group, self.group).await == 0 {
                return;
            }
            self.measures.taken(group.iter().map(|waiting| waiting.since.elapsed()));
            let span = traced(&group);
            self.place(group).instrument(span).await;
        }
    }

    /// Places a group and answers everybody. Orders of products that somebody else keeps locked are told so, and the
    /// others go on. A failure that may be one order's own splits the group, until that order stands alone.
    async fn place(&self, group: Vec<Waiting>) {
        let mut groups = vec![group];
        while let Some(mut group) = groups.pop() {
            let touched = self.catalogue.touched();
            touched.products(products_of(&group));
            let started = Instant::now();
            let placed = self.place_together(&group).await;
            let error = match placed {
                Ok(outcomes) => {
                    self.measures.placed(&outcomes, started.elapsed());
                    // Once for the group, and before anybody is told.
                    touched.only_products(sold(group.iter().map(|waiting| &waiting.checkout), &outcomes));
                    touched.drop_noted().await;
                    for (waiting, outcome) in group.into_iter().zip(outcomes) {
                        waiting.ticket.settle(&settled(outcome));
                    }
                    continue;
                }
                Err(error) => error,
            };
            if matches!(error, repository::Error::Locked(_)) {
                let locked = self.locked_products(&group).await;
                let (stuck, free) = group.into_iter().partition(|waiting| names(waiting, &locked));
                refuse(stuck, &Error::Unavailable(error.to_string()));
                group = free;
                if !locked.is_empty() {
                    groups.extend((!group.is_empty()).then_some(group));
                    continue;
                }
            }
            if group.len() > 1 && !concerns_all(&error) {
                tracing::debug!(%error, orders = group.len(), "a group of orders is split");
                self.measures.split();
                let later = group.split_off(group.len() / 2);
                groups.extend([later, group]);
            } else {
                refuse(group, &Error::from(error));
            }
        }
    }

    /// The products of a group that somebody else has locked; none when that cannot be found out.
    async fn locked_products(&self, group: &[Waiting]) -> Vec<ProductId> {
        let products: Vec<ProductId> = products_of(group).collect();
        let found = async { products::list_locked(&mut *self.pool.get().await?, &products).await };
        found.await.unwrap_or_default()
    }

    async fn place_together(&self, group: &[Waiting]) -> repository::Result<Vec<Outcome>> {
        let placements: Vec<_> = group
            .iter()
            .map(|waiting| Placement {
                checkout: &waiting.checkout,
                request: &waiting.request,
                answer: waiting.answer,
                actor: waiting.actor.as_ref(),
            })
            .collect();
        // Set while nobody knows whether the group was committed. Whatever is in the way then, it is tried again: the
        // keys are there if it was, and if it was not it is placed.
        let mut uncertain_until: Option<Instant> = None;
        let mut conflicts = 0;
        let mut lost = false;
        loop {
            let uncertain = uncertain_until.is_some_and(|until| Instant::now() < until);
            let began = Instant::now();
            let tried = self.try_once(&placements).await;
            if matches!(tried, Err(repository::Error::Lost(_))) {
                self.pool.distrust_connections();
            }
            match tried {
                Err(repository::Error::CommitLost(error)) if uncertain || uncertain_until.is_none() => {
                    tracing::warn!(%error, orders = group.len(), "the connection was lost during a commit");
                    retried("commit_lost");
                    uncertain_until.get_or_insert_with(|| Instant::now() + PATIENCE);
                }
                Err(error) if uncertain && stands_in_the_way(&error) => retried("unavailable"),
                // Nothing of it was committed.
                Err(repository::Error::Lost(_)) if !lost && !self.pool.outlasted(began) => {
                    retried("connection_lost");
                    lost = true;
                }
                // Other connections may lead to a server that takes changes.
                Err(repository::Error::ReadOnly(_))
                    if !lost && self.pool.replaces_connections_since(began) =>
                {
                    retried("read_only");
                    lost = true;
                }
                // A request was answered by another process meanwhile, or a script does not keep the lock order.
                Err(repository::Error::Conflict(_)) if uncertain || conflicts < MOST_CONFLICTS => {
                    retried("conflict");
                    conflicts += 1;
                }
                // What is found by its key after a lost commit was placed for the caller who waits.
                Ok(outcomes) if uncertain_until.is_some() => {
                    return Ok(outcomes.into_iter().map(Outcome::as_first).collect());
                }
                placed => return placed,
            }
            sleep(PAUSE).await;
        }
    }

    /// Places a group and, where the database has to tell other servers, lets it tell them once for all.
    async fn place_in_tx(
        &self,
        conn: &mut Connection,
        placements: &[Placement<'_>],
    ) -> repository::Result<Vec<Outcome>> {
        let outcomes = checkouts::place_in_tx(conn, placements).await?;
        if let Some(name) = &self.told_as {
            signals::tell_in_tx(
                conn,
                &sold(placements.iter().map(|placement| placement.checkout), &outcomes),
                name,
            )
            .await?;
        }
        Ok(outcomes)
    }

    async fn try_once(&self, placements: &[Placement<'_>]) -> repository::Result<Vec<Outcome>> {
        let mut transaction = Transaction::begin(self.pool.get().await?).await?;
        match self.place_in_tx(transaction.connection(), placements).await {
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
}

/// The span of a group: part of the trace of its first order, and linked with those of the others.
fn traced(group: &[Waiting]) -> Span {
    let Some((first, others)) = group.split_first() else { return Span::none() };
    let span = tracing::trace_span!(
        target: "stockroom::trace",
        parent: &first.span,
        "place group",
        orders = group.len()
    );
    if !span.is_disabled() {
        for other in others {
            span.follows_from(&other.span);
            other.span.follows_from(&span);
        }
    }
    span
}

/// What the orders of a group that are placed now have sold.
fn sold<'a>(group: impl IntoIterator<Item = &'a Checkout>, outcomes: &[Outcome]) -> Vec<ProductId> {
    let placed =
        group.into_iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Placed(..)));
    let lines = placed.flat_map(|(checkout, _)| &checkout.lines);
    let products: BTreeSet<ProductId> = lines.map(|line| line.product_id).collect();
    products.into_iter().collect()
}

fn products_of(group: &[Waiting]) -> impl Iterator<Item = ProductId> {
    group.iter().flat_map(|waiting| &waiting.checkout.lines).map(|line| line.product_id)
}

fn names(waiting: &Waiting, products: &[ProductId]) -> bool {
    waiting.checkout.lines.iter().any(|line| products.contains(&line.product_id))
}

fn refuse(group: Vec<Waiting>, failure: &Error) {
    for waiting in group {
        waiting.ticket.settle(&Err(failure.clone()));
    }
}

/// Whether no order of a group would fare better without the others: the database is away, or slow.
fn concerns_all(error: &repository::Error) -> bool {
    use repository::Error::{CommitLost, Lost, NotLetIn, OutOfResources, ReadOnly, TimedOut, Unavailable};
    matches!(
        error,
        Unavailable(_)
            | NotLetIn(_)
            | Lost(_)
            | ReadOnly(_)
            | OutOfResources(_)
            | TimedOut(_)
            | CommitLost(_)
    )
}

/// Whether it may pass while a group is tried again.
fn stands_in_the_way(error: &repository::Error) -> bool {
    !matches!(error, repository::Error::CommitLost(_) | repository::Error::Conflict(_)) && error.passes()
}

fn settled(outcome: Outcome) -> Settled {
    match outcome {
        Outcome::Placed(answer, _) => Ok(Answered { answer, replayed: false }),
        Outcome::Replayed(answer) => Ok(Answered { answer, replayed: true }),
        Outcome::KeyReused => Err(Error::KeyReused),
        Outcome::Refused(refusal) => Err(refusal.into()),
    }
}
