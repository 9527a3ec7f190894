//! What is done in the background: kept answers to requests are forgotten after a while, and so are sessions, used refresh
//! tokens and password resets that are good for nothing any more.

use std::time::Duration;

use stockroom_repository::{self as repository, idempotency, password_resets, refresh_tokens, sessions};

use crate::{Result, Shop, unit_of_work::Tx};

/// How long the answers to requests with an `Idempotency-Key` are kept.
const KEPT: Duration = Duration::from_hours(24);
/// How long sessions and password resets are kept after their end.
const ENDED: Duration = Duration::from_hours(24);
/// Rows forgotten in one statement, at most: few, so that nobody waits for it.
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
            match self.forget_ended_sessions(ENDED).await {
                Ok(0) => {}
                Ok(count) => tracing::debug!(count, "forgot ended sessions, and used and expired tokens"),
                Err(error) => tracing::warn!(%error, "could not forget ended sessions"),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Forgets the answers that are older than this, in small batches, and returns how many there were.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn forget_old_answers(&self, age: Duration) -> Result<usize> {
        self.in_batches(async |tx| idempotency::delete_expired(tx, age.as_secs_f64(), BATCH).await).await
    }

    /// Forgets sessions and password resets that ended longer ago than this, and refresh tokens that were used and would
    /// have expired that long ago, in small batches. Returns how many there were.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn forget_ended_sessions(&self, age: Duration) -> Result<usize> {
        let sessions = self.in_batches(async |tx| sessions::delete_ended(tx, age, BATCH).await).await?;
        // A second use of a token is noticed for as long as the token could have been used once.
        let useless = self.parts.auth.refresh_token() + age;
        let used = self.in_batches(async |tx| refresh_tokens::delete_used(tx, useless, BATCH).await).await?;
        let resets =
            self.in_batches(async |tx| password_resets::delete_expired(tx, age, BATCH).await).await?;
        Ok(sessions + used + resets)
    }

    /// Repeats what deletes up to a batch of rows until there are none left.
    async fn in_batches(
        &self,
        delete: impl AsyncFn(&mut Tx<'_>) -> repository::Result<usize>,
    ) -> Result<usize> {
        let mut forgotten = 0;
        loop {
            let batch = self.own_unit_of_work(&self.parts.pool).run(&delete).await?;
            forgotten += batch;
            if i64::try_from(batch).is_ok_and(|batch| batch < BATCH) {
                return Ok(forgotten);
            }
        }
    }
}
