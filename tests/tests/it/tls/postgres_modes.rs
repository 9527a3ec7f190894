//! What `sslmode` and `sslrootcert` of a database URL demand of a server, as libpq does.

use std::{collections::BTreeMap, path::Path};

use diesel::{QueryableByName, sql_query, sql_types::Bool};
use diesel_async::RunQueryDsl;
use stockroom_repository::{Error, Pool, PoolSettings};
use stockroom_tests::{Authority, TcpPostgres, database};

pub(super) const ANYBODY: &[&str] = &["host all all 127.0.0.1/32 scram-sha-256"];
const ONLY_TLS: &[&str] = &["hostssl all all 127.0.0.1/32 scram-sha-256"];
const NEVER_TLS: &[&str] = &["hostnossl all all 127.0.0.1/32 scram-sha-256"];
pub(super) const HOSTS: &[&str] = &["localhost", "127.0.0.1"];
const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    holds: bool,
}

/// Whether a connection with this URL is encrypted, as PostgreSQL sees it.
pub(super) async fn encrypted(url: String) -> Result<bool, Error> {
    let pool = Pool::new(PoolSettings { size: 1, ..PoolSettings::new(url) })?;
    let query = sql_query("SELECT ssl AS holds FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    Ok(query.get_result::<Answer>(&mut pool.get().await?).await?.holds)
}

fn trusting(root: &Path) -> impl Fn(&str) -> String {
    move |mode| format!("sslmode={mode}&sslrootcert={}", root.display())
}

/// What becomes of connections in every mode: "encrypted", "plain", or a part of the reason why there are none.
async fn check(
    server: &TcpPostgres,
    host: &str,
    parameters: impl Fn(&str) -> String,
    expected: [&str; MODES.len()],
) {
    for (mode, expected) in MODES.into_iter().zip(expected) {
        let became = match encrypted(server.url(host, &parameters(mode))).await {
            Ok(true) => "encrypted".to_owned(),
            Ok(false) => "plain".to_owned(),
            Err(error) => {
                let text = error.to_string();
                assert!(!text.contains(TcpPostgres::PASSWORD), "{text}");
                assert!(!error.passes(), "nobody waits for a change of the configuration: {error:?}");
                text
            }
        };
        assert!(became.contains(expected), "{mode} at {host}: {became}, not {expected}");
        if expected.len() > "encrypted".len() && !became.contains("pg_hba") {
            assert!(became.contains(&format!("sslmode={mode}")) && became.contains(host), "{became}");
        }
    }
}

#[tokio::test]
async fn a_right_certificate_is_accepted_in_every_mode() {
    let authority = Authority::new();
    let server = TcpPostgres::start(Some(&authority.issue(HOSTS)), ANYBODY).await;
    let all = ["plain", "plain", "encrypted", "encrypted", "encrypted", "encrypted"];
    for host in HOSTS {
        check(&server, host, trusting(authority.certificate()), all).await;
    }
    assert!(encrypted(server.url("localhost", "")).await.unwrap(), "TLS is preferred");
    let address = format!("hostaddr=127.0.0.1&sslmode=require&port={}", server.port());
    let nameless = server.url("", &address).replacen(&format!(":{}/", server.port()), "/", 1);
    assert!(encrypted(nameless).await.unwrap(), "no name is needed to be encrypted");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_where_it_is_verified() {
    let authority = Authority::new();
    let server = TcpPostgres::start(Some(&authority.issue_expired(HOSTS)), ANYBODY).await;
    let expired = "certificate expired";
    let verified = ["plain", "plain", "plain", expired, expired, expired];
    check(&server, "localhost", trusting(authority.certificate()), verified).await;
    assert!(encrypted(server.url("localhost", "sslmode=require")).await.unwrap());
}

#[tokio::test]
async fn a_certificate_of_another_host_is_refused_by_verify_full_alone() {
    let authority = Authority::new();
    let server = TcpPostgres::start(Some(&authority.issue(&["db.example"])), ANYBODY).await;
    let all = ["plain", "plain", "encrypted", "encrypted", "encrypted", "not valid for name"];
    check(&server, "localhost", trusting(authority.certificate()), all).await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_where_it_is_verified() {
    let (authority, unknown) = (Authority::new(), Authority::new());
    let server = TcpPostgres::start(Some(&unknown.issue(HOSTS)), ANYBODY).await;
    let refused = "TLS with localhost";
    // `prefer` goes on without TLS, also where it has certificates to verify with.
    let verified = ["plain", "plain", "plain", refused, refused, refused];
    check(&server, "localhost", trusting(authority.certificate()), verified).await;
    // Without a file, the roots of the operating system are asked, which do not know it either.
    let system = ["plain", "plain", "encrypted", "encrypted", refused, refused];
    check(&server, "localhost", |mode| format!("sslmode={mode}"), system).await;
    let error = encrypted(server.url("localhost", "sslrootcert=system")).await.unwrap_err().to_string();
    assert!(error.contains("sslmode=verify-full") && error.contains(refused), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_needed() {
    let authority = Authority::new();
    let server = TcpPostgres::start(None, ANYBODY).await;
    let refused = "localhost does not offer TLS";
    let all = ["plain", "plain", "plain", refused, refused, refused];
    check(&server, "localhost", trusting(authority.certificate()), all).await;
}

#[tokio::test]
async fn the_rules_of_a_server_decide_where_the_mode_leaves_a_choice() {
    let authority = Authority::new();
    let certificate = authority.issue(HOSTS);
    let refused = "no pg_hba.conf entry";
    let only = TcpPostgres::start(Some(&certificate), ONLY_TLS).await;
    let all = [refused, "encrypted", "encrypted", "encrypted", "encrypted", "encrypted"];
    check(&only, "localhost", trusting(authority.certificate()), all).await;
    let never = TcpPostgres::start(Some(&certificate), NEVER_TLS).await;
    let all = ["plain", "plain", "plain", refused, refused, refused];
    check(&never, "localhost", trusting(authority.certificate()), all).await;
}

#[tokio::test]
async fn a_host_that_cannot_be_verified_leaves_the_next_one_its_turn() {
    let authority = Authority::new();
    let expired = TcpPostgres::start(Some(&authority.issue_expired(HOSTS)), ANYBODY).await;
    let right = TcpPostgres::start(Some(&authority.issue(HOSTS)), ANYBODY).await;
    let hosts = format!("localhost:{},localhost:{}", expired.port(), right.port());
    let parameters = trusting(authority.certificate())("verify-full");
    let url = format!("postgres://shop:{}@{hosts}/shop?{parameters}", TcpPostgres::PASSWORD);
    let pool = Pool::new(PoolSettings { size: 1, ..PoolSettings::new(url) }).unwrap();
    let reached = sql_query(format!("SELECT inet_server_port() = {} AS holds", right.port()));
    let reached = reached.get_result::<Answer>(&mut pool.get().await.unwrap()).await.unwrap();
    assert!(reached.holds, "the second host is used");
}

#[tokio::test]
async fn connections_over_a_socket_of_the_machine_have_no_tls() {
    let url = database().await;
    let separator = if url.contains('?') { '&' } else { '?' };
    for mode in MODES {
        assert!(!encrypted(format!("{url}{separator}sslmode={mode}")).await.unwrap(), "{mode}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_parameters_of_a_url_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (empty, broken) = (directory.path().join("empty.pem"), directory.path().join("broken.pem"));
    std::fs::write(&empty, "no certificate").unwrap();
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let file = |path: &Path| format!("sslmode=verify-full&sslrootcert={}", path.display());
    let missing = directory.path().join("missing.pem");
    let wrong: BTreeMap<String, Vec<&str>> = [
        ("sslmode=verify_full".to_owned(), vec!["sslmode=verify_full", "verify-ca, verify-full"]),
        ("sslmode=".to_owned(), vec!["sslmode= is unknown"]),
        (file(&missing), vec!["sslrootcert=", "missing.pem", "No such file"]),
        (file(&empty), vec!["sslrootcert=", "empty.pem", "no certificate"]),
        (file(&broken), vec!["sslrootcert=", "broken.pem", "invalid peer certificate"]),
        ("sslmode=require&sslrootcert=system".to_owned(), vec!["sslmode=require", "verify-full"]),
        ("sslnegotiation=direct".to_owned(), vec!["sslmode=prefer", "sslnegotiation=direct"]),
        ("sslcert=/client.pem".to_owned(), vec!["sslcert"]),
    ]
    .into();
    for (parameters, parts) in wrong {
        let url = format!("postgres://shop:s3cret@localhost/shop?{parameters}");
        let told = Pool::new(PoolSettings::new(url)).map(drop).unwrap_err().to_string();
        assert!(parts.iter().all(|part| told.contains(part)), "{parameters}: {told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}
