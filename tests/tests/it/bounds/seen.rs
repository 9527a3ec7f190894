//! What is seen of requests that are refused before anything is done for them, or that take too long.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Method;
use stockroom_domain::Role;
use stockroom_tests::{Actor, App, database};
use stockroom_web::{
    AdmissionSettings, Bounds, Offenders, Settings, Telemetry, TraceIds, TraceParent, Traces,
};
use tracing::Span;

/// Looks on at the requests of a service, and may keep the thread of each busy for a while.
#[derive(Default)]
struct Onlooker {
    seen: Mutex<Vec<(String, String, u16)>>,
    holds_up: AtomicBool,
}

impl Onlooker {
    /// How long it keeps a thread busy.
    const BUSY: Duration = Duration::from_millis(100);

    fn hold_up(&self, whether: bool) {
        self.holds_up.store(whether, Ordering::SeqCst);
    }

    /// Method, route and status of the requests that were answered since this was asked the last time.
    fn seen(&self) -> Vec<(String, String, u16)> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Traces for Onlooker {
    fn begin(&self, _: &Span, _: Option<&TraceParent>) -> TraceIds {
        TraceIds { trace: 1, span: 1 }
    }

    fn end(&self, _: &Span, method: &str, route: &str, status: u16) {
        self.seen.lock().unwrap().push((method.to_owned(), route.to_owned(), status));
        let begun = Instant::now();
        while self.holds_up.load(Ordering::SeqCst) && begun.elapsed() < Self::BUSY {
            std::hint::spin_loop();
        }
    }
}

/// A service that is open to everybody and looked on at, with these bounds.
async fn watched(bounds: Bounds) -> (App, Arc<Onlooker>, Arc<Offenders>) {
    let (onlooker, offenders) = (Arc::<Onlooker>::default(), Arc::<Offenders>::default());
    let telemetry = Telemetry {
        offenders: Some(Arc::clone(&offenders)),
        traces: Some(Arc::clone(&onlooker) as Arc<dyn Traces>),
        ..Telemetry::default()
    };
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let settings =
        Settings { bounds, telemetry, trusted_proxies, request_timeout: Duration::ZERO, ..App::open() };
    (App::start_with(settings).await, onlooker, offenders)
}

fn told(method: &str, route: &str, status: u16) -> Vec<(String, String, u16)> {
    vec![(method.to_owned(), route.to_owned(), status)]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_told_with_its_route_and_its_address() {
    let bounds = Bounds { response: Duration::from_millis(300), ..Bounds::default() };
    let (app, onlooker, offenders) = watched(bounds).await;
    let locked = app.hold("LOCK TABLE orders").await;
    let ana = app.actor();

    for (method, path, route) in [
        (Method::GET, "/orders", "/orders"),
        (Method::GET, "/api/v1/orders/id/7/", "/orders/{id_key}"),
        (Method::GET, "/o%72ders/7?expand=reviews", "/orders/{id_key}"),
        (Method::HEAD, "/orders/7", "/orders/{id_key}"),
        (Method::POST, "/orders/7/cancel", "/orders/{id_key}/cancel"),
    ] {
        let name = method.as_str().to_owned();
        let asked = ana.request(method, path).header("x-forwarded-for", "203.0.113.5");
        assert_eq!(ana.send(asked).await.status, 503, "{path}");
        assert_eq!(onlooker.seen(), told(&name, route, 503), "{path}");
    }

    let worst = offenders.worst(20);
    assert_eq!(worst.len(), 1, "{worst:?}");
    assert_eq!(worst[0].address, "203.0.113.5".parse::<IpAddr>().unwrap());
    assert_eq!(worst[0].failed, 5);
    locked.release().await;
}

#[tokio::test]
async fn what_is_refused_before_it_is_routed_is_told_with_the_route_that_it_means() {
    let admission = AdmissionSettings { in_flight: 0, waiting: 0, ..AdmissionSettings::default() };
    let (app, onlooker, _) = watched(Bounds { admission, ..Bounds::default() }).await;
    let ana = app.actor();

    for (method, path, route) in [
        (Method::GET, "/products/filter?limit=3", "/products/filter"),
        (Method::GET, "/api/v1/products/id/7/", "/products/{id_key}"),
        (Method::POST, "/checkout", "/checkout"),
        (Method::DELETE, "/docs/index.css", "/docs/{file}"),
        (Method::GET, "/nowhere/7", "-"),
        (Method::GET, "/products/7/more", "-"),
    ] {
        let name = method.as_str().to_owned();
        let answer = ana.send(ana.request(method, path)).await;
        answer.expect_problem(503, "Service temporarily unavailable");
        assert_eq!(onlooker.seen(), told(&name, route, 503), "{path}");
    }
}

#[tokio::test]
async fn what_no_route_takes_is_told_with_the_path_that_is_known() {
    let (app, onlooker, _) = watched(Bounds::default()).await;
    let ana = app.actor();

    assert_eq!(ana.delete("/products").await.status, 405);
    assert_eq!(onlooker.seen(), told("DELETE", "/products", 405));
    assert_eq!(ana.send(ana.request(Method::OPTIONS, "/nowhere")).await.status, 404);
    assert_eq!(onlooker.seen(), told("OPTIONS", "-", 404));
    ana.get("/products").await.expect(200);
    assert_eq!(onlooker.seen(), told("GET", "/products", 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_is_late_refuses_whoever_does_not_work_for_the_shop() {
    let admission = AdmissionSettings { lag: Some(Onlooker::BUSY / 2), ..AdmissionSettings::default() };
    let onlooker = Arc::<Onlooker>::default();
    let telemetry =
        Telemetry { traces: Some(Arc::clone(&onlooker) as Arc<dyn Traces>), ..Telemetry::default() };
    let bounds = Bounds { admission, ..Bounds::default() };
    let settings = Settings { bounds, telemetry, workers: Some(1), open: false, ..App::open() };
    // Nobody signs in to a server whose thread may be late, as all of a busy machine are.
    let url = database().await;
    let (_, operator) =
        App::start_service(url.clone(), App::settings(), &App::open()).account(Role::Operator).await;
    let app = App::start_service(url, App::settings(), &settings);
    let operator = app.actor().bearing(operator.token());
    onlooker.hold_up(true);

    let anyone = app.actor();
    // One after the other, so that most come while the thread is busy with those before.
    let ask = async |actor: &Actor, path: &'static str| {
        let mut answers = Vec::new();
        for _ in 0..8 {
            answers.push(actor.get(path).await);
        }
        answers
    };
    let public = join_all((0..4).map(|_| ask(&anyone, "/categories")));
    let (public, staff) = tokio::join!(public, ask(&operator, "/orders"));

    onlooker.hold_up(false);
    let refused: Vec<_> = public.iter().flatten().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty(), "the thread was late for most of them");
    for answer in refused {
        answer.expect_problem(503, "Service temporarily unavailable");
        assert!((1..=3).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
    }
    for answer in staff {
        answer.expect(200);
    }
    let served = async { while anyone.get("/categories").await.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(20), served).await.expect("it is late no more");
}
