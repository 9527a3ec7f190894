//! Hears what the database tells of changes that other programs make, and drops what they touch from the cache.

use std::time::Duration;

use futures_util::StreamExt;
use stockroom_repository::{
    self as repository, Connection, Pool,
    signals::{self, Signal},
};
use tokio::time::{sleep, timeout};

use super::Catalogue;
use crate::unit_of_work::Caches;

/// After how much silence the database is asked whether it is still there, and how long it may take to say so.
const SILENCE: Duration = Duration::from_secs(5);
/// The pause before the database is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// Listens for as long as it is polled.
pub(super) async fn listen(pool: Pool, catalogue: Catalogue, own: String) {
    loop {
        if let Err(error) = hear(&pool, &catalogue, &own).await {
            tracing::debug!(%error, "changes made by other programs are not heard");
        }
        sleep(PAUSE).await;
    }
}

/// Listens on one connection until it is lost.
async fn hear(pool: &Pool, catalogue: &Catalogue, own: &str) -> repository::Result<()> {
    let mut conn = pool.get().await?;
    signals::listen(&mut conn).await?;
    // Whatever was told before is missed.
    let caches = Caches::from(catalogue.clone());
    let missed = caches.pending();
    missed.whole_catalog();
    missed.flush().await;
    loop {
        let Ok(heard) = timeout(SILENCE, next(&mut conn, own)).await else {
            let silent = repository::Error::Unavailable("no answer".to_owned());
            timeout(SILENCE, signals::check(&mut conn)).await.map_err(|_| silent)??;
            continue;
        };
        let stale = caches.pending();
        for signal in heard? {
            match signal {
                Signal::Product(id) => stale.product(id),
                Signal::Category(id) => stale.category(id),
                Signal::Everything => stale.whole_catalog(),
            }
        }
        stale.flush().await;
    }
}

async fn next(conn: &mut Connection, own: &str) -> repository::Result<Vec<Signal>> {
    let lost = || repository::Error::Unavailable("the connection is lost".to_owned());
    std::pin::pin!(signals::signals(conn, own)).next().await.ok_or_else(lost)?
}
