//! One load for all who ask, in all processes, however it ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use stockroom_cache::{Error, Settings, Source};
use stockroom_tests::RedisServer;
use tokio::{
    runtime::{Builder, Runtime},
    sync::{Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::node::{Answer, HOUR, Held, MUG, Node, item, pair, settings};

/// Nobody steals a lease from a slow test.
fn patient() -> Settings {
    Settings { lease: Duration::from_mins(5), budget: Duration::from_secs(5), ..settings() }
}

/// Far below the lease: whoever waited for that to end is late.
async fn soon<T>(read: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), read).await.expect("a read that waits for no lease")
}

fn asking(node: &Node, loaded: u64) -> JoinHandle<Answer> {
    let node = node.clone();
    tokio::spawn(async move { node.try_read(MUG, HOUR, Ok(Some(item(loaded)))).await })
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn five_hundred_readers_in_two_processes_share_one_load() {
    let redis = RedisServer::start();
    let runtimes = [runtime(), runtime()];
    let nodes = runtimes.each_ref().map(|runtime| runtime.block_on(Node::linked(patient(), &redis)));
    let (loads, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
    let mut reads = Vec::new();
    for reader in 0..500 {
        let (node, loads, gate) = (nodes[reader % 2].clone(), loads.clone(), gate.clone());
        reads.push(runtimes[reader % 2].spawn(async move {
            let load = async move || {
                loads.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                Ok(Some(item(7)))
            };
            node.cache.get_or_load(&MUG, HOUR, load).await
        }));
    }
    let counts = || nodes.each_ref().map(Node::counters);
    runtimes[0].block_on(super::node::until("499 wait", async || {
        counts().iter().all(|counts| counts.coalesced == 249)
            && counts().iter().map(|counts| counts.lease_waits).sum::<u64>() == 1
    }));

    gate.add_permits(500);

    for read in reads {
        let read = runtimes[0].block_on(soon(read)).unwrap().unwrap();
        assert_eq!(read.value, Some(item(7)));
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    let counts = counts();
    assert_eq!(counts.iter().map(|counts| counts.loads).sum::<u64>(), 1);
    assert_eq!(counts.iter().map(|counts| counts.misses).sum::<u64>(), 500);
    assert_eq!(counts.iter().map(|counts| counts.redis_hits).sum::<u64>(), 1);
}

/// A load under way in the first process, a read that waits for it there, and one in the second process.
async fn waiting(nodes: &[Node; 2]) -> (Held, JoinHandle<Answer>, JoinHandle<Answer>) {
    let held = nodes[0].hold(MUG).await;
    let here = asking(&nodes[0], 8);
    nodes[0].counted(|counters| counters.coalesced, 1).await;
    let there = asking(&nodes[1], 9);
    nodes[1].counted(|counters| counters.lease_waits, 1).await;
    (held, here, there)
}

async fn two(redis: &RedisServer) -> [Node; 2] {
    pair(patient(), redis).await
}

#[tokio::test]
async fn a_failed_load_is_reported_to_all_its_waiters_and_another_process_loads() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    let (held, here, there) = waiting(&nodes).await;

    assert_eq!(held.let_go(Err("no database")).await, Err(Error::Load("no database")));
    assert_eq!(soon(here).await.unwrap(), Err(Error::Load("no database")));
    assert_eq!(soon(there).await.unwrap().unwrap().value, Some(item(9)));

    assert_eq!(nodes[0].counters().failed_loads, 1);
    let next = soon(nodes[0].read(MUG, 10)).await;
    assert_eq!((next.value, next.source), (Some(item(9)), Source::Redis));
}

#[tokio::test]
async fn a_panicking_load_releases_its_waiters_here_and_in_other_processes() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    let (held, here, there) = waiting(&nodes).await;

    // The load unwraps what it is told.
    drop(held.panic());

    assert_eq!(soon(here).await.unwrap(), Err(Error::Abandoned));
    assert_eq!(soon(there).await.unwrap().unwrap().value, Some(item(9)));
    assert_eq!(nodes[0].counters().failed_loads, 1);
    assert_eq!(soon(nodes[0].version(MUG, 10)).await, 9);
}

#[tokio::test]
async fn after_a_failure_or_a_panic_the_next_read_in_the_same_process_loads() {
    let redis = RedisServer::start();
    for redis in [Some(&redis), None] {
        let node = Node::start(patient(), redis);
        if redis.is_some() {
            node.linked_again().await;
        }
        node.hold(MUG).await.let_go(Err("no database")).await.unwrap_err();
        assert_eq!(soon(node.read(MUG, 1)).await.source, Source::Loaded);
        node.invalidate(MUG).await;
        assert_eq!(soon(node.hold(MUG).await.panic()).await.unwrap(), Err(Error::Abandoned));
        assert_eq!(soon(node.version(MUG, 2)).await, 2);
    }
}

#[tokio::test]
async fn a_load_goes_on_without_the_caller_who_started_it() {
    let redis = RedisServer::start();
    let nodes = two(&redis).await;
    let (held, here, there) = waiting(&nodes).await;

    let gate = held.abandon().await;
    gate.send(Ok(Some(item(7)))).unwrap();

    assert_eq!(soon(here).await.unwrap().unwrap().value, Some(item(7)));
    assert_eq!(soon(there).await.unwrap().unwrap().value, Some(item(7)));
    nodes[0].kept(MUG).await;
    nodes[1].kept(MUG).await;
    assert_eq!(nodes[0].read(MUG, 10).await.source, Source::Local);
    assert_eq!(nodes[1].read(MUG, 10).await.source, Source::Local);
}

#[tokio::test]
async fn a_runtime_that_ends_takes_its_loads_along_and_nobody_waits_for_them() {
    let (report, reported) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = runtime();
        let node = runtime.block_on(async { Node::start(settings(), None) });
        let held = runtime.block_on(node.hold(MUG));
        assert!(report.send(node).is_ok());
        runtime.shutdown_background();
        drop(held);
    });
    let node = reported.await.unwrap();
    // Its own load cannot run, and the one under way has been dropped with the runtime.
    super::node::until("the load is dropped", async || node.counters().failed_loads == 1).await;
    assert_eq!(soon(node.try_read(MUG, HOUR, Ok(None))).await, Err(Error::Abandoned));
}

