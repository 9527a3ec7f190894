//! The windows in Redis, which all processes share. A call is counted there by one script, in one round trip.
//!
//! Redis decides nothing while it is slow: the circuit stays open until a change was made within the time budget, so that
//! no caller waits for it in vain.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redis::{Script, aio::MultiplexedConnection};
use stockroom_redis_link::{
    CallError, Check as LinkCheck, CheckFuture, Circuit, LinkEvent, LinkUser, RedisLink,
};

use crate::{Check, Settings};

/// The error code of a Redis that is out of memory.
const OUT_OF_MEMORY: &str = "OOM";

/// The windows in Redis. Dropped, it detaches from the link.
pub(crate) struct RemoteWindows {
    circuit: Circuit,
    user: Arc<LimitsUser>,
}

/// The state of one window in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RemoteWindow {
    /// Whether it lets the call through.
    pub(crate) allowed: bool,
    /// Calls in it.
    pub(crate) calls: u32,
    /// When it ends.
    pub(crate) left: Duration,
}

/// The limiter as a user of the link.
struct LimitsUser {
    script: Script,
    prefix: String,
    budget: Duration,
    heartbeat: Duration,
}

impl RemoteWindows {
    /// Attaches to the link, in the runtime that this is called in.
    pub(crate) fn attach(link: &RedisLink, settings: &Settings) -> Self {
        let user = Arc::new(LimitsUser {
            script: Script::new(include_str!("remote_windows/count.lua")),
            prefix: format!("{}:limit", settings.prefix),
            budget: settings.budget,
            heartbeat: settings.heartbeat,
        });
        Self { circuit: link.attach(user.clone()), user }
    }

    /// Whether Redis is asked at present.
    pub(crate) fn is_used(&self) -> bool {
        self.circuit.is_closed()
    }

    /// Counts a call there under all these policies, or under none when one refuses; `None` when Redis is left out.
    pub(crate) async fn count(&self, checks: &[Check]) -> Option<Vec<RemoteWindow>> {
        let count = async |connection: &mut MultiplexedConnection| {
            let mut call = self.user.script.prepare_invoke();
            for Check { policy, subject } in checks {
                call.key(format!("{}:{}:{:032x}", self.user.prefix, policy.name(), subject.0));
                call.arg(policy.calls()).arg(u64::try_from(policy.period().as_millis()).unwrap_or(u64::MAX));
            }
            call.invoke_async::<Vec<u64>>(connection).await
        };
        match self.circuit.call(self.user.budget, count).await {
            Ok(numbers) if numbers.len() == 3 * checks.len() => {
                return Some(numbers.chunks_exact(3).map(RemoteWindow::read).collect());
            }
            Ok(_) => {
                tracing::debug!("the script replied with another list");
                self.circuit.trip();
            }
            Err(CallError::Open) => {
                metrics::counter!("stockroom_rate_limit_redis_bypassed_total").increment(1);
                return None;
            }
            Err(CallError::TimedOut | CallError::Redis(_)) => {}
        }
        metrics::counter!("stockroom_rate_limit_redis_faults_total").increment(1);
        None
    }
}

impl RemoteWindow {
    fn read(numbers: &[u64]) -> Self {
        Self {
            allowed: numbers[0] == 1,
            calls: u32::try_from(numbers[1]).unwrap_or(u32::MAX),
            left: Duration::from_millis(numbers[2]),
        }
    }
}

impl LinkUser for LimitsUser {
    fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    fn response_timeout(&self) -> Duration {
        self.heartbeat.max(self.budget)
    }

    /// Whether Redis takes a change (a replica refuses it) within the budget.
    fn check<'a>(&'a self, connection: &'a mut MultiplexedConnection) -> CheckFuture<'a> {
        let mut set = redis::cmd("SET");
        set.arg(format!("{}:probe", self.prefix)).arg(1).arg("PX").arg(1000);
        Box::pin(async move {
            let asked = Instant::now();
            match set.query_async::<()>(connection).await {
                Ok(()) if asked.elapsed() <= self.budget => LinkCheck::Passed,
                Ok(()) => LinkCheck::Failed,
                // Others can still use the connection: deletions need no memory.
                Err(error) if error.code() == Some(OUT_OF_MEMORY) => LinkCheck::Failed,
                Err(error) => LinkCheck::Broken(error),
            }
        })
    }

    fn on_event(&self, event: LinkEvent<'_>) {
        if let LinkEvent::Circuit(closed) = event {
            metrics::gauge!("stockroom_rate_limit_redis_used").set(if closed { 1.0 } else { 0.0 });
        }
    }
}
