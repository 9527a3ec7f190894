//! Locks that a test holds, so that others wait where it wants them to, and the wait until they do.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::Client;

use crate::App;

/// Longer than anything takes on a busy machine: when it is over, what a test waits for does not happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A transaction that holds locks until it is released or dropped.
pub struct Held(Client);

impl App {
    /// Runs these statements in a transaction that stays open, with all its locks.
    pub async fn hold(&self, sql: &str) -> Held {
        let client = self.client().await;
        client.batch_execute(&format!("BEGIN; {sql}")).await.expect(sql);
        Held(client)
    }

    /// Returns when this many connections wait for locks.
    pub async fn until_blocked(&self, count: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.until(waiting, count).await;
    }

    /// Returns when a query counts this many.
    pub async fn until(&self, sql: &str, count: i64) {
        let client = self.client().await;
        let counted =
            async { while client.query_one(sql, &[]).await.expect(sql).get::<_, i64>(0) != count {} };
        timeout(PATIENCE, counted).await.unwrap_or_else(|_| panic!("never {count}: {sql}"));
    }
}

impl Held {
    /// Gives the locks back, undoing what was done under them.
    pub async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.expect("the transaction ends");
    }

    /// Runs more statements in the transaction.
    pub async fn execute(&self, sql: &str) {
        self.0.batch_execute(sql).await.expect(sql);
    }
}
