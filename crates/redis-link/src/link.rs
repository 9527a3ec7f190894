//! The connection itself: a task connects, waits for the end of the connection, and connects again.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
    time::timeout,
};

use crate::{Circuit, Error, LinkEvent, LinkUser, Settings};

/// How long connecting may take, TLS and authentication included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause before the first attempt to reconnect. It doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The connection of a process to Redis. Cheap to clone; it ends with its last clone and the last [`Circuit`].
#[derive(Clone)]
pub struct RedisLink(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    reconnect_task: AbortHandle,
}

/// What a link has done so far, and what it does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// Whether there is a connection.
    pub connected: bool,
    /// Connections made since the link was started.
    pub connects: u64,
    /// Attempts to connect that failed.
    pub failed_connects: u64,
    /// Why the last attempt failed, until one succeeds.
    pub last_error: Option<String>,
}

pub(crate) struct Shared {
    client: Client,
    state: watch::Sender<State>,
    users: RwLock<Vec<Arc<dyn LinkUser>>>,
    /// Asks for an attempt to connect now.
    retry: Notify,
    connects: AtomicU64,
    failed_connects: AtomicU64,
    last_error: Mutex<Option<String>>,
}

/// Where the link stands.
#[derive(Clone)]
pub(crate) enum State {
    /// The first attempt, or the first one after a connection was lost, has not ended yet.
    Connecting,
    /// There is a connection.
    Connected(Live),
    /// The last attempt failed. Sent for each attempt that fails.
    Failed,
}

/// A connection.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) connection: MultiplexedConnection,
    /// Which connection of this link it is.
    pub(crate) epoch: u64,
    ended: Arc<Notify>,
    /// Whether a check has ever passed on it.
    proved: Arc<AtomicBool>,
}

impl State {
    pub(crate) fn is_connection(&self, epoch: u64) -> bool {
        matches!(self, Self::Connected(live) if live.epoch == epoch)
    }
}

impl Live {
    /// Says that it works.
    pub(crate) fn prove(&self) {
        self.proved.store(true, Ordering::Relaxed);
    }

    /// Ends it, for all users.
    pub(crate) fn give_up(&self) {
        self.ended.notify_one();
    }
}

impl RedisLink {
    /// A link that connects in the background, in the runtime that this is called in. It does not wait for Redis.
    ///
    /// # Errors
    /// When the URL cannot be read or the root certificate cannot be used.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            client: settings.client()?,
            state: watch::Sender::new(State::Connecting),
            users: RwLock::default(),
            retry: Notify::new(),
            connects: AtomicU64::new(0),
            failed_connects: AtomicU64::new(0),
            last_error: Mutex::default(),
        });
        let reconnect_task = tokio::spawn(reconnect_task(shared.clone())).abort_handle();
        Ok(Self(Arc::new(Inner { shared, reconnect_task })))
    }

    /// Attaches a user: from now on it is checked, and its messages are delivered. It runs in the runtime that this is called
    /// in.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn attach(&self, user: Arc<dyn LinkUser>) -> Circuit {
        Circuit::attach(self, user)
    }

    /// Whether Redis replies to a PING. While there is no connection, an attempt to connect is made for it.
    pub async fn ping(&self, within: Duration) -> bool {
        let mut states = self.shared().subscribe();
        let ping = async {
            let mut failed_before = false;
            loop {
                let state = states.borrow_and_update().clone();
                match state {
                    State::Connecting => {}
                    State::Connected(mut live) => {
                        match redis::cmd("PING").query_async::<String>(&mut live.connection).await {
                            Ok(_) => return true,
                            // The connection was dead; the next one tells.
                            Err(error) if error.is_unrecoverable_error() => {}
                            Err(_) => return false,
                        }
                    }
                    State::Failed if failed_before => return false,
                    State::Failed => {
                        failed_before = true;
                        self.shared().retry.notify_one();
                    }
                }
                if states.changed().await.is_err() {
                    return false;
                }
            }
        };
        timeout(within, ping).await.unwrap_or(false)
    }

    /// What it has done so far, and what it does now.
    pub fn status(&self) -> LinkStatus {
        let shared = self.shared();
        LinkStatus {
            connected: matches!(*shared.state.borrow(), State::Connected(_)),
            connects: shared.connects.load(Ordering::Relaxed),
            failed_connects: shared.failed_connects.load(Ordering::Relaxed),
            last_error: shared.last_error().clone(),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLink").field("status", &self.status()).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.reconnect_task.abort();
        self.shared.state.send_replace(State::Failed);
    }
}

