//! What it takes to send the log of another shop to this one as traffic: who ordered what in which order, what the
//! answers add up to, and the report.
//!
//! [`plan`] reads the log once and looks its products and clients up once; from then on nothing here reads anything. The
//! events of the log (24 bytes for each of its lines) and what was ordered by whom are kept in memory, because a
//! cancellation names no invoice and has to be matched. Sending is for others: they take turns from the [`Schedule`],
//! make orders of them with the [`Catalogue`], and tell the [`Outcome`] what was answered.

mod catalogue;
mod event;
mod history;
mod latencies;
mod outcome;
mod report;
mod revenue;
mod schedule;

use std::path::Path;

use stockroom_domain::{ClientId, Money, ProductId, Sku};
use stockroom_repository::{Pool, imports};

pub use catalogue::{Catalogue, Order};
pub use event::{Event, Kind};
pub use history::LineCounts;
pub use latencies::Latencies;
pub use outcome::{Answer, Outcome, Reply, Requests, Strange};
pub use report::Report;
pub use revenue::{Revenue, Sums};
pub use schedule::{Customer, Placed, Schedule};

use crate::log::LogError;
use history::History;

/// Why a replay cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The database cannot.
    #[error(transparent)]
    Repository(#[from] stockroom_repository::Error),
}

/// What to send.
#[derive(Debug)]
pub struct Plan {
    /// What became of the log's lines.
    pub lines: LineCounts,
    /// What became of its invoices and cancellations.
    pub events: EventCounts,
    /// What its products are in this shop.
    pub catalogue: Catalogue,
    /// Its customers and what they do, in the order of time.
    pub schedule: Schedule,
}

/// Invoices and cancellations with lines that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventCounts {
    /// All invoices.
    pub invoices: u64,
    /// Those of customers that are no clients of this shop: they are not sent.
    pub invoices_without_client: u64,
    /// All cancellations.
    pub cancellations: u64,
    /// Those of customers that are no clients of this shop: they match nothing.
    pub cancellations_without_client: u64,
}

impl EventCounts {
    /// The turns that all customers take.
    pub fn turns(&self) -> u64 {
        let all = self.invoices + self.cancellations;
        all - self.invoices_without_client - self.cancellations_without_client
    }

    fn count(&mut self, event: &Event, client: Option<ClientId>) {
        let (all, without_client) = match event.kind {
            Kind::Invoice => (&mut self.invoices, &mut self.invoices_without_client),
            Kind::Cancellation => (&mut self.cancellations, &mut self.cancellations_without_client),
        };
        *all += 1;
        *without_client += u64::from(client.is_none());
    }
}

/// Reads the log at `path`, plain or gzip-compressed CSV, up to and without the invoice after the first `most`, and looks
/// its products and clients up.
///
/// # Errors
/// When the file cannot be read or lacks a column, or when the database fails.
pub async fn plan(pool: &Pool, path: &Path, most: Option<u64>) -> Result<Plan, ReplayError> {
    let path = path.to_owned();
    let history =
        tokio::task::spawn_blocking(move || History::read(&path, most)).await.map_err(LogError::from)??;
    let skus: Vec<&str> = history.products.iter().map(Sku::as_str).collect();
    let numbers: Vec<&str> = history.customers.iter().map(|customer| customer.number.as_str()).collect();
    let mut conn = pool.get().await?;
    let products = imports::products_by_sku(&mut conn, &skus).await?;
    let clients = imports::clients_by_number(&mut conn, &numbers).await?;
    Ok(Plan::new(history, |sku| products.get(sku.as_str()).copied(), |number| clients.get(number).copied()))
}

impl Plan {
    fn new(
        history: History,
        product: impl Fn(&Sku) -> Option<(ProductId, Money)>,
        client: impl Fn(&str) -> Option<ClientId>,
    ) -> Self {
        let mut events = EventCounts::default();
        let mut customers = Vec::new();
        for customer in history.customers {
            let client = client(customer.number.as_str());
            for event in &customer.events {
                events.count(event, client);
            }
            customers.extend(client.map(|client| Customer::new(client, customer.events)));
        }
        Self {
            lines: history.lines,
            events,
            catalogue: Catalogue::new(history.products, product),
            schedule: Schedule::new(customers),
        }
    }
}

#[cfg(test)]
mod tests;
