//! The log at its most talkative, while everything personal and secret passes through: none of it is in the log, nor in
//! that of PostgreSQL.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use reqwest::{
    Client, Method, RequestBuilder,
    header::{AUTHORIZATION, COOKIE, IF_NONE_MATCH, ORIGIN, REFERER, USER_AGENT},
};
use serde_json::{Value, json};
use stockroom_embedded::{Durability, Server, Settings};

use super::{Service, directory, program};

const SCOPES: &str = "catalogue:write,stock:write,clients:read,clients:write,orders:read,orders:write,discounts:give,\
                      bills:read,bills:write,reviews:write,reviews:moderate,privacy:manage,audit:read";

/// No request repeats another one.
static KEYS: AtomicU32 = AtomicU32::new(0);

/// Somebody who sends requests.
struct Visitor {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Visitor {
    fn new(address: &str) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        Self { client, base: format!("http://{address}"), token: None }
    }

    fn bearing(&self, token: &str) -> Self {
        Self { client: self.client.clone(), base: self.base.clone(), token: Some(token.to_owned()) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header(USER_AGENT, "qzmkagent/1.0")
            .header(COOKIE, "session=qzmkcookie")
            .header(REFERER, "https://shop.example/qzmkreferer")
            .header("x-forwarded-for", "203.0.113.77")
            .header("x-anything", "qzmkheader");
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder, status: u16) -> Value {
        let response = request.send().await.unwrap();
        let (got, text) = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(got, status, "{text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn get(&self, path: &str, status: u16) -> Value {
        self.answer(self.request(Method::GET, path), status).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value, status: u16) -> Value {
        let request = self
            .request(method, path)
            .header("idempotency-key", format!("qzmkkey-{}", KEYS.fetch_add(1, Ordering::Relaxed)));
        self.answer(request.json(body), status).await
    }

    async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.send(Method::POST, path, body, status).await
    }
}

fn id(answer: &Value) -> i64 {
    answer["id_key"].as_i64().expect("an id")
}

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().expect(field).to_owned()
}

/// Signs up, in and out, and does wrong whatever can be done wrong. Returns the secrets that it was given.
async fn sign_in_in_every_way(anyone: &Visitor) -> (i64, Visitor, Vec<String>) {
    let account = json!({
        "name": "Qzmkname", "lastname": "Qzmklast", "email": "qzmkmail@example.com", "telephone": "+549117733100",
        "password": "qzmkpassword one",
    });
    let registered = anyone.post("/auth/register", &account, 201).await;
    anyone.post("/auth/register", &account, 400).await;
    let wrong = json!({"email": "qzmkmail@example.com", "password": "qzmkwrong password"});
    anyone.post("/auth/login", &wrong, 401).await;
    anyone
        .post("/auth/login", &json!({"email": "qzmknobody@example.com", "password": "qzmkwrong"}), 401)
        .await;
    let right = json!({"email": "qzmkmail@example.com", "password": "qzmkpassword one"});
    let signed_in = anyone.post("/auth/login", &right, 200).await;
    let refresh = json!({"refresh_token": registered["refresh_token"]});
    let refreshed = anyone.post("/auth/refresh", &refresh, 200).await;
    anyone.post("/auth/refresh", &refresh, 401).await;
    anyone.post("/auth/refresh", &json!({"refresh_token": "srt_qzmkrefresh"}), 401).await;
    anyone.post("/auth/password/forgot", &json!({"email": "qzmkmail@example.com"}), 202).await;
    anyone
        .post("/auth/password/reset", &json!({"token": "spr_qzmkreset", "password": "qzmkpassword two"}), 400)
        .await;
    let mut secrets = Vec::new();
    for given in [&registered, &signed_in, &refreshed] {
        secrets.extend([text(given, "access_token"), text(given, "refresh_token")]);
    }
    let me = anyone.bearing(&text(&signed_in, "access_token"));
    let change = json!({"current_password": "qzmkpassword one", "new_password": "qzmkpassword three"});
    me.post("/auth/password", &change, 204).await;
    me.post("/auth/password", &change, 401).await;
    me.get("/auth/sessions", 200).await;
    me.get("/auth/me", 200).await;
    (id(&registered), me, secrets)
}

