//! A service that is asked to stop: it says so first, ends what it has begun, and leaves no connection behind.

use std::thread::spawn;

use super::*;

const PATIENCE: Duration = Duration::from_mins(1);

/// A PostgreSQL, a service on it, and somebody who looks at both.
struct Scene {
    service: Service,
    server: Server,
    runtime: tokio::runtime::Runtime,
    database: tokio_postgres::Client,
    /// A transaction sees the activity of others as it was when it first looked, so locks are held elsewhere.
    holder: tokio_postgres::Client,
    root: TempDir,
}

impl Scene {
    fn start(settings: &[(&str, &str)]) -> Self {
        let root = directory();
        let durability = Durability::Disposable;
        let server =
            Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
        server.create_database("shop").unwrap();
        let mut command = program(&root.path().join("unused"), 0);
        // A test holds locks for longer than a shop is ready to wait.
        let patient = format!("{}?options=-c%20lock_timeout%3D60s", server.url("shop"));
        command.env("DATABASE_URL", patient).envs(settings.iter().copied()).stderr(Stdio::null());
        let service = Service::run(command);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let connect = async || {
            let (client, connection) =
                tokio_postgres::connect(&server.url("shop"), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        };
        let (database, holder) = runtime.block_on(async { (connect().await, connect().await) });
        Self { service, server, runtime, database, holder, root }
    }

    fn count(&self, sql: &str) -> i64 {
        self.runtime.block_on(self.database.query_one(sql, &[])).unwrap().get(0)
    }

    fn run(&self, sql: &str) {
        self.runtime.block_on(self.holder.batch_execute(sql)).unwrap();
    }

    fn until(&self, sql: &str, count: i64) {
        let deadline = Instant::now() + PATIENCE;
        while self.count(sql) != count {
            assert!(Instant::now() < deadline, "never {count}: {sql}");
        }
    }

    /// Sends a request from a thread of its own and returns what will have been answered.
    fn send(
        &self,
        method: &'static str,
        path: &'static str,
        body: String,
    ) -> std::thread::JoinHandle<String> {
        let service = Service {
            process: Command::new("true").spawn().unwrap(),
            address: self.service.address.clone(),
            operations: None,
        };
        spawn(move || service.answer(method, path, &body).unwrap_or_default())
    }
}

/// A PostgreSQL that hangs until this is dropped: the processes that take connections and serve the shop.
struct Frozen(Vec<String>);

impl Frozen {
    fn of(scene: &Scene) -> Self {
        let listening = postmaster(&scene.root.path().join("data")).unwrap();
        let sql = "SELECT pid::text FROM pg_stat_activity WHERE datname = 'shop' AND backend_type = 'client backend'";
        let serving = scene.runtime.block_on(scene.database.query(sql, &[])).unwrap();
        let frozen = Self(serving.iter().map(|row| row.get(0)).chain([listening.to_string()]).collect());
        assert!(frozen.signal("STOP").success());
        frozen
    }

