//! The running service of one test.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use stockroom_domain::{KeyName, Permission, Permissions, Role, Scopes};
use stockroom_service::{
    ActorSetting, AuthSettings, CatalogueSettings, CheckoutSettings, MailSettings, NewKey, PasswordSettings,
    Pool, PoolSettings, Shop, ShopSettings, make_api_key,
};
use stockroom_web::Settings;
use tokio_postgres::{NoTls, types::ToSql};

use crate::{Actor, cluster, fixtures};

/// A service over a database of its own, on a port of its own. Stops when dropped.
pub struct App {
    base: String,
    database_url: String,
    server: ServerHandle,
}

impl App {
    /// A service with default settings and no rows.
    pub async fn start() -> Self {
        Self::start_with(Self::open()).await
    }

    /// Settings of a service that is open to everybody, as the contract's clients have it: they know no tokens.
    pub fn open() -> Settings {
        Settings { open: true, workers: Some(2), ..Settings::default() }
    }

    /// Settings of a shop: the usual ones, but nobody waits for passwords and nobody is told to try less often.
    pub fn settings() -> ShopSettings {
        ShopSettings { auth: Self::auth(), ..ShopSettings::default() }
    }

    /// How people sign in to it.
    pub fn auth() -> AuthSettings {
        let passwords = PasswordSettings { memory_kib: 8, iterations: 1, ..PasswordSettings::default() };
        AuthSettings { passwords, logins_per_account: 0, logins_per_address: 0, ..AuthSettings::default() }
    }

    /// A service without rows that people sign in to like this.
    pub async fn start_guarded(auth: AuthSettings, mail: MailSettings) -> Self {
        Self::guarded_on(cluster::database().await, auth, mail)
    }

    /// Another service of the same shop, which people sign in to like this.
    #[must_use = "it stops when it is dropped"]
    pub fn guarded_beside(&self, auth: AuthSettings) -> Self {
        Self::guarded_on(self.database_url.clone(), auth, MailSettings::default())
    }

    fn guarded_on(database_url: String, auth: AuthSettings, mail: MailSettings) -> Self {
        let settings = ShopSettings { auth, mail, ..ShopSettings::default() };
        let shop = start_shop(PoolSettings::new(database_url.clone()), settings);
        Self::serve(database_url, shop, &Settings { open: false, ..Self::open() })
    }

    /// A service without rows that wants to know who asks.
    pub async fn guarded() -> Self {
        Self::start_guarded(Self::auth(), MailSettings::default()).await
    }

    /// Somebody with an account of this role: the id of the account, and who signs in to it.
    pub async fn account(&self, role: Role) -> (i64, Actor) {
        let anyone = self.actor();
        let fields = fixtures::account();
        let id = anyone.post("/auth/register", &fields).await.id();
        let given = "UPDATE clients SET role = $2 WHERE id = $1";
        self.client().await.execute(given, &[&id, &role.name()]).await.expect(given);
        let signed_in = anyone.post("/auth/login", &fields).await.expect(200);
        (id, anyone.bearing(signed_in["access_token"].as_str().expect("a token")))
    }

    /// Somebody with an API key of these scopes.
    pub async fn key(&self, scopes: &[Permission]) -> Actor {
        let service = PoolSettings { actor: ActorSetting::Service, ..PoolSettings::new(&self.database_url) };
        let pool = Pool::new(service).expect("valid settings");
        let new = NewKey {
            name: KeyName::parse("Key of a test").expect("a name"),
            scopes: Scopes(Permissions::of(scopes)),
            expires_at: None,
            calls_per_minute: None,
        };
        let made = make_api_key(&pool, &new, "test").await.expect("a key");
        self.actor().bearing(&made.secret)
    }

    /// A service with these settings and no rows.
    pub async fn start_with(settings: Settings) -> Self {
        Self::start_on(cluster::database().await, &settings)
    }

    /// A service with default settings that knows this Redis server.
    pub async fn start_with_redis(redis_url: &str) -> Self {
        let settings = ShopSettings { redis: Some(redis_url.into()), ..Self::settings() };
        Self::start_shop(cluster::database().await, settings)
    }

    /// A service of a shop that works like this, over this database.
    pub fn start_shop(database_url: String, settings: ShopSettings) -> Self {
        let shop = start_shop(PoolSettings::new(database_url.clone()), settings);
        Self::serve(database_url, shop, &Self::open())
    }

    /// A service of a shop that works like this, over this database, with these settings.
    pub fn start_service(database_url: String, shop: ShopSettings, settings: &Settings) -> Self {
        let shop = start_shop(PoolSettings::new(database_url.clone()), shop);
        Self::serve(database_url, shop, settings)
    }

    /// A service of a shop that works like this and connects like this to this database.
    pub fn start_connecting(database_url: String, connections: PoolSettings, settings: ShopSettings) -> Self {
        Self::serve(database_url, start_shop(connections, settings), &Self::open())
    }

