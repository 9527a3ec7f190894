//! The values in Redis, shared with other processes, and the messages that tell them of changes.
//!
//! Calls and messages share the connection of the link, so they take effect in the order in which Redis did them. What
//! Redis could not be told is pending; the circuit stays open until it is delivered, so that nothing outdated is read back.

mod message;
mod pending;
mod scripts;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{RedisResult, aio::MultiplexedConnection};
use stockroom_redis_link::{CallError, Check, CheckFuture, Circuit, LinkEvent, LinkUser, RedisLink};
use tokio::{runtime::Handle, time::timeout};

pub(crate) use self::scripts::{Found, Lease};
use self::{message::Message, pending::Pending, scripts::Scripts};
use crate::{
    Settings,
    counters::Tally,
    key::{Key, Namespaces},
    local::Listener,
};

/// How long giving up a lease may take. Afterwards the lease ends by its time.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);
/// How many times longer a change waits for Redis than a read.
const INVALIDATION_BUDGETS: u32 = 4;
/// Bytes of a value in Redis at most. Rate limits are counted on the same connection, in order: what is larger would make
/// them wait for a noticeable part of their budget while it is transferred.
const LARGEST_VALUE: usize = 256 * 1024;

/// The values in Redis. Dropped, it detaches from the link.
pub(crate) struct Remote {
    circuit: Circuit,
    user: Arc<CacheUser>,
    runtime: Handle,
}

/// The cache as a user of the link.
struct CacheUser {
    scripts: Scripts,
    settings: Settings,
    /// The name of this process in its messages.
    node: String,
    listener: Arc<dyn Listener>,
    pending: Mutex<Pending>,
}

impl Remote {
    /// Attaches to the link, in the runtime that this is called in.
    pub(crate) fn attach(link: &RedisLink, settings: Settings, listener: Arc<dyn Listener>) -> Self {
        let user = Arc::new(CacheUser {
            scripts: Scripts::new(&settings.prefix),
            settings,
            node: scripts::random(),
            listener,
            pending: Mutex::default(),
        });
        Self { circuit: link.attach(user.clone()), user, runtime: Handle::current() }
    }

    /// Whether Redis is asked at present.
    pub(crate) fn is_used(&self) -> bool {
        self.circuit.is_closed()
    }

    /// What Redis has; `None` when it is left out. A value that does not last long enough is not taken for one.
    pub(crate) async fn look_up<K: Key>(&self, key: &K, min_ttl: Duration) -> Option<Found> {
        let CacheUser { settings, scripts, .. } = &*self.user;
        let owner = scripts::random();
        let mut asked = false;
        let look_up = async |connection: &mut MultiplexedConnection| {
            asked = true;
            scripts.look_up(connection, key, &owner, settings.lease, min_ttl).await
        };
        let found = self.call(settings.budget, look_up).await;
        if found.is_none() && asked {
            // Redis may give the lease yet, when it gets to that.
            self.give_up(key, owner);
        }
        found
    }

    /// Stores a value for all processes, unless it is too large, or the lease has ended, by its time or because the value was
    /// invalidated.
    pub(crate) async fn fill<K: Key>(&self, key: &K, lease: Lease, frame: &[u8], ttl: Duration) {
        let CacheUser { settings, scripts, .. } = &*self.user;
        let fill = async |connection: &mut MultiplexedConnection| {
            scripts.fill(connection, key, &lease, frame, ttl).await
        };
        if frame.len() > LARGEST_VALUE || self.call(settings.budget, fill).await.is_none() {
            self.release(key, lease);
        }
    }

    /// Lets another process load, without waiting for it.
    pub(crate) fn release<K: Key>(&self, key: &K, lease: Lease) {
        self.give_up(key, lease.owner);
    }

