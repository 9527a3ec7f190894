//! The port of operators: what is measured, the level of the log, who gives trouble.

use std::{fs, net::TcpListener, path::Path, process::Stdio, time::Duration};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use stockroom_embedded::{Durability, Server, Settings};
use tempfile::TempDir;

use super::{Service, deploy, directory, program, refused};

/// A service with a port for operators, and a PostgreSQL of its own.
struct Watched {
    service: Service,
    client: Client,
    log: std::path::PathBuf,
    _database: Server,
    _root: TempDir,
}

impl Watched {
    fn start(variables: &[(&str, &str)]) -> Self {
        let root = directory();
        let durability = Durability::Disposable;
        let server =
            Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
        server.create_database("shop").unwrap();
        let log = root.path().join("log");
        let mut command = program(&root.path().join("unused"), 0);
        command
            .env("DATABASE_URL", server.url("shop"))
            .env("STOCKROOM__OPERATIONS__ENABLED", "true")
            .env("STOCKROOM__OPERATIONS__PORT", "0")
            .envs(variables.iter().copied())
            .stderr(Stdio::from(fs::File::create(&log).unwrap()));
        let service = Service::run(command);
        let client = Client::builder().no_proxy().build().unwrap();
        Self { service, client, log, _database: server, _root: root }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("http://{}{path}", self.service.address);
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await;
        assert!((200..300).contains(&status), "{path}: {answer}");
        answer
    }

