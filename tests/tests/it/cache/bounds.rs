//! How long values are good, how much room they take, and what is counted.

use std::time::{Duration, Instant};

use bytes::Bytes;
use stockroom_cache::{Cache, Counters, Settings, Source, Value};
use stockroom_tests::RedisServer;

use super::node::{HOUR, Item, MUG, Name, Node, item, pair, settings, until};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn that_there_is_no_value_is_remembered_for_a_moment_by_all() {
    let redis = RedisServer::start();
    let nodes = pair(settings(), &redis).await;
    let absent = nodes[0].try_read(MUG, HOUR, Ok(None)).await.unwrap();
    assert_eq!((absent.value, absent.source), (None, Source::Loaded));
    nodes[0].kept(MUG).await;
    let known = nodes[0].read(MUG, 1).await;
    assert_eq!((known.value, known.source), (None, Source::Local));
    let known = nodes[1].read(MUG, 1).await;
    assert_eq!((known.value, known.source), (None, Source::Redis));
    let left = redis.keys().await.into_iter().find(|(key, _)| key.contains(":value:")).unwrap().1;
    assert!((1..=5_000).contains(&left), "{left} ms");

    // It is never served past its time.
    let lone = Node::start(settings(), None);
    lone.try_read(MUG, HOUR, Ok(None)).await.unwrap();
    lone.move_clock(settings().negative_ttl);
    assert_eq!(lone.version(MUG, 1).await, 1);

    nodes[0].invalidate(MUG).await;
    assert_eq!(nodes[0].version(MUG, 1).await, 1, "what is created is there at once");
}

#[tokio::test]
async fn values_loaded_together_do_not_expire_together_and_none_lasts_longer() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    for number in 0..100 {
        node.keep(Name { namespace: 0, number }, 1).await;
    }
    let hour = i64::try_from(HOUR.as_millis()).unwrap();
    let keys = redis.keys().await;
    let lives: Vec<i64> =
        keys.iter().filter(|(key, _)| key.contains(":value:")).map(|(_, left)| *left).collect();
    assert_eq!(lives.len(), 100);
    assert!(lives.iter().all(|left| (hour * 89 / 100..=hour).contains(left)), "{lives:?}");
    let (least, most) = (lives.iter().min().unwrap(), lives.iter().max().unwrap());
    assert!(most - least > hour / 20, "from {least} to {most}");
}

#[tokio::test]
async fn a_value_from_redis_is_kept_no_longer_than_there() {
    let redis = RedisServer::start();
    let nodes = pair(settings(), &redis).await;
    nodes[0].keep(MUG, 1).await;
    redis.run("EXPIRE stockroom:cache:value:0:1 60").await;
    assert_eq!(nodes[1].read(MUG, 2).await.source, Source::Redis);
    nodes[1].kept(MUG).await;
    redis.run("DEL stockroom:cache:value:0:1").await;
    nodes[1].move_clock(MINUTE + settings().stale);
    assert_eq!(nodes[1].version(MUG, 2).await, 2);
}

#[tokio::test]
async fn every_key_in_redis_expires() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    node.keep(MUG, 1).await;
    node.invalidate_namespace(1).await;
    node.try_read(Name { namespace: 2, number: 1 }, Duration::MAX, Ok(Some(item(1)))).await.unwrap();
    node.try_read(Name { namespace: 2, number: 2 }, Duration::ZERO, Ok(Some(item(1)))).await.unwrap();
    let held = node.hold(Name { namespace: 3, number: 1 }).await;
    let keys = redis.keys().await;
    for part in ["value", "lease", "version"] {
        assert!(keys.iter().any(|(key, _)| key.contains(part)), "{part}");
    }
    assert!(keys.iter().all(|(_, left)| *left != -1), "{keys:?}");
    assert_eq!(node.counters().redis_faults, 0);
    held.let_go(Ok(None)).await.unwrap();
}

/// Long enough for a time to live that was cut by a tenth.
fn lenient() -> Settings {
    Settings { stale: HOUR, ..settings() }
}

