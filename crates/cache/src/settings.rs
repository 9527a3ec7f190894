//! How a cache behaves.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// No value is kept longer.
pub(crate) const LONGEST_TTL: Duration = Duration::from_hours(24);

/// How a cache behaves. [`Settings::default`] is right for most.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes that values in this process may take, about.
    pub capacity: u64,
    /// How long it is remembered that there is no such value.
    pub negative_ttl: Duration,
    /// How long a value may be served after its time to live while it is loaded anew. A value that was invalidated is
    /// never served.
    pub stale: Duration,
    /// How long a value is kept in this process, from when its load began, while nothing is heard of other processes'
    /// changes.
    pub blind_ttl: Duration,
    /// How long Redis may take to answer a read before it is left out. A change waits four times as long for it.
    pub budget: Duration,
    /// How often Redis is asked whether it takes changes, and how long it may take to say so.
    pub heartbeat: Duration,
    /// How long a process may take to load before others do.
    pub lease: Duration,
    /// What all keys in Redis begin with. Processes with the same prefix share values and changes.
    pub prefix: String,
    /// The time.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capacity: 64 * 1024 * 1024,
            negative_ttl: Duration::from_secs(5),
            stale: Duration::from_secs(10),
            blind_ttl: Duration::from_secs(1),
            budget: Duration::from_millis(5),
            heartbeat: Duration::from_millis(500),
            lease: Duration::from_secs(2),
            prefix: "stockroom".to_owned(),
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