    /// Another service of the same shop, like those that share this Redis server if there is one.
    #[must_use = "it stops when it is dropped"]
    pub fn beside(&self, redis_url: Option<&str>) -> Self {
        let settings = ShopSettings { redis: redis_url.map(Into::into), ..Self::settings() };
        Self::start_shop(self.database_url.clone(), settings)
    }

    /// Another service of the same shop, which keeps nothing and so shows what the database holds.
    #[must_use = "it stops when it is dropped"]
    pub fn uncached(&self) -> Self {
        let catalogue = CatalogueSettings { cache: None, ..CatalogueSettings::default() };
        Self::start_shop(self.database_url.clone(), ShopSettings { catalogue, ..Self::settings() })
    }

    /// A service with these settings over this database.
    pub fn start_on(database_url: String, settings: &Settings) -> Self {
        let shop = shop(&database_url);
        Self::serve(database_url, shop, settings)
    }

    /// A service that places its checkouts like this, and waits for locks as long as a test cares to hold them.
    pub async fn start_with_checkout(checkout: CheckoutSettings) -> Self {
        let database_url = cluster::database().await;
        let shop = patient_shop(&database_url, checkout);
        Self::serve(database_url, shop, &Self::open())
    }

    fn serve(database_url: String, shop: Shop, settings: &Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("a bound port"));
        let server = stockroom_web::server(listener, shop, settings).expect("a server");
        let handle = server.handle();
        tokio::spawn(server);
        Self { base, database_url, server: handle }
    }

    /// Somebody who sends requests to the service.
    pub fn actor(&self) -> Actor {
        Actor::new(self.base.clone())
    }

    /// Where the service listens, for example `http://127.0.0.1:41234`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The URL of the service's database.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// A pool of the repository over the service's database, as a script would use it.
    pub fn pool(&self) -> Pool {
        Pool::new(PoolSettings::new(self.database_url.clone())).expect("valid settings")
    }

    /// Another shop over the service's database, with checkout lanes of its own, without HTTP. It waits for locks as
    /// long as a test cares to hold them.
    pub fn shop(&self, checkout: CheckoutSettings) -> Shop {
        patient_shop(&self.database_url, checkout)
    }

    /// The first column of the first row of a query, as an integer.
    pub async fn integer(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> i64 {
        self.client().await.query_one(sql, parameters).await.expect(sql).get(0)
    }

    /// Runs a statement on a connection of its own, as a script would.
    pub async fn execute(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) {
        self.client().await.execute(sql, parameters).await.expect(sql);
    }

    /// A product's stock, as the database has it: another server may learn of a sale a moment later.
    pub async fn stock(&self, product: i64) -> i64 {
        self.integer("SELECT stock FROM products WHERE id = $1", &[&product]).await
    }

    /// A plain connection to the service's database.
    pub async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) =
            tokio_postgres::connect(&self.database_url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }

    /// Fails unless every product's stock is the sum of its movements and no stock is negative.
    pub async fn assert_ledger_adds_up(&self) {
        let wrong = "SELECT count(*) FROM products p WHERE stock < 0 OR stock <> \
                     (SELECT coalesce(sum(delta), 0) FROM stock_movements m WHERE m.product_id = p.id)";
        assert_eq!(
            self.integer(wrong, &[]).await,
            0,
            "products whose stock is not the sum of their movements"
        );
        let open = "SELECT count(*) FROM (SELECT product_id FROM stock_movements m \
                    WHERE NOT EXISTS (SELECT FROM products p WHERE p.id = m.product_id) \
                    GROUP BY product_id HAVING sum(delta) <> 0) AS open";
        assert_eq!(self.integer(open, &[]).await, 0, "deleted products whose ledger is not closed");
    }
}

fn shop(database_url: &str) -> Shop {
    start_shop(PoolSettings::new(database_url), App::settings())
}

/// Checkout lanes give up a lock after a second, however patient the pool is; what the URL says has the last word.
/// The same database for those who wait for locks as long as a test cares to hold them.
pub fn patient(database_url: &str) -> String {
    format!("{database_url}?options=-c%20lock_timeout%3D60s%20-c%20statement_timeout%3D60s")
}

fn patient_shop(database_url: &str, checkout: CheckoutSettings) -> Shop {
    let settings = ShopSettings { checkout, ..App::settings() };
    start_shop(PoolSettings::new(patient(database_url)), settings)
}

fn start_shop(database: PoolSettings, settings: ShopSettings) -> Shop {
    let pool = Pool::new(database).expect("valid settings");
    Shop::start(&pool, settings).expect("a shop")
}

impl Drop for App {
    fn drop(&mut self) {
        // The stop is sent at once; only its completion would have to be awaited.
        drop(self.server.stop(false));
    }
}