impl Shared {
    pub(crate) fn subscribe(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(crate) fn register(&self, user: Arc<dyn LinkUser>) {
        self.users.write().unwrap_or_else(PoisonError::into_inner).push(user);
    }

    pub(crate) fn unregister(&self, user: &Arc<dyn LinkUser>) {
        self.users.write().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, user));
    }

    /// How long a check may take before the connection counts as dead.
    pub(crate) fn response_timeout(&self) -> Duration {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.iter().map(|user| user.response_timeout()).max().unwrap_or_default()
    }

    fn last_error(&self) -> MutexGuard<'_, Option<String>> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(self: &Arc<Self>, epoch: u64) -> RedisResult<Live> {
        let ended = Arc::new(Notify::new());
        let (shared, lost) = (Arc::downgrade(self), ended.clone());
        // Called by the task that reads the connection, so that a message takes effect before a later reply.
        let push = move |push: PushInfo| {
            match push.kind {
                PushKind::Disconnection => lost.notify_one(),
                PushKind::Message => {
                    if let Some(shared) = shared.upgrade() {
                        shared.deliver(&push.data);
                    }
                }
                _ => {}
            }
            Ok::<(), ()>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            // Every call has a budget of its own.
            .set_response_timeout(None)
            .set_push_sender(push);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Live { connection, epoch, ended, proved: Arc::default() })
    }

    fn deliver(&self, data: &[Value]) {
        let [Value::BulkString(channel), Value::BulkString(payload)] = data else { return };
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        for user in users.iter() {
            if user.channel().is_some_and(|wanted| wanted.as_bytes() == channel) {
                user.on_event(LinkEvent::Message(payload));
            }
        }
    }

    fn note_connect(&self, live: Live) {
        self.connects.fetch_add(1, Ordering::Relaxed);
        if self.last_error().take().is_some() {
            tracing::info!("connected to Redis");
        }
        self.state.send_replace(State::Connected(live));
    }

    fn note_failure(&self, error: &RedisError) {
        self.failed_connects.fetch_add(1, Ordering::Relaxed);
        let reason = error.to_string();
        let mut last = self.last_error();
        if last.as_ref() == Some(&reason) {
            tracing::debug!(reason, "cannot connect to Redis");
        } else {
            tracing::warn!(reason, "cannot connect to Redis; the service goes on without it");
        }
        *last = Some(reason);
        drop(last);
        self.state.send_replace(State::Failed);
    }
}

/// Keeps the connection for as long as it is polled.
async fn reconnect_task(shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    for epoch in 1.. {
        let attempt = async {
            loop {
                tokio::select! {
                    attempt = shared.connect(epoch) => break attempt,
                    // This attempt may hang because of what is over by now.
                    () = shared.retry.notified() => {}
                }
            }
        };
        match attempt.await {
            Ok(live) => {
                let (ended, proved) = (live.ended.clone(), live.proved.clone());
                shared.note_connect(live);
                ended.notified().await;
                if proved.load(Ordering::Relaxed) {
                    pause = FIRST_PAUSE;
                    tracing::warn!("the connection to Redis is lost; the service goes on without it");
                }
                shared.state.send_replace(State::Connecting);
            }
            Err(error) => shared.note_failure(&error),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.retry.notified() => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