    fn signal(&self, name: &str) -> std::process::ExitStatus {
        Command::new("kill").arg(format!("-{name}")).args(&self.0).status().unwrap()
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

/// Asks a program to stop, and returns how it ended and when; fails when it does not.
fn ends(process: &mut Child) -> (Option<i32>, Duration) {
    let asked = Instant::now();
    signal("TERM", process.id());
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return (status.code(), asked.elapsed());
        }
        assert!(asked.elapsed() < PATIENCE, "it does not end");
    }
}

const OTHERS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name <> ''";
const BLOCKED: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND wait_event_type = 'Lock'";

#[test]
fn what_has_begun_ends_and_no_connection_is_left() {
    let mut scene = Scene::start(&[("STOCKROOM__SERVER__SHUTDOWN_DELAY_SECONDS", "1")]);
    scene.run("INSERT INTO clients (name, lastname, email) VALUES ('Ana', 'Lopez', 'ana@example.com')");
    let mut kept = TcpStream::connect(&scene.service.address).unwrap();
    kept.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(ask(&mut kept, "/readyz").0, 200);
    // A change and an order that cannot end yet.
    scene.run("BEGIN; SELECT FROM products WHERE id IN (1, 2) FOR UPDATE");
    let change = scene.send("PUT", "/products/1", r#"{"name": "Slow"}"#.to_owned());
    let order = r#"{"client_id": 1, "lines": [{"product_id": 2, "quantity": 1}], "delivery_method": 1, "payment_type": 1}"#;
    scene.until(BLOCKED, 1);
    let order = scene.send("POST", "/checkout", order.to_owned());
    scene.until(BLOCKED, 2);

    signal("TERM", scene.service.process.id());

    // It still answers, says that it stops, and ends connections.
    let deadline = Instant::now() + PATIENCE;
    let (status, head) = loop {
        let mut stream = TcpStream::connect(&scene.service.address).unwrap();
        let told = ask(&mut stream, "/readyz");
        if told.0 == 503 || Instant::now() > deadline {
            break told;
        }
    };
    assert_eq!(status, 503);
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    let (status, head) = ask(&mut kept, "/products/3");
    assert_eq!(status, 200, "{head}");
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    scene.run("ROLLBACK");

    assert!(change.join().unwrap().starts_with("HTTP/1.1 200"));
    assert!(order.join().unwrap().starts_with("HTTP/1.1 201"));
    assert_eq!(scene.service.process.wait().unwrap().code(), Some(0));
    assert_eq!(scene.count("SELECT count(*) FROM orders"), 1);
    scene.until(OTHERS, 0);
    drop((scene.database, scene.holder));
    scene.server.stop().unwrap();
}

#[test]
fn an_idle_connection_does_not_keep_it_and_a_second_signal_ends_it_at_once() {
    let mut scene = Scene::start(&[]);
    let idle = TcpStream::connect(&scene.service.address).unwrap();
    let mut kept = TcpStream::connect(&scene.service.address).unwrap();
    assert_eq!(ask(&mut kept, "/livez").0, 200);
    let asked = Instant::now();
    signal("TERM", scene.service.process.id());
    assert_eq!(scene.service.process.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());
    drop((idle, kept));
    scene.until(OTHERS, 0);
}

#[test]
fn a_second_signal_drops_what_has_not_ended() {
    let mut scene = Scene::start(&[]);
    scene.run("BEGIN; SELECT FROM products WHERE id = 1 FOR UPDATE");
    let change = scene.send("PUT", "/products/1", r#"{"name": "Slow"}"#.to_owned());
    scene.until(BLOCKED, 1);
    signal("TERM", scene.service.process.id());
    // From now on it takes no connections.
    while TcpStream::connect(&scene.service.address).is_ok() {}
    signal("TERM", scene.service.process.id());
    let asked = Instant::now();
    scene.service.process.wait().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(4), "it took {:?}", asked.elapsed());
    scene.run("ROLLBACK");
    let _ = change.join();
}

#[test]
fn a_postgresql_that_hangs_does_not_keep_it_for_longer_than_it_may_take() {
    let mut scene = Scene::start(&[
        ("STOCKROOM__SERVER__SHUTDOWN_TIMEOUT_SECONDS", "2"),
        ("STOCKROOM__CHECKOUT__LANES", "1"),
    ]);
    scene.run("INSERT INTO clients (name, lastname, email) VALUES ('Ana', 'Lopez', 'ana@example.com')");
    scene.run("BEGIN; SELECT FROM products WHERE id IN (1, 2) FOR UPDATE");
    let change = scene.send("PUT", "/products/1", r#"{"name": "Slow"}"#.to_owned());
    scene.until(BLOCKED, 1);
    let order = r#"{"client_id": 1, "lines": [{"product_id": 2, "quantity": 1}], "delivery_method": 1, "payment_type": 1}"#;
    let order = scene.send("POST", "/checkout", order.to_owned());
    scene.until(BLOCKED, 2);
    let frozen = Frozen::of(&scene);

    let (code, taken) = ends(&mut scene.service.process);

    assert_eq!(code, Some(0));
    assert!(taken >= Duration::from_secs(2), "what has begun may end meanwhile: {taken:?}");
    assert!(taken < Duration::from_secs(20), "it took {taken:?}");
    drop(frozen);
    let _ = (change.join(), order.join());
    scene.run("ROLLBACK");
    scene.until(OTHERS, 0);
}

/// Sends a GET on a connection that is kept, and reads the answer: its status and its head.
fn ask(stream: &mut TcpStream, path: &str) -> (u16, String) {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next()).unwrap();
    reader.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
    (head[9..12].parse().unwrap(), head)
}
