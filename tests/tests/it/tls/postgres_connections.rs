//! Connections over TLS are like others: they authenticate, time out and listen, and the service uses no other kind.

use std::time::{Duration, Instant};

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use serde_json::json;
use stockroom_repository::{Error, Pool, PoolSettings, migrations};
use stockroom_tests::{App, Authority, Proxy, TcpPostgres, Way, checkout};

use tokio::time::timeout;

use super::postgres_modes::{ANYBODY, HOSTS, encrypted};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_password_is_bound_to_the_channel_where_there_is_one() {
    let authority = Authority::new();
    let server = TcpPostgres::start(Some(&authority.issue(HOSTS)), ANYBODY).await;
    let bound =
        |mode: &str| encrypted(server.url("localhost", &format!("channel_binding=require&sslmode={mode}")));
    assert!(bound("require").await.unwrap());
    let unbound = bound("disable").await.unwrap_err().to_string();
    assert!(unbound.contains("channel binding"), "{unbound}");
}

#[tokio::test]
async fn migrations_are_run_over_tls() {
    let authority = Authority::new();
    let server =
        TcpPostgres::start(Some(&authority.issue(HOSTS)), &["hostssl all all all scram-sha-256"]).await;
    let root = authority.certificate().display();
    let url = server.url("localhost", &format!("sslmode=verify-full&sslrootcert={root}"));
    assert!(migrations::pending(&url).await.unwrap().is_empty());
    let refused = migrations::pending(&server.url("localhost", "sslmode=disable")).await.unwrap_err();
    assert!(matches!(refused, Error::NotLetIn(_)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_of_a_service_uses_tls() {
    let authority = Authority::new();
    let rules = ["host all all all scram-sha-256"];
    let server = TcpPostgres::start(Some(&authority.issue(HOSTS)), &rules).await;
    let root = authority.certificate().display();
    let url = server.url("localhost", &format!("sslmode=verify-full&sslrootcert={root}"));
    let watching = server.url("localhost", "sslmode=disable&application_name=test");
    let app = App::start_connecting(watching, PoolSettings::new(url), App::settings());
    let shop = app.actor();
    let (client, product) = (shop.client(json!({})).await, shop.product(json!({"stock": 10})).await);
    shop.post("/checkout", &checkout(client, &[(product, 1)])).await.expect(201);
    shop.get("/readyz").await.expect(200);
    let kinds = "SELECT count(DISTINCT application_name) FROM pg_stat_activity \
                 WHERE application_name IN ('stockroom health', 'stockroom signals')";
    app.until(kinds, 2).await;
    let plain = "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) \
                 WHERE application_name LIKE 'stockroom%' AND NOT ssl";
    assert_eq!(app.integer(plain, &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sends_no_response_is_given_up_over_tls_too_and_an_idle_connection_is_not() {
    let authority = Authority::new();
    let server = TcpPostgres::start(Some(&authority.issue(HOSTS)), ANYBODY).await;
    let way = Proxy::to_port(server.port()).await;
    let parameters = format!("sslmode=verify-full&sslrootcert={}", authority.certificate().display());
    let direct = server.url("localhost", &parameters);
    let proxied = direct.replace(&format!(":{}/", server.port()), &format!(":{}/", way.address().port()));
    let response_timeout = Duration::from_secs(1);
    let pool = |url| Pool::new(PoolSettings { size: 1, response_timeout, ..PoolSettings::new(url) });
    let (idle, asking) = (pool(direct).unwrap(), pool(proxied).unwrap());
    let (mut idle, mut asking) = (idle.get().await.unwrap(), asking.get().await.unwrap());

    way.set(Way::Swallows);
    let began = Instant::now();
    let unanswered = timeout(PATIENCE, sql_query("SELECT 1").execute(&mut asking)).await;
    let error = Error::from(unanswered.expect("it is given up").unwrap_err());
    assert!(matches!(error, Error::Lost(_) | Error::Unavailable(_)), "{error:?}");
    assert!(began.elapsed() >= response_timeout, "{error}");
    // It has had no traffic for as long, and owes nothing.
    sql_query("SELECT 1").execute(&mut idle).await.unwrap();
}
