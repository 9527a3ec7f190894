//! What was invalidated is gone, in every process, also for loads that were under way.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use stockroom_cache::{Invalidation, Namespace, Settings, Source};
use stockroom_tests::RedisServer;

use super::node::{MUG, Name, Node, item, pair, settings, until};

const CUP: Name = Name { namespace: 1, number: 1 };

async fn two(redis: &RedisServer) -> [Node; 2] {
    pair(settings(), redis).await
}

/// A slow load of the first process finds the old value; then that is invalidated.
async fn void(writer: usize, by_namespace: bool) {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    let held = nodes[0].hold(MUG).await;

    if by_namespace {
        nodes[writer].invalidate_namespace(MUG.namespace).await;
    } else {
        nodes[writer].invalidate(MUG).await;
    }
    // Nobody waits for the slow load any more, and what is loaded now stays.
    if writer == 0 {
        assert_eq!(nodes[0].version(MUG, 2).await, 2);
        nodes[0].invalidate(MUG).await;
    } else {
        nodes[0].counted(|counters| counters.remote_invalidations, 2).await;
    }
    let old = held.let_go(Ok(Some(item(1)))).await.unwrap();
    assert_eq!(old.value, Some(item(1)), "who asked before gets it");
    nodes[0].counted(|counters| counters.voided_loads, 1).await;

    assert!(redis.keys().await.iter().all(|(key, _)| !key.contains(":value:")), "it is not in Redis");
    assert_eq!(nodes[0].read(MUG, 3).await.source, Source::Loaded, "it is not in its own process");
    let other = nodes[1].read(MUG, 4).await;
    assert_eq!((other.value, other.source), (Some(item(3)), Source::Redis));
}

#[tokio::test]
async fn a_value_invalidated_here_while_it_is_loaded_is_kept_nowhere() {
    void(0, false).await;
}

#[tokio::test]
async fn a_value_invalidated_elsewhere_while_it_is_loaded_is_kept_nowhere() {
    void(1, false).await;
}

#[tokio::test]
async fn a_namespace_ended_here_takes_its_loads_along() {
    void(0, true).await;
}

#[tokio::test]
async fn a_namespace_ended_elsewhere_takes_its_loads_along() {
    void(1, true).await;
}

#[tokio::test]
async fn without_redis_a_load_is_voided_too() {
    for by_namespace in [false, true] {
        let node = Node::start(settings(), None);
        let held = node.hold(MUG).await;
        if by_namespace {
            node.invalidate_namespace(0).await;
        } else {
            node.invalidate(MUG).await;
        }
        assert_eq!(node.version(MUG, 2).await, 2);
        held.let_go(Ok(Some(item(1)))).await.unwrap();
        assert_eq!(node.version(MUG, 3).await, 2);
        node.counted(|counters| counters.voided_loads, 1).await;
    }
}

#[tokio::test]
async fn values_are_shared_until_one_of_the_processes_invalidates_them() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    assert_eq!(nodes[0].read(MUG, 1).await.source, Source::Loaded);
    nodes[0].version(CUP, 10).await;
    assert_eq!(nodes[1].read(MUG, 2).await.source, Source::Redis);
    assert_eq!(nodes[1].version(CUP, 20).await, 10);

    nodes[1].invalidate(MUG).await;

    assert_eq!(nodes[1].version(MUG, 3).await, 3);
    nodes[0].counted(|counters| counters.remote_invalidations, 2).await;
    assert_eq!(nodes[0].version(MUG, 4).await, 3);
    for node in &nodes {
        assert_eq!(node.read(CUP, 30).await.source, Source::Local, "nobody touched it");
    }

    nodes[0].invalidate_namespace(CUP.namespace).await;
    nodes[1].counted(|counters| counters.remote_invalidations, 1).await;
    assert_eq!(nodes[1].version(CUP, 40).await, 40);
    assert_eq!(nodes[0].version(CUP, 50).await, 40);
    assert_eq!(nodes[0].read(MUG, 5).await.source, Source::Local, "it is of another namespace");
    assert_eq!(nodes.each_ref().map(|node| node.counters().invalidations), [1, 1]);
}

#[tokio::test]
async fn everything_is_everything() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    nodes[0].version(MUG, 1).await;
    nodes[0].version(CUP, 1).await;
    nodes[0].cache.invalidate(Invalidation::everything()).await;
    assert_eq!(nodes[0].version(MUG, 2).await, 2);
    assert_eq!(nodes[0].version(CUP, 2).await, 2);
}

