//! The program as an operator meets it: it starts, says where it is, survives the loss of its PostgreSQL, stops when
//! asked, and refuses with one sentence.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken expectation must fail the test")]

mod admin;
mod crashes;
mod deploy;
mod deployment;
mod keys;
mod operations;
mod quiet;
mod redis_tls;
mod rolling_restart;
mod starting;
mod stopping;
mod tls;
mod traces;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use stockroom_domain::ProductId;
use stockroom_embedded::{Durability, Server, Settings};
use stockroom_repository::{
    Pool, PoolSettings,
    stock::{self, StockMovement, StockReason},
    transaction,
};
use stockroom_retail::demo;
use tempfile::TempDir;

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

fn program(data_dir: &Path, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockroom"));
    for (name, _) in std::env::vars().filter(|(name, _)| {
        name.starts_with("STOCKROOM") || name.starts_with("OTEL") || name.contains("DATABASE")
    }) {
        command.env_remove(name);
    }
    command.env("STOCKROOM__EMBEDDED__DATA_DIR", data_dir).env("API_PORT", port.to_string());
    // Many of these on few processors have threads that are late, and would refuse what is asked.
    command.env("STOCKROOM__SERVER__MAX_LAG_MILLISECONDS", "0");
    command
}

/// A running service; killed when a test fails.
struct Service {
    process: Child,
    address: String,
    /// Where operators look, if they can.
    operations: Option<String>,
}

impl Service {
    fn start(data_dir: &Path) -> Self {
        let mut command = program(data_dir, 0);
        command.stderr(Stdio::null());
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        Self::run_again(&mut command)
    }

    /// Runs a command that may be run once more.
    fn run_again(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let banner = BufReader::new(process.stdout.take().unwrap());
        let mut lines = banner.lines().map_while(Result::ok);
        let mut url_of = |label: &str| {
            let line = lines.find(|line| line.trim().starts_with(label)).expect("a banner");
            line.split("http://").nth(1).map(|url| url.split('/').next().unwrap().trim().to_owned())
        };
        let address = url_of("API ").unwrap();
        let operations = url_of("Operations ");
        Self { process, address, operations }
    }

    fn status(&self, path: &str) -> Option<u16> {
        self.answer("GET", path, "")?.get(9..12)?.parse().ok()
    }

    /// The whole answer to a request.
    fn answer(&self, method: &str, path: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n");
        let length = body.len();
        let typed = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        write!(stream, "{head}{typed}{body}").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn stop(mut self) -> i32 {
        signal("TERM", self.process.id());
        self.process.wait().unwrap().code().expect("it ends by itself")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already ended, unless a test failed; PostgreSQL is then taken over by nobody, so it is asked to end too.
        if matches!(self.process.try_wait(), Ok(None)) {
            signal("TERM", self.process.id());
            let _ = self.process.wait();
        }
    }
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().unwrap().success());
}

/// The pid in the file that a running server keeps; none while a new one is about to write it.
fn postmaster(data_dir: &Path) -> Option<u32> {
    let file = fs::read_to_string(data_dir.join("cluster/postmaster.pid")).ok()?;
    file.lines().next()?.parse().ok()
}

fn refused(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "one sentence: {text}");
    assert!(!text.contains("backtrace") && !text.contains("panicked"), "{text}");
    text
}

#[test]
fn it_starts_outlives_its_postgresql_and_stops_when_asked() {
    let root = directory();
    let data_dir = root.path().join("data");
    let service = Service::start(&data_dir);
    assert_eq!(service.status("/products/1"), Some(200), "the demo catalogue is there");

    let first = postmaster(&data_dir).unwrap();
    signal("KILL", first);
    let deadline = Instant::now() + Duration::from_secs(30);
    while service.status("/products/1") != Some(200) || postmaster(&data_dir).is_none_or(|pid| pid == first) {
        assert!(Instant::now() < deadline, "PostgreSQL was not started again");
    }

    let second = program(&data_dir, 0).output().unwrap();
    assert!(refused(&second, 1).contains("another Stockroom is running on data directory"));
    let server = postmaster(&data_dir).unwrap();
    assert_eq!(service.stop(), 0);
    assert!(
        !Path::new(&format!("/proc/{server}/cmdline")).exists(),
        "PostgreSQL was stopped with the service"
    );
}

