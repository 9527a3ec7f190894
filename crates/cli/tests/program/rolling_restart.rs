//! A new version is rolled out under load: two servers behind the nginx that is deployed are stopped and started again, one
//! after the other. Callers who ask again lose no order and get none twice, and the books balance.

mod callers;
mod nginx;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use futures_util::future::try_join_all;
use stockroom_tests::RedisServer;
use tokio::{runtime::Runtime, time::timeout};

use self::{
    callers::{Callers, Placed},
    nginx::Nginx,
};
use super::*;

const CALLERS: usize = 16;
/// Orders that the other server places while one is away, before it is started again.
const ORDERS_MEANWHILE: usize = 20;
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at a server.
const LOOK: Duration = Duration::from_millis(20);

/// A port that is free, and stays so while a server is started again: no connection is given it as its own.
fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
    let ports =
        std::iter::repeat_with(|| FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT);
    ports
        .take(usize::from(COUNT))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// One of the servers: it keeps its port, and is another user of the database than the other one.
struct Instance {
    port: u16,
    database_user: &'static str,
    command: Command,
    running: Option<Service>,
}

impl Instance {
    fn start(&mut self) {
        // Its banner says that it is ready.
        self.running = Some(Service::run_again(&mut self.command));
        assert_eq!(self.service().address, format!("127.0.0.1:{}", self.port));
        self.until("/readyz is 200", |service| service.status("/readyz") == Some(200));
    }

    fn service(&self) -> &Service {
        self.running.as_ref().expect("a running server")
    }

    fn stop(&mut self) {
        assert_eq!(self.running.take().expect("a running server").stop(), 0, "its exit code");
    }

