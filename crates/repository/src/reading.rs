//! What is only read, outside a transaction, and read again when its connection was lost in the middle.

use std::time::Instant;

use crate::{Connection, Error, Pool, Result};

/// Runs `work` on a connection of the pool. A connection that is lost runs the whole of it again, once and on another one, unless
/// it was waited for as long as for a PostgreSQL that says nothing. So `work` must change nothing.
///
/// # Errors
/// Whatever `work` returns; [`Error::Unavailable`] when there is no connection.
pub async fn read<T>(pool: &Pool, work: impl AsyncFn(&mut Connection) -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let first = async { work(&mut *pool.get().await?).await };
    match first.await {
        Err(Error::Lost(reason)) if !pool.outlasted(began) => {
            tracing::debug!(reason, "a connection was lost during a read, which is done again");
            pool.distrust_connections();
            work(&mut *pool.get().await?).await
        }
        read => read,
    }
}
