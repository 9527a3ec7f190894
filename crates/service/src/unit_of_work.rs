//! The unit of work: the one way in which a use case writes.
//!
//! authorize -> begin, with the actor named -> claim the idempotency key -> work -> record what the answer discloses ->
//! store the answer -> commit -> invalidate -> count -> answer.
//!
//! The work is an `async` closure over a [`Tx`]. It runs again after a serialization failure, a deadlock or a connection lost
//! before the commit, so it must have no effect outside its transaction: what must happen afterwards is collected in the
//! [`Tx`]. A caller that disconnects drops the future; what was collected is invalidated then too.

mod pending_invalidation;

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use stockroom_repository::{
    self as repository, Connection, Pool, Transaction,
    audit::{self, Actor},
    begin_snapshot_in_tx,
    idempotency::{self, Claim, RequestKey, StoredAnswer},
    transaction,
};

pub(crate) use pending_invalidation::{Caches, PendingInvalidation};

use crate::{Disclose, Idempotent, Need, Result, Shop, ShownRow, StoredResponse, Visible};

/// A write that is authorized and not begun.
pub(crate) struct UnitOfWork<'a> {
    pool: &'a Pool,
    shop: Option<&'a Shop>,
    actor: Option<Actor>,
    snapshot: bool,
    pending: PendingInvalidation,
}

/// The open transaction of a unit of work, and what is collected for after its commit. It is the connection to whatever
/// takes one.
pub(crate) struct Tx<'t> {
    conn: &'t mut Connection,
    pending: &'t PendingInvalidation,
    counters: Vec<fn()>,
}

impl Tx<'_> {
    /// Collects what the change makes stale.
    pub(crate) fn invalidate(&self) -> &PendingInvalidation {
        self.pending
    }

    /// Counts something once this attempt is committed.
    pub(crate) fn count(&mut self, counter: fn()) {
        self.counters.push(counter);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.conn
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

/// A unit of work that is begun. Dropped, it is rolled back.
pub(crate) struct OpenUnitOfWork {
    transaction: Transaction,
    pending: PendingInvalidation,
}

impl OpenUnitOfWork {
    /// The connection of its transaction.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.transaction.connection()
    }

    /// Commits it and invalidates what it has made stale.
    ///
    /// # Errors
    /// [`repository::Error::CommitLost`] when the outcome of the commit is unknown.
    pub(crate) async fn commit(self) -> repository::Result<()> {
        let committed = self.transaction.commit().await;
        self.pending.finish(committed).await.map(drop)
    }
}

impl Shop {
    /// A unit of work of this shop's caller.
    ///
    /// # Errors
    /// As [`Shop::authorize`].
    pub(crate) fn unit_of_work(&self, need: Need) -> Result<UnitOfWork<'_>> {
        self.authorize(need)?;
        Ok(UnitOfWork {
            pool: self.pool(),
            shop: Some(self),
            actor: self.actor(),
            snapshot: false,
            pending: self.parts.caches.pending(),
        })
    }

    /// A unit of work of the service itself, on a pool of its choice: maintenance and bookkeeping that no caller requests.
    pub(crate) fn own_unit_of_work<'a>(&'a self, pool: &'a Pool) -> UnitOfWork<'a> {
        UnitOfWork { pending: self.parts.caches.pending(), ..UnitOfWork::of_program(pool) }
    }
}

impl<'a> UnitOfWork<'a> {
    /// A unit of work of a program without a running shop: the command line. Its connections name their actor.
    pub(crate) fn of_program(pool: &'a Pool) -> Self {
        Self { pool, shop: None, actor: None, snapshot: false, pending: Caches::default().pending() }
    }

    /// The same on one snapshot: every statement sees the database as of the first one.
    pub(crate) fn on_snapshot(self) -> Self {
        Self { snapshot: true, ..self }
    }

    /// Collects what the change makes stale before it is begun.
    pub(crate) fn invalidating(self, collect: impl FnOnce(&PendingInvalidation)) -> Self {
        collect(&self.pending);
        self
    }