    fn until(&self, what: &str, met: impl Fn(&Service) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !met(self.service()) {
            assert!(Instant::now() < deadline, "{}: never {what}", self.database_user);
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until callers' orders come here.
    fn until_it_sells(&self) {
        self.until("sells", |service| {
            let operations = service.operations.clone().expect("a port of operators");
            let metrics = get(&operations, "/metrics");
            metrics.lines().any(|line| {
                line.starts_with("stockroom_orders_placed_total{way=\"checkout\"} ") && !line.ends_with(" 0")
            })
        });
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Two servers of one shop behind nginx, and somebody who looks into its database.
struct Scene {
    instances: [Instance; 2],
    nginx: Nginx,
    key: String,
    runtime: Runtime,
    database: tokio_postgres::Client,
    check: Command,
    _redis: RedisServer,
    _server: Server,
    _root: TempDir,
}

impl Scene {
    fn start() -> Self {
        let root = directory();
        let durability = Durability::Disposable;
        let server =
            Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
        server.create_database("shop").unwrap();
        let url = server.url("shop");
        let runtime = Runtime::new().unwrap();
        let database = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client
                .batch_execute("CREATE ROLE a LOGIN SUPERUSER; CREATE ROLE b LOGIN SUPERUSER")
                .await
                .unwrap();
            client
        });
        let redis = RedisServer::start();
        let production = |user: &str, port: u16| {
            let mut url: url::Url = url.parse().unwrap();
            url.set_username(user).unwrap();
            let mut command = program(&root.path().join("unused"), port);
            command
                .env("STOCKROOM_ENV", "production")
                .env("DATABASE_URL", url.as_str())
                .env("REDIS_URL", redis.url())
                .env("DB_POOL_SIZE", "8")
                .env("API_HOST", "127.0.0.1")
                .env("STOCKROOM__OPERATIONS__HOST", "127.0.0.1")
                .env("STOCKROOM__OPERATIONS__PORT", "0")
                .env("STOCKROOM__SERVER__SHUTDOWN_DELAY_SECONDS", "1")
                .env("RATE_LIMIT_ENABLED", "false")
                .env("LOG_LEVEL", "error")
                .stderr(Stdio::null());
            command
        };
        let made = production("a", 0)
            .args([
                "key",
                "create",
                "--name",
                "Till",
                "--scopes",
                "catalogue:write,clients:write,orders:write",
            ])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let instances = ["a", "b"].map(|database_user| {
            let port = free_port();
            let command = production(database_user, port);
            let mut instance = Instance { port, database_user, command, running: None };
            instance.start();
            instance
        });
        let mut check = production("a", 0);
        check.arg("check");
        let ports = instances.each_ref().map(|instance| instance.port);
        let nginx = Nginx::start(&root.path().join("nginx"), ports);
        Self { instances, nginx, key, runtime, database, check, _redis: redis, _server: server, _root: root }
    }

    /// Stops one of the servers, lets the other one sell alone, and starts it again.
    fn restart(&mut self, which: usize, callers: &Callers) {
        let instance = &mut self.instances[which];
        instance.stop();
        let user = instance.database_user;
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1";
        let connections =
            || -> i64 { self.runtime.block_on(self.database.query_one(sql, &[&user])).unwrap().get(0) };
        // PostgreSQL takes a moment to see that a connection was closed.
        let deadline = Instant::now() + PATIENCE;
        while connections() != 0 {
            assert!(Instant::now() < deadline, "{user} has left connections behind");
            std::thread::sleep(LOOK);
        }
        let mut told = callers.told.subscribe();
        let enough = *told.borrow() + ORDERS_MEANWHILE;
        let meanwhile = async { timeout(PATIENCE, told.wait_for(|told| *told >= enough)).await.is_ok() };
        assert!(self.runtime.block_on(meanwhile), "without {user} nothing is sold: {}", self.nginx.told());
        instance.start();
        instance.until_it_sells();
    }

    /// What is in the database of each order, by the key that it was sent with.
    fn orders(&self) -> BTreeMap<String, Placed> {
        let sql = "SELECT k.key, o.id, b.bill_number, o.total, b.total = o.total AND b.client_id = o.client_id, \
                          array_agg(d.product_id ORDER BY d.product_id), array_agg(d.quantity ORDER BY d.product_id) \
                   FROM idempotency_keys k JOIN orders o ON o.id = k.order_id JOIN bills b ON b.id = o.bill_id \
                   JOIN order_details d ON d.order_id = o.id GROUP BY k.key, o.id, b.id";
        let rows = self.runtime.block_on(self.database.query(sql, &[])).unwrap();
        let read = |row: &tokio_postgres::Row| {
            let (products, quantities): (Vec<i64>, Vec<i64>) = (row.get(5), row.get(6));
            let key: String = row.get(0);
            assert!(row.get::<_, bool>(4), "the bill of order {key} is not its own");
            let placed = Placed {
                order: row.get(1),
                bill_number: row.get(2),
                total: row.get(3),
                lines: products.into_iter().zip(quantities).collect(),
            };
            (key, placed)
        };
        rows.iter().map(read).collect()
    }

    fn count(&self, table: &str) -> usize {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = self.runtime.block_on(self.database.query_one(&sql, &[])).unwrap().get(0);
        usize::try_from(count).unwrap()
    }
}

#[test]
fn a_rolling_restart_under_load_loses_no_order_and_places_none_twice() {
    let mut scene = Scene::start();
    let begun = Instant::now();
    let callers = Arc::new(scene.runtime.block_on(Callers::gather(&scene.nginx.address, &scene.key)));
    let buyers: Vec<_> =
        (0..CALLERS).map(|caller| scene.runtime.spawn(Arc::clone(&callers).buy(caller))).collect();
    for instance in &scene.instances {
        instance.until_it_sells();
    }

    for which in [0, 1, 0, 1] {
        scene.restart(which, &callers);
    }
    callers.end();
    let told: Vec<_> = scene
        .runtime
        .block_on(try_join_all(buyers))
        .expect("no caller gives up")
        .into_iter()
        .flatten()
        .collect();

    let (orders, again) = (told.len(), callers.again.load(Ordering::Relaxed));
    // Seen with --nocapture, and where the test fails.
    eprintln!("{orders} orders in {:?}, {again} tries were made again", begun.elapsed());
    let placed: BTreeMap<_, _> = told.into_iter().collect();
    assert_eq!(placed.len(), orders, "each order has a key of its own");
    assert_eq!(scene.orders(), placed, "orders that are there, and those that callers were told of");
    for table in ["orders", "bills", "idempotency_keys WHERE operation = 'POST /checkout'"] {
        assert_eq!(scene.count(table), orders, "{table}");
    }
    for instance in &mut scene.instances {
        instance.stop();
    }
    let checked = scene.check.output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}
