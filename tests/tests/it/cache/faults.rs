//! A Redis that stops, freezes, forgets, is full, takes no changes or answers garbage is never in the way of a read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use stockroom_cache::{Settings, Source};
use stockroom_tests::{Dice, RedisServer, Seed};
use tokio::task::JoinHandle;

use super::node::{HOUR, MUG, Name, Node, item, pair, until};

const NAMES: u32 = 8;
/// A read may wait a few times for the budget of five milliseconds; the rest is for a busy machine. It is far below the
/// two seconds of a lease, the heartbeats and the time for a connection.
const LONGEST: Duration = Duration::from_secs(1);

fn settings() -> Settings {
    Settings { heartbeat: Duration::from_millis(100), ..Settings::default() }
}

/// Two processes under traffic: versions that only grow are written and read.
#[derive(Clone)]
struct Shop {
    nodes: [Node; 2],
    written: Arc<[AtomicU64; NAMES as usize]>,
    /// Loads under way, by value.
    loading: Arc<[AtomicU32; NAMES as usize]>,
    reads: Arc<AtomicU64>,
}

impl Shop {
    async fn open(redis: &RedisServer) -> Self {
        let nodes = pair(settings(), redis).await;
        Self { nodes, written: Arc::default(), loading: Arc::default(), reads: Arc::default() }
    }

    async fn read(&self, node: usize, number: u32) {
        let place = usize::try_from(number).unwrap();
        let (written, loading) = (self.written.clone(), self.loading.clone());
        let load = async move || {
            let before = loading[place].fetch_add(1, Ordering::SeqCst);
            assert!(before < 8, "{before} loads of one value at once");
            let version = written[place].load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            loading[place].fetch_sub(1, Ordering::SeqCst);
            Ok(Some(item(version)))
        };
        let begun = Instant::now();
        let name = Name { namespace: 0, number };
        self.nodes[node].cache.get_or_load(&name, HOUR, load).await.unwrap();
        let took = begun.elapsed();
        assert!(took < LONGEST, "a read took {took:?}");
        self.reads.fetch_add(1, Ordering::SeqCst);
    }

    async fn write(&self, node: usize, number: u32) {
        let place = usize::try_from(number).unwrap();
        self.written[place].fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        self.nodes[node].invalidate(Name { namespace: 0, number }).await;
        let took = begun.elapsed();
        assert!(took < LONGEST, "a write took {took:?}");
    }

    /// Reads and writes until it is aborted.
    fn trade(&self, mut dice: Dice) -> JoinHandle<()> {
        let shop = self.clone();
        tokio::spawn(async move {
            loop {
                let number = u32::try_from(dice.roll(8)).unwrap();
                match dice.roll(10) {
                    0 => shop.write(dice.roll(2), number).await,
                    _ => shop.read(dice.roll(2), number).await,
                }
                tokio::task::yield_now().await;
            }
        })
    }

    /// Waits until so many more reads are done.
    async fn goes_on(&self, reads: u64) {
        let goal = self.reads.load(Ordering::SeqCst) + reads;
        until("reads go on", async || self.reads.load(Ordering::SeqCst) >= goal).await;
    }

    /// Trades while something happens to Redis and after it, then shares values again.
    async fn survives(&self, breaks: impl AsyncFn(), mends: impl AsyncFn()) {
        let seed = Seed::of_this_run();
        let traders: Vec<_> = (0..6).map(|trader| self.trade(seed.dice(trader))).collect();
        self.goes_on(300).await;
        for _ in 0..2 {
            breaks().await;
            self.goes_on(2_000).await;
            mends().await;
            self.goes_on(1_000).await;
        }
        for trader in traders {
            trader.abort();
            let ended = trader.await.unwrap_err();
            assert!(ended.is_cancelled(), "{ended}");
        }
        self.shares().await;
    }

