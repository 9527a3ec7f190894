//! The service that a log is replayed against: requests, each sent again with the same key until it is answered.

use std::time::{Duration, Instant};

use reqwest::{
    Client, RequestBuilder,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::{Value, json};
use stockroom_domain::{CheckoutLine, Money, OrderId, ProductId, Sku};
use stockroom_retail::replay::{Order, Reply};
use tokio::time::sleep;
use url::Url;

use super::answer::{Received, of_cancel, of_checkout};
use crate::{configuration::Server, failure::Failure, listener::local_url};

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// With the pauses between them, 25 s in all, this outlives a restart of the service or of its PostgreSQL.
const RETRIES: Retries = Retries { most: 8, first_pause: Duration::from_millis(100) };
/// The longest pause, whoever names it. It is as long as the period of a rate limit usually is.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What API keys are sent in.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// How often a request is sent again.
struct Retries {
    /// Attempts after the first.
    most: u64,
    /// The first pause, where the service names none; each is twice the one before.
    first_pause: Duration,
}

/// The service, as one run sees it.
pub(super) struct Remote {
    client: Client,
    base: String,
    run: String,
    retries: Retries,
}

/// The service does not answer any more: why, as a sentence.
#[derive(Debug)]
pub(super) struct Lost(pub(super) String);

impl Remote {
    /// The service at this address, or on the configured port of this machine; `key` proves to it who asks.
    pub(super) fn new(
        server: &Server,
        url: Option<&str>,
        key: Option<&str>,
        run: &str,
    ) -> Result<Self, Failure> {
        let url = url.map_or_else(|| local_url(&server.host, server.port), ToOwned::to_owned);
        let parsed = Url::parse(&url).ok().filter(|url| url.scheme() == "http" && url.has_host());
        if parsed.is_none_or(|url| url.query().is_some() || url.fragment().is_some()) {
            return Err(Failure::usage(format!("{url} is not a URL such as http://127.0.0.1:8000")));
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .default_headers(proof(key)?)
            .build()
            .map_err(|error| Failure::run(format!("cannot send requests: {}", chain(&error))))?;
        Ok(Self { client, base: url.trim_end_matches('/').to_owned(), run: run.to_owned(), retries: RETRIES })
    }

    /// Fails when there is no service.
    pub(super) async fn reach(&self) -> Result<(), Failure> {
        let health = self.get("/health_check").await?;
        match health.and_then(|health| health["checks"]["database"]["status"].as_str().map(str::to_owned)) {
            Some(status) if status == "up" => Ok(()),
            Some(status) => Err(Failure::run(format!("the database is {status}, says {}", self.base))),
            None => Err(Failure::run(format!("there is no Stockroom at {}", self.base))),
        }
    }

    /// Fails when the service has no such product: it works on another database than this program.
    pub(super) async fn expect_product(&self, id: ProductId, sku: &Sku) -> Result<(), Failure> {
        let shown = self.get(&format!("/products/{id}")).await?;
        if shown.is_some_and(|product| product["sku"] == sku.as_str()) {
            return Ok(());
        }
        Err(Failure::run(format!(
            "nothing was sent: the service at {} works on another database, its product {id} is not {sku}; set \
             DATABASE_URL to the database of the service",
            self.base
        )))
    }

    /// Places an order; `part` of this invoice.
    pub(super) async fn check_out(&self, invoice: &str, part: usize, order: &Order) -> Result<Reply, Lost> {
        let line =
            |line: &CheckoutLine| json!({"product_id": line.product_id, "quantity": line.quantity.count()});
        let body = json!({
            "client_id": order.client,
            "lines": order.lines.iter().map(line).collect::<Vec<_>>(),
            "delivery_method": "HOME_DELIVERY",
            "payment_type": "CARD",
        });
        let key = format!("{}-{invoice}-{part}", self.run);
        self.send(&key, || self.post("/checkout", &key).json(&body), of_checkout).await
    }

    /// Cancels an order, which this cancellation of the log takes back.
    pub(super) async fn cancel(&self, cancellation: &str, id: OrderId) -> Result<Reply, Lost> {
        let key = format!("{}-{cancellation}-1", self.run);
        self.send(&key, || self.post(&format!("/orders/{id}/cancel"), &key), of_cancel).await
    }

    fn post(&self, path: &str, key: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base)).header("idempotency-key", key)
    }

    /// The body of an answer, where it is JSON.
    async fn get(&self, path: &str) -> Result<Option<Value>, Failure> {
        let url = format!("{}{path}", self.base);
        let answer = async { self.client.get(&url).send().await?.bytes().await }.await;
        let body =
            answer.map_err(|error| Failure::run(format!("no answer from {url}: {}", chain(&error))))?;
        Ok(serde_json::from_slice(&body).ok())
    }

    /// Sends a request until it is answered, and reads the answer.
    async fn send(
        &self,
        key: &str,
        request: impl Fn() -> RequestBuilder,
        done: fn(&Value) -> Option<(OrderId, Money)>,
    ) -> Result<Reply, Lost> {
        let mut retries = 0;
        loop {
            let started = Instant::now();
            let received = Received::from(request()).await;
            let took = started.elapsed();
            let pause = match &received {
                Ok(received) => received.pause(self.retries.pause(retries)),
                Err(_) => Some(self.retries.pause(retries)),
            };
            if let Ok(received) = &received
                && let Some(why) = received.unproven()
            {
                return Err(Lost(why));
            }
            match (pause, received) {
                (Some(pause), _) if retries < self.retries.most => sleep(pause.min(LONGEST_PAUSE)).await,
                (_, Ok(received)) => return Ok(Reply { answer: received.answer(key, done), took, retries }),
                (_, Err(error)) => {
                    let (tries, why) = (retries + 1, chain(&error));
                    return Err(Lost(format!("no answer after {tries} attempts with the key {key}: {why}")));
                }
            }
            retries += 1;
        }
    }
}

