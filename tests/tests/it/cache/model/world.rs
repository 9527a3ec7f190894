//! Two processes, their Redis, and the source of truth.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use stockroom_cache::Settings;
use stockroom_tests::RedisServer;
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    step::{Fault, Part, Spoilt, Step},
    truth::Truth,
};
use crate::cache::node::{HOUR, Name, Node};

const NAMES: [Name; 4] = [
    Name { namespace: 0, number: 0 },
    Name { namespace: 0, number: 1 },
    Name { namespace: 1, number: 0 },
    Name { namespace: 1, number: 1 },
];
/// How long a read that nothing stops may take to go on.
const SHORTLY: Duration = Duration::from_millis(20);
/// The bound is a tenth of a second (two heartbeats); the rest is for a busy machine.
const BOUND: Duration = Duration::from_secs(3);
/// How long a read may take when nothing holds it.
const LONGEST: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Redis {
    Up,
    Paused,
    Stopped,
}

pub(super) struct World<'a> {
    redis: &'a RedisServer,
    state: Redis,
    prefix: String,
    nodes: [Node; 2],
    truth: Truth,
    gates: Vec<oneshot::Sender<()>>,
    reads: Vec<JoinHandle<u64>>,
}

impl<'a> World<'a> {
    pub(super) async fn start(redis: &'a RedisServer) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // A case that failed leaves it anyhow.
        redis.stop();
        redis.start_again();
        let prefix = format!("model{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let settings = Settings {
            budget: Duration::from_millis(20),
            heartbeat: Duration::from_millis(50),
            blind_ttl: Duration::from_millis(50),
            lease: Duration::from_millis(100),
            prefix: prefix.clone(),
            ..Settings::default()
        };
        let nodes = [Node::linked(settings.clone(), redis).await, Node::linked(settings, redis).await];
        let (truth, gates, reads) = (Truth::default(), Vec::new(), Vec::new());
        Self { redis, state: Redis::Up, prefix, nodes, truth, gates, reads }
    }

    pub(super) async fn perform(&mut self, step: Step) {
        match step {
            Step::Read { node, name } => self.read(node, name, None).await,
            Step::Hold { node, name } => {
                let (gate, held) = oneshot::channel();
                self.gates.push(gate);
                self.read(node, name, Some(held)).await;
            }
            Step::LetGo(_) if self.gates.is_empty() => {}
            Step::LetGo(which) => {
                let gate = self.gates.swap_remove(which % self.gates.len());
                // Nobody waits for it when the value was there.
                let _ = gate.send(());
                tokio::task::yield_now().await;
            }
            Step::Write { node, name } => write(&self.nodes, &self.truth, node, name).await,
            Step::WriteNamespace { node, namespace } => {
                let names: Vec<Name> = NAMES.into_iter().filter(|name| name.namespace == namespace).collect();
                let written = self.truth.commit(&names);
                self.nodes[node].invalidate_namespace(namespace).await;
                self.truth.acknowledge(node, &written);
            }
            Step::Storm { name } => self.storm(name).await,
            Step::MoveClock { node, milliseconds } => {
                self.nodes[node].move_clock(Duration::from_millis(milliseconds));
            }
            Step::Fault(fault) => self.fault(fault).await,
            Step::Settle => self.settle().await,
        }
    }

    /// Starts a read, and waits a little for its end.
    async fn read(&mut self, node: usize, name: Name, gate: Option<oneshot::Receiver<()>>) {
        let mut read = tokio::spawn(read(self.nodes[node].clone(), node, self.truth.clone(), name, gate));
        match timeout(SHORTLY, &mut read).await {
            Ok(end) => drop(end.unwrap()),
            Err(_) => self.reads.push(read),
        }
    }

    async fn storm(&mut self, name: Name) {
        let mut writes = Vec::new();
        for round in 0..12 {
            let node = round % 2;
            let (nodes, truth) = (self.nodes.clone(), self.truth.clone());
            if round % 3 == 0 {
                writes.push(tokio::spawn(async move { write(&nodes, &truth, node, name).await }));
            } else {
                self.reads.push(tokio::spawn(read(nodes[node].clone(), node, truth, name, None)));
            }
        }
        for write in writes {
            write.await.unwrap();
        }
    }

