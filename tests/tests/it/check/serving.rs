//! The check beside traffic: it keeps nobody waiting, waits for no row, and sees one moment.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_postgres::Client;

use super::{check, faults, shop};

/// Who waits for the table that `holder` has locked; comes back when somebody does.
async fn who_waits(holder: &Client) -> i32 {
    let waits = "SELECT pid FROM pg_locks WHERE relation = 'idempotency_keys'::regclass AND NOT granted";
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(row) = holder.query_opt(waits, &[]).await.unwrap() {
            return row.get(0);
        }
        assert!(Instant::now() < deadline, "nobody waits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_locked_and_changed_elsewhere_are_not_waited_for() {
    let app = shop::build().await;
    let busy = app.client().await;
    busy.batch_execute(
        "BEGIN; SELECT FROM orders, products, document_series FOR UPDATE; UPDATE products SET stock = stock + 1;
         UPDATE document_series SET last_number = last_number + 1; DELETE FROM order_events",
    )
    .await
    .unwrap();

    let findings = check(app.database_url(), 10).await;

    assert_eq!(faults(&findings), []);
}

/// The check is held up at its end, by a lock that nothing in the shop takes, and looked at meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn orders_are_served_while_the_check_runs_and_it_sees_the_moment_when_it_began() {
    let app = shop::build().await;
    let (holder, url) = (app.client().await, app.database_url().to_owned());
    holder.batch_execute("BEGIN; LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let running = tokio::spawn(async move { check(&url, 10).await });
    let checker = who_waits(&holder).await;

    let locks = "SELECT count(*), count(*) FILTER (WHERE mode <> 'AccessShareLock') FROM pg_locks \
                 WHERE pid = $1 AND locktype <> 'virtualxid'";
    let locks = holder.query_one(locks, &[&checker]).await.unwrap();
    assert!(locks.get::<_, i64>(0) > 10, "it has read the tables before");
    assert_eq!(locks.get::<_, i64>(1), 0, "it only reads");
    let shop = app.actor();
    let order = shop.order(json!({})).await;
    shop.line(order, 1, 5).await;
    shop.put("/products/2", &json!({"stock": 7})).await.expect(200);
    shop.delete("/orders/5").await.expect(204);
    holder.batch_execute("UPDATE idempotency_keys SET answer = ''; COMMIT").await.unwrap();

    assert_eq!(faults(&running.await.unwrap()), [], "what was changed meanwhile is not seen");
    let later = check(app.database_url(), 10).await;
    assert!(faults(&later).iter().any(|(name, _)| *name == "idempotency-keys"), "{:?}", faults(&later));
}
