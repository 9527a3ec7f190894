//! A shop whose ways to PostgreSQL and Redis can fail, with something to do for everybody.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;
use stockroom_service::{CheckoutSettings, PoolSettings, RedisSettings, ShopSettings};
use stockroom_tests::{Actor, Answer, App, Held, Proxy, RedisServer, Way, checkout, database};
use tokio::sync::Mutex;

use super::table::{Fault, LAG, Operation};

/// What the service waits for PostgreSQL at most, of whatever kind the wait is, where that is what ends an operation. A busy
/// machine takes a while for what goes well, too.
const PATIENCE: Duration = Duration::from_secs(2);
/// What PostgreSQL lets statements take there. Less than the time to lock, so that it is this that ends them.
const STATEMENT: Duration = Duration::from_millis(900);
/// What either may take where nothing has to be waited for.
const NO_HURRY: Duration = Duration::from_secs(10);
/// What a way to PostgreSQL takes that is far away.
const FAR: Duration = Duration::from_millis(30);
/// What the way to a slow Redis takes. Its connection is kept, and it is asked again and again whether it has become faster.
const SLOW: Duration = Duration::from_millis(50);
/// So that what PostgreSQL says first to anything breaks in its middle.
const BREAK: usize = 7;
/// More than all the tests of a fault can use up.
const STOCK: i64 = 1000;

/// The shop.
pub(super) struct World {
    app: App,
    shop: Actor,
    role: String,
    postgres: Proxy,
    redis: Option<(RedisServer, Proxy)>,
    client: i64,
    cached: i64,
    uncached: Mutex<Vec<i64>>,
    orders: Mutex<Vec<i64>>,
    held: Mutex<Option<Held>>,
}

fn connections(fault: Fault, url: String) -> PoolSettings {
    let (patience, statement) = match fault {
        Fault::PostgresHangs | Fault::PostgresIsSlow => (PATIENCE, STATEMENT),
        _ => (NO_HURRY, NO_HURRY),
    };
    PoolSettings {
        size: 4,
        wait: patience,
        connect: patience,
        statement,
        response_timeout: patience,
        ..PoolSettings::new(url)
    }
}

impl World {
    pub(super) async fn build(fault: Fault) -> Self {
        let database_url = database().await;
        let postgres = Proxy::to_database(&database_url).await;
        let name = database_url.rsplit('/').next().expect("a name").to_owned();
        // A role that is bound by limits, and may not choose the language of messages.
        let role = format!("clerk_{name}");
        let url = format!("postgres://{role}@{}/{name}", postgres.address());
        let redis = if fault.is_of_redis() {
            let server = RedisServer::start();
            let proxy = Proxy::to_port(server.port()).await;
            Some((server, proxy))
        } else {
            None
        };
        let settings = ShopSettings {
            redis: redis
                .as_ref()
                .map(|(_, proxy)| RedisSettings::new(format!("redis://{}", proxy.address()))),
            checkout: CheckoutSettings { lanes: NonZeroUsize::MIN, ..CheckoutSettings::default() },
            ..App::settings()
        };
        let app = App::start_connecting(database_url, connections(fault, url), settings);
        app.client()
            .await
            .batch_execute(&format!(
                "CREATE ROLE {role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; \
                 GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
            ))
            .await
            .expect("a role");
        let shop = app.actor();
        let client = shop.client(json!({})).await;
        let account = json!({"name": "Ana", "lastname": "Lopez", "email": "signs@example.com", "password": "correct horse"});
        assert!(shop.post("/auth/register", &account).await.status.is_success());
        let cached = shop.product(json!({"stock": STOCK})).await;
        let mut uncached = Vec::new();
        for _ in 0..9 {
            uncached.push(shop.product(json!({"stock": STOCK})).await);
        }
        let mut orders = Vec::new();
        for _ in 0..9 {
            orders.push(shop.check_out(client, &[(uncached[0], 1)]).await["id_key"].as_i64().expect("an id"));
        }
        shop.get(&format!("/categories/{}", 1)).await;
        let world = Self {
            app,
            shop,
            role,
            postgres,
            redis,
            client,
            cached,
            uncached: Mutex::new(uncached),
            orders: Mutex::new(orders),
            held: Mutex::default(),
        };
        for operation in [Operation::ReadCached, Operation::Ready] {
            assert_eq!(world.ask(operation).await.status, 200);
        }
        world
    }

    /// Does something. What can be done once is done to something else each time.
    pub(super) async fn ask(&self, operation: Operation) -> Answer {
        let shop = &self.shop;
        match operation {
            Operation::ReadCached => shop.get(&format!("/products/{}", self.cached)).await,
            Operation::ReadUncached => {
                let product = { *self.uncached.lock().await.last().expect("products") };
                let answer = shop.get(&format!("/products/{product}?fresh={:?}", Instant::now())).await;
                if answer.status == 200 {
                    self.uncached.lock().await.pop();
                }
                answer
            }
            Operation::Order => {
                let product = self.uncached.lock().await[0];
                shop.post("/checkout", &checkout(self.client, &[(product, 1)])).await
            }
            Operation::Cancel => {
                let order = { *self.orders.lock().await.last().expect("orders") };
                let answer = shop.post(&format!("/orders/{order}/cancel"), &json!({})).await;
                if answer.status == 200 {
                    self.orders.lock().await.pop();
                }
                answer
            }
            Operation::ChangeProduct => {
                let product = self.uncached.lock().await[1];
                shop.put(&format!("/products/{product}"), &json!({"name": "Pot"})).await
            }
            Operation::SetStock => {
                let product = self.uncached.lock().await[2];
                shop.put(&format!("/products/{product}"), &json!({"stock": STOCK})).await
            }
            Operation::SignIn => {
                let who = json!({"email": "signs@example.com", "password": "correct horse"});
                shop.post("/auth/login", &who).await
            }
            Operation::Ready => shop.get("/readyz").await,
            Operation::Health => shop.get("/health_check").await,
            Operation::Alive => shop.get("/livez").await,
        }
    }