/// Uses the shop as its customers and its staff do.
async fn use_everything(me: &Visitor, staff: &Visitor, person: i64) {
    let address =
        json!({"client_id": person, "street": "qzmkstreet", "number": "qzmkno", "city": "qzmkcity"});
    let address = id(&me.post("/addresses", &address, 201).await);
    let category = id(&staff.post("/categories", &json!({"name": "Things"}), 201).await);
    let product = json!({"name": "Thing", "price": 10.0, "stock": 10, "category_id": category});
    let product = id(&staff.post("/products", &product, 201).await);
    let line = json!({"product_id": product, "quantity": 1});
    let mut order = json!({
        "client_id": person, "lines": [line], "delivery_method": 3, "payment_type": 2, "address_id": address,
    });
    let placed = id(&me.post("/checkout", &order, 201).await);
    me.get(&format!("/orders/{placed}"), 200).await;
    me.post(&format!("/orders/{placed}/cancel"), &Value::Null, 200).await;
    order["lines"][0]["quantity"] = json!(100);
    me.post("/checkout", &order, 409).await;
    order["address_id"] = json!("qzmkaddress");
    me.post("/checkout", &order, 422).await;
    let review = json!({"rating": 4.0, "product_id": product, "comment": "qzmkcomment is what I say"});
    let review = id(&me.post("/reviews", &review, 201).await);
    me.send(Method::PUT, &format!("/reviews/{review}"), &json!({"comment": "qzmkcomment again"}), 200).await;
    let client = format!("/clients/{person}");
    me.send(Method::PATCH, &client, &json!({"lastname": "Qzmklastname"}), 200).await;
    let other = json!({"name": "Qzmkother", "lastname": "Qzmklast", "email": "qzmkother@example.com", "telephone": "0000000000"});
    let other = id(&staff.post("/clients", &other, 201).await);
    let taken = json!({"email": "QZMKMAIL@example.com"});
    staff.send(Method::PUT, &format!("/clients/{other}"), &taken, 409).await;
    let bill = json!({"bill_number": "A-1", "date": "2026-01-15", "total": 1.0, "payment_type": 2, "client_id": other});
    staff.post("/bills", &bill, 201).await;
    staff.get("/clients", 200).await;
    staff.get("/audit", 200).await;
    staff.get(&format!("{client}/export"), 200).await;
    staff.get("/products/search?q=qzmksearched", 200).await;
    staff.get("/products/filter?search=qzmkfiltered", 200).await;
    staff.send(Method::DELETE, &format!("/clients/{other}"), &Value::Null, 409).await;
    staff.post(&format!("/clients/{other}/erase"), &Value::Null, 200).await;
    staff.post(&format!("/clients/{other}/erase"), &Value::Null, 409).await;
}

/// Sends what cannot be understood, or leads nowhere.
async fn do_wrong(anyone: &Visitor, me: &Visitor, staff: &Visitor, address: &str) {
    let bad = json!({
        "name": ["Qzmkbadname"], "lastname": "", "email": "qzmkbadmail", "telephone": "qzmkbadphone", "password": 5,
        "qzmkunknown": "qzmkvalue",
    });
    anyone.post("/auth/register", &bad, 422).await;
    staff.send(Method::PATCH, "/clients/1", &bad, 422).await;
    let torn = staff.request(Method::POST, "/clients").header("content-type", "application/json");
    staff.answer(torn.body("{\"name\": \"qzmktorn"), 422).await;
    let strange = staff.request(Method::POST, "/clients").header("content-type", "text/qzmktype");
    staff.answer(strange.body("qzmkbody"), 415).await;
    let large = staff.request(Method::POST, "/clients").header("content-type", "application/json");
    staff.answer(large.body(format!("\"{}\"", "qzmklarge ".repeat(200_000))), 413).await;
    anyone.get("/qzmkpath/qzmkmore?qzmkquery=qzmkparameter", 404).await;
    me.get("/clients/qzmkid", 422).await;
    me.get("/orders?limit=qzmklimit&qzmkunknown=1", 422).await;
    me.get("/products?after=qzmkcursor", 422).await;
    me.get("/clients/999999", 404).await;
    me.send(Method::PUT, "/checkout", &json!({"qzmkunknown": "qzmkvalue"}), 405).await;
    let me_with =
        |name: &str, value: &str| me.request(Method::GET, "/auth/me").header(name, value.to_owned());
    anyone
        .answer(
            anyone.request(Method::GET, "/auth/me").header(AUTHORIZATION, "Bearer qzmk.token.forged"),
            401,
        )
        .await;
    anyone
        .answer(anyone.request(Method::GET, "/auth/me").header(AUTHORIZATION, "Basic cXpuYW1lOnF6"), 401)
        .await;
    anyone
        .answer(anyone.request(Method::GET, "/auth/me").header("x-api-key", "sk_live_qzmkforgedkey"), 401)
        .await;
    me.answer(me_with("x-request-id", "a request id of qzmkblanks"), 200).await;
    let products = anyone.request(Method::GET, "/products").header(IF_NONE_MATCH, "\"qzmktag\"");
    anyone.answer(products.header(ORIGIN, "https://qzmkorigin.example"), 200).await;
    for raw in [
        "QZMKRAW this is no HTTP\r\n\r\n",
        "GET /auth/me HTTP/1.1\r\nHost: shop\r\nqzmk header: qzmkbadheader\r\n\r\n",
        "POST /auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"email\": \"qzmkcut",
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(raw.as_bytes()).unwrap();
    }
}

