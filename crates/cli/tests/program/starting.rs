//! A service whose database is not there when it starts: it listens, says that it is not ready, and waits; or ends with one
//! sentence when waiting cannot help.

use std::{
    io::Read,
    process::{Child, Stdio},
    thread::sleep,
};

use super::*;

/// How long a service may take for anything on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at a service.
const LOOK: Duration = Duration::from_millis(20);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A service on this database, which need not be there. Its log is kept.
fn start(database_url: &str, root: &Path) -> Service {
    let port = free_port();
    let process = program(&root.join("unused"), port)
        .env("DATABASE_URL", database_url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Service { process, address: format!("127.0.0.1:{port}"), operations: None }
}

fn until(service: &Service, path: &str, status: u16) {
    let deadline = Instant::now() + PATIENCE;
    while service.status(path) != Some(status) {
        assert!(Instant::now() < deadline, "{path} was never {status}");
        sleep(LOOK);
    }
}

fn log(process: &mut Child) -> String {
    let mut text = String::new();
    process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_service_waits_for_its_database_and_gets_ready_by_itself() {
    let root = directory();
    let settings = Settings { durability: Durability::Disposable, ..Settings::new(root.path().join("data")) };
    let server = Server::start(&settings).unwrap();
    server.create_database("shop").unwrap();
    let url = server.url("shop");
    server.stop().unwrap();

    let mut service = start(&url, root.path());
    until(&service, "/livez", 200);
    for path in ["/", "/docs", "/redoc", "/openapi.json", "/health_check"] {
        assert_eq!(service.status(path), Some(200), "{path}");
    }
    for path in ["/readyz", "/products", "/health_check?strict=1", "/nothing"] {
        assert_eq!(service.status(path), Some(503), "{path}");
    }
    assert!(service.answer("GET", "/products", "").unwrap().contains("\r\nretry-after: 1\r\n"));

    let server = Server::start(&settings).unwrap();
    until(&service, "/readyz", 200);
    assert_eq!(service.status("/products/1"), Some(200), "it is migrated and filled");

    signal("TERM", service.process.id());
    let log = log(&mut service.process);
    assert_eq!(service.process.wait().unwrap().code(), Some(0), "{log}");
    assert_eq!(log.matches("waiting for the database").count(), 1, "{log}");
    server.stop().unwrap();
}

#[test]
fn a_service_that_waits_is_stopped_by_a_signal_and_tells_no_password() {
    let root = directory();
    let mut service = start("postgres://app:secret@127.0.0.1:1/shop", root.path());
    until(&service, "/readyz", 503);
    signal("TERM", service.process.id());
    let log = log(&mut service.process);
    assert_eq!(service.process.wait().unwrap().code(), Some(0), "{log}");
    assert!(log.contains("stopped before the service was up"), "{log}");
    assert!(log.contains("app:***@127.0.0.1:1/shop") && !log.contains("secret"), "{log}");
}

#[test]
fn what_waiting_cannot_heal_ends_a_service_at_once() {
    let root = directory();
    let settings = Settings { durability: Durability::Disposable, ..Settings::new(root.path().join("data")) };
    let server = Server::start(&settings).unwrap();
    server.create_database("shop").unwrap();
    let ends = |url: &str, name: &str, value: &str, code: i32, sentence: &str| {
        let output = program(&root.path().join("unused"), 0)
            .env("DATABASE_URL", url)
            .env("LOG_LEVEL", "off")
            .env(name, value)
            .output()
            .unwrap();
        let text = refused(&output, code);
        assert!(text.contains(sentence), "{text}");
    };
    let url = server.url("shop");
    let nobody = format!("postgres://nobody@{}", url.split_once('@').unwrap().1);
    ends(&nobody, "UNUSED", "", 1, "cannot connect to the database");
    ends(&server.url("nothing"), "UNUSED", "", 1, "database \"nothing\" does not exist");
    ends(&server.url("shop"), "STOCKROOM__SEARCH__LANGUAGE", "klingon", 2, "search.language");
    server.stop().unwrap();
}
