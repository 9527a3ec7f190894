//! Connections that are lost, messages that are never delivered, and a Redis that comes back with what it held.

use std::time::Duration;

use stockroom_cache::{Cache, Settings, Source};
use stockroom_limits::{Limiter, Settings as LimitSettings};
use stockroom_tests::RedisServer;
use tokio::time::{Instant, timeout};

use super::node::{Item, MUG, Name, Node, item, pair, settings, until};

/// A process that nothing reminds of a lost connection but the connection.
fn quiet() -> Settings {
    Settings { heartbeat: Duration::from_mins(5), ..settings() }
}

#[tokio::test]
async fn a_cache_that_is_dropped_leaves_redis() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    assert_eq!(redis.listeners().await, 1);
    drop(node);
    until("the connection is closed", async || redis.listeners().await == 0).await;
}

#[tokio::test]
async fn a_url_that_is_none_is_refused() {
    let refused = stockroom_redis_link::RedisLink::start(&"nonsense".into());
    assert!(refused.is_err());
}

#[tokio::test]
async fn messages_lost_with_a_connection_are_made_up_for() {
    let redis = RedisServer::start();
    let writer = Node::linked(settings(), &redis).await;
    let reader = Node::linked(quiet(), &redis).await;
    reader.keep(MUG, 1).await;
    // Redis runs them together: the message comes while nobody listens.
    let name = "0:1";
    let mut lost = redis::pipe();
    lost.atomic();
    lost.cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").ignore();
    lost.cmd("DEL").arg(format!("stockroom:cache:value:{name}")).ignore();
    lost.cmd("PUBLISH").arg("stockroom:cache:changes").arg(format!("a stranger\n0\n{name}")).ignore();
    lost.query_async::<()>(&mut redis.connect().await).await.unwrap();

    until("the loss is noticed", async || reader.version(MUG, 2).await == 2).await;

    reader.linked_again().await;
    writer.linked_again().await;
}

#[tokio::test]
async fn what_was_written_while_redis_was_frozen_is_not_undone_by_what_it_holds() {
    let redis = RedisServer::start();
    let writer = Node::linked(settings(), &redis).await;
    let reader = Node::linked(settings(), &redis).await;
    writer.keep(MUG, 1).await;
    reader.keep(MUG, 1).await;
    redis.pause();
    writer.invalidate(MUG).await;
    assert_eq!(writer.version(MUG, 2).await, 2);
    assert_eq!(writer.cache.uses_redis(), Some(false));
    until("the other process has followed", async || reader.version(MUG, 2).await == 2).await;

    redis.resume();

    assert_ne!(writer.version(MUG, 3).await, 1);
    for node in [&writer, &reader] {
        until("Redis is used again", async || {
            assert_ne!(node.version(MUG, 4).await, 1, "the old value came back");
            node.cache.uses_redis() == Some(true)
        })
        .await;
    }
    writer.invalidate(MUG).await;
    assert_eq!(writer.read(MUG, 5).await.source, Source::Loaded);
    reader.counted(|counters| counters.remote_invalidations, 1).await;
    until("values are shared again", async || reader.version(MUG, 6).await == 5).await;
}

#[tokio::test]
async fn whoever_comes_back_first_does_not_believe_what_redis_holds() {
    let redis = RedisServer::start();
    // The writer has met the outage, and stays away when it is over.
    let away = Settings { heartbeat: Duration::from_mins(5), ..settings() };
    let writer = Node::linked(away, &redis).await;
    let reader = Node::linked(settings(), &redis).await;
    writer.keep(MUG, 1).await;
    reader.keep(MUG, 1).await;
    redis.pause();
    writer.invalidate(MUG).await;
    until("the other process has followed", async || reader.version(MUG, 2).await == 2).await;

    // What the writer has to tell is lost with it.
    drop(writer);
    redis.resume();

    until("Redis is used again", async || {
        assert_eq!(reader.version(MUG, 2).await, 2, "the old value came back");
        reader.cache.uses_redis() == Some(true)
    })
    .await;
    assert_eq!(reader.version(MUG, 2).await, 2);
}

#[tokio::test]
async fn another_server_with_old_values_is_not_believed() {
    let (redis, other) = (RedisServer::start(), RedisServer::start());
    let node = Node::linked(settings(), &redis).await;
    node.keep(MUG, 1).await;
    other.replicate(Some(&redis)).await;
    other.replicate(None).await;
    node.invalidate(MUG).await;
    assert_eq!(node.version(MUG, 2).await, 2);

    // The server takes over what the other one held, and it is the same process under the same address.
    redis.replicate(Some(&other)).await;
    redis.replicate(None).await;
    redis.run("CLIENT KILL TYPE pubsub").await;

    until("the connection is lost", async || {
        assert_eq!(node.version(MUG, 2).await, 2);
        node.counters().flushes > 1
    })
    .await;
    node.linked_again().await;
    node.move_clock(Duration::from_hours(2));
    assert_eq!(node.version(MUG, 3).await, 3);
}