#[tokio::test]
async fn a_load_that_outlasts_its_lease_does_not_stop_other_processes() {
    let redis = RedisServer::start();
    let hasty = Settings { lease: Duration::from_millis(50), ..settings() };
    let [slow, other] = pair(hasty, &redis).await;
    let held = slow.hold(MUG).await;

    assert_eq!(other.version(MUG, 2).await, 2);

    // Nobody has invalidated what it loaded, so it is good in its own process.
    assert_eq!(held.let_go(Ok(Some(item(1)))).await.unwrap().value, Some(item(1)));
    slow.kept(MUG).await;
    assert_eq!(slow.read(MUG, 3).await.source, Source::Local);
}

#[tokio::test]
async fn whoever_loads_what_has_ended_stops_nobody() {
    let redis = RedisServer::start();
    for by_namespace in [false, true] {
        let nodes = two(&redis).await;
        let held = nodes[0].hold(MUG).await;
        if by_namespace {
            nodes[1].invalidate_namespace(MUG.namespace).await;
        } else {
            nodes[1].invalidate(MUG).await;
        }
        assert_eq!(soon(nodes[1].version(MUG, 2)).await, 2);
        held.let_go(Ok(Some(item(1)))).await.unwrap();
    }
}

#[tokio::test]
async fn a_lease_that_is_none_stops_nobody() {
    let redis = RedisServer::start();
    let node = Node::linked(patient(), &redis).await;
    let lease = "stockroom:cache:lease:0:1";
    for (number, foreign) in [
        format!("SET {lease} somebody"),
        format!("SET {lease} somebody EX 86400"),
        format!("RPUSH {lease} somebody"),
    ]
    .into_iter()
    .enumerate()
    {
        redis.run(&format!("DEL {lease}")).await;
        redis.run(&foreign).await;
        let version = u64::try_from(number).unwrap() + 1;
        assert_eq!(soon(node.version(MUG, version)).await, version, "{foreign}");
        node.kept(MUG).await;
        assert!(redis.ask::<bool>(redis::cmd("EXISTS").arg("stockroom:cache:value:0:1")).await, "{foreign}");
        node.invalidate(MUG).await;
    }
}
