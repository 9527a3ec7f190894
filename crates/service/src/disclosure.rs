//! Disclosure: which answers show personal data, and the audit entry that is due when staff or an API key is shown it.
//!
//! Whatever a use case hands to its caller for rendering passes [`Shop::disclose`] or the unit of work, which calls it. Both
//! record each person shown, and take out what the caller may not read.

use std::borrow::Cow;

use stockroom_domain::{AuditAction, ClientId, Permission};
use stockroom_repository::{
    self as repository, Connection,
    audit::{self, NewEntry},
};

use crate::Shop;

/// A row that an answer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRow {
    /// Its table.
    pub resource: Cow<'static, str>,
    /// Its id.
    pub id: i64,
    /// The person whose data it shows, if it shows any.
    pub person: Option<ClientId>,
}

impl ShownRow {
    /// A row of a table, with the person whose data it shows.
    pub fn new(resource: impl Into<Cow<'static, str>>, id: i64, person: Option<ClientId>) -> Self {
        Self { resource: resource.into(), id, person }
    }
}

/// What the caller of a write may see of its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visible<V> {
    /// The result, without the personal data that the caller may not read.
    Shown(V),
    /// The id alone: all else is personal data that the caller may not read.
    IdOnly(i64),
}

/// Something that an answer shows.
pub trait Disclose: Sized {
    /// The permission to read the personal data in it; `None` when it holds none that is not public or the caller's own.
    const READ: Option<Permission>;

    /// The row that is shown.
    fn row(&self) -> ShownRow;

    /// The same for a caller who may write it and not read personal data.
    fn redact(self) -> Visible<Self> {
        Visible::Shown(self)
    }
}

impl Shop {
    /// Records that the caller is shown what a read has found.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn disclose<'v, V: Disclose + 'v>(
        &self,
        conn: &Connection,
        shown: impl IntoIterator<Item = &'v V>,
    ) -> repository::Result<()> {
        match V::READ {
            Some(_) => self.record_shown(conn, shown.into_iter().map(V::row)).await,
            None => Ok(()),
        }
    }

    /// Records that the caller is shown these rows: one entry for each that shows a person, unless the caller is that person
    /// or is not audited.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn record_shown(
        &self,
        conn: &Connection,
        rows: impl IntoIterator<Item = ShownRow>,
    ) -> repository::Result<()> {
        let Some(actor) = self.actor() else { return Ok(()) };
        let own = self.caller().account();
        let entry = |row: ShownRow| {
            let person = row.person.filter(|person| Some(*person) != own)?;
            let entry = NewEntry::of(AuditAction::Read, row.resource, row.id);
            Some((&actor, NewEntry { client_id: Some(person), ..entry }))
        };
        audit::record_many(conn, rows.into_iter().filter_map(entry)).await
    }

    /// Whether the caller may read the personal data of a row; it may when there are none.
    pub(crate) fn may_read<V: Disclose>(&self, row: &ShownRow) -> bool {
        V::READ.is_none_or(|permission| self.caller().may_with(permission, row.person))
    }
}
