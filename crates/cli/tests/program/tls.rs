//! The program over TLS to its database: the roots of the operating system and of a file, and what ends a start.

use std::process::Stdio;

use stockroom_tests::{Authority, IssuedCertificate, TcpPostgres};

use super::{Service, directory, program, refused};

const RULES: &[&str] = &["hostssl all all 127.0.0.1/32 scram-sha-256"];

async fn server(certificate: &IssuedCertificate) -> TcpPostgres {
    TcpPostgres::start(Some(certificate), RULES).await
}

#[tokio::test]
async fn it_serves_from_a_database_that_it_has_verified() {
    let (root, authority) = (directory(), Authority::new());
    let server = server(&authority.issue(&["localhost"])).await;
    let own = format!("sslmode=verify-full&sslrootcert={}", authority.certificate().display());
    for parameters in ["sslmode=verify-full", "sslrootcert=system", &own] {
        let mut command = program(&root.path().join("data"), 0);
        command.env("DATABASE_URL", server.url("localhost", parameters));
        if parameters != own {
            command.env("SSL_CERT_FILE", authority.certificate());
        }
        command.stderr(Stdio::null());
        let service = Service::run(command);
        assert_eq!(service.status("/products"), Some(200), "{parameters}");
        assert_eq!(service.stop(), 0);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_verified_ends_the_start_with_the_reason() {
    let (root, authority) = (directory(), Authority::new());
    let server = server(&authority.issue(&["db.example"])).await;
    let trusted = authority.certificate().display();
    for (parameters, code, parts) in [
        ("sslmode=sometimes".to_owned(), 2, ["database.url", "sslmode=sometimes is unknown"]),
        ("sslmode=verify-ca&sslrootcert=/none.pem".to_owned(), 2, ["database.url", "sslrootcert=/none.pem"]),
        (
            format!("sslmode=verify-full&sslrootcert={trusted}"),
            1,
            ["TLS with localhost (sslmode=verify-full)", "db.example"],
        ),
        ("sslmode=disable".to_owned(), 1, ["cannot connect to the database", "no encryption"]),
    ] {
        let mut command = program(&root.path().join("data"), 0);
        command.env("DATABASE_URL", server.url("localhost", &parameters)).env("LOG_LEVEL", "off");
        let ended = command.output().unwrap();
        let text = refused(&ended, code);
        assert!(parts.iter().all(|part| text.contains(part)), "{parameters}: {text}");
        assert!(!text.contains(TcpPostgres::PASSWORD), "{text}");
    }
}
