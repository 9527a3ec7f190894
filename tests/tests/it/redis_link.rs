//! The connection to Redis that the parts of a process share: how many there are, and what one user costs another.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redis::aio::MultiplexedConnection;
use stockroom_redis_link::{CallError, Check, CheckFuture, Circuit, LinkEvent, LinkUser, RedisLink};
use stockroom_tests::{App, RedisServer};
use tokio::time::timeout;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A user whose checks have the outcome that the test wants.
#[derive(Default)]
struct User {
    /// How checks end.
    outcome: Mutex<Outcome>,
    checks: AtomicUsize,
    messages: Mutex<Vec<String>>,
    events: Mutex<Vec<&'static str>>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    #[default]
    Passes,
    Fails,
    /// The next one finds the connection of no use.
    Breaks,
}

impl LinkUser for User {
    fn channel(&self) -> Option<String> {
        Some("news".to_owned())
    }

    fn heartbeat(&self) -> Duration {
        // It is checked only when a test opens its circuit.
        Duration::from_hours(1)
    }

    fn response_timeout(&self) -> Duration {
        PATIENCE
    }

    fn check<'a>(&'a self, connection: &'a mut MultiplexedConnection) -> CheckFuture<'a> {
        let outcome = {
            let mut outcome = self.outcome.lock().unwrap();
            let now = *outcome;
            if now == Outcome::Breaks {
                *outcome = Outcome::Passes;
            }
            now
        };
        Box::pin(async move {
            let ping = redis::cmd(if outcome == Outcome::Breaks { "NONSENSE" } else { "PING" });
            let check = match (ping.query_async::<String>(connection).await, outcome) {
                (Ok(_), Outcome::Passes) => Check::Passed,
                (Ok(_), _) => Check::Failed,
                (Err(error), _) => Check::Broken(error),
            };
            self.checks.fetch_add(1, Ordering::SeqCst);
            check
        })
    }

    fn on_event(&self, event: LinkEvent<'_>) {
        let name = match event {
            LinkEvent::Connected => "connected",
            LinkEvent::Ready => "ready",
            LinkEvent::Lost => "lost",
            LinkEvent::Circuit(true) => "closed",
            LinkEvent::Circuit(false) => "opened",
            LinkEvent::Fault => return,
            LinkEvent::Message(payload) => {
                self.messages.lock().unwrap().push(String::from_utf8(payload.to_vec()).unwrap());
                return;
            }
        };
        self.events.lock().unwrap().push(name);
    }
}

impl User {
    fn events(&self) -> Vec<&'static str> {
        self.events.lock().unwrap().clone()
    }
}

fn attach(link: &RedisLink) -> (Arc<User>, Circuit) {
    let user = Arc::new(User::default());
    let circuit = link.attach(user.clone());
    (user, circuit)
}

/// Asks again and again whether something is so.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let asking = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("not so: {what}"));
}

async fn until_closed(circuit: &Circuit) {
    until("the circuit is closed", async || circuit.is_closed()).await;
}

async fn echo(circuit: &Circuit, budget: Duration) -> Result<String, CallError> {
    let echo = async |connection: &mut MultiplexedConnection| {
        redis::cmd("ECHO").arg("hello").query_async::<String>(connection).await
    };
    circuit.call(budget, echo).await
}

#[tokio::test]
async fn a_shop_has_one_connection_to_redis() {
    let redis = RedisServer::start();
    let app = App::start_with_redis(&redis.url()).await;
    let actor = app.actor();
    let used = async { while actor.get("/health_check").await.body["checks"]["cache"]["redis"] != "used" {} };
    timeout(PATIENCE, used).await.expect("it is used");
    let clients: String = redis.ask(redis::cmd("CLIENT").arg("LIST")).await;
    let (own, others): (Vec<_>, Vec<_>) = clients.lines().partition(|line| line.contains("cmd=client"));
    assert_eq!((own.len(), others.len()), (1, 1), "{clients}");
}

#[tokio::test]
async fn a_call_that_times_out_opens_the_circuit_of_its_user_alone() {
    let redis = RedisServer::start();
    let link = redis.link();
    let [(slow, slow_circuit), (_, other_circuit)] = [attach(&link), attach(&link)];
    until_closed(&slow_circuit).await;
    until_closed(&other_circuit).await;
    *slow.outcome.lock().unwrap() = Outcome::Fails;

    redis.pause();
    let called = echo(&slow_circuit, Duration::from_millis(1)).await;
    assert!(matches!(called, Err(CallError::TimedOut)), "{called:?}");
    redis.resume();

    until("it is checked", async || slow.checks.load(Ordering::SeqCst) == 2).await;
    assert!(matches!(echo(&slow_circuit, PATIENCE).await, Err(CallError::Open)));
    assert_eq!(echo(&other_circuit, PATIENCE).await.unwrap(), "hello");
    *slow.outcome.lock().unwrap() = Outcome::Passes;
    slow_circuit.trip();
    until_closed(&slow_circuit).await;
    assert_eq!(echo(&slow_circuit, PATIENCE).await.unwrap(), "hello");
    assert_eq!(link.status().connects, 1);
    assert_eq!(slow.events(), ["connected", "ready", "closed", "opened", "closed"]);
}

#[tokio::test]
async fn a_connection_that_one_user_finds_broken_is_replaced_for_all() {
    let redis = RedisServer::start();
    let link = redis.link();
    let [(one, one_circuit), (other, other_circuit)] = [attach(&link), attach(&link)];
    until_closed(&one_circuit).await;
    until_closed(&other_circuit).await;
    *one.outcome.lock().unwrap() = Outcome::Breaks;
    one_circuit.trip();

    until("there is another connection", async || link.status().connects == 2).await;

    until_closed(&one_circuit).await;
    until("the other user has followed", async || other.events().len() >= 7).await;
    until_closed(&other_circuit).await;
    let expected = ["connected", "ready", "closed", "opened", "lost", "connected", "ready"];
    for user in [one, other] {
        assert_eq!(user.events()[..7], expected);
    }
}

#[tokio::test]
async fn a_circuit_that_is_tripped_during_a_check_stays_open_until_the_next_one() {
    let redis = RedisServer::start();
    let link = redis.link();
    let (user, circuit) = attach(&link);
    until_closed(&circuit).await;
    redis.pause();
    circuit.trip();
    // The check has begun, and ends when Redis goes on.
    until("the circuit is open", async || user.events().last() == Some(&"opened")).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let before = user.checks.load(Ordering::SeqCst);
    circuit.trip();
    redis.resume();
    until_closed(&circuit).await;
    assert!(user.checks.load(Ordering::SeqCst) >= before + 2, "one check was enough");
}

#[tokio::test]
async fn messages_come_on_every_connection_and_to_nobody_who_is_gone() {
    let redis = RedisServer::start();
    let link = redis.link();
    let [(user, circuit), (gone, gone_circuit)] = [attach(&link), attach(&link)];
    until_closed(&circuit).await;
    until_closed(&gone_circuit).await;
    drop(gone_circuit);
    redis.run("PUBLISH news first").await;
    redis.run("PUBLISH olds never").await;
    until("it arrives", async || !user.messages.lock().unwrap().is_empty()).await;
    redis.run("CLIENT KILL TYPE pubsub").await;
    until("there is another connection", async || user.events().len() >= 7).await;
    redis.run("PUBLISH news second").await;
    until("it arrives", async || user.messages.lock().unwrap().len() >= 2).await;
    assert_eq!(*user.messages.lock().unwrap(), ["first", "second"]);
    assert!(gone.messages.lock().unwrap().is_empty());
}
