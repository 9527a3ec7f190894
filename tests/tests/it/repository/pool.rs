//! The pool: bounded waits, and timeouts set before a connection's first use.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use stockroom_repository::{Error, Pool, PoolSettings, PoolStatus, transaction};
use stockroom_tests::database;

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// A URL at which no database is.
pub(super) fn nobody_listens() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("postgres://shop@{}/shop", listener.local_addr().unwrap())
}

#[tokio::test]
async fn every_connection_has_its_name_and_timeouts() {
    let settings = PoolSettings {
        statement: Duration::from_millis(7_001),
        lock: Duration::from_millis(3_002),
        idle_in_transaction: Duration::from_millis(9_003),
        application_name: "stockroom nightly".to_owned(),
        ..PoolSettings::new(database().await)
    };
    let pool = Pool::new(settings).unwrap();
    let mut connection = pool.get().await.unwrap();

    for (name, expected) in [
        ("statement_timeout", "7001ms"),
        ("lock_timeout", "3002ms"),
        ("idle_in_transaction_session_timeout", "9003ms"),
        ("application_name", "stockroom nightly"),
        ("TimeZone", "UTC"),
    ] {
        let sql = format!("SELECT current_setting('{name}') AS value");
        let setting: Setting = sql_query(sql).get_result(&mut connection).await.unwrap();
        assert_eq!(setting.value, expected, "{name}");
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_told_and_the_connection_usable() {
    let statement = Duration::from_millis(100);
    let pool = Pool::new(PoolSettings { statement, size: 1, ..PoolSettings::new(database().await) }).unwrap();

    let late = transaction(&pool, async |conn| {
        sql_query("SELECT pg_sleep(30)").execute(conn).await?;
        Ok(())
    });

    let late = late.await.unwrap_err();
    assert!(matches!(late, Error::TimedOut(_)), "{late}");
    let mut connection = pool.get().await.unwrap();
    sql_query("SELECT 1").execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn the_wait_for_a_connection_is_bounded() {
    let wait = Duration::from_millis(200);
    let pool = Pool::new(PoolSettings { size: 1, wait, ..PoolSettings::new(database().await) }).unwrap();
    let held = pool.get().await.unwrap();

    let started = Instant::now();
    let refused = pool.get().await.map(drop).unwrap_err();

    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    assert!(started.elapsed() >= wait);
    assert!(started.elapsed() < wait * 10, "{:?}", started.elapsed());
    assert_eq!(pool.status(), PoolStatus { capacity: 1, size: 1, available: 0, waiting: 0 });
    drop(held);
    drop(pool.get().await.unwrap());
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_unavailable() {
    let pool = Pool::new(PoolSettings::new(nobody_listens())).unwrap();

    let refused = pool.get().await.map(drop).unwrap_err();

    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
}

#[tokio::test]
async fn a_database_that_never_answers_is_unavailable() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://shop@{}/shop", silent.local_addr().unwrap());
    let pool =
        Pool::new(PoolSettings { connect: Duration::from_millis(200), ..PoolSettings::new(url) }).unwrap();

    let refused = pool.get().await.map(drop).unwrap_err();

    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
}

#[tokio::test]
async fn a_connection_that_postgresql_has_ended_is_replaced() {
    let url = database().await;
    let pool = Pool::new(PoolSettings { size: 1, ..PoolSettings::new(url) }).unwrap();
    let ended = transaction(&pool, async |conn| {
        sql_query("SELECT pg_terminate_backend(pg_backend_pid())").execute(conn).await?;
        Ok(())
    });

    let ended = ended.await.unwrap_err();

    assert!(matches!(ended, Error::Lost(_)), "{ended}");
    let mut connection = pool.get().await.unwrap();
    sql_query("SELECT 1").execute(&mut connection).await.unwrap();
}

#[test]
fn settings_that_cannot_be_read_are_refused_at_once() {
    let refused = Pool::new(PoolSettings::new("postgres://[")).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
}

#[tokio::test]
async fn a_connection_knows_whether_somebody_left_in_the_middle_of_a_statement() {
    let pool = Pool::new(PoolSettings { size: 1, ..PoolSettings::new(database().await) }).unwrap();
    let mut connection = pool.get().await.unwrap();
    assert!(!connection.is_in_the_middle_of_a_statement());
    sql_query("SELECT 1").execute(&mut connection).await.unwrap();
    sql_query("SELECT nonsense").execute(&mut connection).await.unwrap_err();
    assert!(!connection.is_in_the_middle_of_a_statement());

    let gone = tokio::time::timeout(Duration::from_millis(50), async {
        sql_query("SELECT pg_sleep(30)").execute(&mut connection).await
    });

    assert!(gone.await.is_err());
    assert!(connection.is_in_the_middle_of_a_statement());
    connection.discard();
    assert_eq!(pool.opened(), 1);
    let mut another = pool.get().await.unwrap();
    assert!(!another.is_in_the_middle_of_a_statement());
    sql_query("SELECT 1").execute(&mut another).await.unwrap();
    assert_eq!(pool.opened(), 2);
}
