//! The queue of orders to place, and the lanes that serve it.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use stockroom_domain::Checkout;
use stockroom_repository::{
    Pool, PoolSettings, audit::Actor, checkouts::Placement, idempotency::RequestKey, signals::Signals,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tracing::Span;
use uuid::Uuid;

use super::{
    CheckoutAnswer,
    in_flight::{Completion, Dedup, InFlight, Responder},
    measures::Measures,
    worker::Worker,
};
use crate::{Error, Result, catalog::cache::Catalogue, unit_of_work::Caches};

/// How orders are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckoutSettings {
    /// Lanes, each with a connection of its own.
    pub lanes: NonZeroUsize,
    /// Orders placed in one transaction, at most.
    pub group: NonZeroUsize,
    /// Orders that may wait.
    pub queue: NonZeroUsize,
}

impl CheckoutSettings {
    /// One lane for every two cores: a lane keeps PostgreSQL busy on one while requests are served on the other. More
    /// lanes make smaller groups, which cost more for each order.
    pub fn best_lanes() -> NonZeroUsize {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN)
    }
}

impl Default for CheckoutSettings {
    fn default() -> Self {
        let count = |count| NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        Self { lanes: Self::best_lanes(), group: count(64), queue: count(1024) }
    }
}

/// How long a group waits for a product that somebody else has locked. Short: its neighbours wait with it.
const LOCK: Duration = Duration::from_millis(500);

/// What is answered when no order can be taken.
const FULL: &str = "too many orders are waiting";
const STOPPING: &str = "the service is stopping";

/// An order that waits to be placed.
pub(super) struct QueuedOrder {
    pub(super) checkout: Checkout,
    pub(super) request: RequestKey,
    pub(super) actor: Option<Actor>,
    /// Whether the answer shows the actor the personal data of someone else.
    pub(super) discloses: bool,
    pub(super) responder: Responder,
    pub(super) since: Instant,
    /// What its caller is doing, for traces.
    pub(super) span: Span,
}

impl QueuedOrder {
    /// What the repository is to place.
    pub(super) fn placement(&self) -> Placement<'_> {
        let Self { checkout, request, actor, discloses, .. } = self;
        Placement { checkout, request, actor: actor.as_ref(), discloses: *discloses }
    }
}

/// The queue, and its workers for as long as it is not drained.
pub(crate) struct Queue {
    sender: RwLock<Option<mpsc::Sender<QueuedOrder>>>,
    capacity: usize,
    pool: Pool,
    workers: Mutex<Vec<JoinHandle<()>>>,
    in_flight: Arc<InFlight>,
}

impl Queue {
    /// Starts the lanes, in the runtime that this is called in.
    pub(crate) fn start(pool: &Pool, catalogue: &Catalogue, settings: CheckoutSettings) -> Result<Self> {
        let mut notify_as = None;
        let pool = pool.sibling(|database| PoolSettings {
            size: settings.lanes.get(),
            signals: match database.signals {
                Signals::Named(name) => {
                    notify_as = Some(name);
                    Signals::Off
                }
                signals => signals,
            },
            lock: database.lock.min(LOCK),
            scans: false,
            application_name: format!("{} checkout", database.application_name),
            name: "checkout",
            ..database
        })?;
        let (sender, receiver) = mpsc::channel(settings.queue.get());
        let worker = Worker {
            pool: pool.clone(),
            caches: Caches::from(catalogue.clone()),
            notify_as,
            queue: Arc::new(tokio::sync::Mutex::new(receiver)),
            group: settings.group.get(),
            measures: Measures::new(),
        };
        let workers =
            (0..settings.lanes.get()).map(|_| tokio::spawn(worker.clone().keep_running())).collect();
        let in_flight = Arc::default();
        Ok(Self {
            sender: RwLock::new(Some(sender)),
            capacity: settings.queue.get(),
            pool,
            workers: Mutex::new(workers),
            in_flight,
        })
    }

    /// The connections of the lanes.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many orders wait, and how many may.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        let free = sender.as_ref().map_or(self.capacity, mpsc::Sender::capacity);
        (self.capacity.saturating_sub(free), self.capacity)
    }

    pub(super) async fn place(
        &self,
        checkout: Checkout,
        key: Option<RequestKey>,
        actor: Option<Actor>,
        discloses: bool,
    ) -> Result<CheckoutAnswer> {
        let (sender, completion) = oneshot::channel();
        let (request, responder) = match key {
            // Without a key of the caller's it gets one that no other request has.
            None => (private_key(), Responder::private(sender)),
            Some(key) => match self.in_flight.enter(&key, sender) {
                Dedup::First(responder) => (key, responder),
                Dedup::Following => return Ok(completed(completion).await?.into_replay()),
                Dedup::KeyReused => return Err(Error::KeyReused),
            },
        };
        self.enqueue(QueuedOrder {
            checkout,
            request,
            actor,
            discloses,
            responder,
            since: Instant::now(),
            span: Span::current(),
        })?;
        completed(completion).await
    }

    fn enqueue(&self, order: QueuedOrder) -> Result<()> {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.as_ref().ok_or_else(|| Error::Unavailable(STOPPING.to_owned()))?;
        sender.try_send(order).map_err(|error| {
            let reason = match error {
                mpsc::error::TrySendError::Full(_) => FULL,
                mpsc::error::TrySendError::Closed(_) => STOPPING,
            };
            Error::Unavailable(reason.to_owned())
        })
    }

    /// Whether an order would be refused because too many wait.
    pub(crate) fn is_full(&self) -> bool {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().is_some_and(|sender| sender.capacity() == 0)
    }

    /// Closes the connections of the lanes.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    pub(super) async fn drain(&self) {
        drop(self.sender.write().unwrap_or_else(PoisonError::into_inner).take());
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a checkout worker did not end");
            }
        }
    }
}

async fn completed(completion: oneshot::Receiver<Completion>) -> Completion {
    match completion.await {
        Ok(completion) => completion,
        // Dropped unanswered: the queue was full when the first of its key came, or a worker died.
        Err(_) => Err(Error::Unavailable("the order was dropped from the queue".to_owned())),
    }
}

fn private_key() -> RequestKey {
    RequestKey {
        key: Uuid::new_v4().to_string(),
        operation: "POST /checkout".to_owned(),
        caller: "stockroom".to_owned(),
        fingerprint: [0; 32],
    }
}
