//! The link to Redis and, through it, to other processes.
//!
//! One connection carries everything (RESP3): what is asked, and what other processes tell, in the order in which Redis
//! did it. A task of its own keeps it: it connects, asks every heartbeat whether Redis is there, delivers the changes that
//! could not be delivered, and gives the connection up when there is no answer.

mod message;
mod pending;
mod scripts;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisResult,
    aio::MultiplexedConnection,
};
use tokio::{runtime::Handle, sync::Notify, task::AbortHandle, time::timeout};

pub(crate) use self::scripts::{Found, Lease};
use self::{message::Message, pending::Pending, scripts::Scripts};
use crate::{
    Settings,
    counters::Tally,
    key::{Key, Namespaces},
    local::Listener,
};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(1);
/// The pause before Redis is tried again, doubled up to a heartbeat.
const PAUSE: Duration = Duration::from_millis(20);
/// How many times longer a change waits for Redis than a read.
const PATIENCE: u32 = 4;

/// The link. Dropped, it ends.
pub(crate) struct Link {
    shared: Arc<Shared>,
    keeper: AbortHandle,
}

struct Shared {
    client: Client,
    scripts: Scripts,
    settings: Settings,
    /// Who we are among those who tell of changes.
    node: String,
    listener: Arc<dyn Listener>,
    state: Mutex<State>,
    runtime: Handle,
    /// Somebody has met trouble or left a change to deliver.
    wake: Notify,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Whether Redis may be asked. Never while a change is pending.
    usable: bool,
    pending: Pending,
}

impl State {
    fn leave(&mut self) {
        self.usable = false;
        self.connection = None;
    }
}

impl Link {
    /// A link that connects in the background, in the runtime that this is called in.
    pub(crate) fn start(url: &str, settings: Settings, listener: Arc<dyn Listener>) -> RedisResult<Self> {
        let info = url.into_connection_info()?;
        let resp3 = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let shared = Arc::new(Shared {
            client: Client::open(info.set_redis_settings(resp3))?,
            scripts: Scripts::new(&settings.prefix),
            settings,
            node: scripts::random(),
            listener,
            state: Mutex::default(),
            runtime: Handle::current(),
            wake: Notify::new(),
        });
        let keeper = tokio::spawn(shared.clone().keep()).abort_handle();
        Ok(Self { shared, keeper })
    }

    /// Whether Redis is asked at present.
    pub(crate) fn is_used(&self) -> bool {
        self.shared.lock().usable
    }

    /// What Redis has; `None` when it is left out. A value that does not last long enough is not taken for one.
    pub(crate) async fn look_up<K: Key>(&self, key: &K, lasting: Duration) -> Option<Found> {
        let Shared { settings, scripts, .. } = &*self.shared;
        let owner = scripts::random();
        let mut asked = false;
        let look_up = async |connection: &mut MultiplexedConnection| {
            asked = true;
            scripts.look_up(connection, key, &owner, settings.lease, lasting).await
        };
        let found = self.shared.ask(settings.budget, look_up).await;
        if found.is_none() && asked {
            // Redis may give the lease yet, when it gets to that.
            self.give_up(key, owner);
        }
        found
    }

    /// Keeps a value for everybody, unless the lease has ended, by its time or because the value was invalidated.
    pub(crate) async fn fill<K: Key>(&self, key: &K, lease: Lease, frame: &[u8], ttl: Duration) {
        let scripts = &self.shared.scripts;
        let fill = async |connection: &mut MultiplexedConnection| {
            scripts.fill(connection, key, &lease, frame, ttl).await
        };
        if self.shared.ask(self.shared.settings.budget, fill).await.is_none() {
            self.release(key, lease);
        }
    }

    /// Lets somebody else load, without waiting for it.
    pub(crate) fn release<K: Key>(&self, key: &K, lease: Lease) {
        self.give_up(key, lease.owner);
    }

    /// Takes a lease back that this owner has or is about to get. It is asked for also when nothing else is asked of
    /// Redis, on the same connection, so that it comes after what was asked before.
    fn give_up<K: Key>(&self, key: &K, owner: String) {
        let Some(mut connection) = self.shared.lock().connection.clone() else { return };
        let (shared, key) = (self.shared.clone(), key.clone());
        self.shared.runtime.spawn(async move {
            if let Err(error) = shared.scripts.release(&mut connection, &key, &owner).await {
                tracing::debug!(%error, "a lease ends by its time");
            }
        });
    }

    /// Drops a value that is none.
    pub(crate) async fn discard<K: Key>(&self, key: &K) {
        let name = self.shared.scripts.value(key);
        let discard = async |connection: &mut MultiplexedConnection| {
            redis::cmd("DEL").arg(&name).query_async::<i64>(connection).await
        };
        self.shared.ask(self.shared.settings.budget, discard).await;
    }

