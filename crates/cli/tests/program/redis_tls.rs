//! The program over TLS to its Redis: the roots of the operating system and of a file, and what ends a start.

use std::time::{Duration, Instant};

use stockroom_tests::{Authority, RedisServer};

use super::{Service, directory, program, refused};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn it_uses_a_redis_that_it_has_verified() {
    let (root, authority) = (directory(), Authority::new());
    let redis = RedisServer::start_with_tls(authority.issue(&["localhost"]));
    for variable in ["SSL_CERT_FILE", "STOCKROOM__REDIS__ROOT_CERTIFICATE"] {
        let mut command = program(&root.path().join("data"), 0);
        command.env("REDIS_URL", redis.url()).env(variable, authority.certificate());
        let service = Service::run(command);
        let begun = Instant::now();
        while !service.answer("GET", "/health_check", "").is_some_and(|answer| answer.contains("\"used\"")) {
            assert!(begun.elapsed() < PATIENCE, "{variable}: Redis is never used");
        }
        assert_eq!(service.stop(), 0);
    }
}

#[test]
fn a_redis_that_cannot_be_set_up_ends_the_start_with_the_key_and_the_reason() {
    let (root, authority) = (directory(), Authority::new());
    let no_certificate = root.path().join("empty.pem");
    std::fs::write(&no_certificate, "").unwrap();
    let (certificate, no_certificate) =
        (authority.certificate().to_str().unwrap(), no_certificate.to_str().unwrap());
    for (url, file, parts) in [
        ("rediss://:secret@cache", "/none.pem", ["redis.root_certificate (/none.pem)", "No such file"]),
        ("rediss://:secret@cache", no_certificate, ["redis.root_certificate", "no certificate"]),
        ("redis://:secret@cache", certificate, ["redis.root_certificate", "must start with rediss://"]),
        (
            "rediss://:secret@cache/#insecure",
            "",
            ["redis.url (rediss://:***@cache/#insecure)", "always verified"],
        ),
        ("rediss://:secret@cache/nowhere", "", ["redis.url (rediss://:***@cache/nowhere)", "database"]),
        ("http://:secret@cache", "", ["redis.url must be empty or start with", "rediss://"]),
    ] {
        let mut command = program(&root.path().join("data"), 0);
        command.env("REDIS_URL", url).env("STOCKROOM__REDIS__ROOT_CERTIFICATE", file).env("LOG_LEVEL", "off");
        let text = refused(&command.output().unwrap(), 2);
        assert!(parts.iter().all(|part| text.contains(part)), "{url}: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
