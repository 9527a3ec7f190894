//! Changes that no server makes: scripts, psql, and whoever else knows the database. Servers hear of them from the
//! database, and each other, where they have nothing better.

use futures_util::stream;
use serde_json::json;
use stockroom_domain::ProductChanges;
use stockroom_input::changes_from_json;
use stockroom_repository::{products, transaction};
use stockroom_tests::{App, RedisServer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::{AsyncMessage, NoTls};

use super::{Probe, cached, until_shown};

const LISTENERS: &str =
    "pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%signals'";

/// Two servers over one database: one alone and one with a Redis server, which both hear what others change.
struct Pair {
    app: App,
    with_redis: App,
    probes: [Probe; 2],
    _redis: RedisServer,
}

impl Pair {
    async fn start() -> Self {
        let redis = RedisServer::start();
        let app = App::start().await;
        let with_redis = app.beside(Some(&redis.url()));
        app.until(&format!("SELECT count(*) FROM {LISTENERS} AND query LIKE 'LISTEN%'"), 2).await;
        let probes = [Probe::new(&app).await, Probe::new(&with_redis).await];
        Self { app, with_redis, probes, _redis: redis }
    }

    fn servers(&self) -> [&App; 2] {
        [&self.app, &self.with_redis]
    }

    /// Both have this at hand, and nothing that they have heard of is still to come.
    async fn have_cached(&mut self, paths: &[&str]) {
        let Self { app, with_redis, probes: [alone, shared], .. } = self;
        alone.is_heard(app).await;
        shared.is_heard(with_redis).await;
        for server in self.servers() {
            for path in paths {
                cached(&server.actor(), path).await;
            }
        }
    }

    /// Both show this product under this name before long.
    async fn show(&self, path: &str, name: &str) {
        for server in self.servers() {
            until_shown(&server.actor(), path, |answer| answer.body["name"] == name).await;
        }
    }
}

/// What the database tells from now on.
async fn told(app: &App) -> UnboundedReceiver<String> {
    let (client, mut connection) = tokio_postgres::connect(app.database_url(), NoTls).await.unwrap();
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let mut messages = std::pin::pin!(stream::poll_fn(|context| connection.poll_message(context)));
        while let Some(Ok(message)) = futures_util::StreamExt::next(&mut messages).await {
            if let AsyncMessage::Notification(told) = message {
                drop(sender.send(told.payload().to_owned()));
            }
        }
    });
    client.batch_execute("LISTEN stockroom_catalogue").await.unwrap();
    // It listens for as long as it is there.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(client);
    });
    receiver
}

/// All that was told before this.
async fn told_so_far(app: &App, told: &mut UnboundedReceiver<String>) -> Vec<String> {
    app.execute("SELECT pg_notify('stockroom_catalogue', 'end')", &[]).await;
    let mut all = Vec::new();
    loop {
        let payload = told.recv().await.expect("the connection stays");
        if payload == "end" {
            return all;
        }
        all.push(payload);
    }
}

#[tokio::test]
async fn what_a_script_changes_is_seen_by_all_servers() {
    let mut pair = Pair::start().await;
    let (shop, pool) = (pair.app.actor(), pair.app.pool());
    let (category, client) = (shop.category().await, shop.client(json!({})).await);
    let product = shop.product(json!({"category_id": category, "stock": 5})).await;
    let (item, list) = (format!("/products/{product}"), format!("/products?category_id={category}"));
    let of_category = format!("/categories/{category}");
    let paths = [item.as_str(), &list, &of_category, "/categories?expand=products"];

    pair.have_cached(&paths).await;
    let changes: ProductChanges = changes_from_json(json!({"name": "Cup"})).unwrap();
    let id = stockroom_domain::ProductId(product);
    transaction(&pool, async |conn| products::update_in_tx(conn, id, &changes).await).await.unwrap();
    pair.show(&item, "Cup").await;
    for server in pair.servers() {
        until_shown(&server.actor(), &list, |answer| answer.body[0]["name"] == "Cup").await;
        until_shown(&server.actor(), &of_category, |answer| answer.body["products"][0]["name"] == "Cup")
            .await;
    }

    pair.have_cached(&paths).await;
    pair.app.execute("UPDATE categories SET name = 'Psql' WHERE id = $1", &[&category]).await;
    for server in pair.servers() {
        until_shown(&server.actor(), &item, |answer| answer.body["category"]["name"] == "Psql").await;
        until_shown(&server.actor(), &list, |answer| answer.body[0]["category"]["name"] == "Psql").await;
        until_shown(&server.actor(), &of_category, |answer| answer.body["name"] == "Psql").await;
    }

    for (sql, expected) in [
        ("INSERT INTO reviews (rating, product_id, client_id) VALUES (2, $1, $2)", 1),
        ("UPDATE reviews SET status = 'rejected' WHERE product_id = $1 AND client_id = $2", 0),
        ("UPDATE reviews SET status = 'published' WHERE product_id = $1 AND client_id = $2", 1),
        ("DELETE FROM reviews WHERE product_id = $1 AND client_id = $2", 0),
    ] {
        pair.have_cached(&paths).await;
        pair.app.execute(sql, &[&product, &client]).await;
        for server in pair.servers() {
            let reviews = |answer: &stockroom_tests::Answer| answer.body["reviews"].as_array().map(Vec::len);
            until_shown(&server.actor(), &item, |answer| reviews(answer) == Some(expected)).await;
        }
    }
}

