//! More requests than can be served: those beyond are refused soon, and the shop can be run meanwhile.

use std::time::{Duration, Instant};

use futures_util::future::{join_all, select};
use serde_json::json;
use stockroom_domain::{Permission, Role};
use stockroom_tests::{App, database, patient};
use stockroom_web::{AdmissionSettings, Bounds, Settings};

/// Far less than the five seconds that a lock is waited for.
const SOON: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_refused_soon_while_health_and_operators_are_served() {
    let admission = AdmissionSettings { in_flight: 50, waiting: 100, ..AdmissionSettings::default() };
    let bounds = Bounds { admission, ..Bounds::default() };
    let settings = Settings { bounds, open: false, ..App::open() };
    let app = App::start_service(database().await, App::settings(), &settings);
    let (_, operator) = app.account(Role::Operator).await;
    let program = app.key(&[Permission::OrdersRead]).await;
    let (_, customer) = app.account(Role::Client).await;
    // Reviews of nobody, which everybody may read.
    let locked = app.hold("LOCK TABLE reviews").await;
    let flood = tokio::spawn(join_all((0..600).map(|_| {
        let customer = customer.clone();
        async move {
            let begun = Instant::now();
            let answer = customer.get("/reviews").await;
            (answer, begun.elapsed())
        }
    })));
    app.until_blocked(16).await;

    for path in ["/livez", "/readyz", "/health_check"] {
        app.actor().get(path).await.expect(200);
    }
    for staff in [&operator, &program] {
        staff.get("/orders").await.expect(200);
    }

    locked.release().await;
    let answers = flood.await.unwrap();
    let refused: Vec<_> = answers.iter().filter(|(answer, _)| answer.status != 200).collect();
    for (answer, _) in &refused {
        answer.expect_problem(503, "Service temporarily unavailable");
        assert!((1..=3).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
    }
    // Others were served, or gave up at the lock.
    let soon = refused.iter().filter(|(_, taken)| *taken < SOON).count();
    assert!(soon >= 400, "{soon} of {} were refused soon", refused.len());
    join_all((0..50).map(|_| async { customer.get("/reviews").await.expect(200) })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_on_its_way_takes_no_place() {
    let admission = AdmissionSettings { in_flight: 1, waiting: 1, ..AdmissionSettings::default() };
    let settings = Settings { bounds: Bounds { admission, ..Bounds::default() }, ..App::open() };
    let app = App::start_with(settings).await;
    let mut slow = super::sockets::Socket::connect(&app).await;
    slow.send("POST /categories HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{").await;
    for _ in 0..20 {
        app.actor().get("/categories").await.expect(200);
    }
    slow.send(&json!({"name": "Mugs"}).to_string()[1..]).await;
    let answer = slow.read_head().await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_whose_body_was_on_its_way_has_a_place_while_the_public_takes_all_of_its_own() {
    let patience = Duration::from_mins(1);
    let admission = AdmissionSettings { in_flight: 1, waiting: 1, patience, ..AdmissionSettings::default() };
    let bounds = Bounds { admission, ..Bounds::default() };
    let settings = Settings { bounds, open: false, ..App::open() };
    let app = App::start_service(patient(&database().await), App::settings(), &settings);
    let (_, admin) = app.account(Role::Admin).await;
    let body = json!({"name": "Mugs"}).to_string();
    // The head has come in, and has the public's only place until its body is waited for.
    let mut slow = super::sockets::Socket::connect(&app).await;
    slow.send(&format!(
        "POST /categories HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        admin.token(),
        body.len()
    ))
    .await;
    assert!(slow.read_head().await.starts_with("HTTP/1.1 100 "));
    let locked = app.hold("LOCK TABLE reviews").await;
    let customer = app.actor();
    let ask = || {
        let customer = customer.clone();
        tokio::spawn(async move { customer.get("/reviews").await })
    };
    let first = ask();
    app.until_blocked(1).await;
    // One of them waits, and there is no room for the other.
    let (refused, waiting) = select(ask(), ask()).await.factor_first();
    refused.unwrap().expect_problem(503, "Service temporarily unavailable");

    slow.send(&body).await;

    let answer = slow.read_head().await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    locked.release().await;
    for answer in [first.await, waiting.await] {
        answer.unwrap().expect(200);
    }
}
