//! How limits are counted.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// How limits are counted. [`Settings::default`] is right for most.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long Redis may take before a call is decided in this process alone.
    pub budget: Duration,
    /// How often it is checked whether Redis takes changes within the budget.
    pub heartbeat: Duration,
    /// What all keys in Redis begin with. Processes with the same prefix share their limits.
    pub prefix: String,
    /// Windows that are remembered in this process at most, of all policies together; each takes about 100 bytes. When there
    /// are more subjects, those with the fewest calls are forgotten, but nobody who has no call left before the window has
    /// ended. When all are such, new subjects share one window of each policy (and are still told apart by Redis).
    pub subjects: usize,
    /// The time.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            budget: Duration::from_millis(5),
            heartbeat: Duration::from_millis(500),
            prefix: "stockroom".to_owned(),
            subjects: 1 << 18,
            clock: Clock::default(),
        }
    }
}

/// Where the time comes from, so that tests can move it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// A clock that shows what this returns.
    pub fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Instant {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Instant::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
