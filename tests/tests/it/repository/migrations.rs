//! The schema's versions on an empty database.

use stockroom_repository::{Error, migrations};
use stockroom_tests::empty_database;
use tokio_postgres::NoTls;

/// The tables, sequences, functions and types that are neither the extension's nor the migrator's own.
async fn objects(url: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT name FROM ( \
                   SELECT oid, 'pg_class'::regclass AS class, relname::text AS name FROM pg_class \
                   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v', 'm') \
                   UNION ALL \
                   SELECT oid, 'pg_proc'::regclass, proname::text FROM pg_proc \
                   WHERE pronamespace = 'public'::regnamespace \
               ) AS object \
               WHERE name <> '__diesel_schema_migrations' AND NOT EXISTS ( \
                   SELECT FROM pg_depend d WHERE d.classid = class AND d.objid = object.oid AND d.deptype = 'e') \
               ORDER BY name";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again() {
    let url = empty_database().await;

    let pending = migrations::pending(&url).await.unwrap();
    assert_eq!(pending.len(), migrations::count());
    let run = migrations::run(&url).await.unwrap();
    assert_eq!(run.len(), migrations::count());
    let schema = objects(&url).await;
    assert!(schema.contains(&"stock_movements".to_owned()), "{schema:?}");
    assert!(schema.contains(&"stock_movements_refuse_change".to_owned()), "{schema:?}");

    // A second run finds nothing to do.
    assert_eq!(migrations::run(&url).await.unwrap(), Vec::<String>::new());
    assert_eq!(migrations::pending(&url).await.unwrap(), Vec::<String>::new());

    migrations::revert_all(&url).await.unwrap();
    assert_eq!(objects(&url).await, Vec::<String>::new());
    assert_eq!(migrations::pending(&url).await.unwrap(), pending);

    assert_eq!(migrations::run(&url).await.unwrap(), run);
    assert_eq!(objects(&url).await, schema);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_migrate_once() {
    let url = empty_database().await;

    let (one, two, three) = tokio::join!(migrations::run(&url), migrations::run(&url), migrations::run(&url));

    assert_eq!(one.unwrap().len() + two.unwrap().len() + three.unwrap().len(), migrations::count());
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_unavailable() {
    let url = super::pool::nobody_listens();

    let refused = migrations::run(&url).await.unwrap_err();

    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
}
