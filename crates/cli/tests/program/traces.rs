//! Traces, as a collector gets them: one checkout is one trace, from the request to the commit.

use std::{
    fs,
    process::Stdio,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use serde_json::json;
use stockroom_embedded::{Durability, Server, Settings};

use super::{Service, directory, program};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

#[derive(Default)]
struct Received {
    services: Vec<String>,
    spans: Vec<Span>,
}

async fn receive(received: web::Data<Arc<Mutex<Received>>>, body: web::Bytes) -> HttpResponse {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let mut received = received.lock().unwrap();
    for of_resource in request.resource_spans {
        let attributes = of_resource.resource.into_iter().flat_map(|resource| resource.attributes);
        received.services.extend(
            attributes
                .filter(|attribute| attribute.key == "service.name")
                .map(|name| format!("{:?}", name.value)),
        );
        received.spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
    }
    HttpResponse::Ok().finish()
}

/// A collector that keeps what it gets.
fn collector() -> (String, Arc<Mutex<Received>>) {
    let received = Arc::<Mutex<Received>>::default();
    let kept = web::Data::new(Arc::clone(&received));
    let server = HttpServer::new(move || {
        App::new().app_data(kept.clone()).route("/v1/traces", web::post().to(receive))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (url, received)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[actix_web::test]
async fn a_checkout_is_one_trace_from_the_request_to_the_commit() {
    let root = directory();
    let durability = Durability::Disposable;
    let server = Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
    server.create_database("shop").unwrap();
    let (url, received) = collector();
    let log = root.path().join("log");
    let mut command = program(&root.path().join("unused"), 0);
    command
        .env("DATABASE_URL", server.url("shop"))
        .env("LOG_LEVEL", "trace")
        .env("STOCKROOM__TRACING__OTLP_ENDPOINT", url)
        .stderr(Stdio::from(fs::File::create(&log).unwrap()));
    let service = Service::run(command);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str, body: serde_json::Value| {
        let request = client.post(format!("http://{}{path}", service.address)).json(&body);
        let traced = request
            .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
            .header("tracestate", "shop=qzstate");
        let request = if path == "/checkout" {
            traced
        } else {
            client.post(format!("http://{}{path}", service.address)).json(&body)
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<serde_json::Value>().await.unwrap()
    };
    let person = json!({
        "name": "Qzname", "lastname": "Qzlast", "email": "qzmail@example.com", "password": "qzpassword one",
    });
    let buyer = post("/clients", person).await["id_key"].clone();
    let order = json!({
        "client_id": buyer, "lines": [{"product_id": 1, "quantity": 1}], "delivery_method": 1, "payment_type": 1,
    });
    post("/checkout", order).await;
    assert_eq!(service.stop(), 0, "what waits is sent");

    let received = received.lock().unwrap();
    assert!(received.services.iter().all(|name| name.contains("\"stockroom\"")), "{:?}", received.services);
    let trace: Vec<&Span> = received.spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let names: Vec<&str> = trace.iter().map(|span| span.name.as_str()).collect();
    let one = |name: &str| {
        let found: Vec<&&Span> = trace.iter().filter(|span| span.name == name).collect();
        assert_eq!(found.len(), 1, "{name} in {names:?}");
        *found[0]
    };
    let request = one("POST /checkout");
    assert_eq!(hex(&request.parent_span_id), PARENT);
    assert_eq!(request.trace_state, "shop=qzstate");
    assert_eq!(request.kind(), SpanKind::Server);
    let use_case = one("checkout");
    assert_eq!(use_case.parent_span_id, request.span_id);
    let group = one("place group");
    assert_eq!(group.parent_span_id, use_case.span_id);
    let commit = one("commit");
    assert_eq!(commit.parent_span_id, group.span_id);
    let queries: Vec<_> = trace.iter().filter(|span| span.name == "query").collect();
    let below = |parent: &Span| queries.iter().filter(|query| query.parent_span_id == parent.span_id).count();
    assert!(below(group) >= 3, "{names:?}");
    assert_eq!(below(commit), 1, "{names:?}");
    assert!(queries.iter().all(|query| query.kind() == SpanKind::Client));

    // Ids are random bytes, in which anything may be seen.
    let telling = received.spans.iter().map(|span| {
        let links = span.links.iter().map(|link| &link.attributes).collect::<Vec<_>>();
        format!("{} {:?} {:?} {:?} {links:?}\n", span.name, span.attributes, span.events, span.status)
    });
    let told = telling.collect::<String>().to_lowercase();
    assert!(told.contains("insert into"), "the text of statements is there");
    assert!(!told.contains("qz") && !told.contains("-- binds") && !told.contains("$argon2"), "{told}");

    let logged = fs::read_to_string(log).unwrap();
    let line = logged.lines().find(|line| line.contains("\"answered\"") && line.contains("/checkout"));
    let line: serde_json::Value = serde_json::from_str(line.expect("an access line")).unwrap();
    assert_eq!(line["span"]["trace_id"], TRACE);
    assert_eq!(line["span"]["span_id"], hex(&request.span_id));
    assert!(!logged.contains("\"name\":\"query\""), "spans of traces are not in the log");
}