    async fn fault(&mut self, fault: Fault) {
        match (fault, self.state) {
            (Fault::Pause, Redis::Up) => {
                self.redis.pause();
                self.state = Redis::Paused;
            }
            (Fault::Resume, Redis::Paused) => {
                self.redis.resume();
                self.state = Redis::Up;
            }
            (Fault::Stop, Redis::Up | Redis::Paused) => {
                self.redis.stop();
                self.state = Redis::Stopped;
            }
            (Fault::Start, Redis::Stopped) => {
                self.redis.start_again();
                self.state = Redis::Up;
            }
            (Fault::Flush, Redis::Up) => self.redis.run("FLUSHALL").await,
            (Fault::ForgetScripts, Redis::Up) => self.redis.run("SCRIPT FLUSH").await,
            (Fault::KillBoth, Redis::Up) => self.redis.run("CLIENT KILL TYPE pubsub").await,
            (Fault::KillOne(which), Redis::Up) => self.redis.kill_listener(which).await,
            (Fault::Spoil(name, part, spoilt), Redis::Up) => self.spoil(name, part, spoilt).await,
            _ => {}
        }
    }

    async fn spoil(&self, name: Name, part: Part, spoilt: Spoilt) {
        let prefix = &self.prefix;
        let key = match part {
            Part::Value => format!("{prefix}:cache:value:{name}"),
            Part::Lease => format!("{prefix}:cache:lease:{name}"),
            Part::Version => format!("{prefix}:cache:version:{}", name.namespace),
        };
        // In one step, and whatever is there now.
        self.redis
            .script(
                match spoilt {
                    Spoilt::Deleted => "redis.call('DEL', KEYS[1])",
                    Spoilt::Expiring => "redis.call('PEXPIRE', KEYS[1], 2)",
                    Spoilt::Patched => "redis.pcall('SETRANGE', KEYS[1], 40, 'x')",
                    Spoilt::Text => "redis.call('SET', KEYS[1], 'garbage')",
                    Spoilt::TextForAnHour => "redis.call('SET', KEYS[1], 'garbage', 'EX', 3600)",
                    Spoilt::List => "redis.call('DEL', KEYS[1]) redis.call('RPUSH', KEYS[1], 'garbage')",
                },
                &key,
            )
            .await;
    }

    /// Both processes read what was written last, within the bound, whatever Redis does.
    async fn settle(&mut self) {
        self.gates.clear();
        for read in self.reads.drain(..) {
            timeout(LONGEST, read).await.expect("a read that nothing holds ends").unwrap();
        }
        let until = Instant::now() + BOUND;
        for (node, name) in NAMES.into_iter().flat_map(|name| [(0, name), (1, name)]) {
            let newest = self.truth.committed(name);
            loop {
                let (process, truth) = (self.nodes[node].clone(), self.truth.clone());
                let seen = timeout(LONGEST, read(process, node, truth, name, None)).await;
                let seen = seen.expect("a read that nothing holds ends");
                if seen == newest {
                    break;
                }
                assert!(Instant::now() < until, "process {node} still reads {seen} of {name}, not {newest}");
                tokio::task::yield_now().await;
            }
            self.truth.acknowledge(node, &[(name, newest)]);
        }
    }

    pub(super) async fn end(mut self) {
        self.fault(Fault::Resume).await;
        self.fault(Fault::Start).await;
        self.settle().await;
        for node in &self.nodes {
            node.linked_again().await;
        }
        self.settle().await;
    }
}

async fn write(nodes: &[Node; 2], truth: &Truth, node: usize, name: Name) {
    let written = truth.commit(&[name]);
    nodes[node].invalidate(name).await;
    truth.acknowledge(node, &written);
}

/// Reads, and checks what must be so for every read. Tells the version.
async fn read(
    node: Node,
    number: usize,
    truth: Truth,
    name: Name,
    gate: Option<oneshot::Receiver<()>>,
) -> u64 {
    let least = truth.acknowledged(number, name);
    let source = truth.clone();
    let load = async move || {
        let loaded = source.load(name);
        if let Some(gate) = gate {
            // It is let go, or the test goes on without it.
            let _ = gate.await;
        }
        Ok(loaded)
    };
    let read = node.cache.get_or_load(&name, HOUR, load).await.unwrap();
    let seen = read.value.map_or(0, |item| item.version);
    assert!(seen >= least, "process {number} reads {seen} of {name} from {:?}, after {least}", read.source);
    assert!(seen <= truth.committed(name), "version {seen} of {name} was never written");
    seen
}
