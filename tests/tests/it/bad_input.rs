//! Input that is wrong in every way, sent to every operation that takes a body. Nothing of it may break the service or
//! leave a trace in the database.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use reqwest::Method;
use serde_json::{Map, Value, json};
use stockroom_tests::{Actor, Answer, App};

use crate::stocked::{RESOURCES, Stocked, rows};

/// An operation that takes a body, with a body that is right.
struct Operation {
    method: Method,
    path: String,
    body: Map<String, Value>,
}

impl Operation {
    fn all(shop: &Stocked) -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |method: Method, path: String, body: Value| {
            let Value::Object(body) = body else { panic!("a body is an object") };
            all.push(Self { method, path, body });
        };
        for (collection, _) in RESOURCES {
            let item = format!("/{collection}/{}", shop.id(collection));
            add(Method::POST, format!("/{collection}"), shop.body(collection));
            add(Method::PUT, item.clone(), shop.body(collection));
            add(Method::PATCH, item, shop.body(collection));
        }
        add(Method::POST, "/auth/register".to_owned(), shop.body("clients"));
        add(Method::POST, "/checkout".to_owned(), shop.body("checkout"));
        for path in ["/auth/login", "/clients/login"] {
            add(Method::POST, path.to_owned(), json!({"email": "eva@example.com", "password": "secret"}));
        }
        all
    }

    async fn send(&self, actor: &Actor, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = actor.request(self.method.clone(), &self.path).header("content-type", content_type);
        let answer = actor.send(request.body(body)).await;
        assert!(answer.status.as_u16() < 500, "{} {}: {}", self.method, self.path, answer.text);
        answer
    }

    async fn send_json(&self, actor: &Actor, body: &Value) -> Answer {
        self.send(actor, "application/json", body.to_string()).await
    }

    /// The right body with one field changed.
    fn with(&self, field: &str, value: Value) -> Value {
        let mut body = self.body.clone();
        body.insert(field.to_owned(), value);
        Value::Object(body)
    }
}

/// A shop, somebody who tries everything, and the rows before.
async fn shop() -> (App, Actor, Stocked, String) {
    let app = App::start().await;
    let vandal = app.actor();
    let stocked = Stocked::by(&vandal).await;
    let before = rows(&app).await;
    (app, vandal, stocked, before)
}

