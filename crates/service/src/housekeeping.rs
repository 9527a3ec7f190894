//! What is done in the background: kept answers to requests are forgotten after a while.

use std::time::Duration;

use stockroom_repository::idempotency;

use crate::{Result, Shop};

/// How long the answers to requests with an `Idempotency-Key` are kept.
const KEPT: Duration = Duration::from_hours(24);
/// Answers forgotten in one statement, at most: few, so that nobody waits for it.
const BATCH: i64 = 1000;
/// The pause between two rounds.
const INTERVAL: Duration = Duration::from_mins(1);

impl Shop {
    /// Keeps house for as long as it is polled.
    pub async fn keep_house(&self) {
        loop {
            match self.forget_old_answers(KEPT).await {
                Ok(0) => {}
                Ok(count) => tracing::debug!(count, "forgot old answers to requests"),
                Err(error) => tracing::warn!(%error, "could not forget old answers to requests"),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Forgets the answers that are older than this, in small batches, and returns how many there were.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn forget_old_answers(&self, age: Duration) -> Result<usize> {
        let mut forgotten = 0;
        loop {
            let mut conn = self.parts.pool.get().await?;
            let batch = idempotency::delete_expired(&mut conn, age.as_secs_f64(), BATCH).await?;
            forgotten += batch;
            if i64::try_from(batch).is_ok_and(|batch| batch < BATCH) {
                return Ok(forgotten);
            }
        }
    }
}
