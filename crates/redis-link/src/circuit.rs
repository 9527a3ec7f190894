//! The circuit of one user of the link: closed while calls reach Redis, open while Redis is left out.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
    time::timeout,
};

use crate::{
    Check, LinkEvent, LinkUser, RedisLink,
    link::{Live, Shared, State},
};

/// Calls Redis for one user of the link. Dropped, it detaches the user.
pub struct Circuit {
    link: RedisLink,
    breaker: Arc<Breaker>,
    task: AbortHandle,
}

/// Why a call has no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The circuit is open: Redis was not called.
    #[error("Redis is left out")]
    Open,
    /// No reply within the budget. Redis may still do what it was asked.
    #[error("no reply within the time budget")]
    TimedOut,
    /// Redis or the connection reported an error.
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl Circuit {
    pub(crate) fn attach(link: &RedisLink, user: Arc<dyn LinkUser>) -> Self {
        let shared = link.shared();
        let breaker = Arc::new(Breaker { user: user.clone(), state: Mutex::default(), wake: Notify::new() });
        // Registered first, so that no message is missed once the channel is subscribed.
        shared.register(user);
        let state = shared.subscribe();
        let task = tokio::spawn(check_task(shared.clone(), breaker.clone(), state)).abort_handle();
        Self { link: link.clone(), breaker, task }
    }

    /// Whether calls reach Redis.
    pub fn is_closed(&self) -> bool {
        self.breaker.lock().closed
    }

    /// Calls Redis, unless the circuit is open. A call that fails, or has no reply within the budget, opens it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<T>(
        &self,
        budget: Duration,
        call: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, CallError> {
        let connection = {
            let state = self.breaker.lock();
            state.closed.then(|| state.connection.clone()).flatten()
        };
        let Some(mut connection) = connection else { return Err(CallError::Open) };
        let error = match timeout(budget, call(&mut connection)).await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => CallError::Redis(error),
            Err(_) => CallError::TimedOut,
        };
        tracing::debug!(%error, "Redis is left out until a check passes");
        self.trip();
        Err(error)
    }

    /// Opens the circuit. It stays open until a check has passed that began later.
    pub fn trip(&self) {
        self.breaker.trip();
    }

    /// The connection, also while the circuit is open, for what must follow an earlier call on it. The caller bounds the time.
    pub fn connection(&self) -> Option<MultiplexedConnection> {
        self.breaker.lock().connection.clone()
    }

    /// The link.
    pub fn link(&self) -> &RedisLink {
        &self.link
    }
}

impl Drop for Circuit {
    fn drop(&mut self) {
        self.task.abort();
        self.link.shared().unregister(&self.breaker.user);
        self.breaker.lock().connection = None;
    }
}

struct Breaker {
    user: Arc<dyn LinkUser>,
    state: Mutex<BreakerState>,
    /// Wakes the check task.
    wake: Notify,
}

#[derive(Default)]
struct BreakerState {
    connection: Option<MultiplexedConnection>,
    closed: bool,
    /// How often it was tripped. A check closes the circuit only if that has not happened since it began.
    trips: u64,
}

impl Breaker {
    fn lock(&self) -> MutexGuard<'_, BreakerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut BreakerState)) {
        let mut state = self.lock();
        let before = state.closed;
        change(&mut state);
        let closed = state.closed;
        drop(state);
        if closed != before {
            self.user.on_event(LinkEvent::Circuit(closed));
        }
    }

    fn trip(&self) {
        self.change(|state| {
            state.trips += 1;
            state.closed = false;
        });
        self.wake.notify_one();
    }

    /// Checks on one connection until it is gone.
    async fn attend(&self, shared: &Shared, live: Live, link_state: &mut watch::Receiver<State>) {
        let mut connection = live.connection.clone();
        self.user.on_event(LinkEvent::Connected);
        self.change(|state| state.connection = Some(connection.clone()));
        let (mut subscribed, mut ready) = (false, false);
        loop {
            let trips = self.lock().trips;
            let check = async {
                if !subscribed && let Some(channel) = self.user.channel() {
                    if let Err(error) = connection.subscribe(channel).await {
                        return Check::Broken(error);
                    }
                    subscribed = true;
                }
                self.user.check(&mut connection).await
            };
            match timeout(shared.response_timeout(), check).await {
                Ok(Check::Passed) => {
                    live.prove();
                    if !ready {
                        ready = true;
                        self.user.on_event(LinkEvent::Ready);
                    }
                    self.change(|state| state.closed = state.trips == trips);
                }
                Ok(Check::Failed) => {
                    self.user.on_event(LinkEvent::Fault);
                    self.change(|state| state.closed = false);
                }
                Ok(Check::Broken(error)) => {
                    tracing::debug!(%error, "the connection to Redis is given up");
                    break;
                }
                Err(_) => {
                    tracing::debug!("the connection to Redis is given up: no reply to a check");
                    break;
                }
            }
            tokio::select! {
                _ = link_state.wait_for(|state| !state.is_connection(live.epoch)) => {
                    self.end(ready);
                    return;
                }
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.user.heartbeat()) => {}
            }
        }
        self.user.on_event(LinkEvent::Fault);
        self.end(ready);
        live.give_up();
        // It is not attended again.
        let _ = link_state.wait_for(|state| !state.is_connection(live.epoch)).await;
    }

    fn end(&self, ready: bool) {
        self.change(|state| {
            state.closed = false;
            state.connection = None;
        });
        if ready {
            self.user.on_event(LinkEvent::Lost);
        }
    }
}

/// Keeps the circuit for as long as it is polled: opens it when the connection is gone, closes it when a check has passed.
async fn check_task(shared: Arc<Shared>, breaker: Arc<Breaker>, mut link_state: watch::Receiver<State>) {
    loop {
        let state = link_state.borrow_and_update().clone();
        match state {
            State::Connected(live) => {
                breaker.attend(&shared, live, &mut link_state).await;
                // The state has changed and is looked at again.
                continue;
            }
            State::Failed => breaker.user.on_event(LinkEvent::Fault),
            State::Connecting => {}
        }
        if link_state.changed().await.is_err() {
            return;
        }
    }
}
