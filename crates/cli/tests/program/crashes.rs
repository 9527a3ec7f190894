//! The service, or its PostgreSQL, is killed in the middle of a storm. Buyers who got no answer ask again with the same
//! key until they are told; what they were told is what is there, once each, and the books balance.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use futures_util::future::{join_all, try_join_all};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::watch, time::sleep};

use super::{Service, directory, postmaster, program, signal};

const BUYERS: usize = 16;
const ORDERS_EACH: usize = 20;
/// Longer than a restart takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// Before a buyer asks again: somebody has to be given the time to start the service.
const PAUSE: Duration = Duration::from_millis(20);

/// A shop on a data directory of its own. Whatever becomes of the test, nothing is left running.
struct Shop {
    service: Option<Service>,
    data_dir: PathBuf,
    _root: TempDir,
}

impl Shop {
    fn open() -> Self {
        let root = directory();
        let data_dir = root.path().join("data");
        Self { service: Some(Service::start(&data_dir)), data_dir, _root: root }
    }

    fn address(&self) -> String {
        self.service.as_ref().expect("a running service").address.clone()
    }

    fn kill_service(&mut self) {
        self.service.take().expect("a running service").kill();
        self.service = Some(Service::start(&self.data_dir));
    }

    fn kill_postgresql(&self, signal_name: &str) {
        signal(signal_name, postmaster(&self.data_dir).expect("a running PostgreSQL"));
    }

    /// Stops the service as an operator does, and looks through its books.
    fn close(mut self) {
        assert_eq!(self.service.take().expect("a running service").stop(), 0);
        let check = program(&self.data_dir, 0).arg("check").output().unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.service = None;
        if let Some(pid) = postmaster(&self.data_dir) {
            signal("QUIT", pid);
        }
    }
}

/// An order that a buyer was told is placed.
struct Told {
    key: String,
    order: Value,
    answer: String,
    /// What the buyer was told when it was cancelled.
    canceled: Option<String>,
}

impl Told {
    fn id(&self) -> i64 {
        serde_json::from_str::<Value>(&self.answer).unwrap()["id_key"].as_i64().unwrap()
    }

    fn cancel_path(&self) -> String {
        format!("/orders/{}/cancel", self.id())
    }
}

/// Who buys, and where.
struct Storm {
    http: Client,
    address: RwLock<String>,
    client: i64,
    /// Products with their stock at first. The first is not enough for all.
    products: Vec<(i64, i64)>,
    told: watch::Sender<usize>,
}

