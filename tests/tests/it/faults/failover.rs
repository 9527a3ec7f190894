//! A failover: the primary is gone while people order, and the standby is promoted. The service knows both hosts and finds the one
//! that takes changes by itself.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use stockroom_service::PoolSettings;
use stockroom_tests::{Actor, App, Pair, Proxy, Way, checkout};
use tokio::{sync::Notify, time::timeout};

const BUYERS: usize = 6;
/// Orders before the primary is gone, and after the standby was promoted.
const ORDERS: usize = 20;
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a primary goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// PostgreSQL crashes; the machine says so to whoever connects.
    Crash,
    /// Nothing is heard of the machine any more.
    Silence,
}

/// What the buyers know of each other, and what they may do.
#[derive(Default)]
struct Rush {
    placed: AtomicUsize,
    refused: AtomicUsize,
    counted: Notify,
    is_over: AtomicBool,
}

impl Rush {
    /// Orders one after the other, each with a key and as often as it is refused: the keys and what was answered to them.
    async fn buy(&self, buyer: usize, shop: &Actor, order: &Value) -> Vec<(String, Value)> {
        let mut placed = Vec::new();
        while !self.is_over.load(Ordering::SeqCst) {
            let key = format!("buyer-{buyer}-order-{}", placed.len());
            let answer = loop {
                let answer = shop.post_once(&key, "/checkout", order).await;
                if answer.status != 503 {
                    break answer;
                }
                answer.expect_problem(503, "Service temporarily unavailable");
                self.count(&self.refused);
            };
            placed.push((key, answer.expect(201)));
            self.count(&self.placed);
        }
        placed
    }

    /// Reads what nobody keeps, again and again.
    async fn look(&self, shop: &Actor) {
        while !self.is_over.load(Ordering::SeqCst) {
            for path in ["/orders?limit=5", "/clients?limit=5"] {
                let answer = shop.get(path).await;
                if answer.status != 200 {
                    answer.expect_problem(503, "Service temporarily unavailable");
                }
            }
        }
    }

    fn count(&self, counted: &AtomicUsize) {
        counted.fetch_add(1, Ordering::SeqCst);
        self.counted.notify_one();
    }

    async fn until(&self, counted: &AtomicUsize, more: usize) {
        let enough = counted.load(Ordering::SeqCst) + more;
        let reached = async {
            while counted.load(Ordering::SeqCst) < enough {
                self.counted.notified().await;
            }
        };
        timeout(PATIENCE, reached).await.expect("the shop goes on");
    }
}

/// Asks until the answer is this.
async fn ready(shop: &Actor, status: u16) {
    let told = async { while shop.get("/readyz").await.status != status {} };
    timeout(PATIENCE, told).await.expect("it is told");
}

async fn fails_over(end: End) {
    let mut pair = Pair::start().await;
    let [primary, standby] = pair.urls();
    let (primary, standby) = (Proxy::to_database(&primary).await, Proxy::to_database(&standby).await);
    let config: tokio_postgres::Config = pair.url().parse().unwrap();
    let (user, hosts) = (config.get_user().unwrap(), format!("{},{}", primary.address(), standby.address()));
    let url = format!("postgres://{user}@{hosts}/shop?target_session_attrs=read-write");
    let (connect, response_timeout) = (Duration::from_secs(4), Duration::from_secs(2));
    let connections = PoolSettings { size: 4, connect, response_timeout, ..PoolSettings::new(url) };
    let app = App::start_connecting(pair.url(), connections, App::settings());
    let shop = app.actor();
    let (client, product) = (shop.client(json!({})).await, shop.product(json!({"stock": 1_000_000})).await);
    let order = checkout(client, &[(product, 1)]);
    ready(&shop, 200).await;

    let rush = Rush::default();
    let happens = async {
        rush.until(&rush.placed, ORDERS).await;
        match end {
            End::Crash => tokio::task::block_in_place(|| pair.stop_primary()),
            End::Silence => primary.set(Way::Swallows),
        }
        rush.until(&rush.refused, BUYERS).await;
        let unread = shop.get("/orders").await;
        unread.expect_problem(503, "Service temporarily unavailable");
        assert_eq!(unread.header("retry-after"), "1");
        ready(&shop, 503).await;

        pair.promote().await;
        // The first request goes well.
        shop.get("/orders").await.expect(200);
        ready(&shop, 200).await;
        rush.until(&rush.placed, ORDERS).await;
        rush.is_over.store(true, Ordering::SeqCst);
    };
    let bought = join_all((0..BUYERS).map(|buyer| rush.buy(buyer, &shop, &order)));
    let (bought, (), ()) = tokio::join!(bought, rush.look(&shop), happens);
    if end == End::Silence {
        // It is still there, where only a test sees it.
        tokio::task::block_in_place(|| pair.stop_primary());
    }

    let bought: Vec<_> = bought.into_iter().flatten().collect();
    for (key, answered) in &bought {
        assert_eq!(shop.post_once(key, "/checkout", &order).await.expect(201)["id_key"], answered["id_key"]);
    }
    let known = i64::try_from(bought.len()).unwrap();
    assert_eq!(app.integer("SELECT count(*) FROM orders", &[]).await, known, "each key has one order");
    app.assert_books_balance().await;
    let busy =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stockroom%' AND state <> 'idle'";
    app.until(busy, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_crashes_is_replaced_by_its_standby_and_no_order_is_lost() {
    fails_over(End::Crash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_of_which_nothing_is_heard_is_replaced_by_its_standby_and_no_order_is_lost() {
    fails_over(End::Silence).await;
}