#[tokio::test]
async fn a_change_that_touches_nothing_does_nothing() {
    let node = Node::start(settings(), None);
    node.cache.invalidate(Invalidation::default()).await;
    assert_eq!(node.counters().invalidations, 0);
}

#[tokio::test]
async fn an_invalidation_goes_on_when_its_caller_is_gone() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    nodes[0].version(MUG, 1).await;
    redis.pause();
    let mut change = Invalidation::default();
    change.key(MUG);
    let mut telling = Box::pin(nodes[0].cache.invalidate(change.clone()));
    assert!((&mut telling).now_or_never().is_none());
    drop(telling);
    redis.resume();
    until("the value is dropped", async || nodes[0].version(MUG, 2).await == 2).await;

    nodes[0].cache.invalidate_soon(change);
    until("the value is dropped", async || nodes[0].version(MUG, 3).await == 3).await;
}

#[tokio::test]
async fn a_message_that_nobody_understands_drops_everything() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    let channel = "stockroom:cache:changes";
    let messages = ["what?", "", "a stranger\n0\nno name", "a stranger\n300\n0:1"];
    for (number, message) in messages.into_iter().enumerate() {
        let version = u64::try_from(number).unwrap() * 2;
        node.version(MUG, version).await;
        redis.ask::<i64>(redis::cmd("PUBLISH").arg(channel).arg(message)).await;
        node.counted(|counters| counters.remote_invalidations, version / 2 + 1).await;
        redis.run("FLUSHALL").await;
        assert_eq!(node.version(MUG, version + 1).await, version + 1, "{message:?}");
        node.invalidate(MUG).await;
    }
}

#[tokio::test]
async fn thousands_of_values_are_invalidated_at_once() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    let names: Vec<Name> = (0..3_000).map(|number| Name { namespace: 2, number }).collect();
    nodes[0].version(names[2_999], 1).await;
    nodes[1].version(names[2_999], 1).await;
    let mut change = Invalidation::default();
    for name in names.iter().copied() {
        change.key(name);
    }
    change.namespace(Namespace::new(3));
    nodes[0].cache.invalidate(change).await;
    assert_eq!(nodes[0].version(names[2_999], 2).await, 2);
    nodes[1].counted(|counters| counters.remote_invalidations, 1).await;
    assert_eq!(nodes[1].version(names[2_999], 3).await, 2);
}

#[tokio::test]
async fn what_redis_still_has_while_it_is_told_is_not_kept() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    for round in 1..=20 {
        // Telling takes longer than asking: Redis knows the scripts of reads only.
        redis.run("SCRIPT FLUSH").await;
        node.keep(Name { namespace: 1, number: round }, 1).await;
        let version = u64::from(round) * 2;
        assert_eq!(node.keep(MUG, version).await.value, Some(item(version)));

        let writer = node.clone();
        let telling = tokio::spawn(async move { writer.invalidate(MUG).await });
        while !telling.is_finished() {
            node.version(MUG, version + 1).await;
            tokio::task::yield_now().await;
        }

        assert_eq!(node.version(MUG, version + 1).await, version + 1);
        node.invalidate(MUG).await;
    }
}

#[tokio::test]
async fn redis_is_not_asked_before_it_was_told_everything() {
    let redis = RedisServer::start();
    let patient =
        Settings { heartbeat: Duration::from_mins(5), budget: Duration::from_millis(20), ..settings() };
    let (writer, other) = (Node::linked(patient, &redis).await, Node::linked(settings(), &redis).await);
    let names: Vec<Name> = (0..2_000).map(|number| Name { namespace: 3, number }).collect();
    join_all(names.iter().map(|&name| other.keep(name, 1))).await;
    until("Redis is used", async || {
        writer.invalidate(MUG).await;
        writer.cache.uses_redis() == Some(true)
    })
    .await;
    redis.pause();
    // The first change is on its way when the others are added.
    writer.invalidate(MUG).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let mut change = Invalidation::default();
    for &name in &names {
        change.key(name);
    }
    writer.cache.invalidate(change).await;

    redis.resume();

    for name in names {
        assert_eq!(writer.version(name, 2).await, 2);
    }
}