    pub(super) async fn begin(&self, fault: Fault) {
        let end =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'", self.role);
        let redis = self.redis.as_ref();
        match fault {
            Fault::PostgresIsCutOff => self.postgres.set(Way::IsCut),
            Fault::PostgresHangs => self.postgres.set(Way::Swallows),
            Fault::PostgresIsSlow => {
                let tables = "products, orders, clients, sessions, product_search";
                let held = self.app.hold(&format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")).await;
                *self.held.lock().await = Some(held);
            }
            Fault::PostgresIsFar => self.postgres.set(Way::IsSlow(FAR)),
            Fault::PostgresBreaks => self.postgres.set(Way::BreaksAfter(BREAK)),
            Fault::PostgresIsReadOnly => {
                self.run(&format!("ALTER ROLE {} SET default_transaction_read_only = on", self.role)).await;
                self.run(&end).await;
            }
            Fault::PostgresIsFull => {
                self.run(&format!("ALTER ROLE {} CONNECTION LIMIT 0", self.role)).await;
                self.run(&end).await;
            }
            Fault::PostgresEndsConnections => self.run(&end).await,
            Fault::RedisIsCutOff => redis.expect("a Redis").1.set(Way::IsCut),
            Fault::RedisHangs => redis.expect("a Redis").1.set(Way::Swallows),
            Fault::RedisIsSlow => redis.expect("a Redis").1.set(Way::IsSlow(SLOW)),
            Fault::RedisIsEmptied => redis.expect("a Redis").0.run("FLUSHALL").await,
        }
        if fault != Fault::PostgresEndsConnections && !fault.is_of_one() {
            // The probes look again once what they saw is a second old.
            let ready = Operation::ALL.iter().position(|operation| *operation == Operation::Ready);
            self.until(Operation::Ready, fault.cells()[ready.expect("it is listed")]).await;
        }
    }

    pub(super) async fn end(&self, fault: Fault) {
        match fault {
            Fault::PostgresIsCutOff | Fault::PostgresHangs | Fault::PostgresIsFar | Fault::PostgresBreaks => {
                self.postgres.set(Way::Passes);
            }
            Fault::PostgresIsSlow => self.held.lock().await.take().expect("a lock").release().await,
            Fault::PostgresIsReadOnly => {
                self.run(&format!("ALTER ROLE {} RESET default_transaction_read_only", self.role)).await;
            }
            Fault::PostgresIsFull => {
                self.run(&format!("ALTER ROLE {} CONNECTION LIMIT -1", self.role)).await;
            }
            Fault::RedisIsCutOff | Fault::RedisHangs | Fault::RedisIsSlow => {
                self.redis.as_ref().expect("a Redis").1.set(Way::Passes);
            }
            Fault::PostgresEndsConnections | Fault::RedisIsEmptied => {}
        }
    }

    async fn run(&self, sql: &str) {
        self.app.client().await.batch_execute(sql).await.expect(sql);
    }

    async fn until(&self, operation: Operation, status: u16) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.ask(operation).await.status != status {
            assert!(Instant::now() < deadline, "{operation:?} is never {status}");
        }
    }

    /// Asks for what is never wrong until what was seen before then may not be told any more.
    pub(super) async fn outlast(&self, ended: Instant) {
        while ended.elapsed() < LAG {
            self.ask(Operation::Alive).await;
        }
    }

    /// Whether the next answer of PostgreSQL is still to be broken.
    pub(super) fn is_about_to_break(&self) -> bool {
        matches!(self.postgres.way(), Way::BreaksAfter(_))
    }

    /// Fails unless this goes well at once.
    pub(super) async fn assert_well(&self, operation: Operation) {
        let answer = self.ask(operation).await;
        assert_eq!(
            answer.status.as_u16(),
            operation.well(),
            "{operation:?} when nothing fails: {}",
            answer.text
        );
    }

    /// Fails unless the health checks say that all parts are there and take changes. A look is over before a busy machine may
    /// have connected, so the first one need not see it.
    pub(super) async fn assert_probes_are_right(&self) {
        self.until(Operation::Ready, 200).await;
        let ready = self.ask(Operation::Ready).await;
        assert_eq!(ready.body["checks"]["database"], "up", "{}", ready.text);
        let health = self.ask(Operation::Health).await;
        assert_eq!(health.body["checks"]["database"]["status"], "up", "{}", health.text);
        let redis = if self.redis.is_some() { "up" } else { "disabled" };
        assert_eq!(health.body["checks"]["redis"]["status"], redis, "{}", health.text);
    }

    /// Fails unless the books balance, and nothing is left of what was begun.
    pub(super) async fn assert_sound(&self) {
        self.app.assert_books_balance().await;
        let begun = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = '{}' AND state <> 'idle'",
            self.role
        );
        self.app.until(&begun, 0).await;
        let connected = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", self.role);
        let served = self.app.integer(&connected, &[]).await;
        // The pool, a lane, the listener and the probe.
        assert!(served <= 7, "{served} connections are open");
        let open = i64::try_from(self.postgres.connections()).expect("few");
        self.app.until(&connected, open).await;
        let health = self.shop.send(self.shop.request(Method::GET, "/health_check")).await.expect(200);
        assert_eq!(health["checks"]["db_pool"]["checked_out"], 0);
    }
}
