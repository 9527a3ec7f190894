//! Use cases of the audit log: reading it, and exporting it as a whole.

use std::collections::BTreeMap;

use futures_util::{Stream, TryStreamExt, stream};
use stockroom_domain::{AuditEntry, ListOrder, Page, Permission};
use stockroom_repository::{
    Pool,
    audit::{self, AuditFilter},
};

use crate::{Listed, Need, Result, Shop, ShownRow, lists};

const READ: Need = Need::to(Permission::AuditRead);

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
    /// As [`Shop::authorize`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_audit(&self, filter: &AuditFilter, page: &Page) -> Result<Listed<AuditEntry>> {
        let mut conn = self.connection_for(READ).await?;
        let found = audit::list(&mut conn, filter, &page.and_one_more()).await?;
        let (rows, next) = lists::cut(found, page, |entry| ListOrder::AUDIT.at_id(entry.id.0));
        let total = audit::total(&mut conn, filter, page).await?;
        self.record_shown(&conn, persons_in(&rows)).await?;
        Ok(Listed { rows, next, total })
    }

    /// All entries of the audit log that pass, see [`export_audit`].
    ///
    /// # Errors
    /// As [`Shop::authorize`].
    pub fn export_audit(&self, filter: AuditFilter) -> Result<impl AuditPages + use<>> {
        self.authorize(READ)?;
        let shop = self.clone();
        let pages = export_audit(self.pool(), filter).and_then(move |entries| {
            let shop = shop.clone();
            async move {
                shop.record_shown(&*shop.pool().get().await?, persons_in(&entries)).await?;
                Ok(entries)
            }
        });
        Ok(pages)
    }
}

/// The newest entry about each person of whom these entries hold data. One that says only that something was read holds none,
/// so reading the log does not make the log grow by itself.
fn persons_in(entries: &[AuditEntry]) -> Vec<ShownRow> {
    let mut persons = BTreeMap::new();
    for entry in entries {
        let holds_data = entry.before.is_some() || entry.after.is_some();
        if let Some(person) = entry.client_id.filter(|_| holds_data) {
            persons.entry(person).or_insert_with(|| ShownRow::new("audit_log", entry.id.0, Some(person)));
        }
    }
    persons.into_values().collect()
}
