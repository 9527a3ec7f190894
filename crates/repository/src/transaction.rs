//! The one place where a transaction is opened and, when it lost against another one, run again.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use diesel::sql_query;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};
use tracing::Instrument;

use crate::{Connection, Error, Pool, PooledConnection, Result};

/// How often a transaction is run at most.
const MOST_ATTEMPTS: u32 = 5;

/// Runs `work` in a transaction on a connection of the pool: commits when it returns `Ok`, rolls back when not.
///
/// A serialization failure or a deadlock (SQLSTATE 40001, 40P01) runs the whole of `work` again, five times at most, and so
/// does, once and on another connection, a connection that is lost before the commit or leads to a server that takes no
/// changes. So `work` must have no effect outside the transaction. Dropping the future closes the connection, which rolls back.
///
/// # Errors
/// Whatever `work` returns; [`Error::Unavailable`] when there is no connection or every attempt lost;
/// [`Error::CommitLost`] when nobody knows whether it was committed.
pub async fn transaction<T>(pool: &Pool, work: impl AsyncFn(&mut Connection) -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let done = run(pool, &work).await;
    match &done {
        Err(Error::Lost(reason)) if pool.outlasted(began) => Err(Error::Unavailable(reason.clone())),
        Err(Error::Lost(reason)) => {
            tracing::debug!(
                reason,
                "a connection was lost before a commit; the transaction is run on another one"
            );
            pool.distrust_connections();
            run(pool, &work).await
        }
        Err(Error::ReadOnly(_)) if pool.replaces_connections_since(began) => run(pool, &work).await,
        _ => done,
    }
}

async fn run<T>(pool: &Pool, work: &impl AsyncFn(&mut Connection) -> Result<T>) -> Result<T> {
    let mut connection = pool.get().await?;
    for lost in 0..MOST_ATTEMPTS {
        if lost > 0 {
            tokio::time::sleep(pause(lost)).await;
        }
        let mut transaction = Transaction::begin(connection).await?;
        match work(transaction.connection()).await {
            Ok(value) => {
                transaction.commit().await?;
                return Ok(value);
            }
            Err(error) if error.is_retryable() => {
                tracing::debug!("a transaction lost against another one and is run again");
                connection = transaction.roll_back().await?;
            }
            Err(error) => {
                // When that fails the connection is closed, which rolls back too.
                let _ = transaction.roll_back().await;
                return Err(error);
            }
        }
    }
    Err(Error::Unavailable("a transaction lost against others too often".to_owned()))
}

/// Gives the open transaction one snapshot (`REPEATABLE READ`), taken at its next statement. It must be the first statement
/// of the transaction.
///
/// # Errors
/// Only when the database fails.
pub async fn begin_snapshot_in_tx(conn: &mut Connection) -> Result<()> {
    sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(conn).await?;
    Ok(())
}

/// A random time, longer after each loss, so that the winner is through before the loser asks for its locks again.
fn pause(lost: u32) -> Duration {
    let random = RandomState::new().hash_one(lost);
    Duration::from_millis(1 + random % (10 << lost))
}

/// An open transaction, for work that is not run again by itself; [`transaction`] is what most want.
///
/// Dropped without [`Transaction::commit`], it is rolled back: its connection is closed, not given back to the pool,
/// where it would keep the transaction's locks until somebody happened to be given it.
pub struct Transaction(Option<PooledConnection>);

impl Transaction {
    /// Opens a transaction on a connection of a pool.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn begin(connection: PooledConnection) -> Result<Self> {
        let mut transaction = Self(Some(connection));
        AnsiTransactionManager::begin_transaction(transaction.connection()).await?;
        Ok(transaction)
    }

    /// The connection that it is open on.
    ///
    /// # Panics
    /// Never: the connection is taken out only by what consumes the transaction.
    #[expect(clippy::expect_used, reason = "only what consumes the transaction takes the connection out")]
    pub fn connection(&mut self) -> &mut Connection {
        self.0.as_mut().expect("a transaction has its connection until it ends")
    }

    /// Makes its changes permanent.
    ///
    /// # Errors
    /// [`Error::CommitLost`] when nobody knows whether that happened.
    pub async fn commit(mut self) -> Result<PooledConnection> {
        // A commit is not refused: no constraint waits for it, and the isolation level knows no conflicts.
        let span = tracing::trace_span!(target: "stockroom::trace", "commit");
        let committed = AnsiTransactionManager::commit_transaction(self.connection()).instrument(span).await;
        committed.map_err(|error| Error::CommitLost(error.to_string()))?;
        self.into_connection()
    }

    /// Undoes its changes.
    ///
    /// # Errors
    /// When the connection is lost; it is closed then, which undoes them too.
    pub async fn roll_back(mut self) -> Result<PooledConnection> {
        if let Err(error) = AnsiTransactionManager::rollback_transaction(self.connection()).await {
            tracing::warn!(%error, "rollback failed");
            return Err(error.into());
        }
        self.into_connection()
    }

    fn into_connection(mut self) -> Result<PooledConnection> {
        self.0.take().ok_or_else(|| Error::Unavailable("a transaction has no connection".to_owned()))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(mut connection) = self.0.take()
            && AnsiTransactionManager::is_broken_transaction_manager(&mut *connection)
        {
            connection.discard();
        }
    }
}