    async fn operate(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let address = self.service.operations.as_ref().expect("a port for operators");
        let request = self.client.request(method, format!("http://{address}{path}")).body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn metrics(&self) -> String {
        self.operate(Method::GET, "/metrics", "").await.1
    }

    /// A sample's value; 0 when there is none.
    async fn value(&self, sample: &str) -> f64 {
        let metrics = self.metrics().await;
        let found = metrics.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        found.map_or(0.0, |value| value.parse().unwrap())
    }

    fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Somebody who buys two pieces of a product of the demo catalogue.
    async fn sell(&self) -> (Value, Value) {
        let client = json!({"name": "Ada", "lastname": "Byron", "email": "ada@example.com"});
        let client = self.post("/clients", client).await["id_key"].clone();
        let order = json!({
            "client_id": client, "lines": [{"product_id": 1, "quantity": 2}], "delivery_method": 1, "payment_type": 1,
        });
        (client, self.post("/checkout", order).await)
    }
}

#[tokio::test]
async fn what_happens_is_counted_and_shown_on_the_dashboard() {
    let watched = Watched::start(&[("STOCKROOM__AUTH__MODE", "open")]);
    let (client, order) = watched.sell().await;
    let too_many = json!({
        "client_id": client, "lines": [{"product_id": 1, "quantity": 100_000}], "delivery_method": 1, "payment_type": 1,
    });
    assert_eq!(watched.ask(Method::POST, "/checkout", Some(too_many)).await.0, 409);
    let cancel = format!("/orders/{}/cancel", order["id_key"]);
    watched.post(&cancel, Value::Null).await;
    watched.post(&cancel, Value::Null).await;
    let wrong = json!({"email": "ada@example.com", "password": "not hers at all"});
    assert_eq!(watched.ask(Method::POST, "/auth/login", Some(wrong)).await.0, 401);

    let total = order["bill"]["total"].as_f64().expect("a total");
    for (sample, expected) in [
        ("stockroom_orders_placed_total{way=\"checkout\"}", 1.0),
        ("stockroom_orders_refused_total{reason=\"stock\"}", 1.0),
        ("stockroom_orders_canceled_total", 1.0),
        ("stockroom_units_sold_total", 2.0),
        ("stockroom_revenue_minor_units_total", (total * 100.0).round()),
        ("stockroom_sign_ins_total{result=\"failed\"}", 1.0),
        ("stockroom_checkout_group_orders_count", 2.0),
        ("stockroom_checkout_commit_seconds_count", 2.0),
        ("stockroom_checkout_queue_capacity", 1024.0),
        ("stockroom_http_requests_total{method=\"POST\",route=\"/checkout\",status=\"201\"}", 1.0),
        ("stockroom_http_requests_total{method=\"POST\",route=\"/checkout\",status=\"409\"}", 1.0),
        ("stockroom_http_request_duration_seconds_count{method=\"POST\",route=\"/checkout\"}", 2.0),
        ("stockroom_http_requests_in_flight", 0.0),
        ("stockroom_pool_in_use{pool=\"checkout\"}", 0.0),
        ("stockroom_pool_opened_total{pool=\"checkout\"}", 1.0),
        ("stockroom_pool_closed_total{pool=\"checkout\"}", 0.0),
        ("stockroom_database_up", 1.0),
        ("stockroom_build_info{version=\"0.1.0\"}", 1.0),
    ] {
        assert_eq!(watched.value(sample).await.to_bits(), f64::to_bits(expected), "{sample}");
    }
    assert!(watched.value("stockroom_query_duration_seconds_count{pool=\"main\"}").await > 10.0);
    deploy::assert_known(&watched.metrics().await);
    assert_eq!(watched.operate(Method::GET, "/livez", "").await.0, 200);
    // What it shows may be what was seen a second ago, when the service was starting.
    let ready = async { while watched.operate(Method::GET, "/readyz", "").await.0 != 200 {} };
    tokio::time::timeout(Duration::from_secs(10), ready).await.expect("it is ready");
}

#[tokio::test]
async fn what_strangers_send_makes_no_metrics() {
    let watched = Watched::start(&[]);
    let strange = async |number: usize| {
        let method = Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
        watched.ask(method, &format!("/products/{number}"), None).await;
        watched.ask(Method::GET, &format!("/qzpath{number}/{number}"), None).await;
        watched.ask(Method::GET, &format!("/products/{number}?qzquery={number}"), None).await;
        watched.ask(Method::GET, &format!("/products/qzid{number}"), None).await;
    };
    strange(900).await;
    strange(1).await;
    let before = watched.metrics().await;
    for number in 901..960 {
        strange(number).await;
    }
    let after = watched.metrics().await;
    let series = |metrics: &str| {
        let mut names: Vec<String> = metrics
            .lines()
            .filter(|line| line.starts_with("stockroom_http"))
            .filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()))
            .collect();
        names.sort();
        names
    };
    assert_eq!(series(&before), series(&after));
    assert!(!after.contains("qz") && !after.contains("BREW"), "{after}");
    assert!(after.contains("method=\"other\""), "{after}");
    assert!(after.contains("{method=\"GET\",route=\"-\",status=\"404\"} 61"), "{after}");
}

#[tokio::test]
async fn the_level_of_the_log_is_changed_while_it_runs() {
    let watched = Watched::start(&[("LOG_LEVEL", "warn")]);
    assert_eq!(watched.operate(Method::GET, "/log", "").await, (200, "warn\n".to_owned()));
    watched.ask(Method::GET, "/products/1", None).await;
    assert!(!watched.logged().contains("\"answered\""), "{}", watched.logged());

    assert_eq!(watched.operate(Method::PUT, "/log", "trace\n").await, (200, "trace\n".to_owned()));
    watched.ask(Method::GET, "/clients", None).await;
    let talkative = watched.logged();
    assert!(talkative.contains("\"answered\"") && talkative.contains("\"TRACE\""), "{talkative}");
    assert!(talkative.contains("the level of the log was changed"), "{talkative}");
    assert!(!talkative.contains("tokio_postgres::query"), "values of statements: {talkative}");

    for (nonsense, told) in [
        (
            "loud",
            "the level is \"loud\", but must be one of off, error, warn, info, debug, trace, or directives",
        ),
        ("", "the level is \"\", but must be one of"),
        ("info,=,", "the level is \"info,=,\", but must be one of"),
    ] {
        let (status, sentence) = watched.operate(Method::PUT, "/log", nonsense).await;
        assert_eq!(status, 422, "{sentence}");
        assert!(sentence.starts_with(told), "{sentence}");
    }
    assert_eq!(watched.operate(Method::PUT, "/log", &"x".repeat(5000)).await.0, 413);
    assert_eq!(watched.operate(Method::GET, "/log", "").await.1, "trace\n", "nothing else has changed it");
    assert_eq!(watched.operate(Method::DELETE, "/log", "").await.0, 405);
    assert_eq!(watched.operate(Method::GET, "/products", "").await.0, 404);
}

