//! Callers who place order after order, and ask again with the same key until they are told that it is placed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

/// How often one order is sent at most.
const MOST_TRIES: usize = 200;
/// Before a caller asks again.
const PAUSE: Duration = Duration::from_millis(50);
/// Longer than a request takes on a busy machine, and shorter than a caller would wait.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An order that its caller was told is placed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) order: i64,
    pub(crate) bill_number: String,
    /// In cents.
    pub(crate) total: i64,
    /// Products and quantities, by product.
    pub(crate) lines: Vec<(i64, i64)>,
}

/// Who buys, what, and where.
pub(crate) struct Callers {
    http: Client,
    address: String,
    key: String,
    client: i64,
    products: Vec<i64>,
    enough: AtomicBool,
    /// Tries that came to nothing and were made again.
    pub(crate) again: AtomicUsize,
    /// Orders that callers were told are placed.
    pub(crate) told: watch::Sender<usize>,
}

impl Callers {
    /// Fills the shop at this address with what will be bought.
    pub(crate) async fn gather(address: &str, key: &str) -> Self {
        let mut callers = Self {
            http: Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap(),
            address: address.to_owned(),
            key: key.to_owned(),
            client: 0,
            products: Vec::new(),
            enough: AtomicBool::new(false),
            again: AtomicUsize::new(0),
            told: watch::Sender::new(0),
        };
        let category = callers.create("categories", json!({"name": "Kitchen"})).await;
        for name in ["Mug", "Pot", "Cup"] {
            let product = json!({"name": name, "price": 12.5, "stock": 1_000_000, "category_id": category});
            let product = callers.create("products", product).await;
            callers.products.push(product);
        }
        let client = json!({"name": "Ana", "lastname": "Lopez", "email": "ana@example.com"});
        callers.client = callers.create("clients", client).await;
        callers
    }

    async fn create(&self, path: &str, body: Value) -> i64 {
        let request =
            self.http.post(format!("http://{}/{path}", self.address)).header("X-API-Key", &self.key);
        let answer = request.json(&body).send().await.unwrap();
        let status = answer.status();
        let created: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{created}");
        created["id_key"].as_i64().unwrap()
    }

    /// No order is begun from now on.
    pub(crate) fn end(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    /// Places orders until it is enough: each with the key that it was sent with.
    pub(crate) async fn buy(self: Arc<Self>, caller: usize) -> Vec<(String, Placed)> {
        let mut placed = Vec::new();
        while !self.enough.load(Ordering::Relaxed) {
            let turn = placed.len();
            let key = format!("{caller}-{turn}");
            let quantity = |more: usize| i64::try_from(1 + (turn + more) % 3).unwrap();
            let lines = [caller % 3, (caller + 1) % 3].map(|index| (self.products[index], quantity(index)));
            let order = self.place(&key, lines.to_vec()).await;
            self.told.send_modify(|told| *told += 1);
            placed.push((key, order));
        }
        placed
    }

    async fn place(&self, key: &str, mut lines: Vec<(i64, i64)>) -> Placed {
        let wanted: Vec<_> = lines
            .iter()
            .map(|(product, quantity)| json!({"product_id": product, "quantity": quantity}))
            .collect();
        let order =
            json!({"client_id": self.client, "lines": wanted, "delivery_method": 1, "payment_type": 2});
        let answer = self.insist(key, &order).await;
        lines.sort_unstable();
        let pieces: i64 = lines.iter().map(|(_, quantity)| quantity).sum();
        Placed {
            order: answer["id_key"].as_i64().unwrap(),
            bill_number: answer["bill"]["bill_number"].as_str().unwrap().to_owned(),
            total: pieces * 1250,
            lines,
        }
    }

    /// Asks with this key until the order is placed, as clients should: what says that it may go well later is tried again.
    async fn insist(&self, key: &str, order: &Value) -> Value {
        let mut last = String::new();
        for _ in 0..MOST_TRIES {
            let request = self.http.post(format!("http://{}/checkout", self.address));
            let request = request.header("X-API-Key", &self.key).header("Idempotency-Key", key);
            let answered = async {
                let answer = request.json(order).send().await?;
                Ok::<_, reqwest::Error>((answer.status(), answer.text().await?))
            };
            match answered.await {
                Ok((StatusCode::CREATED, text)) => return serde_json::from_str(&text).unwrap(),
                Ok((status, text)) => {
                    assert!(matches!(status.as_u16(), 429 | 502..=504), "order {key}: {status} {text}");
                    last = format!("{status} {text}");
                }
                Err(error) => last = format!("{error:?}"),
            }
            self.again.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
        panic!("order {key} was not placed in {MOST_TRIES} tries, the last was {last}");
    }
}
