//! Lets as many requests be worked on at once as the shop can serve well. Others wait for a moment, and those for which the
//! moment is too long are refused while that is cheap: an answer that comes too late helps nobody, and costs as much.
//!
//! How long is too long depends on the queue (as in "Fail at Scale", ACM Queue 13(8)). One that was empty a moment ago holds a
//! burst: first come, first served. One that has not been empty for longer only makes everybody wait: waits become short, and
//! the last to come is the first to be served, because those before it are given up by their clients soon.

mod in_turn;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::{Gauge, gauge};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

pub(crate) use self::in_turn::{InTurn, in_turn, refuse};
use crate::http::bounds::AdmissionSettings;

/// How long somebody who works for the shop waits for one of their places.
const OPERATOR_PATIENCE: Duration = Duration::from_secs(1);

/// Who is worked on, and who waits.
pub(crate) struct Admission {
    settings: AdmissionSettings,
    queue: Mutex<Queue>,
    operators: Arc<Semaphore>,
    working: Gauge,
    waiting: Gauge,
}

struct Queue {
    in_flight: usize,
    waiting: VecDeque<Waiting>,
    emptied: Instant,
    next_id: u64,
}

struct Waiting {
    id: u64,
    turn: oneshot::Sender<Turn>,
}

/// Why a request is not worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shed {
    /// Too many wait.
    QueueFull,
    /// It waited for too long.
    Waited,
    /// The thread that would work on it comes to its work too late.
    Lag,
    /// All places of operators are taken.
    Operators,
}

impl Shed {
    /// Every reason.
    #[cfg(test)]
    const ALL: [Self; 4] = [Self::QueueFull, Self::Waited, Self::Lag, Self::Operators];

    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Waited => "waited",
            Self::Lag => "lag",
            Self::Operators => "operators",
        }
    }
}

/// A request's turn, for as long as this is kept.
pub(crate) enum Turn {
    /// One of those of the public.
    Public(PublicTurn),
    /// One of those of operators.
    Operator { _permit: OwnedSemaphorePermit },
}

/// A turn of the public; the next one's when dropped.
pub(crate) struct PublicTurn(Option<Arc<Admission>>);

impl Drop for PublicTurn {
    fn drop(&mut self) {
        if let Some(admission) = self.0.take() {
            admission.hand_on();
        }
    }
}

/// A place in the queue; given up when dropped.
struct Place<'a> {
    admission: &'a Admission,
    id: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.admission.forget(self.id);
    }
}

impl Admission {
    pub(crate) fn new(settings: AdmissionSettings) -> Self {
        Self {
            settings,
            queue: Mutex::new(Queue {
                in_flight: 0,
                waiting: VecDeque::new(),
                emptied: Instant::now(),
                next_id: 0,
            }),
            operators: Arc::new(Semaphore::new(settings.operators)),
            working: gauge!("stockroom_http_requests_working"),
            waiting: gauge!("stockroom_http_requests_waiting"),
        }
    }

    /// A turn, when one is free and nobody waits.
    pub(crate) fn at_once(self: &Arc<Self>) -> Option<Turn> {
        let mut queue = self.queue();
        if queue.in_flight >= self.settings.in_flight || !queue.waiting.is_empty() {
            return None;
        }
        queue.in_flight += 1;
        drop(queue);
        Some(self.public())
    }

    /// A turn, after a while.
    ///
    /// # Errors
    /// When that would be too long.
    pub(crate) async fn wait(self: &Arc<Self>) -> Result<Turn, Shed> {
        let (turn, mut coming) = oneshot::channel();
        let (id, patience) = {
            let mut queue = self.queue();
            if queue.in_flight < self.settings.in_flight && queue.waiting.is_empty() {
                queue.in_flight += 1;
                drop(queue);
                return Ok(self.public());
            }
            if queue.waiting.len() >= self.settings.waiting {
                return Err(Shed::QueueFull);
            }
            let patience =
                if self.stands(&queue) { self.settings.impatience } else { self.settings.patience };
            if queue.waiting.is_empty() {
                queue.emptied = Instant::now();
            }
            let id = queue.next_id;
            queue.next_id += 1;
            queue.waiting.push_back(Waiting { id, turn });
            (id, patience)
        };
        self.waiting.increment(1.0);
        let _place = Place { admission: self, id };
        match timeout(patience, &mut coming).await {
            Ok(Ok(turn)) => Ok(turn),
            // It may have come just now.
            _ => coming.try_recv().map_err(|_| Shed::Waited),
        }
    }

    /// A turn of operators.
    ///
    /// # Errors
    /// When too many of them wait for too long.
    pub(crate) async fn operator(&self) -> Result<Turn, Shed> {
        let permit = timeout(OPERATOR_PATIENCE, Arc::clone(&self.operators).acquire_owned());
        match permit.await {
            Ok(Ok(permit)) => Ok(Turn::Operator { _permit: permit }),
            _ => Err(Shed::Operators),
        }
    }

    /// How late a thread may be.
    pub(crate) const fn lag(&self) -> Option<Duration> {
        self.settings.lag
    }

