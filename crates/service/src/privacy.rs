//! What a person may ask of the shop about their own data: to be told all of it, and to have it erased.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use stockroom_domain::{
    Address, AuditAction, AuditEntry, Bill, Client, ClientId, CreditNote, Order, OrderDetail, OrderEvent,
    OrderId, Page, Permission, Resource, Review, Session,
};
use stockroom_repository::{
    self as repository, Connection, addresses,
    audit::{self, Actor, NewEntry},
    bills, clients, credit_notes, erasing, order_details, order_events, orders, reviews, sessions,
};

use crate::{
    ClientView, Idempotent, Need, Result, Shop, StoredResponse, customers::clients::view, relations,
};

const MANAGE: Need = Need::or_owner(Permission::PrivacyManage);

/// Rows read at once.
const READ_AT_ONCE: i64 = 1000;

/// All that is held about a person.
#[derive(Debug, Clone)]
pub struct PersonalData {
    /// The account.
    pub client: Client,
    /// The address book.
    pub addresses: Vec<Address>,
    /// What was ordered.
    pub orders: Vec<HeldOrder>,
    /// What was to be paid.
    pub bills: Vec<Bill>,
    /// What was owed back.
    pub credit_notes: Vec<CreditNote>,
    /// What the person has said about products, whether or not it is shown.
    pub reviews: Vec<Review>,
    /// Where the person has signed in, as far back as that is kept.
    pub sessions: Vec<HeldSession>,
    /// What others have done with these data, newest first. Where their requests came from is not told.
    pub audit: Vec<AuditEntry>,
}

/// An order with all that belongs to it.
#[derive(Debug, Clone)]
pub struct HeldOrder {
    /// The order, with where it goes.
    pub order: Order,
    /// Its lines.
    pub lines: Vec<OrderDetail>,
    /// Its history.
    pub events: Vec<OrderEvent>,
}

/// A session, live or ended.
#[derive(Debug, Clone)]
pub struct HeldSession {
    /// The session.
    pub session: Session,
    /// When it was ended before its time, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Shop {
    /// Erases a person: name, contact, addresses, also those in orders, the words of reviews, sessions, kept answers, and
    /// what the audit log knew. Orders, bills and stars stay. It cannot be undone.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it was done before, or the account is one of the staff
    /// and the caller may not give roles.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn erase_client(
        &self,
        id: ClientId,
        request: Idempotent<ClientView>,
    ) -> Result<StoredResponse> {
        let erase = self.unit_of_work(MANAGE)?;
        self.require_own(Permission::PrivacyManage, Some(id), (Resource::Client, id.0))?;
        // What customers do is not audited, but who has erased a person always is.
        let by = Actor { request_id: None, address: None, ..self.named_actor() };
        let by = self.actor().unwrap_or(by);
        let erased = erase.run_once(request, async |tx| {
            self.require_may_take_over(&clients::get(tx, id).await?)?;
            let erased = erasing::erase_in_tx(tx, id, &by).await?;
            tx.invalidate().products(erased.products);
            tx.invalidate().sessions(&erased.sessions);
            view(tx, erased.client).await
        });
        Ok(erased.await?)
    }

    /// All that is held about a person, as of one moment. It is recorded in the audit log unless the person asks.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn export_client(&self, id: ClientId) -> Result<PersonalData> {
        let export = self.unit_of_work(MANAGE)?.on_snapshot();
        self.require_own(Permission::PrivacyManage, Some(id), (Resource::Client, id.0))?;
        let actor = self.actor().filter(|_| self.caller().account() != Some(id));
        let held = export.run(async |tx| {
            let held = read(tx, id).await?;
            if let Some(actor) = &actor {
                let entry = NewEntry::of(AuditAction::Export, "clients", id.0);
                audit::record(tx, actor, NewEntry { client_id: Some(id), ..entry }).await?;
            }
            Ok(held)
        });
        Ok(held.await?)
    }
}

async fn read(conn: &mut Connection, id: ClientId) -> repository::Result<PersonalData> {
    let client = clients::get(conn, id).await?;
    let addresses = addresses::list(conn, Some(id), &Page::first(i64::MAX)).await?;
    let bills = bills::list(conn, Some(id), &Page::first(i64::MAX)).await?;
    let orders = orders::list(conn, Some(id), &Page::first(i64::MAX)).await?;
    let credit_notes = credit_notes::list_of_client(conn, id).await?;
    let reviews = reviews::list_of_client(conn, id).await?;
    let held = |(session, revoked_at)| HeldSession { session, revoked_at };
    let sessions = sessions::list_all_of_client(conn, id).await?.into_iter().map(held).collect();
    let orders = with_parts(conn, orders).await?;
    let audit = read_audit(conn, id).await?;
    Ok(PersonalData { client, addresses, orders, bills, credit_notes, reviews, sessions, audit })
}

async fn with_parts(conn: &mut Connection, orders: Vec<Order>) -> repository::Result<Vec<HeldOrder>> {
    let ids = relations::keys(&orders, |order| order.id);
    let lines = order_details::list_of_orders(conn, &ids, i64::MAX).await?;
    let mut lines = relations::by_parent(lines, |line| line.order_id);
    let mut events: HashMap<OrderId, Vec<OrderEvent>> = HashMap::new();
    for (order, event) in order_events::list_of_orders(conn, &ids).await? {
        events.entry(order).or_default().push(event);
    }
    let held = |order: Order| HeldOrder {
        lines: lines.remove(&order.id).unwrap_or_default(),
        events: events.remove(&order.id).unwrap_or_default(),
        order,
    };
    Ok(orders.into_iter().map(held).collect())
}

async fn read_audit(conn: &mut Connection, id: ClientId) -> repository::Result<Vec<AuditEntry>> {
    let (mut entries, mut page) = (Vec::new(), Page::first(READ_AT_ONCE));
    loop {
        let read = audit::list_of_client(conn, id, &page).await?;
        let full = i64::try_from(read.len()).is_ok_and(|rows| rows == READ_AT_ONCE);
        let last = read.last().filter(|_| full).map(|entry| entry.id.0);
        entries.extend(read.into_iter().map(|entry| AuditEntry { address: None, ..entry }));
        match last {
            Some(last) => page = Page::after(last, READ_AT_ONCE),
            None => return Ok(entries),
        }
    }
}