    async fn shares(&self) {
        for number in 0..NAMES {
            let name = Name { namespace: 0, number };
            let newest = self.written[usize::try_from(number).unwrap()].load(Ordering::SeqCst);
            for node in &self.nodes {
                until("the newest is read", async || node.version(name, newest).await == newest).await;
            }
        }
        until("values are shared again", async || {
            self.nodes[0].invalidate(MUG).await;
            self.nodes[0].read(MUG, 1_000_000).await;
            self.nodes[1].read(MUG, 1_000_000).await.source == Source::Redis
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stops_and_comes_back_empty() {
    let redis = RedisServer::start();
    let shop = Shop::open(&redis).await;
    shop.survives(async || redis.stop(), async || redis.start_again()).await;
    assert!(shop.nodes[0].counters().redis_bypassed > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_freezes() {
    let redis = RedisServer::start();
    let shop = Shop::open(&redis).await;
    shop.survives(async || redis.pause(), async || redis.resume()).await;
    assert!(shop.nodes[0].counters().redis_bypassed > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_forgets_everything() {
    let redis = RedisServer::start();
    let shop = Shop::open(&redis).await;
    let forget = async || {
        for _ in 0..20 {
            redis.run("FLUSHALL").await;
            redis.run("SCRIPT FLUSH").await;
        }
    };
    shop.survives(forget, forget).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_full_of_garbage() {
    let redis = RedisServer::start();
    let shop = Shop::open(&redis).await;
    let spoil = async || {
        for (number, part) in (0..NAMES).zip(["value", "lease", "value"].into_iter().cycle()) {
            let key = format!("stockroom:cache:{part}:0:{number}");
            // What has the version of its namespace is spoiled behind that.
            let append =
                "redis.pcall('APPEND', KEYS[1], 'garbage') return redis.call('EXPIRE', KEYS[1], 3600)";
            redis.script(append, &key).await;
        }
        let mistype = "redis.call('DEL', KEYS[1]) return redis.call('LPUSH', KEYS[1], 'garbage')";
        redis.script(mistype, "stockroom:cache:version:0").await;
    };
    let mistype = async || {
        for (number, part) in (0..NAMES).zip(["value", "lease", "value"].into_iter().cycle()) {
            let key = format!("stockroom:cache:{part}:0:{number}");
            let mistype = "redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], 'some', 'garbage')";
            redis.script(mistype, &key).await;
        }
    };
    shop.survives(spoil, mistype).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_without_memory() {
    let redis = RedisServer::start();
    let shop = Shop::open(&redis).await;
    let full = async || redis.run("CONFIG SET maxmemory 1").await;
    shop.survives(full, async || redis.run("CONFIG SET maxmemory 0").await).await;
    assert!(shop.nodes[0].counters().redis_faults > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_takes_no_changes() {
    let (redis, master) = (RedisServer::start(), RedisServer::start());
    let shop = Shop::open(&redis).await;
    shop.survives(async || redis.replicate(Some(&master)).await, async || redis.replicate(None).await).await;
    assert!(shop.nodes[0].counters().redis_faults > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_loading_its_own_data() {
    let redis = RedisServer::start();
    let shop = Shop::open(&redis).await;
    redis.run("DEBUG POPULATE 2000").await;
    redis.run("CONFIG SET key-load-delay 100").await;
    redis.run("CONFIG SET loading-process-events-interval-bytes 1024").await;
    shop.survives(async || redis.run("DEBUG RELOAD").await, async || {}).await;
}

#[tokio::test]
async fn garbage_that_cannot_be_removed_is_gone_round() {
    let (redis, master) = (RedisServer::start(), RedisServer::start());
    let node = Node::linked(settings(), &redis).await;
    node.keep(MUG, 1).await;
    redis.run("SETRANGE stockroom:cache:value:0:1 40 garbage").await;
    master.replicate(Some(&redis)).await;
    master.replicate(None).await;
    redis.replicate(Some(&master)).await;
    for version in 2..20 {
        node.move_clock(HOUR * 2);
        let begun = Instant::now();
        assert_eq!(node.version(MUG, version).await, version);
        assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    }
}