#[tokio::test]
async fn who_gives_trouble_is_shown_and_slow_requests_and_statements_are_logged() {
    let watched = Watched::start(&[
        ("STOCKROOM__LOG__SLOW_QUERY_MILLISECONDS", "1"),
        ("STOCKROOM__LOG__SLOW_REQUEST_MILLISECONDS", "1"),
        ("STOCKROOM__RATE_LIMIT__TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let ask = async |address: &str, path: &str| {
        let url = format!("http://{}{path}", watched.service.address);
        let request = watched.client.get(url).header("x-forwarded-for", address);
        request
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .send()
            .await
            .unwrap()
    };
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.5", "/nowhere").await.status(), 404);
    }
    assert_eq!(ask("203.0.113.6", "/clients/999999").await.status(), 404);
    let (_, offenders) = watched.operate(Method::GET, "/offenders", "").await;
    let offenders: Value = serde_json::from_str(&offenders).unwrap();
    let refused = |address: &str| {
        let list = offenders.as_array().unwrap();
        list.iter().find(|entry| entry["address"] == address).map(|entry| entry["refused"].clone())
    };
    assert_eq!(refused("203.0.113.5"), Some(json!(3)), "{offenders}");
    assert_eq!(refused("203.0.113.6"), Some(json!(1)), "{offenders}");

    // Whatever the machine, some statement of a hundred searches takes a millisecond.
    for number in 0..100 {
        ask("203.0.113.6", &format!("/products/filter?search=qzword{number}")).await;
    }
    let logged = watched.logged();
    let slow = |target: &str| {
        let lines = logged.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().filter(|line| line["target"] == target).collect::<Vec<_>>()
    };
    let requests = slow("slow_request");
    assert!(requests.iter().any(|line| line["route"] == "/products/filter"), "{logged}");
    let trace = "0af7651916cd43dd8448eb211c80319c";
    assert!(requests.iter().all(|line| line["span"]["trace_id"] == trace), "{requests:?}");
    assert!(requests.iter().all(|line| line["span"]["request_id"].is_string()), "{requests:?}");
    let statements = slow("slow_query");
    assert!(!statements.is_empty(), "{logged}");
    assert!(
        !logged.contains("qzword") && !logged.contains("203.0.113") && !logged.contains("-- binds"),
        "{logged}"
    );
}

#[test]
fn a_taken_port_of_operators_is_told_in_one_sentence() {
    let root = directory();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut command = program(Path::new("/nonexistent"), 0);
    command
        .env("STOCKROOM__EMBEDDED__DATA_DIR", root.path().join("data"))
        .env("STOCKROOM__OPERATIONS__ENABLED", "true")
        .env("STOCKROOM__OPERATIONS__PORT", port.to_string());
    let text = refused(&command.output().unwrap(), 1);
    let told = format!("port {port} on 127.0.0.1 is in use; choose another with operations.port");
    assert!(text.contains(&told), "{text}");
}

#[test]
fn a_collector_that_is_not_there_costs_nothing_but_a_line() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let watched = Watched::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{nobody}"))]);
    for _ in 0..20 {
        assert_eq!(watched.service.status("/products/1"), Some(200));
    }
    let log = watched.log.clone();
    let Watched { service, _root, .. } = watched;
    let stopping = std::time::Instant::now();
    assert_eq!(service.stop(), 0);
    assert!(stopping.elapsed() < Duration::from_secs(20));
    let logged = fs::read_to_string(log).unwrap();
    assert_eq!(logged.matches("could not export traces").count(), 1, "{logged}");
}
