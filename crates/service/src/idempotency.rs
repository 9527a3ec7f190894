//! Requests that may be sent again: what was answered once is answered again, and done once.

use stockroom_repository::{
    self as repository, Connection,
    idempotency::{self, Answer, Claim, RequestKey},
};

use crate::{Result, Shop};

/// A request that creates something, and how to tell its caller.
pub struct Once<V> {
    /// What makes it the same request when it is sent again, where the caller cares.
    pub key: Option<RequestKey>,
    /// What the caller is told. It is kept for the key.
    pub answer: fn(V) -> Answer,
}

/// What the caller is told, and whether it was told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What the caller is told.
    pub answer: Answer,
    /// Whether it is the kept answer to an earlier request with the same key.
    pub replayed: bool,
}

impl Shop {
    /// Does `work` in a transaction, once for each key, and keeps the answer in the same transaction.
    ///
    /// # Errors
    /// Whatever `work` returns; [`crate::Error::KeyReused`], [`crate::Error::KeyInUse`].
    pub(crate) async fn once<V>(
        &self,
        once: Once<V>,
        work: impl AsyncFn(&mut Connection) -> repository::Result<V>,
    ) -> Result<Answered> {
        let Once { key, answer } = once;
        let answered = self.write(async |conn| {
            let Some(key) = &key else {
                return Ok(Answered { answer: answer(work(conn).await?), replayed: false });
            };
            if let Claim::Answered(answer) = idempotency::claim_in_tx(conn, key).await? {
                return Ok(Answered { answer, replayed: true });
            }
            let answer = answer(work(conn).await?);
            idempotency::store_in_tx(conn, key, &answer).await?;
            Ok(Answered { answer, replayed: false })
        });
        Ok(answered.await?)
    }
}
