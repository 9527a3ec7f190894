//! The one place where a transaction is opened and, when it lost against another one, run again.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use diesel_async::{AnsiTransactionManager, TransactionManager, pooled_connection::deadpool::Object};

use crate::{Connection, Error, Pool, Result};

/// How often a transaction is run at most.
const MOST_ATTEMPTS: u32 = 5;

/// Runs `work` in a transaction on a connection of the pool: commits when it returns `Ok`, rolls back when not.
///
/// A serialization failure or a deadlock (SQLSTATE 40001, 40P01) runs the whole of `work` again, five times at most, so
/// `work` must have no effect outside the transaction. Dropping the future closes the connection, which rolls back.
///
/// # Errors
/// Whatever `work` returns; [`Error::Unavailable`] when there is no connection or every attempt lost.
pub async fn transaction<T>(pool: &Pool, work: impl AsyncFn(&mut Connection) -> Result<T>) -> Result<T> {
    Ok(transaction_then(pool, work).await?.0)
}

/// The same, and hands the connection over for what is read after the commit, so that a caller whose change is made
/// does not have to wait for another one.
///
/// # Errors
/// As for [`transaction`].
pub async fn transaction_then<T>(
    pool: &Pool,
    work: impl AsyncFn(&mut Connection) -> Result<T>,
) -> Result<(T, Object<Connection>)> {
    let mut held = Held(Some(pool.get().await?));
    for lost in 0..MOST_ATTEMPTS {
        if lost > 0 {
            tokio::time::sleep(pause(lost)).await;
        }
        let Some(connection) = &mut held.0 else { break };
        match attempt(connection, &work).await {
            Err(error) if error.is_retryable() => {
                tracing::debug!("a transaction lost against another one and is run again");
            }
            Err(error) => return Err(error),
            Ok(value) => match held.0.take() {
                Some(connection) => return Ok((value, connection)),
                None => break,
            },
        }
    }
    Err(Error::Unavailable("a transaction lost against others too often".to_owned()))
}

/// A random time, longer after each loss, so that the winner is through before the loser asks for its locks again.
fn pause(lost: u32) -> Duration {
    let random = RandomState::new().hash_one(lost);
    Duration::from_millis(1 + random % (10 << lost))
}

async fn attempt<T>(
    connection: &mut Connection,
    work: &impl AsyncFn(&mut Connection) -> Result<T>,
) -> Result<T> {
    AnsiTransactionManager::begin_transaction(connection).await?;
    match work(connection).await {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(connection).await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = AnsiTransactionManager::rollback_transaction(connection).await {
                // The connection is closed, which rolls back.
                tracing::warn!(error = %rollback, "rollback failed");
            }
            Err(error)
        }
    }
}

/// A connection of the pool that is closed, not given back, when it is dropped inside a transaction. In the pool it
/// would keep the transaction's locks until somebody happened to be given it.
struct Held(Option<Object<Connection>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(mut connection) = self.0.take()
            && AnsiTransactionManager::is_broken_transaction_manager(&mut *connection)
        {
            drop(Object::take(connection));
        }
    }
}