impl Retries {
    /// How long to wait after so many of them, where the service does not say.
    fn pause(&self, retries: u64) -> Duration {
        let doublings = u32::try_from(retries).unwrap_or(u32::MAX).min(16);
        self.first_pause * 2_u32.saturating_pow(doublings)
    }
}

/// What goes with every request.
fn proof(key: Option<&str>) -> Result<HeaderMap, Failure> {
    let mut fields = HeaderMap::new();
    if let Some(key) = key {
        let value = HeaderValue::from_str(key.trim());
        let mut value = value.map_err(|_| Failure::usage("--api-key is no API key of Stockroom"))?;
        value.set_sensitive(true);
        fields.insert(API_KEY, value);
    }
    Ok(fields)
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str) -> Result<Remote, Failure> {
        let server = Server::listening("0.0.0.0", 8123);
        Remote::new(&server, Some(url).filter(|url| !url.is_empty()), None, "run")
    }

    #[test]
    fn the_address_is_told_or_the_configured_one() {
        let base = |url| remote(url).map(|remote| remote.base);
        assert_eq!(base("").unwrap(), "http://127.0.0.1:8123");
        assert_eq!(base("http://shop:80/api/").unwrap(), "http://shop:80/api");
        for bad in ["shop", "https://shop", "http://shop/?a=b", "http://"] {
            let expected = format!("{bad} is not a URL such as http://127.0.0.1:8000");
            assert_eq!(base(bad).unwrap_err(), Failure::Usage(expected));
        }
    }

    #[test]
    fn a_key_is_sent_and_not_shown() {
        let fields = proof(Some(" sk_live_x\n")).unwrap();
        assert_eq!(fields[API_KEY].to_str().unwrap(), "sk_live_x");
        assert!(!format!("{fields:?}").contains("sk_live_x"));
        assert!(proof(None).unwrap().is_empty());
        let refused = Failure::Usage("--api-key is no API key of Stockroom".to_owned());
        assert_eq!(proof(Some("a\nb")).unwrap_err(), refused);
    }

    #[test]
    fn pauses_grow() {
        let millis = [0, 1, 2, 7].map(|retries| RETRIES.pause(retries).as_millis());
        assert_eq!(millis, [100, 200, 400, 12_800]);
        assert!(RETRIES.pause(u64::MAX) > LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn a_service_that_is_gone_is_given_up() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut remote = remote(&format!("http://{closed}")).unwrap();
        remote.retries = Retries { most: 3, first_pause: Duration::from_micros(1) };
        let Lost(why) = remote.cancel("C7", OrderId(1)).await.unwrap_err();
        assert!(why.starts_with("no answer after 4 attempts with the key run-C7-1: error sending"), "{why}");
        assert!(why.contains("refused"), "{why}");
    }
}