#[tokio::test]
async fn thousands_of_rows_changed_at_once_are_all_seen() {
    let mut pair = Pair::start().await;
    let shop = pair.app.actor();
    let category = shop.category().await;
    let many = "INSERT INTO products (name, price, stock, category_id) \
                SELECT 'Bulk ' || n, 100, 0, $1 FROM generate_series(1, 5000) AS n";
    pair.app.execute(many, &[&category]).await;
    let first = pair.app.integer("SELECT min(id) FROM products WHERE name LIKE 'Bulk %'", &[]).await;
    let paths: Vec<_> = [0, 1, 2500, 4999].map(|nth| format!("/products/{}", first + nth)).into();
    pair.have_cached(&paths.iter().map(String::as_str).collect::<Vec<_>>()).await;

    pair.app.execute("UPDATE products SET name = 'Changed' WHERE name LIKE 'Bulk %'", &[]).await;

    for path in &paths {
        pair.show(path, "Changed").await;
    }
}

#[tokio::test]
async fn emptied_tables_are_seen() {
    let mut pair = Pair::start().await;
    let shop = pair.app.actor();
    let product = shop.product(json!({})).await;
    let item = format!("/products/{product}");
    shop.post("/reviews", &json!({"rating": 4.0, "product_id": product})).await.expect(201);

    pair.have_cached(&[&item, "/products", "/categories"]).await;
    pair.app.execute("TRUNCATE reviews", &[]).await;
    for server in pair.servers() {
        until_shown(&server.actor(), &item, |answer| answer.body["reviews"] == json!([])).await;
    }

    pair.have_cached(&[&item, "/products", "/categories"]).await;
    pair.app.execute("TRUNCATE products, categories CASCADE", &[]).await;
    for server in pair.servers() {
        until_shown(&server.actor(), &item, |answer| answer.status == 404).await;
        until_shown(&server.actor(), "/products", |answer| answer.body == json!([])).await;
        until_shown(&server.actor(), "/categories", |answer| answer.body == json!([])).await;
    }
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    let app = App::start().await;
    let product = app.actor().product(json!({})).await;
    let mut told = told(&app).await;

    app.hold(&format!("UPDATE products SET name = 'Cup' WHERE id = {product}")).await.release().await;

    assert_eq!(told_so_far(&app, &mut told).await, [""; 0]);
    app.execute("UPDATE products SET name = 'Cup' WHERE id = $1", &[&product]).await;
    assert_eq!(told_so_far(&app, &mut told).await, [format!("product:{product}:")]);
}

#[tokio::test]
async fn only_servers_without_redis_tell_the_database() {
    let redis = RedisServer::start();
    let app = App::start().await;
    let with_redis = app.beside(Some(&redis.url()));
    let product = app.actor().product(json!({})).await;
    let path = format!("/products/{product}");
    let mut told = told(&app).await;

    with_redis.actor().put(&path, &json!({"name": "Cup"})).await.expect(200);
    let order = with_redis.actor().order(json!({})).await;
    with_redis.actor().line(order, product, 1).await;
    let buyer = with_redis.actor().client(json!({})).await;
    with_redis.actor().check_out(buyer, &[(product, 1)]).await;
    with_redis.actor().category().await;
    assert_eq!(told_so_far(&app, &mut told).await, [""; 0]);

    app.actor().put(&path, &json!({"name": "Jug"})).await.expect(200);
    app.actor().check_out(buyer, &[(product, 1)]).await;
    let names = told_so_far(&app, &mut told).await;
    let (first, second) = (names[0].clone(), names[1].clone());
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(first, second);
    let name = first.strip_prefix(&format!("product:{product}:")).expect("it is this product");
    assert!(name.len() >= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
}

#[tokio::test]
async fn a_server_is_not_told_by_itself() {
    let app = App::start().await;
    let shop = app.actor();
    let mut probe = Probe::new(&app).await;
    let path = format!("/products/{}", shop.product(json!({})).await);
    for round in 0..20 {
        shop.put(&path, &json!({"name": format!("Cup {round}")})).await.expect(200);
        shop.get(&path).await.expect(200);
        probe.is_heard(&app).await;
        assert_eq!(shop.get(&path).await.header("x-cache-hit"), "true", "round {round}");
    }
}

#[tokio::test]
async fn a_listener_that_is_cut_off_loses_nothing() {
    let mut pair = Pair::start().await;
    let shop = pair.app.actor();
    let path = format!("/products/{}", shop.product(json!({})).await);
    for round in 0..5 {
        pair.have_cached(&[&path]).await;
        // Nobody listens while it is changed.
        // Materialized: the conditions of one query have no order, and other tests have listeners, too.
        let kill = format!(
            "WITH ours AS MATERIALIZED (SELECT pid FROM {LISTENERS}) \
             SELECT count(*) FROM ours WHERE pg_terminate_backend(pid, 10000)"
        );
        assert_eq!(pair.app.integer(&kill, &[]).await, 2);
        let name = format!("Cup {round}");
        pair.app.execute("UPDATE products SET name = $1", &[&name]).await;
        pair.show(&path, &name).await;
    }
}
