//! The link to Redis. A task of its own connects, looks whether Redis takes changes and is quick enough, and connects
//! again when it does not answer. Nobody waits for Redis longer than the budget; who finds it slow leaves it out for all,
//! until that task has found it well.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, Client, RedisResult, Script, aio::MultiplexedConnection};
use tokio::{sync::Notify, task::AbortHandle, time::timeout};

use crate::{Check, Settings};

/// The pause before Redis is tried again, doubled up to a heartbeat.
const PAUSE: Duration = Duration::from_millis(20);

/// The link. Dropped, it ends.
pub(crate) struct Link {
    shared: Arc<Shared>,
    keeper: AbortHandle,
}

/// What Redis has of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether it lets the call through.
    pub(crate) allowed: bool,
    /// Calls in it.
    pub(crate) calls: u32,
    /// When it ends.
    pub(crate) left: Duration,
}

struct Shared {
    client: Client,
    script: Script,
    prefix: String,
    budget: Duration,
    heartbeat: Duration,
    state: Mutex<State>,
    /// Somebody has met trouble.
    wake: Notify,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    usable: bool,
}

impl Link {
    /// A link that connects in the background, in the runtime that this is called in.
    pub(crate) fn start(url: &str, settings: &Settings) -> RedisResult<Self> {
        let shared = Arc::new(Shared {
            client: Client::open(url)?,
            script: Script::new(include_str!("remote_windows/count.lua")),
            prefix: format!("{}:limit", settings.prefix),
            budget: settings.budget,
            heartbeat: settings.heartbeat,
            state: Mutex::default(),
            wake: Notify::new(),
        });
        let keeper = tokio::spawn(shared.clone().keep()).abort_handle();
        Ok(Self { shared, keeper })
    }

    /// Whether Redis is asked at present.
    pub(crate) fn is_used(&self) -> bool {
        self.shared.lock().usable
    }

    /// Counts a call there under all these policies, or under none when one refuses; `None` when Redis is left out.
    pub(crate) async fn count(&self, checks: &[Check]) -> Option<Vec<Standing>> {
        let connection = {
            let state = self.shared.lock();
            state.usable.then(|| state.connection.clone()).flatten()
        };
        let Some(mut connection) = connection else {
            metrics::counter!("stockroom_rate_limit_redis_bypassed_total").increment(1);
            return None;
        };
        let mut call = self.shared.script.prepare_invoke();
        for Check { policy, subject } in checks {
            call.key(format!("{}:{}:{:032x}", self.shared.prefix, policy.name(), subject.0));
            call.arg(policy.calls()).arg(u64::try_from(policy.period().as_millis()).unwrap_or(u64::MAX));
        }
        match timeout(self.shared.budget, call.invoke_async::<Vec<u64>>(&mut connection)).await {
            Ok(Ok(numbers)) if numbers.len() == 3 * checks.len() => {
                Some(numbers.chunks_exact(3).map(Standing::read).collect())
            }
            Ok(Ok(_)) => self.shared.fault(&"the script answered with another list"),
            Ok(Err(error)) => self.shared.fault(&error),
            Err(_) => self.shared.fault(&"no answer in time"),
        }
    }
}

impl Standing {
    fn read(numbers: &[u64]) -> Self {
        Self {
            allowed: numbers[0] == 1,
            calls: u32::try_from(numbers[1]).unwrap_or(u32::MAX),
            left: Duration::from_millis(numbers[2]),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long Redis may take before the connection is given up.
    fn patience(&self) -> Duration {
        self.heartbeat.max(self.budget)
    }

    /// Leaves Redis out from now on.
    fn fault<T>(&self, error: &dyn std::fmt::Display) -> Option<T> {
        tracing::debug!(%error, "Redis is left out of rate limits for now");
        metrics::counter!("stockroom_rate_limit_redis_faults_total").increment(1);
        self.change(|state| state.usable = false);
        self.wake.notify_one();
        None
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let usable = state.usable;
        drop(state);
        metrics::gauge!("stockroom_rate_limit_redis_used").set(if usable { 1.0 } else { 0.0 });
    }

    /// Keeps the link for as long as it is polled.
    async fn keep(self: Arc<Self>) {
        let mut pause = PAUSE;
        loop {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(self.heartbeat))
                .set_response_timeout(Some(self.patience()));
            match self.client.get_multiplexed_async_connection_with_config(&config).await {
                Ok(connection) => {
                    if self.attend(connection).await {
                        pause = PAUSE;
                        tracing::warn!("the connection to Redis is lost; rate limits go on in this process");
                    }
                }
                Err(error) => tracing::debug!(%error, "cannot connect to Redis"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.heartbeat);
        }
    }

    /// Uses a connection until it is lost; `false` when it could not be used at all.
    async fn attend(&self, mut connection: MultiplexedConnection) -> bool {
        self.change(|state| state.connection = Some(connection.clone()));
        let mut used = false;
        while let Some(quick) = self.probe(&mut connection).await {
            used |= quick;
            self.change(|state| state.usable = quick);
            // One that is alive but slow is not asked, so that nobody meets trouble, and is looked at later.
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.heartbeat) => {}
            }
        }
        self.change(|state| *state = State::default());
        used
    }

    /// Whether Redis takes a change (a server that only copies another one refuses it) within the budget; `None` when it
    /// does not take it at all.
    async fn probe(&self, connection: &mut MultiplexedConnection) -> Option<bool> {
        let asked = Instant::now();
        let mut set = redis::cmd("SET");
        set.arg(format!("{}:probe", self.prefix)).arg(1).arg("PX").arg(1000);
        match timeout(self.patience(), set.query_async::<()>(connection)).await {
            Ok(Ok(())) => Some(asked.elapsed() <= self.budget),
            Ok(Err(error)) => {
                tracing::debug!(%error, "Redis takes no changes");
                None
            }
            Err(_) => None,
        }
    }
}