#[tokio::test]
async fn a_value_past_its_time_is_served_while_it_is_loaded_anew() {
    let node = Node::start(lenient(), None);
    node.version(MUG, 1).await;
    node.move_clock(HOUR);
    let held = node.hold_stale(MUG).await;
    for _ in 0..10 {
        let read = node.read(MUG, 3).await;
        assert_eq!((read.value, read.source), (Some(item(1)), Source::Stale), "one load is enough");
    }
    held.send(Ok(Some(item(2)))).unwrap();
    until("the new value is there", async || node.read(MUG, 3).await.source == Source::Local).await;
    assert_eq!(node.version(MUG, 3).await, 2);
    assert_eq!(node.counters().loads, 2);
}

#[tokio::test]
async fn a_value_is_served_past_its_time_within_the_bound_only() {
    let node = Node::start(settings(), None);
    node.version(MUG, 1).await;
    node.move_clock(HOUR + settings().stale);
    assert_eq!(node.version(MUG, 2).await, 2);
}

#[tokio::test]
async fn a_stale_value_that_was_invalidated_is_never_served() {
    let redis = RedisServer::start();
    for redis in [None, Some(&redis)] {
        for by_namespace in [false, true] {
            let node = Node::start(lenient(), redis);
            if redis.is_some() {
                node.linked_again().await;
            }
            node.keep(MUG, 1).await;
            node.move_clock(HOUR);
            if let Some(redis) = redis {
                // Redis has a clock of its own.
                redis.run("DEL stockroom:cache:value:0:1").await;
            }
            let held = node.hold_stale(MUG).await;
            if by_namespace {
                node.invalidate_namespace(0).await;
            } else {
                node.invalidate(MUG).await;
            }
            assert_eq!(node.version(MUG, 2).await, 2);
            held.send(Ok(Some(item(1)))).unwrap();
            node.counted(|counters| counters.voided_loads, 1).await;
            assert_eq!(node.version(MUG, 3).await, 2, "the refresh of the old value is void");
        }
    }
}

#[tokio::test]
async fn a_hot_value_is_loaded_anew_before_it_expires() {
    let node = Node::start(settings(), None);
    // It took a minute to load, and has less than that to live: every other reader is drawn.
    let held = node.hold(MUG).await;
    until("it takes a while", async || held.begun.elapsed() > Duration::from_millis(50)).await;
    held.let_go(Ok(Some(item(1)))).await.unwrap();
    node.move_clock(HOUR / 10 * 9);
    let mut version = 1;
    for step in 0..1_000_000_u32 {
        // The jitter has taken up to six minutes away.
        node.move_clock(Duration::from_millis(1));
        let read = node.read(MUG, 2).await;
        assert_ne!(read.source, Source::Stale, "after {step} ms");
        version = read.value.unwrap().version;
        if version == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(version, 2);
    assert_eq!(node.counters().early_refreshes, 1);
    assert_eq!(node.counters().misses, 1, "nobody has waited for it");
}

#[tokio::test]
async fn a_value_that_is_about_to_expire_is_not_replaced_by_itself() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    // Loading takes half as long as a value lives.
    let (load, live) = (Duration::from_millis(100), Duration::from_millis(200));
    until("a value was loaded early, twice", async || {
        let slow = async move || {
            let begun = Instant::now();
            while begun.elapsed() < load {
                tokio::task::yield_now().await;
            }
            Ok(Some(item(1)))
        };
        node.cache.get_or_load(&MUG, live, slow).await.unwrap();
        node.counters().early_refreshes >= 2
    })
    .await;
    assert_eq!(node.counters().redis_hits, 0);
}

#[tokio::test]
async fn values_in_the_process_take_no_more_room_than_they_may() {
    let node = Node::start(Settings { capacity: 100_000, ..settings() }, None);
    let heavy = |number| (Name { namespace: 0, number }, Item { version: u64::from(number), weight: 1_000 });
    for number in 0..1_000 {
        let (name, value) = heavy(number);
        node.try_read(name, HOUR, Ok(Some(value))).await.unwrap();
    }
    // What is too much is dropped in passing.
    until("there is room", async || {
        let kept = (0..1_000).filter(|&number| node.cache.get(&heavy(number).0).is_some()).count();
        kept * 1_000 <= 100_000
    })
    .await;
    let kept = (0..1_000).filter(|&number| node.cache.get(&heavy(number).0).is_some()).count();
    assert!(kept > 20, "{kept} values are kept");
    // One that is too heavy is loaded, and not kept.
    let (name, _) = heavy(5_000);
    node.try_read(name, HOUR, Ok(Some(Item { version: 1, weight: u32::MAX }))).await.unwrap();
    until("it is dropped", async || node.cache.get(&name).is_none()).await;
}