#[test]
fn what_cannot_work_is_refused_with_one_sentence() {
    let root = directory();
    let data_dir = root.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let text = refused(&program(&data_dir, port).output().unwrap(), 1);
    assert!(text.contains(&format!("port {port} on 127.0.0.1 is in use")), "{text}");

    let text = refused(&program(&data_dir, 0).env("STOCKROOM__SERVER__PROT", "1").output().unwrap(), 2);
    assert!(text.contains("unknown configuration key server.prot"), "{text}");

    let nowhere = "postgres://app:secret@127.0.0.1:1/shop";
    let check = program(&data_dir, 0).env("DATABASE_URL", nowhere).arg("check").output().unwrap();
    let text = refused(&check, 1);
    assert!(text.contains("cannot connect to the database postgres://app:***@127.0.0.1:1/shop"), "{text}");
    assert!(!text.contains("secret"), "{text}");

    let blocked = root.path().join("file");
    fs::write(&blocked, "").unwrap();
    refused(&program(&blocked, 0).output().unwrap(), 1);
}

/// Fills the shop and, by a mistake such as a script might make, sells something that no order line names.
async fn sell_without_a_line(url: &str) {
    let pool = Pool::new(PoolSettings::new(url)).unwrap();
    assert!(demo::seed(&pool).await.unwrap());
    let sale = StockMovement {
        product_id: ProductId(1),
        delta: -1,
        reason: StockReason::Sale,
        order_detail_id: None,
    };
    transaction(&pool, async |conn| stock::apply_in_tx(conn, &[sale]).await).await.unwrap();
}

#[test]
fn the_check_of_a_database_ends_with_1_when_something_is_wrong() {
    let root = directory();
    let durability = Durability::Disposable;
    let server = Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
    server.create_database("shop").unwrap();
    let url = server.url("shop");
    let run = |arguments: &[&str]| {
        program(&root.path().join("unused"), 0).env("DATABASE_URL", &url).args(arguments).output().unwrap()
    };

    assert!(refused(&run(&["check"]), 1).contains("run `stockroom migrate` first, the database lacks 20"));
    assert!(run(&["migrate"]).status.success());
    let sound = run(&["check"]);
    assert!(sound.status.success() && sound.stderr.is_empty(), "{sound:?}");
    let table = String::from_utf8(sound.stdout).unwrap();
    assert!(table.starts_with("Invariant ") && !table.contains("wrong"), "{table}");

    tokio::runtime::Runtime::new().unwrap().block_on(sell_without_a_line(&url));
    let broken = run(&["check", "--limit", "1"]);
    assert!(refused(&broken, 1).trim_end().ends_with(" invariants does not hold: movement-lines"));
    let table = String::from_utf8(broken.stdout).unwrap();
    assert!(table.contains("\n  movement ") && table.trim_end().ends_with("sale without a line"), "{table}");
}

#[test]
fn the_audit_log_is_printed_one_entry_a_line() {
    let root = directory();
    let durability = Durability::Disposable;
    let server = Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
    server.create_database("shop").unwrap();
    let url = server.url("shop");
    let run = |arguments: &[&str]| {
        program(&root.path().join("unused"), 0).env("DATABASE_URL", &url).args(arguments).output().unwrap()
    };
    assert!(run(&["migrate"]).status.success());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let pool = Pool::new(PoolSettings::new(&url).with_actor("seed")).unwrap();
        assert!(demo::seed(&pool).await.unwrap());
    });

    let export =
        ["audit", "export", "--actor", "script:seed", "--resource", "categories", "--action", "create"];
    let printed = run(&export);
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    let text = String::from_utf8(printed.stdout).unwrap();
    let ids: Vec<i64> = text
        .lines()
        .map(|line| line.parse::<serde_json::Value>().unwrap()["id_key"].as_i64().unwrap())
        .collect();
    assert!(ids.len() > 2 && ids.is_sorted_by(|newer, older| newer > older), "{ids:?}");

    let none = run(&["audit", "export", "--until", "2020-01-01T00:00:00Z"]);
    assert!(none.status.success() && none.stdout.is_empty(), "{none:?}");
    let refused = run(&["audit", "export", "--since", "yesterday"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("Input should be an RFC 3339 timestamp"));
}