#[tokio::test]
async fn nothing_personal_or_secret_is_logged_at_any_level() {
    let root = directory();
    let data_dir = root.path().join("data");
    let durability = Durability::Disposable;
    let server = Server::start(&Settings { durability, ..Settings::new(data_dir.clone()) }).unwrap();
    server.create_database("shop").unwrap();
    let url = server.url("shop");
    let key = |arguments: &[&str]| {
        let mut command = program(&root.path().join("unused"), 0);
        let output =
            command.env("DATABASE_URL", &url).env("LOG_LEVEL", "trace").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (
            String::from_utf8(output.stdout).unwrap().trim().to_owned(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (key, mut told) = key(&["key", "create", "--name", "Staff", "--scopes", SCOPES]);
    let log = root.path().join("log");
    let mut command = program(&root.path().join("unused"), 0);
    command
        .env("DATABASE_URL", &url)
        .env("LOG_LEVEL", "trace")
        .env("RATE_LIMIT_ENABLED", "false")
        .env("STOCKROOM__MAIL__TRANSPORT", "none")
        .env("STOCKROOM__OPERATIONS__ENABLED", "true")
        .env("STOCKROOM__OPERATIONS__PORT", "0")
        .env("STOCKROOM__LOG__SLOW_QUERY_MILLISECONDS", "1")
        .env("STOCKROOM__LOG__SLOW_REQUEST_MILLISECONDS", "1")
        .env("STOCKROOM__AUTH__LOGINS_PER_MINUTE_PER_ACCOUNT", "0")
        .env("STOCKROOM__AUTH__LOGINS_PER_MINUTE_PER_ADDRESS", "0")
        .stderr(Stdio::from(fs::File::create(&log).unwrap()));
    let service = Service::run(command);
    let anyone = Visitor::new(&service.address);
    let staff = anyone.bearing(&key);

    let (person, me, secrets) = sign_in_in_every_way(&anyone).await;
    use_everything(&me, &staff, person).await;
    do_wrong(&anyone, &me, &staff, &service.address).await;
    me.post("/auth/logout", &Value::Null, 204).await;

    let metrics = format!("http://{}/metrics", service.operations.as_ref().unwrap());
    let metrics = anyone.client.get(metrics).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("stockroom_orders_placed_total"), "{metrics}");
    told.push_str(&metrics);
    assert_eq!(service.stop(), 0);
    told.push_str(&fs::read_to_string(&log).unwrap());
    assert!(
        told.lines().filter(|line| line.contains("\"answered\"")).count() > 50,
        "this is not its log: {told}"
    );
    assert!(told.contains("\"TRACE\""), "it is not at its most talkative");
    assert!(told.contains("\"slow_query\"") && told.contains("\"slow_request\""), "nothing was slow");
    told.push_str(&String::from_utf8_lossy(&fs::read(data_dir.join("server.log")).unwrap()));
    let unspeakable =
        secrets.iter().chain([&key]).map(|secret| secret[..secret.len().min(24)].to_lowercase());
    let mut unspeakable: Vec<String> = unspeakable.collect();
    unspeakable.extend(["qzmk", "5491177331", "203.0.113.77", "cxpuyw1l", "$argon2"].map(str::to_owned));
    unspeakable.extend(secrets.iter().chain([&key]).map(|secret| secret[secret.len() - 16..].to_lowercase()));
    let tells = |line: &&str| {
        let lower = line.to_lowercase();
        unspeakable.iter().any(|mark| lower.contains(mark.as_str()))
    };
    let telling: Vec<String> =
        told.lines().filter(tells).map(|line| line.chars().take(500).collect()).collect();
    assert_eq!(telling, Vec::<String>::new());
}
