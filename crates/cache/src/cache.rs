//! The cache itself: reads, loads and changes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use stockroom_redis_link::RedisLink;
use tokio::{runtime::Handle, time::sleep};

use crate::{
    Counters, Settings,
    entry::{Entry, Freshness, jittered},
    error::{Error, Result},
    flight::Flight,
    frame::Frame,
    key::{Invalidation, Key, Value},
    local::{Joined, Local},
    remote::{Found, Lease, Remote},
    settings::LONGEST_TTL,
};

/// The first pause of a load that waits for another process; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// A value, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<V> {
    /// The value; `None` when there is none.
    pub value: Option<V>,
    /// Where it came from.
    pub source: Source,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This process had it.
    Local,
    /// This process had it, past its time to live; it is being loaded anew.
    Stale,
    /// Redis had it.
    Redis,
    /// It was loaded, by this caller or another one.
    Loaded,
}

impl Source {
    /// Whether nothing had to be loaded.
    pub fn is_hit(self) -> bool {
        !matches!(self, Self::Loaded)
    }
}

/// A read cache. Cheap to clone.
pub struct Cache<K, V, E>(Arc<Inner<K, V, E>>);

struct Inner<K, V, E> {
    settings: Settings,
    local: Arc<Local<K, V, E>>,
    remote: Option<Remote>,
    /// Where loads run: one that is under way does not end with the caller who started it.
    runtime: Handle,
}

impl<K, V, E> Clone for Cache<K, V, E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Key, V: Value, E: Clone + Send + Sync + 'static> Cache<K, V, E> {
    /// A cache whose loads run in the runtime that this is called in, and that shares values with other processes over this
    /// link to Redis, if there is one. It does not wait for Redis.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(settings: Settings, link: Option<&RedisLink>) -> Self {
        let local = Arc::new(Local::new(&settings, link.is_some()));
        let remote = link.map(|link| Remote::attach(link, settings.clone(), local.clone()));
        Self(Arc::new(Inner { settings, local, remote, runtime: Handle::current() }))
    }

    /// The value when this process has it and nothing needs to be done about it: what [`Cache::get_or_load`] tries first.
    pub fn get(&self, key: &K) -> Option<Read<V>> {
        let local = &self.0.local;
        let entry = local.find(key)?;
        (entry.freshness(self.0.settings.clock.now()) == Freshness::Fresh).then(|| {
            local.tally.local_hits.add();
            Read { value: entry.value, source: Source::Local }
        })
    }

    /// The value: from this process, else from Redis, else from `load`, which tells `None` when there is none. It is kept
    /// for `ttl`, a day at most. Whoever else asks meanwhile waits for the same load, which goes on when this caller is gone.
    ///
    /// # Errors
    /// [`Error::Load`] with what `load` returned; [`Error::Abandoned`] when it panicked.
    pub async fn get_or_load<F>(
        &self,
        key: &K,
        ttl: Duration,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Read<V>, E>
    where
        F: Future<Output = std::result::Result<Option<V>, E>> + Send + 'static,
    {
        let inner = &self.0;
        let tally = &inner.local.tally;
        let now = inner.settings.clock.now();
        if let Some(entry) = inner.local.find(key) {
            let hit = |source| Ok(Read { value: entry.value.clone(), source });
            match entry.freshness(now) {
                Freshness::Fresh => {
                    tally.local_hits.add();
                    return hit(Source::Local);
                }
                Freshness::Expiring => {
                    tally.local_hits.add();
                    if let Some(flight) = inner.local.refresh(key) {
                        tally.early_refreshes.add();
                        inner.launch(key, flight, ttl, entry.fresh_until - now, load);
                    }
                    return hit(Source::Local);
                }
                Freshness::Stale => {
                    tally.stale_served.add();
                    if let Some(flight) = inner.local.refresh(key) {
                        inner.launch(key, flight, ttl, Duration::ZERO, load);
                    }
                    return hit(Source::Stale);
                }
                Freshness::Expired => {}
            }
        }
        let mut landed = match inner.local.join(key, now) {
            Joined::Found(entry) => {
                tally.local_hits.add();
                return Ok(Read { value: entry.value, source: Source::Local });
            }
            Joined::Waiting(flight) => {
                tally.coalesced.add();
                flight.wait()
            }
            Joined::Started(flight) => {
                let landed = flight.wait();
                inner.launch(key, flight, ttl, Duration::ZERO, load);
                landed
            }
        };
        tally.misses.add();
        let landed = landed.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone());
        let (value, source) = landed.unwrap_or(Err(Error::Abandoned))?;
        Ok(Read { value, source })
    }

    /// Makes sure that no read that starts after this returns what was loaded before. Call it after the change was
    /// committed and before anybody is told. It never fails; it waits for Redis four times [`Settings::budget`] at most.
    /// Once polled, it goes on when it is dropped.
    pub async fn invalidate(&self, change: Invalidation<K>) {
        if let Some(telling) = self.begin_invalidation(change) {
            // It does not panic, and when the runtime has ended nobody reads any more.
            let _ = telling.await;
        }
    }

    /// The same, without waiting for its end, for those who cannot: the values are dropped a moment later.
    pub fn invalidate_soon(&self, change: Invalidation<K>) {
        self.begin_invalidation(change);
    }

    fn begin_invalidation(&self, change: Invalidation<K>) -> Option<tokio::task::JoinHandle<()>> {
        if change.is_empty() {
            return None;
        }
        self.0.local.tally.invalidations.add();
        if self.0.remote.is_none() {
            self.0.local.invalidate(&change.keys, change.namespaces);
            return None;
        }
        let inner = self.0.clone();
        Some(self.0.runtime.spawn(async move {
            if let Some(remote) = &inner.remote {
                let names = change.keys.iter().map(ToString::to_string).collect();
                remote.invalidate(names, change.namespaces).await;
            }
            // Last: a load that still found the old value in Redis is cut off by this.
            inner.local.invalidate(&change.keys, change.namespaces);
        }))
    }

    /// What the cache has done so far.
    pub fn counters(&self) -> Counters {
        self.0.local.tally.read()
    }

    /// Whether Redis is asked at present; `None` when none is configured.
    pub fn uses_redis(&self) -> Option<bool> {
        self.0.remote.as_ref().map(Remote::is_used)
    }
}

