//! Products that are asked for at the same time are read together: while one group is read, the next gathers. There is no
//! timer, so a product that is asked for alone is read alone, at once; and the busier the shop, the fewer statements
//! PostgreSQL has to run for each product.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use stockroom_domain::ProductId;
use stockroom_repository::{self as repository, Pool, products};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::timeout,
};

use crate::{Error, ProductView, Result, catalog::products::views};

/// Groups that are read at the same time: while PostgreSQL works on one, the other is made into answers.
const LANES: usize = 2;
/// Products in one group at most.
const GROUP: usize = 64;
/// Reads that may wait in the queue; more wait before it.
const QUEUE: usize = 1024;

/// The queue of products to read. It is served until it is dropped.
pub(crate) struct ProductReads {
    queue: mpsc::Sender<Wanted>,
    wait: Duration,
}

/// A product that somebody waits for.
struct Wanted {
    id: ProductId,
    taken: Arc<AtomicBool>,
    found: oneshot::Sender<Result<Option<ProductView>>>,
}

#[derive(Clone)]
struct Lane {
    pool: Pool,
    queue: Arc<Mutex<mpsc::Receiver<Wanted>>>,
}

impl ProductReads {
    /// Serves the queue in the runtime that this is called in.
    pub(crate) fn start(pool: &Pool) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let lane = Lane { pool: pool.clone(), queue: Arc::new(Mutex::new(receiver)) };
        for _ in 0..LANES {
            tokio::spawn(lane.clone().keep_running());
        }
        Self { queue: sender, wait: pool.wait() }
    }

    /// The product as it is at some moment after this was called, with its category and reviews.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it waits in the queue longer than for a connection; else only when the database fails.
    pub(crate) async fn find(&self, id: ProductId) -> Result<Option<ProductView>> {
        let (found, mut answer) = oneshot::channel();
        let lost = || Error::Unavailable("a read was given up".to_owned());
        let late = || Error::Unavailable("a read waited too long for the reads before it".to_owned());
        let taken = Arc::<AtomicBool>::default();
        let wanted = Wanted { id, taken: Arc::clone(&taken), found };
        let answered = timeout(self.wait, async {
            self.queue.send(wanted).await.map_err(|_| lost())?;
            (&mut answer).await.map_err(|_| lost())
        });
        match answered.await {
            Ok(answered) => answered?,
            // Once it is being read, its own connection and statement bound how long that takes.
            Err(_) if taken.load(Ordering::Acquire) => answer.await.map_err(|_| lost())?,
            Err(_) => Err(late()),
        }
    }
}

impl Lane {
    async fn keep_running(self) {
        while let Err(error) = tokio::spawn(self.clone().run()).await {
            tracing::error!(%error, "reading a group of products panicked");
        }
    }

    async fn run(self) {
        loop {
            let mut group = Vec::new();
            if self.queue.lock().await.recv_many(&mut group, GROUP).await == 0 {
                return;
            }
            // Who is not there any more does not need it.
            group.retain(|wanted| !wanted.found.is_closed());
            if group.is_empty() {
                continue;
            }
            for wanted in &group {
                wanted.taken.store(true, Ordering::Release);
            }
            let ids: Vec<ProductId> = group.iter().map(|wanted| wanted.id).collect();
            let read = self.read(&ids).await;
            for Wanted { id, found, .. } in group {
                let answer = read.as_ref().map(|read| read.get(&id).cloned()).map_err(Error::clone);
                // Who has gone meanwhile is not told.
                let _ = found.send(answer);
            }
        }
    }

    /// Reads a group, and once more when the connection was lost: on another one it may go well.
    async fn read(&self, ids: &[ProductId]) -> Result<HashMap<ProductId, ProductView>> {
        let began = Instant::now();
        let read = match self.read_once(ids).await {
            Err(repository::Error::Lost(reason)) if !self.pool.outlasted(began) => {
                tracing::debug!(reason, "a connection was lost during a read, which is done again");
                self.pool.distrust_connections();
                self.read_once(ids).await
            }
            read => read,
        };
        Ok(read?.into_iter().map(|view| (view.product.id, view)).collect())
    }

    async fn read_once(&self, ids: &[ProductId]) -> repository::Result<Vec<ProductView>> {
        let mut conn = self.pool.get().await?;
        let found = products::list_by_ids(&mut conn, ids).await?;
        views(&mut conn, found, true).await
    }
}