    fn public(self: &Arc<Self>) -> Turn {
        self.working.increment(1.0);
        Turn::Public(PublicTurn(Some(Arc::clone(self))))
    }

    /// Whether the queue stands instead of moving.
    fn stands(&self, queue: &Queue) -> bool {
        !queue.waiting.is_empty() && queue.emptied.elapsed() > self.settings.patience
    }

    /// A turn has ended: the next one's begins.
    fn hand_on(self: Arc<Self>) {
        self.working.decrement(1.0);
        loop {
            let next = {
                let mut queue = self.queue();
                let next =
                    if self.stands(&queue) { queue.waiting.pop_back() } else { queue.waiting.pop_front() };
                if queue.waiting.is_empty() {
                    queue.emptied = Instant::now();
                }
                if next.is_none() {
                    queue.in_flight -= 1;
                    return;
                }
                next
            };
            let Some(Waiting { turn, .. }) = next else { return };
            // Not under the lock: a turn that nobody takes comes back here.
            match turn.send(Turn::Public(PublicTurn(Some(Arc::clone(&self))))) {
                Ok(()) => {
                    self.working.increment(1.0);
                    return;
                }
                Err(Turn::Public(mut unwanted)) => drop(unwanted.0.take()),
                Err(Turn::Operator { .. }) => {}
            }
        }
    }

    /// Somebody does not wait any more.
    fn forget(&self, id: u64) {
        self.waiting.decrement(1.0);
        let mut queue = self.queue();
        if let Ok(at) = queue.waiting.binary_search_by_key(&id, |waiting| waiting.id) {
            queue.waiting.remove(at);
            if queue.waiting.is_empty() {
                queue.emptied = Instant::now();
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(in_flight: usize, waiting: usize, patience: Duration) -> Arc<Admission> {
        let settings = AdmissionSettings {
            in_flight,
            waiting,
            patience,
            impatience: Duration::from_millis(1),
            operators: 1,
            lag: None,
        };
        Arc::new(Admission::new(settings))
    }

    /// Longer than any test takes.
    const LONG: Duration = Duration::from_mins(1);

    async fn until_waiting(admission: &Admission, count: usize) {
        while admission.queue().waiting.len() != count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn turns_are_handed_on_in_the_order_of_coming() {
        let admission = admission(1, 8, LONG);
        let first = admission.at_once().unwrap();
        assert!(admission.at_once().is_none());
        let (order, mut seen) = tokio::sync::mpsc::unbounded_channel();
        for number in 0..3 {
            let (admission, order) = (Arc::clone(&admission), order.clone());
            let waited = Arc::clone(&admission);
            tokio::spawn(async move {
                let turn = admission.wait().await.unwrap();
                order.send(number).unwrap();
                drop(turn);
            });
            until_waiting(&waited, number + 1).await;
        }
        drop(first);
        for number in 0..3 {
            assert_eq!(seen.recv().await, Some(number));
        }
        assert_eq!(admission.queue().in_flight, 0);
    }

    #[tokio::test]
    async fn a_queue_that_stands_is_impatient_and_serves_the_last() {
        let admission = admission(1, 8, Duration::ZERO);
        let first = admission.at_once().unwrap();
        {
            let mut queue = admission.queue();
            for id in [100, 101] {
                let (turn, coming) = oneshot::channel();
                std::mem::forget(coming);
                queue.waiting.push_back(Waiting { id, turn });
            }
        }
        let begun = Instant::now();
        assert_eq!(admission.wait().await.err(), Some(Shed::Waited));
        assert!(begun.elapsed() < LONG);
        std::mem::forget(first);
        Arc::clone(&admission).hand_on();
        let left: Vec<u64> = admission.queue().waiting.iter().map(|waiting| waiting.id).collect();
        assert_eq!(left, [100]);
    }

    #[tokio::test]
    async fn what_is_too_much_is_refused_at_once() {
        let admission = admission(1, 0, LONG);
        let _turn = admission.at_once().unwrap();
        assert_eq!(admission.wait().await.err(), Some(Shed::QueueFull));
    }

    #[tokio::test]
    async fn who_goes_away_gives_up_the_place_and_the_turn() {
        let admission = admission(1, 8, LONG);
        let first = admission.at_once().unwrap();
        let other = Arc::clone(&admission);
        let waiting = tokio::spawn(async move { other.wait().await.map(drop) });
        until_waiting(&admission, 1).await;
        waiting.abort();
        until_waiting(&admission, 0).await;
        drop(first);
        assert!(admission.at_once().is_some());
    }

    #[tokio::test]
    async fn operators_have_places_of_their_own() {
        let admission = admission(0, 0, LONG);
        assert_eq!(admission.wait().await.err(), Some(Shed::QueueFull));
        assert!(admission.operator().await.is_ok());
    }

    #[test]
    fn reasons_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = Shed::ALL.iter().map(|shed| shed.name()).collect();
        assert_eq!(names.len(), Shed::ALL.len());
    }
}