    /// Takes a lease back that this owner has or is about to get. It is asked for also while the circuit is open, on the same
    /// connection, so that it comes after what was asked before.
    fn give_up<K: Key>(&self, key: &K, owner: String) {
        let Some(mut connection) = self.circuit.connection() else { return };
        let (user, key) = (self.user.clone(), key.clone());
        self.runtime.spawn(async move {
            let release = user.scripts.release(&mut connection, &key, &owner);
            if !matches!(timeout(RELEASE_TIMEOUT, release).await, Ok(Ok(()))) {
                tracing::debug!("a lease ends by its time");
            }
        });
    }

    /// Drops a value that cannot be decoded.
    pub(crate) async fn discard<K: Key>(&self, key: &K) {
        let name = self.user.scripts.value(key);
        let discard = async |connection: &mut MultiplexedConnection| {
            redis::cmd("DEL").arg(&name).query_async::<i64>(connection).await
        };
        self.call(self.user.settings.budget, discard).await;
    }

    /// Tells Redis and all processes of a change. What cannot be told now is pending, and Redis is left out until then.
    pub(crate) async fn invalidate(&self, names: Vec<String>, namespaces: Namespaces) {
        let CacheUser { settings, scripts, node, .. } = &*self.user;
        let tell = async |connection: &mut MultiplexedConnection| {
            scripts.invalidate(connection, node, &names, namespaces).await
        };
        if self.call(settings.budget * INVALIDATION_BUDGETS, tell).await.is_some() {
            return;
        }
        self.user.pending().add(names, namespaces);
        // Only now: a check that begins after this delivers it.
        self.circuit.trip();
    }

    async fn call<T>(
        &self,
        budget: Duration,
        call: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Option<T> {
        match self.circuit.call(budget, call).await {
            Ok(reply) => Some(reply),
            Err(CallError::Open) => {
                self.user.tally().redis_bypassed.add();
                None
            }
            Err(CallError::TimedOut | CallError::Redis(_)) => {
                self.user.tally().redis_faults.add();
                None
            }
        }
    }
}

impl CacheUser {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self) -> &Tally {
        self.listener.tally()
    }

    fn receive(&self, payload: &[u8]) {
        match std::str::from_utf8(payload).ok().and_then(Message::read) {
            Some(message) if message.sender == self.node => {}
            Some(message) => self.listener.invalidated(&message.names, message.namespaces),
            // An unknown sender has changed something.
            None => self.listener.invalidated(&[], Namespaces::ALL),
        }
    }

    /// Delivers what is pending, or asks whether Redis takes changes.
    async fn deliver(&self, connection: &mut MultiplexedConnection) -> Check {
        let batch = self.pending().batch();
        let delivered = if batch.is_empty() {
            self.scripts.probe(connection).await
        } else {
            self.scripts.invalidate(connection, &self.node, &batch.names, batch.namespaces).await
        };
        match delivered {
            Ok(()) => {
                self.pending().delivered(&batch);
                Check::Passed
            }
            // Nor can other processes tell of their changes there: another connection may lead to a server that takes them.
            Err(error) => Check::Broken(error),
        }
    }
}

impl LinkUser for CacheUser {
    fn channel(&self) -> Option<String> {
        Some(self.scripts.channel())
    }

    fn heartbeat(&self) -> Duration {
        self.settings.heartbeat
    }

    fn response_timeout(&self) -> Duration {
        self.settings.heartbeat
    }

    fn check<'a>(&'a self, connection: &'a mut MultiplexedConnection) -> CheckFuture<'a> {
        Box::pin(self.deliver(connection))
    }

    fn on_event(&self, event: LinkEvent<'_>) {
        match event {
            // Others may have changes to tell that they could not tell either, and may have died with them; and it may be
            // another server, or one that took over what another held.
            LinkEvent::Connected => self.pending().add_everything(),
            LinkEvent::Ready => self.listener.hears(true),
            LinkEvent::Lost => self.listener.hears(false),
            LinkEvent::Fault => self.tally().redis_faults.add(),
            LinkEvent::Circuit(_) => {}
            LinkEvent::Message(payload) => self.receive(payload),
        }
    }
}