    /// Does the work, commits it and invalidates what it has made stale.
    ///
    /// # Errors
    /// Those of `work`; [`repository::Error::Unavailable`] when there is no connection or every attempt lost against others;
    /// [`repository::Error::CommitLost`] when the outcome of the commit is unknown.
    pub(crate) async fn run<T>(
        self,
        work: impl AsyncFn(&mut Tx<'_>) -> repository::Result<T>,
    ) -> repository::Result<T> {
        let Self { pool, actor, snapshot, pending, .. } = self;
        let outcome = transaction(pool, async |conn| {
            if snapshot {
                begin_snapshot_in_tx(conn).await?;
            }
            if let Some(actor) = &actor {
                audit::act_in_tx(conn, actor).await?;
            }
            let mut tx = Tx { conn, pending: &pending, counters: Vec::new() };
            let value = work(&mut tx).await?;
            Ok((value, tx.counters))
        });
        let outcome = outcome.await;
        let (value, counters) = pending.finish(outcome).await?;
        for count in counters {
            count();
        }
        Ok(value)
    }

    /// Begins work that is done once and not run again by itself. Its future is `Send`, which those of `async` closures that
    /// borrow are not: for tasks that are spawned.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn begin(self) -> repository::Result<OpenUnitOfWork> {
        let mut transaction = Transaction::begin(self.pool.get().await?).await?;
        if let Some(actor) = &self.actor {
            audit::act_in_tx(transaction.connection(), actor).await?;
        }
        Ok(OpenUnitOfWork { transaction, pending: self.pending })
    }

    /// The same for work whose result is shown to the caller: what it discloses is recorded in the same transaction.
    ///
    /// # Errors
    /// As [`UnitOfWork::run`].
    pub(crate) async fn show<V: Disclose>(
        self,
        work: impl AsyncFn(&mut Tx<'_>) -> repository::Result<V>,
    ) -> repository::Result<Visible<V>> {
        let shop = self.shop;
        self.run(async |tx| {
            let result = work(tx).await?;
            reveal(shop, tx, result).await.map(|(visible, _)| visible)
        })
        .await
    }

    /// The same for work that a caller may request again with the same idempotency key: it is done once, and its answer is
    /// stored in the same transaction.
    ///
    /// # Errors
    /// As [`UnitOfWork::run`]; [`repository::Error::KeyReused`], [`repository::Error::KeyInUse`].
    pub(crate) async fn run_once<V: Disclose>(
        self,
        request: Idempotent<V>,
        work: impl AsyncFn(&mut Tx<'_>) -> repository::Result<V>,
    ) -> repository::Result<StoredResponse> {
        let with_nothing = async |tx: &mut Tx<'_>| Ok((work(tx).await?, ()));
        self.run_once_with(request, with_nothing).await.map(|(response, _)| response)
    }

    /// The same for work that also has a result that is not stored; `None` for a stored answer.
    ///
    /// # Errors
    /// As [`UnitOfWork::run_once`].
    pub(crate) async fn run_once_with<V: Disclose, T>(
        self,
        request: Idempotent<V>,
        work: impl AsyncFn(&mut Tx<'_>) -> repository::Result<(V, T)>,
    ) -> repository::Result<(StoredResponse, Option<T>)> {
        let Idempotent { key, render } = request;
        let shop = self.shop;
        self.run(async |tx| {
            if let Some(key) = &key
                && let Claim::Answered(stored) = idempotency::claim_in_tx(tx, key).await?
            {
                let response = replay::<V>(shop, tx, stored).await?;
                return Ok((response, None));
            }
            let (result, rest) = work(tx).await?;
            let (visible, row) = reveal(shop, tx, result).await?;
            let response = StoredResponse { row, body: render(visible), replayed: false };
            if let Some(key) = &key {
                store(tx, key, &response).await?;
            }
            Ok((response, Some(rest)))
        })
        .await
    }
}

/// What the caller may see of a result. That it is shown is recorded.
async fn reveal<V: Disclose>(
    shop: Option<&Shop>,
    conn: &Connection,
    result: V,
) -> repository::Result<(Visible<V>, ShownRow)> {
    let row = result.row();
    match shop {
        Some(shop) if shop.may_read::<V>(&row) => shop.disclose(conn, [&result]).await?,
        Some(_) => return Ok((result.redact(), row)),
        None => {}
    }
    Ok((Visible::Shown(result), row))
}

/// The answer that an earlier request with the same key was given. That it is shown again is recorded.
async fn replay<V: Disclose>(
    shop: Option<&Shop>,
    conn: &Connection,
    stored: StoredAnswer,
) -> repository::Result<StoredResponse> {
    let StoredAnswer { resource, resource_id, client_id, body } = stored;
    let row = ShownRow::new(resource, resource_id, client_id);
    if let Some(shop) = shop.filter(|shop| V::READ.is_some() && shop.may_read::<V>(&row)) {
        shop.record_shown(conn, [row.clone()]).await?;
    }
    Ok(StoredResponse { row, body, replayed: true })
}

async fn store(conn: &mut Connection, key: &RequestKey, response: &StoredResponse) -> repository::Result<()> {
    let StoredResponse { row, body, .. } = response;
    let answer = StoredAnswer {
        resource: row.resource.clone().into_owned(),
        resource_id: row.id,
        client_id: row.person,
        body: body.clone(),
    };
    idempotency::store_in_tx(conn, key, &answer).await
}
