//! A process of the tests: its cache, its clock, and reads whose loads the test holds.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::{Buf, BufMut, Bytes};
use stockroom_cache::{
    Cache, Clock, Counters, Error, Invalidation, Key, Namespace, Read, Settings, Source, Value,
};
use stockroom_tests::RedisServer;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

pub(super) const HOUR: Duration = Duration::from_hours(1);

/// `0:7` is the seventh value of the first namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) namespace: u8,
    pub(super) number: u32,
}

pub(super) const MUG: Name = Name { namespace: 0, number: 1 };

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.number)
    }
}

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (namespace, number) = text.split_once(':').ok_or(())?;
        Ok(Self { namespace: namespace.parse().map_err(drop)?, number: number.parse().map_err(drop)? })
    }
}

impl Key for Name {
    fn namespace(&self) -> Namespace {
        Namespace::new(self.namespace)
    }
}

/// A value is its version, and takes as many bytes as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) version: u64,
    pub(super) weight: u32,
}

impl Value for Item {
    fn weight(&self) -> usize {
        usize::try_from(self.weight).unwrap()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.put_u64(self.version);
        out.put_u32(self.weight);
    }

    fn decode(mut bytes: Bytes) -> Option<Self> {
        (bytes.len() == 12).then(|| Self { version: bytes.get_u64(), weight: bytes.get_u32() })
    }
}

pub(super) const fn item(version: u64) -> Item {
    Item { version, weight: 12 }
}

pub(super) type Answer = Result<Read<Item>, Error<&'static str>>;

/// Settings of tests: times are short, and Redis gets long enough to answer on a busy machine.
pub(super) fn settings() -> Settings {
    Settings { budget: Duration::from_millis(200), heartbeat: Duration::from_secs(1), ..Settings::default() }
}

/// A process.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) cache: Cache<Name, Item, &'static str>,
    /// By how many milliseconds its clock is ahead.
    ahead: Arc<AtomicU64>,
}

impl Node {
    /// A process whose Redis need not be there.
    pub(super) fn start(settings: Settings, redis: Option<&RedisServer>) -> Self {
        let ahead = Arc::new(AtomicU64::new(0));
        let shift = ahead.clone();
        let clock = Clock::new(move || Instant::now() + Duration::from_millis(shift.load(Ordering::SeqCst)));
        let link = redis.map(RedisServer::link);
        let cache = Cache::start(Settings { clock, ..settings }, link.as_ref());
        Self { cache, ahead }
    }

    /// A process that uses Redis.
    pub(super) async fn linked(settings: Settings, redis: &RedisServer) -> Self {
        let node = Self::start(settings, Some(redis));
        node.linked_again().await;
        node
    }

    pub(super) async fn linked_again(&self) {
        until("Redis is used", async || self.cache.uses_redis() == Some(true)).await;
    }

    pub(super) fn move_clock(&self, by: Duration) {
        self.ahead.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Reads what is kept for an hour, or loads this.
    pub(super) async fn read(&self, name: Name, loaded: u64) -> Read<Item> {
        self.try_read(name, HOUR, Ok(Some(item(loaded)))).await.unwrap()
    }

    /// The version that a read sees, if it may load this one.
    pub(super) async fn version(&self, name: Name, loaded: u64) -> u64 {
        self.read(name, loaded).await.value.unwrap().version
    }

    /// Reads, and waits until the value is kept: whoever asks is told before that.
    pub(super) async fn keep(&self, name: Name, loaded: u64) -> Read<Item> {
        let read = self.read(name, loaded).await;
        // Another process that starts ends everything.
        until("the value is kept", async || self.read(name, loaded).await.source == Source::Local).await;
        read
    }

    pub(super) async fn kept(&self, name: Name) {
        until("the value is kept", async || self.cache.get(&name).is_some()).await;
    }

    pub(super) async fn try_read(
        &self,
        name: Name,
        ttl: Duration,
        loaded: Result<Option<Item>, &'static str>,
    ) -> Answer {
        self.cache.get_or_load(&name, ttl, async move || loaded).await
    }

    /// A read whose load has begun and ends when the test says so.
    pub(super) async fn hold(&self, name: Name) -> Held {
        let (begun, begins) = oneshot::channel();
        let (sender, gate) = oneshot::channel();
        let node = self.clone();
        let read = tokio::spawn(async move {
            let load = async || {
                begun.send(()).unwrap();
                gate.await.unwrap()
            };
            node.cache.get_or_load(&name, HOUR, load).await
        });
        let begins = timeout(Duration::from_secs(20), begins).await.expect("nobody loads the value");
        begins.expect("nobody has the value");
        Held { gate: sender, read, begun: Instant::now() }
    }

    /// A read that finds a value past its time, whose load ends when the test says so.
    pub(super) async fn hold_stale(&self, name: Name) -> oneshot::Sender<Result<Option<Item>, &'static str>> {
        let (begun, begins) = oneshot::channel();
        let (sender, gate) = oneshot::channel();
        let load = async || {
            begun.send(()).unwrap();
            gate.await.unwrap()
        };
        let read = self.cache.get_or_load(&name, HOUR, load);
        let read = timeout(Duration::from_secs(20), read).await.expect("it waits for nobody").unwrap();
        assert_eq!(read.source, Source::Stale);
        begins.await.expect("it is loaded anew");
        sender
    }

    pub(super) async fn invalidate(&self, name: Name) {
        let mut change = Invalidation::default();
        change.key(name);
        self.cache.invalidate(change).await;
    }

    pub(super) async fn invalidate_namespace(&self, number: u8) {
        let mut change = Invalidation::default();
        change.namespace(Namespace::new(number));
        self.cache.invalidate(change).await;
    }

    pub(super) fn counters(&self) -> Counters {
        self.cache.counters()
    }

    /// Waits until a counter is this high.
    pub(super) async fn counted(&self, counter: impl Fn(Counters) -> u64, least: u64) {
        until("a counter is high enough", async || counter(self.counters()) >= least).await;
    }
}

/// Two processes; the first has been told that the second one has started.
pub(super) async fn pair(settings: Settings, redis: &RedisServer) -> [Node; 2] {
    let nodes = [Node::linked(settings.clone(), redis).await, Node::linked(settings, redis).await];
    nodes[0].counted(|counters| counters.remote_invalidations, 1).await;
    nodes
}

/// A read whose load has begun.
pub(super) struct Held {
    gate: oneshot::Sender<Result<Option<Item>, &'static str>>,
    pub(super) read: JoinHandle<Answer>,
    pub(super) begun: Instant,
}

impl Held {
    /// Lets the load return this, and the read return.
    pub(super) async fn let_go(self, loaded: Result<Option<Item>, &'static str>) -> Answer {
        self.gate.send(loaded).unwrap();
        self.read.await.unwrap()
    }

    /// Lets the load panic.
    pub(super) fn panic(self) -> JoinHandle<Answer> {
        drop(self.gate);
        self.read
    }

    /// The caller goes away; the load goes on, until it is told to return.
    pub(super) async fn abandon(self) -> oneshot::Sender<Result<Option<Item>, &'static str>> {
        self.read.abort();
        assert!(self.read.await.unwrap_err().is_cancelled());
        self.gate
    }
}

/// Asks again and again whether something is so.
pub(super) async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let asking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(20), asking).await.unwrap_or_else(|_| panic!("not so: {what}"));
}
