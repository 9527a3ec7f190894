//! Use cases of the audit log: reading it, handing it out as a whole, and recording who has read what.

use futures_util::{Stream, stream};
use stockroom_domain::{AuditAction, AuditEntry, ClientId, ListOrder, Page};
use stockroom_repository::{
    Connection, Pool,
    audit::{self, AuditFilter, NewEntry},
};

use crate::{Listed, Result, Shop, lists};

/// Entries read at once when the log is handed out.
const EXPORTED_AT_ONCE: i64 = 500;

/// The entries of an export, in pages.
pub trait AuditPages: Stream<Item = Result<Vec<AuditEntry>>> + Send + 'static {}

impl<S: Stream<Item = Result<Vec<AuditEntry>>> + Send + 'static> AuditPages for S {}

/// All entries that pass, newest first, page by page: memory does not grow with the log, and no connection is kept
/// between two pages, however slow whoever reads them is. What is written meanwhile is left out.
///
/// A page fails when the database does; there is none after it.
pub fn export_audit(pool: &Pool, filter: AuditFilter) -> impl AuditPages + use<> {
    let first = Some(Page::first(EXPORTED_AT_ONCE));
    stream::try_unfold((pool.clone(), filter, first), async |(pool, filter, page)| {
        let Some(page) = page else { return Ok(None) };
        let entries = audit::list(&mut *pool.get().await?, &filter, &page).await?;
        let full = i64::try_from(entries.len()).is_ok_and(|rows| rows == EXPORTED_AT_ONCE);
        let next = entries.last().filter(|_| full).map(|last| Page::after(last.id.0, EXPORTED_AT_ONCE));
        Ok((!entries.is_empty()).then_some((entries, (pool, filter, next))))
    })
}

impl Shop {
    /// A page of the audit log, newest first.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_audit(&self, filter: &AuditFilter, page: &Page) -> Result<Listed<AuditEntry>> {
        let mut conn = self.pool().get().await?;
        let found = audit::list(&mut conn, filter, &page.and_one_more()).await?;
        let (rows, next) = lists::cut(found, page, |entry| ListOrder::AUDIT.at_id(entry.id.0));
        let total = audit::total(&mut conn, filter, page).await?;
        Ok(Listed { rows, next, total })
    }

    /// All entries of the audit log that pass, see [`export_audit`].
    pub fn export_audit(&self, filter: AuditFilter) -> impl AuditPages + use<> {
        export_audit(self.pool(), filter)
    }

    /// Records that the caller was shown rows of a table, each with whom it concerns, where the caller is audited and it is
    /// not their own.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn record_read(
        &self,
        conn: &Connection,
        resource: &'static str,
        rows: impl IntoIterator<Item = (i64, ClientId)>,
    ) -> Result<()> {
        let Some(actor) = self.actor() else { return Ok(()) };
        let of_others = rows.into_iter().filter(|(_, client)| Some(*client) != self.caller().account());
        let read = |(id, client): (i64, ClientId)| {
            let entry = NewEntry::of(AuditAction::Read, resource, id);
            (&actor, NewEntry { client_id: Some(client), ..entry })
        };
        Ok(audit::record_many(conn, of_others.map(read)).await?)
    }
}
