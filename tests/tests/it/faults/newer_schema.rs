//! This program on the schema of a later one: while servers are replaced one by one, both work on one database.

use std::time::Duration;

use serde_json::json;
use stockroom_repository::{Pool, PoolSettings, Probe, migrations};
use stockroom_tests::{App, empty_database};

/// What a later version might add.
const LATER: &str = "ALTER TABLE products ADD COLUMN weight_grams integer; \
                     ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'shop'; \
                     CREATE TABLE parcels (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders (id)); \
                     CREATE INDEX products_weight_grams_idx ON products (weight_grams); \
                     INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')";

#[tokio::test]
async fn an_older_program_works_on_a_newer_schema() {
    let app = App::start().await;
    let shop = app.actor();
    let (client, product) = (shop.client(json!({})).await, shop.product(json!({})).await);
    let before = shop.check_out(client, &[(product, 1)]).await;
    app.client().await.batch_execute(LATER).await.unwrap();

    // Statements that were prepared before, and those of a program that starts now.
    for server in [app.uncached(), app.beside(None)] {
        let shop = server.actor();
        assert_eq!(shop.get("/readyz").await.expect(200)["checks"]["migrations"], "current");
    }
    assert_eq!(shop.get("/readyz").await.expect(200)["checks"]["migrations"], "current");
    shop.put(&format!("/products/{product}"), &json!({"name": "Pot"})).await.expect(200);
    shop.get("/products").await.expect(200);
    shop.get(&format!("/orders/{}", before["id_key"])).await.expect(200);
    shop.check_out(client, &[(product, 2)]).await;
    shop.post(&format!("/orders/{}/cancel", before["id_key"]), &json!({})).await.expect(200);
    let other = shop.product(json!({})).await;
    shop.delete(&format!("/products/{other}")).await;
    assert_eq!(app.stock(product).await, 8);
    app.assert_ledger_adds_up().await;

    assert_eq!(migrations::pending(app.database_url()).await.unwrap(), Vec::<String>::new());
    assert_eq!(migrations::run(app.database_url()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_schema_without_the_newest_migration_is_not_current() {
    let url = empty_database().await;
    let probe = |url: &str| {
        let pool = Pool::new(PoolSettings::new(url)).unwrap();
        Probe::new(&pool, Duration::from_secs(20)).unwrap()
    };
    assert!(!probe(&url).look().await.unwrap().migrated);
    migrations::run(&url).await.unwrap();
    assert!(probe(&url).look().await.unwrap().migrated);
    let pool = Pool::new(PoolSettings::new(&url)).unwrap();
    let newest = "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM \
                  __diesel_schema_migrations)";
    diesel_async::RunQueryDsl::execute(diesel::sql_query(newest), &mut pool.get().await.unwrap())
        .await
        .unwrap();
    assert!(!probe(&url).look().await.unwrap().migrated);
}