    /// Tells Redis and everybody of a change. What cannot be told now is told later, and Redis is left out until then.
    pub(crate) async fn invalidate(&self, names: Vec<String>, namespaces: Namespaces) {
        self.shared.invalidate(names, namespaces).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
        // The connection keeps what it calls, which is what keeps the connection.
        self.shared.lock().leave();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self) -> &Tally {
        self.listener.tally()
    }

    /// Asks, if Redis may be asked; when it does not answer in time it is left out from now on.
    async fn ask<T>(
        &self,
        budget: Duration,
        question: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Option<T> {
        let connection = {
            let state = self.lock();
            state.usable.then(|| state.connection.clone()).flatten()
        };
        let Some(mut connection) = connection else {
            self.tally().redis_bypassed.add();
            return None;
        };
        match timeout(budget, question(&mut connection)).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                self.fault(&error);
                None
            }
            Err(_) => {
                self.fault(&"no answer in time");
                None
            }
        }
    }

    fn fault(&self, error: &dyn std::fmt::Display) {
        self.tally().redis_faults.add();
        tracing::debug!(%error, "Redis is left out for now");
        self.lock().usable = false;
        self.wake.notify_one();
    }

    async fn invalidate(&self, names: Vec<String>, namespaces: Namespaces) {
        let scripts = &self.scripts;
        let tell = async |connection: &mut MultiplexedConnection| {
            scripts.invalidate(connection, &self.node, &names, namespaces).await
        };
        if self.ask(self.settings.budget * PATIENCE, tell).await.is_some() {
            return;
        }
        let mut state = self.lock();
        state.usable = false;
        state.pending.add(names, namespaces);
        drop(state);
        self.wake.notify_one();
    }

    /// Keeps the link for as long as it is polled.
    async fn keep(self: Arc<Self>) {
        let mut pause = PAUSE;
        loop {
            let lost = Arc::new(Notify::new());
            match self.connect(lost.clone()).await {
                Ok(connection) => {
                    // Others may have changes to tell that they could not tell either, and may have died with them; and
                    // it may be another server, or one that took over what another held.
                    self.lock().pending.add_everything();
                    if self.attend(connection, &lost).await {
                        pause = PAUSE;
                        tracing::warn!("the connection to Redis is lost; reads go on without it");
                    }
                }
                Err(error) => {
                    self.tally().redis_faults.add();
                    tracing::debug!(%error, "cannot connect to Redis");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.settings.heartbeat);
        }
    }

    /// A connection on which changes are heard.
    async fn connect(self: &Arc<Self>, lost: Arc<Notify>) -> RedisResult<MultiplexedConnection> {
        let hearing = self.clone();
        // Called by the connection itself, so that what is heard takes effect before what is answered later.
        let hear = move |push: PushInfo| {
            match push.kind {
                PushKind::Message => hearing.hear(&push.data),
                PushKind::Disconnection => lost.notify_one(),
                _ => {}
            }
            Ok::<(), ()>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(CONNECT))
            .set_push_sender(hear);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        connection.subscribe(self.scripts.channel()).await?;
        Ok(connection)
    }

    fn hear(&self, data: &[redis::Value]) {
        let Some(redis::Value::BulkString(payload)) = data.last() else { return };
        match std::str::from_utf8(payload).ok().and_then(Message::read) {
            Some(message) if message.sender == self.node => {}
            Some(message) => self.listener.invalidated(&message.names, message.namespaces),
            // Whoever that is, something has changed.
            None => self.listener.invalidated(&[], Namespaces::ALL),
        }
    }

    /// Uses a connection until it is lost; `false` when it could not be used at all.
    async fn attend(&self, mut connection: MultiplexedConnection, lost: &Notify) -> bool {
        self.lock().connection = Some(connection.clone());
        let mut used = false;
        while self.deliver(&mut connection).await {
            if !used {
                used = true;
                self.listener.hears(true);
            }
            tokio::select! {
                () = lost.notified() => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.settings.heartbeat) => {}
            }
        }
        self.lock().leave();
        if used {
            self.listener.hears(false);
        }
        used
    }

    /// Tells Redis what it has not been told, or just asks whether it takes changes; `false` when it does not.
    async fn deliver(&self, connection: &mut MultiplexedConnection) -> bool {
        let batch = self.lock().pending.batch();
        let answered = timeout(self.settings.heartbeat, async {
            if batch.is_empty() {
                self.scripts.probe(connection).await
            } else {
                self.scripts.invalidate(connection, &self.node, &batch.names, batch.namespaces).await
            }
        });
        if !matches!(answered.await, Ok(Ok(()))) {
            self.tally().redis_faults.add();
            return false;
        }
        let mut state = self.lock();
        state.pending.delivered(&batch);
        if state.pending.is_empty() {
            state.usable = true;
        } else {
            self.wake.notify_one();
        }
        true
    }
}