#[tokio::test]
async fn a_server_that_takes_no_changes_is_not_relied_on_by_anybody() {
    let (redis, master) = (RedisServer::start(), RedisServer::start());
    let writer = Node::linked(settings(), &redis).await;
    let reader = Node::linked(settings(), &redis).await;
    master.replicate(Some(&redis)).await;
    master.replicate(None).await;
    writer.keep(MUG, 1).await;
    reader.keep(MUG, 1).await;
    redis.replicate(Some(&master)).await;

    writer.invalidate(MUG).await;

    assert_eq!(writer.version(MUG, 2).await, 2);
    until("the other process has followed", async || reader.version(MUG, 2).await == 2).await;
    assert_eq!(reader.version(MUG, 3).await, 2);
    // It is tried again and again, but not more often than it takes a heartbeat.
    let before = writer.counters().redis_faults;
    let begun = Instant::now();
    writer.counted(|counters| counters.redis_faults, before + 5).await;
    assert!(begun.elapsed() > Duration::from_millis(400), "five faults in {:?}", begun.elapsed());

    redis.replicate(None).await;
    writer.linked_again().await;
    reader.linked_again().await;
    assert_ne!(reader.version(MUG, 3).await, 1);
    assert_ne!(writer.version(MUG, 3).await, 1);
}

#[tokio::test]
async fn namespaces_can_be_ended_while_redis_is_full() {
    let redis = RedisServer::start();
    let nodes = pair(settings(), &redis).await;
    nodes[0].keep(MUG, 1).await;
    nodes[1].keep(MUG, 1).await;
    redis.run("CONFIG SET maxmemory 1").await;
    nodes[0].linked_again().await;

    nodes[0].invalidate_namespace(0).await;

    assert_eq!(nodes[0].version(MUG, 2).await, 2);
    nodes[1].counted(|counters| counters.remote_invalidations, 1).await;
    assert_eq!(nodes[1].version(MUG, 2).await, 2);
    redis.run("CONFIG SET maxmemory 0").await;
    for node in &nodes {
        node.linked_again().await;
    }
    nodes[0].invalidate(MUG).await;
    assert_eq!(nodes[0].version(MUG, 3).await, 3);
    until("values are shared again", async || nodes[1].version(MUG, 4).await == 3).await;
}

#[tokio::test]
async fn limits_that_a_full_redis_refuses_leave_the_connection_to_the_cache() {
    let redis = RedisServer::start();
    let link = redis.link();
    let (budget, heartbeat) = (Duration::from_secs(20), Duration::from_millis(20));
    let limiter = Limiter::shared(LimitSettings { budget, heartbeat, ..LimitSettings::default() }, &link);
    let cache = Cache::<Name, Item, ()>::start(settings(), Some(&link));
    let both = async || limiter.is_shared() && cache.uses_redis() == Some(true);
    until("both use Redis", both).await;

    redis.run("CONFIG SET maxmemory 1").await;

    until("limits are counted in the process", async || !limiter.is_shared()).await;
    assert_eq!(cache.uses_redis(), Some(true));
    redis.run("CONFIG SET maxmemory 0").await;
    until("both use Redis", both).await;
    assert_eq!(link.status().connects, 1);
}

#[tokio::test]
async fn what_is_loaded_while_nothing_is_heard_is_kept_for_a_moment_only() {
    let redis = RedisServer::start();
    let node = Node::linked(settings(), &redis).await;
    redis.stop();
    node.counted(|counters| counters.flushes, 2).await;
    node.version(MUG, 1).await;
    assert_eq!(node.read(MUG, 2).await.source, Source::Local);
    node.move_clock(settings().blind_ttl);
    assert_eq!(node.version(MUG, 3).await, 3);
    // The moment begins with the load, which may have found its value then.
    node.invalidate(MUG).await;
    let held = node.hold(MUG).await;
    node.move_clock(settings().blind_ttl);
    held.let_go(Ok(Some(item(4)))).await.unwrap();
    assert_eq!(node.version(MUG, 5).await, 5);
}

#[tokio::test]
async fn a_lookup_that_came_too_late_leaves_no_lease_behind() {
    let redis = RedisServer::start();
    let impatient = Settings { budget: Duration::from_millis(5), ..quiet() };
    let nodes = [Node::linked(impatient, &redis).await, Node::linked(settings(), &redis).await];
    // Redis knows the script.
    until("it has answered", async || {
        nodes[0].linked_again().await;
        nodes[0].invalidate_namespace(1).await;
        nodes[0].version(Name { namespace: 1, number: 1 }, 1).await;
        nodes[0].cache.uses_redis() == Some(true)
    })
    .await;
    redis.pause();
    // It is asked, does not answer in time, and gives the lease when it goes on.
    assert_eq!(nodes[0].version(MUG, 1).await, 1);
    redis.resume();
    nodes[0].linked_again().await;
    let lease = "stockroom:cache:lease:0:1";
    let begun = Instant::now();
    until("the lease is given up", async || !redis.ask::<bool>(redis::cmd("EXISTS").arg(lease)).await).await;
    timeout(Duration::from_secs(20), nodes[1].version(MUG, 2)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_process_that_starts_does_not_believe_what_is_there() {
    let redis = RedisServer::start();
    let first = Node::linked(settings(), &redis).await;
    first.version(MUG, 1).await;
    // It has died before it could tell of a change.
    drop(first);
    let next = Node::linked(settings(), &redis).await;
    assert_eq!(next.version(MUG, 2).await, 2);
}

#[tokio::test]
async fn a_cache_that_starts_without_redis_finds_it_later() {
    let redis = RedisServer::start();
    redis.stop();
    let node = Node::start(settings(), Some(&redis));
    assert_eq!(node.version(MUG, 1).await, 1);
    assert_eq!(node.cache.uses_redis(), Some(false));
    redis.start_again();
    node.linked_again().await;
    assert_eq!(Node::start(settings(), None).cache.uses_redis(), None);
}