impl<K: Key, V: Value, E: Clone + Send + Sync + 'static> Inner<K, V, E> {
    /// Loads in the background. `lasting` is how long a value in Redis must last to be taken instead.
    fn launch<F>(
        self: &Arc<Self>,
        key: &K,
        flight: Arc<Flight<V, E>>,
        ttl: Duration,
        lasting: Duration,
        load: impl FnOnce() -> F + Send + 'static,
    ) where
        F: Future<Output = std::result::Result<Option<V>, E>> + Send + 'static,
    {
        let begun = self.settings.clock.now();
        let pilot = Pilot { inner: self.clone(), key: key.clone(), flight, begun, lease: None, ended: false };
        self.runtime.spawn(pilot.fly(ttl.min(LONGEST_TTL), lasting, load));
    }
}

/// Does a load. However it ends, those who wait are told.
struct Pilot<K: Key, V: Value, E: Clone + Send + Sync + 'static> {
    inner: Arc<Inner<K, V, E>>,
    key: K,
    flight: Arc<Flight<V, E>>,
    begun: Instant,
    /// What must be given up if nothing is filled in.
    lease: Option<Lease>,
    ended: bool,
}

/// What is in Redis for a load that is about to begin.
enum Sought<V> {
    Value(Frame<V>, Duration),
    Lease(Lease),
    Nothing,
}

impl<K: Key, V: Value, E: Clone + Send + Sync + 'static> Pilot<K, V, E> {
    async fn fly<F>(mut self, ttl: Duration, lasting: Duration, load: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = std::result::Result<Option<V>, E>> + Send + 'static,
    {
        match self.seek(lasting).await {
            Sought::Value(frame, left) => {
                self.inner.local.tally.redis_hits.add();
                self.flight.land(Ok((frame.value.clone(), Source::Redis)));
                return self.end(Some((frame, left.min(ttl))));
            }
            Sought::Lease(lease) => self.lease = Some(lease),
            Sought::Nothing => {}
        }
        self.inner.local.tally.loads.add();
        let begun = Instant::now();
        let loaded = load().await;
        let cost = begun.elapsed();
        match loaded {
            Ok(value) => {
                self.flight.land(Ok((value.clone(), Source::Loaded)));
                let ttl = if value.is_some() { ttl } else { ttl.min(self.inner.settings.negative_ttl) };
                let (frame, ttl) = (Frame { value, cost }, jittered(ttl));
                if let (Some(remote), Some(lease)) = (&self.inner.remote, self.lease.take()) {
                    remote.fill(&self.key, lease, &frame.encode(), ttl).await;
                }
                // Also when Redis did not keep it: had it been invalidated there, that was heard before the answer.
                self.end(Some((frame, ttl)));
            }
            Err(error) => {
                self.inner.local.tally.failed_loads.add();
                self.end(None);
                self.flight.land(Err(Error::Load(error)));
            }
        }
    }

    /// Looks in Redis, and waits there for another process that loads.
    async fn seek(&self, lasting: Duration) -> Sought<V> {
        let Some(remote) = &self.inner.remote else { return Sought::Nothing };
        let tally = &self.inner.local.tally;
        let until = Instant::now() + self.inner.settings.lease;
        let mut pause = FIRST_PAUSE;
        let mut garbage = false;
        loop {
            match remote.look_up(&self.key, lasting).await {
                Some(Found::Value(bytes, left)) => {
                    if let Some(frame) = Frame::decode(bytes) {
                        return Sought::Value(frame, left);
                    }
                    tally.redis_garbage.add();
                    if garbage {
                        return Sought::Nothing;
                    }
                    garbage = true;
                    remote.discard(&self.key).await;
                    continue;
                }
                Some(Found::Lease(lease)) => return Sought::Lease(lease),
                Some(Found::Busy) if pause == FIRST_PAUSE => tally.lease_waits.add(),
                Some(Found::Busy) => {}
                None => return Sought::Nothing,
            }
            if Instant::now() > until {
                tally.lease_timeouts.add();
                return Sought::Nothing;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn end(&mut self, kept: Option<(Frame<V>, Duration)>) {
        let Inner { settings, local, .. } = &*self.inner;
        let entry = kept.map(|(frame, ttl)| {
            let absent = frame.value.is_none();
            let (fresh_until, stale_until) = local.deadlines(self.begun, ttl, absent, settings);
            Entry { value: frame.value, epoch: self.flight.epoch, fresh_until, stale_until, cost: frame.cost }
        });
        local.end(&self.key, &self.flight, entry);
        self.ended = true;
    }
}

impl<K: Key, V: Value, E: Clone + Send + Sync + 'static> Drop for Pilot<K, V, E> {
    fn drop(&mut self) {
        if !self.ended {
            self.inner.local.tally.failed_loads.add();
            self.inner.local.end(&self.key, &self.flight, None);
            self.flight.land(Err(Error::Abandoned));
        }
        if let (Some(remote), Some(lease)) = (&self.inner.remote, self.lease.take()) {
            remote.release(&self.key, lease);
        }
    }
}
