//! Which sessions are known to live, and what their accounts are to the shop: remembered for a few seconds, and forgotten
//! at once when this process ends one.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use foldhash::fast::RandomState;
use stockroom_domain::SessionId;
use stockroom_repository::{Pool, read, sessions, sessions::Holder};

use crate::Result;

/// Sessions remembered at most.
const MOST_REMEMBERED: u64 = 100_000;

/// Sessions that were alive a moment ago.
pub(crate) struct LiveSessions {
    known: Option<moka::sync::Cache<SessionId, Holder, RandomState>>,
    /// Counts the times that sessions were ended here.
    ended: AtomicU64,
}

async fn find(pool: &Pool, session: SessionId) -> Result<Option<Holder>> {
    Ok(read(pool, async |conn| sessions::find_holder(conn, session).await).await?)
}

impl LiveSessions {
    /// Remembers a session for this long; not at all when it is no time.
    pub(crate) fn new(remembered: Duration) -> Self {
        let known = (!remembered.is_zero()).then(|| {
            moka::sync::Cache::builder()
                .max_capacity(MOST_REMEMBERED)
                .time_to_live(remembered)
                .build_with_hasher(RandomState::default())
        });
        Self { known, ended: AtomicU64::new(0) }
    }

    /// Whose a session is, unless it has ended.
    pub(super) async fn holder(&self, pool: &Pool, session: SessionId) -> Result<Option<Holder>> {
        let Some(known) = &self.known else {
            return find(pool, session).await;
        };
        if let Some(holder) = known.get(&session) {
            return Ok(Some(holder));
        }
        let before = self.ended.load(Ordering::SeqCst);
        let holder = find(pool, session).await?;
        if let Some(holder) = holder {
            known.insert(session, holder);
            // What was read may be older than an end that was told meanwhile.
            if self.ended.load(Ordering::SeqCst) != before {
                known.invalidate(&session);
            }
        }
        Ok(holder)
    }

    /// Forgets sessions that have ended, or whose accounts have another role.
    pub(crate) fn forget(&self, sessions: &[SessionId]) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        if let Some(known) = &self.known {
            for session in sessions {
                known.invalidate(session);
            }
        }
    }
}