impl Storm {
    async fn gather(shop: &Shop) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let (address, told) = (RwLock::new(shop.address()), watch::Sender::new(0));
        let mut storm = Self { http, address, client: 0, products: Vec::new(), told };
        let category = storm.create("/categories", json!({"name": "Storm"})).await;
        for (name, stock) in [("Mug", 200), ("Pot", 5000), ("Cup", 5000)] {
            let product = json!({"name": name, "price": 12.5, "stock": stock, "category_id": category});
            storm.products.push((storm.create("/products", product).await, stock));
        }
        let client = json!({"name": "Ana", "lastname": "Lopez", "email": "ana@example.com"});
        storm.client = storm.create("/clients", client).await;
        storm
    }

    async fn create(&self, path: &str, body: Value) -> i64 {
        let (status, text, _) = self.insist(path, body["name"].as_str().unwrap(), &body).await;
        assert_eq!(status, 201, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["id_key"].as_i64().unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address.read().unwrap())
    }

    /// Asks with this key until there is an answer: status, text, and whether it was given before.
    async fn insist(&self, path: &str, key: &str, body: &Value) -> (u16, String, bool) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let request = self.http.post(self.url(path)).header("Idempotency-Key", key).json(body);
            if let Ok(response) = request.send().await {
                let status = response.status().as_u16();
                let replayed = response.headers().contains_key("idempotent-replayed");
                if let Ok(text) = response.text().await
                    && status != 503
                    && !text.contains("idempotency_key_in_use")
                {
                    return (status, text, replayed);
                }
            }
            sleep(PAUSE).await;
        }
        panic!("no answer to {path} with key {key}");
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    /// Places order after order, and cancels every fourth.
    async fn buy(self: Arc<Self>, buyer: usize) -> Vec<Told> {
        let mut placed = Vec::new();
        for turn in 0..ORDERS_EACH {
            let line =
                |index: usize| json!({"product_id": self.products[index % 3].0, "quantity": 1 + turn % 3});
            let order = json!({
                "client_id": self.client, "lines": [line(turn), line(buyer + turn)], "delivery_method": 1,
                "payment_type": 2,
            });
            let key = format!("{buyer}-{turn}");
            let (status, answer, _) = self.insist("/checkout", &key, &order).await;
            if status == 409 {
                assert!(answer.contains("insufficient_stock_for_order"), "{answer}");
                continue;
            }
            assert_eq!(status, 201, "{answer}");
            self.told.send_modify(|told| *told += 1);
            let mut told = Told { key, order, answer, canceled: None };
            if turn % 4 == 0 {
                let (status, answer, _) = self.insist(&told.cancel_path(), &told.key, &json!({})).await;
                assert_eq!(status, 200, "{answer}");
                told.canceled = Some(answer);
            }
            placed.push(told);
        }
        placed
    }

    /// Fails unless everything is told again as it was.
    async fn ask_again(&self, placed: &[Told]) {
        for told in placed {
            let again = self.insist("/checkout", &told.key, &told.order).await;
            assert_eq!(again, (201, told.answer.clone(), true));
            if let Some(answer) = &told.canceled {
                let again = self.insist(&told.cancel_path(), &told.key, &json!({})).await;
                assert_eq!(again, (200, answer.clone(), true));
            }
        }
    }

    /// Fails unless what the buyers were told is what is there, and all that is there.
    async fn verify(&self, placed: &[Told]) {
        let orders = self.get("/orders?limit=1000").await;
        let canceled = |order: &Value| order["status"] == 4;
        let there: BTreeMap<_, _> = orders
            .as_array()
            .unwrap()
            .iter()
            .map(|order| (order["id_key"].as_i64().unwrap(), canceled(order)))
            .collect();
        let told: BTreeMap<_, _> = placed.iter().map(|told| (told.id(), told.canceled.is_some())).collect();
        assert_eq!(told.len(), placed.len(), "an order was told to two buyers");
        assert_eq!(there, told, "orders that are there, and those that buyers were told of");
        join_all(placed.chunks(ORDERS_EACH).map(|placed| self.ask_again(placed))).await;
        let lines = || {
            placed
                .iter()
                .filter(|told| told.canceled.is_none())
                .flat_map(|told| told.order["lines"].as_array().unwrap())
        };
        for (product, stock) in &self.products {
            let sold: i64 = lines()
                .filter(|line| line["product_id"] == *product)
                .map(|line| line["quantity"].as_i64().unwrap())
                .sum();
            let shown = self.get(&format!("/products/{product}")).await;
            assert_eq!(shown["stock"], stock - sold, "stock of product {product}");
        }
        let numbers: BTreeSet<_> = placed.iter().map(|told| bill_number(&told.answer)).collect();
        assert_eq!(numbers.len(), placed.len(), "two bills with one number");
        assert!(numbers.last().unwrap().ends_with(&format!("-{:06}", placed.len())), "{numbers:?}");
    }
}

fn bill_number(answer: &str) -> String {
    let placed: Value = serde_json::from_str(answer).unwrap();
    placed["bill"]["bill_number"].as_str().unwrap().to_owned()
}

/// Lets buyers buy while `disasters` strike, each after so many orders were placed, and checks what is left.
async fn outlive<F: FnMut(&mut Shop)>(disasters: impl IntoIterator<Item = (usize, F)>) {
    let mut shop = Shop::open();
    let storm = Arc::new(Storm::gather(&shop).await);
    let mut told = storm.told.subscribe();
    let buyers: Vec<_> = (0..BUYERS).map(|buyer| tokio::spawn(Arc::clone(&storm).buy(buyer))).collect();
    for (orders, mut strike) in disasters {
        told.wait_for(|told| *told >= orders).await.unwrap();
        strike(&mut shop);
        *storm.address.write().unwrap() = shop.address();
    }
    let placed: Vec<Told> = try_join_all(buyers).await.unwrap().into_iter().flatten().collect();
    assert!(*told.borrow() > BUYERS * ORDERS_EACH / 2, "few orders were placed");
    storm.verify(&placed).await;
    shop.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_in_a_storm_has_placed_what_it_told_and_once() {
    outlive([40, 100, 160, 220].map(|orders| (orders, Shop::kill_service))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_killed_in_a_storm_has_kept_what_was_told_and_once() {
    let immediate_stop: fn(&mut Shop) = |shop| shop.kill_postgresql("QUIT");
    let kill: fn(&mut Shop) = |shop| {
        // A PostgreSQL that ends twice within seconds is given up by its service.
        shop.kill_service();
        shop.kill_postgresql("KILL");
    };
    outlive([(50, immediate_stop), (130, kill)]).await;
}