#[tokio::test]
async fn values_of_another_format_are_not_believed_but_replaced() {
    let redis = RedisServer::start();
    let nodes = pair(settings(), &redis).await;
    let key = "stockroom:cache:value:0:1";
    for (round, place) in [16, 17, 18, 19, 20, 24, 28, 29, 40].into_iter().enumerate() {
        let version = u64::try_from(round).unwrap() * 2 + 1;
        nodes[0].keep(MUG, version).await;
        let whole: Vec<u8> = redis.ask(redis::cmd("GETRANGE").arg(key).arg(0).arg(-1)).await;
        // The version of its namespace comes first: that is right.
        let other = whole[place] ^ 1;
        redis.ask::<i64>(redis::cmd("SETRANGE").arg(key).arg(place).arg(&[other][..])).await;

        let replaced = nodes[1].keep(MUG, version + 1).await;
        assert_eq!(replaced.value, Some(item(version + 1)), "changed at {place}");

        assert_eq!(nodes[1].counters().redis_garbage, u64::try_from(round).unwrap() + 1);
        nodes[0].move_clock(HOUR * 2);
        let shared = nodes[0].read(MUG, 100).await;
        assert_eq!((shared.value, shared.source), (Some(item(version + 1)), Source::Redis));
        nodes[0].invalidate(MUG).await;
        nodes[1].counted(|counters| counters.remote_invalidations, u64::try_from(round).unwrap() + 1).await;
    }
}

#[tokio::test]
async fn what_happens_is_counted() {
    let node = Node::start(settings(), None);
    node.version(MUG, 1).await;
    node.version(MUG, 2).await;
    node.cache.get(&MUG).unwrap();
    assert!(node.cache.get(&Name { namespace: 0, number: 2 }).is_none());
    node.invalidate(MUG).await;
    node.try_read(MUG, MINUTE, Err("no database")).await.unwrap_err();
    let expected = Counters {
        local_hits: 2,
        misses: 2,
        loads: 2,
        failed_loads: 1,
        invalidations: 1,
        ..Counters::default()
    };
    assert_eq!(node.counters(), expected);
    let named: Vec<_> = node.counters().iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(
        named,
        [("local_hits", 2), ("misses", 2), ("loads", 2), ("failed_loads", 1), ("invalidations", 1)]
    );
}

/// A value that takes as many bytes in Redis as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heavy(usize);

impl Value for Heavy {
    fn weight(&self) -> usize {
        self.0
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.resize(out.len() + self.0, 0);
    }

    fn decode(bytes: Bytes) -> Option<Self> {
        Some(Self(bytes.len()))
    }
}

#[tokio::test]
async fn values_that_would_make_others_wait_stay_out_of_redis() {
    let redis = RedisServer::start();
    let link = redis.link();
    let cache = Cache::<Name, Heavy, ()>::start(settings(), Some(&link));
    until("Redis is used", async || cache.uses_redis() == Some(true)).await;
    let load = async |number, bytes| {
        let name = Name { namespace: 0, number };
        cache.get_or_load(&name, HOUR, async move || Ok(Some(Heavy(bytes)))).await.unwrap();
        until("it is kept in the process", async || cache.get(&name).is_some()).await;
    };
    load(1, 300_000).await;
    load(2, 200_000).await;
    let named = async |part: &str| -> Vec<String> {
        redis.keys().await.into_iter().map(|(key, _)| key).filter(|key| key.contains(part)).collect()
    };
    assert_eq!(named(":value:").await, ["stockroom:cache:value:0:2"]);
    until("no lease is left", async || named(":lease:").await.is_empty()).await;
}
