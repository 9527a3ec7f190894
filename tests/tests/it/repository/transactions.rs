//! The transaction wrapper: what lost is run again, what failed leaves nothing, what was dropped holds nothing.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use serde_json::json;
use stockroom_domain::{NewCategory, ProductId, Text};
use stockroom_repository::{Error, Pool, PoolSettings, categories, products, transaction};
use stockroom_tests::{App, database};
use tokio::sync::{Barrier, Notify};

use crate::races::deadlocks;

async fn insert_category(conn: &mut stockroom_repository::Connection) -> Result<(), Error> {
    let name = Text::parse("Kitchen").unwrap();
    categories::insert(conn, NewCategory { name: &name, description: None }).await.map(drop)
}

const CATEGORIES: &str = "SELECT count(*) FROM categories WHERE name = 'Kitchen'";

#[tokio::test(flavor = "multi_thread")]
async fn two_transactions_that_deadlock_both_finish() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, pot) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let pool = app.pool();
    let (attempts, both_hold_one, winner_is_done) = (AtomicU32::new(0), Barrier::new(2), Notify::new());

    // On purpose against the lock order.
    let take = async |first: i64, then: i64| {
        let done = transaction(&pool, async |conn| {
            let again = attempts.fetch_add(1, Ordering::SeqCst) >= 2;
            if again {
                // Run at once, the loser might take its first lock before the winner wakes up, and deadlock again.
                winner_is_done.notified().await;
            }
            products::adjust_stock_in_tx(conn, ProductId(first), -1).await?;
            if !again {
                both_hold_one.wait().await;
            }
            products::adjust_stock_in_tx(conn, ProductId(then), -1).await.map(drop)
        });
        let done = done.await;
        winner_is_done.notify_one();
        done
    };
    let (one, two) = tokio::join!(take(mug, pot), take(pot, mug));

    one.unwrap();
    two.unwrap();
    assert_eq!(attempts.into_inner(), 3);
    assert_eq!((shop.stock(mug).await, shop.stock(pot).await), (8, 8));
    app.assert_ledger_adds_up().await;
    assert_eq!(deadlocks(&app).await, 1);
}

#[tokio::test]
async fn a_serialization_failure_is_run_again() {
    let app = App::start().await;
    let shop = app.actor();
    let product = ProductId(shop.product(json!({})).await);
    let pool = app.pool();
    let attempts = AtomicU32::new(0);

    let done = transaction(&pool, async |conn| {
        sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(conn).await?;
        products::get(conn, product).await?;
        if attempts.fetch_add(1, Ordering::SeqCst) == 0 {
            shop.put(&format!("/products/{product}"), &json!({"stock": 20})).await.expect(200);
        }
        products::adjust_stock_in_tx(conn, product, -1).await
    });

    assert_eq!(done.await.unwrap().stock, 19);
    assert_eq!(attempts.into_inner(), 2);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_transaction_that_always_loses_gives_up() {
    let pool = Pool::new(PoolSettings { size: 1, ..PoolSettings::new(database().await) }).unwrap();
    let attempts = AtomicU32::new(0);

    let lost = transaction(&pool, async |conn| {
        attempts.fetch_add(1, Ordering::SeqCst);
        insert_category(conn).await?;
        Err::<(), _>(Error::Conflict(None))
    });

    let lost = lost.await.unwrap_err();
    assert!(matches!(lost, Error::Unavailable(_)), "{lost}");
    // Each attempt could insert the same name: the one before was rolled back.
    assert_eq!(attempts.into_inner(), 5);
}

#[tokio::test]
async fn a_transaction_that_fails_is_rolled_back_and_not_run_again() {
    let app = App::start().await;
    let pool = app.pool();
    let attempts = AtomicU32::new(0);

    let failed = transaction(&pool, async |conn| {
        attempts.fetch_add(1, Ordering::SeqCst);
        insert_category(conn).await?;
        products::get(conn, ProductId(999)).await
    });

    assert_eq!(failed.await.unwrap_err().to_string(), "Product with id 999 not found");
    assert_eq!(attempts.into_inner(), 1);
    assert_eq!(app.integer(CATEGORIES, &[]).await, 0);
    transaction(&pool, insert_category).await.unwrap();
    assert_eq!(app.integer(CATEGORIES, &[]).await, 1);
}

/// A request whose client hangs up is dropped wherever it stands. Its locks must go at once: the timeouts of the pool
/// here are far longer than what the waiting connection allows.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_leaves_its_locks_at_once_and_the_pool_usable() {
    let app = App::start().await;
    let product = ProductId(app.actor().product(json!({})).await);
    let idle_in_transaction = Duration::from_mins(10);
    let pool =
        Pool::new(PoolSettings { size: 2, idle_in_transaction, ..PoolSettings::new(app.database_url()) })
            .unwrap();
    drop((pool.get().await.unwrap(), pool.get().await.unwrap()));
    let locked = Notify::new();

    let hung_up = transaction(&pool, async |conn| {
        insert_category(conn).await?;
        products::lock_one_in_tx(conn, product).await?;
        locked.notify_one();
        std::future::pending::<Result<(), Error>>().await
    });
    tokio::select! {
        never = hung_up => panic!("the transaction has ended: {never:?}"),
        () = locked.notified() => (),
    }

    let waiting = app.client().await;
    waiting.batch_execute("SET lock_timeout = '3s'").await.unwrap();
    waiting.batch_execute("SELECT FROM products FOR UPDATE").await.unwrap();
    assert_eq!(app.integer(CATEGORIES, &[]).await, 0);
    transaction(&pool, insert_category).await.unwrap();
    transaction(&pool, async |conn| products::lock_one_in_tx(conn, product).await.map(drop)).await.unwrap();
    assert_eq!(app.integer(CATEGORIES, &[]).await, 1);
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%'";
    assert_eq!(app.integer(open, &[]).await, 0);
}
