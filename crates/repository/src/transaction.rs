//! The one place where a transaction is opened and, when it lost against another one, run again.

use diesel_async::{AnsiTransactionManager, TransactionManager};

use crate::{Connection, Error, Pool};

/// How often a transaction is run at most.
const MOST_ATTEMPTS: u32 = 5;

/// Runs `work` in a transaction on a connection of the pool: commits when it returns `Ok`, rolls back when not.
///
/// A serialization failure or a deadlock (SQLSTATE 40001, 40P01) runs the whole of `work` again, five times at most, so
/// `work` must have no effect outside the transaction. Dropping the future closes the connection, which rolls back.
///
/// # Errors
/// Whatever `work` returns; [`Error::Unavailable`] when there is no connection or every attempt lost.
pub async fn transaction<T, E, F>(pool: &Pool, work: F) -> Result<T, E>
where
    F: AsyncFn(&mut Connection) -> Result<T, E>,
    E: From<Error> + AsRepositoryError,
{
    let mut connection = pool.get().await?;
    for _ in 0..MOST_ATTEMPTS {
        match attempt(&mut connection, &work).await {
            Err(error) if error.as_repository_error().is_some_and(Error::is_retryable) => {
                tracing::debug!("a transaction lost against another one and is run again");
            }
            done => return done,
        }
    }
    Err(Error::Unavailable("a transaction lost against others too often".to_owned()).into())
}

async fn attempt<T, E, F>(connection: &mut Connection, work: &F) -> Result<T, E>
where
    F: AsyncFn(&mut Connection) -> Result<T, E>,
    E: From<Error>,
{
    AnsiTransactionManager::begin_transaction(connection).await.map_err(Error::from)?;
    match work(connection).await {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(connection).await.map_err(Error::from)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = AnsiTransactionManager::rollback_transaction(connection).await {
                // The pool discards a connection that is still in a transaction, which rolls back.
                tracing::warn!(error = %rollback, "rollback failed");
            }
            Err(error)
        }
    }
}

/// An error that may be a repository error, for callers with an error type of their own.
pub trait AsRepositoryError {
    /// The repository error inside, if that is what it is.
    fn as_repository_error(&self) -> Option<&Error>;
}

impl AsRepositoryError for Error {
    fn as_repository_error(&self) -> Option<&Error> {
        Some(self)
    }
}