#[tokio::test]
async fn the_bodies_of_the_sweeps_are_right_but_for_what_they_break() {
    let (_app, actor, stocked, _) = shop().await;
    for operation in Operation::all(&stocked) {
        let answer = operation.send_json(&actor, &Value::Object(operation.body.clone())).await;
        // The same e-mail address, SKU and so on are used by several operations.
        assert!([200, 201, 400, 409].contains(&answer.status.as_u16()), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused() {
    let (app, vandal, stocked, before) = shop().await;
    let deep = "[".repeat(10_000);
    let deep_object = format!("{}1{}", r#"{"name":"#.repeat(1_500), "}".repeat(1_500));
    let bodies: [&[u8]; 20] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"{\"name\": }",
        b"{'name': 'x'}",
        b"{\"name\": \"x\",}",
        b"{} {}",
        b"name=x&price=1",
        b"[]",
        b"[{}]",
        b"\"text\"",
        b"7",
        b"true",
        b"null",
        b"\xff\xfe",
        b"{\"name\": \"\xc3\x28\"}",
        b"{\"name\": \"\\ud800\"}",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ];

    for operation in Operation::all(&stocked) {
        for body in bodies {
            let refused = operation.send(&vandal, "application/json", body.to_owned()).await;
            refused.expect_invalid(&["body"]);
        }
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_refused_by_its_name() {
    let (app, vandal, stocked, before) = shop().await;
    for operation in Operation::all(&stocked) {
        // What may be wrong within a list of objects is told in `checkout`.
        for (field, _) in operation.body.iter().filter(|(_, right)| !right.is_array()) {
            for wrong in [json!({}), json!([]), json!(["x"]), json!({"id_key": 1}), json!(true)] {
                let refused = operation.send_json(&vandal, &operation.with(field, wrong)).await;
                refused.expect_invalid(&[&format!("body.{field}")]);
            }
        }
    }
    assert_eq!(rows(&app).await, before);
}

/// Bytes of a body at most: few where people sign in.
fn body_limit(operation: &Operation) -> usize {
    let signs_in = operation.path.starts_with("/auth/") || operation.path == "/clients/login";
    if signs_in { 16_384 } else { 1_048_576 }
}

#[tokio::test]
async fn nul_characters_and_overlong_texts_are_refused_in_every_text() {
    let (app, vandal, stocked, before) = shop().await;
    for operation in &Operation::all(&stocked) {
        for (field, right) in &operation.body {
            let Value::String(text) = right else { continue };
            let nul = operation.with(field, json!(format!("{text}\u{0}")));
            let overlong = match field.as_str() {
                "image" => 1_000_001,
                _ if body_limit(operation) < 100_001 => 15_001,
                _ => 100_001,
            };
            for wrong in [nul, operation.with(field, json!("x".repeat(overlong)))] {
                let refused = operation.send_json(&vandal, &wrong).await;
                refused.expect_invalid(&[&format!("body.{field}")]);
                assert!(refused.text.len() < 2000, "an error stays small");
            }
        }
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn references_to_nothing_are_not_found_and_impossible_ones_invalid() {
    let (app, vandal, stocked, before) = shop().await;
    for operation in Operation::all(&stocked) {
        for field in operation.body.keys().filter(|field| field.ends_with("_id")) {
            let name = field.strip_suffix("_id").unwrap();
            let singular = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            for id in [0, -1, 999, i64::MAX, i64::MIN] {
                let refused = operation.send_json(&vandal, &operation.with(field, json!(id))).await;
                refused.expect_problem(404, &format!("{singular} with id {id} not found"));
            }
            for impossible in [json!(u64::MAX), json!(1e300), json!(0.5), json!("x"), json!("9".repeat(400))]
            {
                let refused = operation.send_json(&vandal, &operation.with(field, impossible)).await;
                refused.expect_invalid(&[&format!("body.{field}")]);
            }
        }
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn all_offending_fields_are_named_in_one_answer_in_order() {
    let (app, vandal, stocked, before) = shop().await;
    let orders: [(&str, &[&str]); 8] = [
        ("products", &["name", "price", "stock", "category_id", "description", "image_url", "image", "sku"]),
        ("categories", &["name", "description"]),
        ("clients", &["name", "lastname", "email", "telephone", "password"]),
        ("addresses", &["street", "number", "city", "client_id"]),
        ("orders", &["date", "total", "delivery_method", "status", "client_id", "bill_id"]),
        ("order_details", &["quantity", "price", "order_id", "product_id"]),
        ("bills", &["bill_number", "discount", "date", "total", "payment_type", "client_id"]),
        ("reviews", &["rating", "comment", "product_id", "client_id"]),
    ];
    for operation in Operation::all(&stocked) {
        let wrong: Map<_, _> = operation.body.keys().map(|field| (field.clone(), json!({}))).collect();
        let fields = match operation.path.as_str() {
            "/auth/login" | "/clients/login" => &["email", "password"],
            "/auth/register" => orders[2].1,
            "/checkout" => &[
                "client_id",
                "lines",
                "delivery_method",
                "payment_type",
                "address_id",
                "discount",
                "expected_total",
            ],
            path => orders.iter().find(|(name, _)| path.split('/').nth(1) == Some(name)).unwrap().1,
        };
        let places: Vec<_> = fields.iter().map(|field| format!("body.{field}")).collect();
        let places: Vec<_> = places.iter().map(String::as_str).collect();
        operation.send_json(&vandal, &Value::Object(wrong)).await.expect_invalid(&places);
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn a_password_is_never_repeated_in_an_error() {
    let (_app, vandal, stocked, _) = shop().await;
    for operation in Operation::all(&stocked) {
        if operation.body.contains_key("password") {
            let secret = format!("{}hunter2", "x".repeat(1024));
            let refused = operation.send_json(&vandal, &operation.with("password", json!(secret))).await;
            refused.expect_invalid(&["body.password"]);
            assert!(!refused.text.contains("xxx"), "{}", refused.text);
            assert_eq!(refused.body["detail"][0]["input"], Value::Null);
        }
    }
}

#[tokio::test]
async fn only_plain_json_is_accepted() {
    let (app, vandal, stocked, before) = shop().await;
    for operation in Operation::all(&stocked) {
        let body = Value::Object(operation.body.clone()).to_string();
        for wrong in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
        {
            let refused = operation.send(&vandal, wrong, body.clone()).await;
            assert_eq!(refused.status, 415, "{wrong} {}", refused.text);
            refused.expect_problem(415, refused.body["detail"].as_str().unwrap());
        }
        for encoding in ["gzip", "br", "deflate", "zstd"] {
            let request = vandal
                .request(operation.method.clone(), &operation.path)
                .header("content-encoding", encoding);
            let refused = vandal.send(request.json(&operation.body)).await;
            refused.expect_problem(415, "The body should be application/json, got a compressed body");
        }
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn json_is_taken_under_its_other_names_and_under_none() {
    let (_app, actor, stocked, _) = shop().await;
    let path = format!("/products/{}", stocked.product);
    for method in [Method::PUT, Method::PATCH] {
        for content_type in [
            "application/json",
            "application/json; charset=utf-8",
            "APPLICATION/JSON",
            "text/json",
            "application/merge-patch+json",
            "application/vnd.api+json",
        ] {
            let request = actor.request(method.clone(), &path).header("content-type", content_type);
            actor.send(request.body(r#"{"name": "Cup"}"#)).await.expect(200);
        }
        let request = actor.request(method.clone(), &path).header("content-encoding", "identity");
        actor.send(request.body(r#"{"name": "Cup"}"#)).await.expect(200);
        actor.send(actor.request(method, &path).body(r#"{"name": "Cup"}"#)).await.expect(200);
    }
    let created = actor.send(actor.request(Method::POST, "/categories").body(r#"{"name": "Glass"}"#)).await;
    created.expect(201);
}

#[tokio::test]
async fn a_body_of_two_megabytes_is_too_large() {
    let (app, vandal, stocked, before) = shop().await;
    let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(2_000_000));
    for operation in Operation::all(&stocked) {
        let refused = operation.send(&vandal, "application/json", large.clone()).await;
        let limit = body_limit(&operation);
        refused.expect_problem(413, &format!("The request body is larger than {limit} bytes"));
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_is_cut_at_the_limit() {
    let (app, _, stocked, before) = shop().await;
    for Operation { method, path, .. } in Operation::all(&stocked) {
        let address = app.base().trim_start_matches("http://").to_owned();
        // A key that is refused is no reason to leave a body unread.
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n\
             Idempotency-Key: no key\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let answer = tokio::task::spawn_blocking(move || send_chunks(&address, &head)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{method} {path}: {answer}");
        assert!(answer.contains(r#""code":"too_large""#), "{answer}");
    }
    assert_eq!(rows(&app).await, before);
}

/// Sends a JSON text of just more than the limit in chunks, and never an end.
fn send_chunks(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"1\r\n\"\r\n").unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, "x".repeat(64 * 1024));
    for _ in 0..16 {
        stream.write_all(chunk.as_bytes()).unwrap();
    }
    // The server closes the connection of a refused body: nobody holds one open by never finishing.
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn odd_queries_are_refused_or_ignored() {
    let (app, vandal, _, before) = shop().await;
    for (collection, _) in RESOURCES {
        for query in ["%00=%00", "%ff=%fe", "a[]=1", "=", "&&&", "expand=", "limit=5&%00", "x=%", "x=%zz"] {
            vandal.get(&format!("/{collection}?{query}")).await.expect(200);
        }
        for query in ["limit=%00", "limit=%ff", "limit=%F0%9F%8D%B5", "limit=1%00"] {
            vandal.get(&format!("/{collection}?{query}")).await.expect_invalid(&["query.limit"]);
        }
    }
    for search in ["%00", "mug%00", "%00%00"] {
        vandal.get(&format!("/products/filter?search={search}")).await.expect_invalid(&["query.search"]);
    }
    for search in ["%ff", "%F0%9F%8D%B5", "%25%25%25", "%5C%5C%5C", "%27%20OR%201=1--", "%E2%80%8B"] {
        let found = vandal.get(&format!("/products/filter?search={search}")).await.expect(200);
        assert_eq!(found, json!([]), "{search}");
    }
    assert_eq!(rows(&app).await, before);
}
