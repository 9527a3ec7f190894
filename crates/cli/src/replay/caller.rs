//! The callers: each takes the next turn, sends what its customer does, and gives the customer back.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use stockroom_retail::replay::{Catalogue, Customer, Event, Kind, Outcome, Schedule};
use tokio::task::JoinSet;

use super::{
    progress::Progress,
    remote::{Lost, Remote},
};
use crate::failure::Failure;

/// What all callers share.
pub(super) struct Traffic {
    remote: Remote,
    catalogue: Catalogue,
    schedule: Mutex<Schedule>,
    outcome: Mutex<Outcome>,
    progress: Progress,
    /// Set once the service does not answer any more: everybody stops.
    lost: OnceLock<String>,
}

impl Traffic {
    pub(super) fn new(
        remote: Remote,
        catalogue: Catalogue,
        schedule: Schedule,
        progress: Progress,
    ) -> Arc<Self> {
        let (schedule, outcome) = (Mutex::new(schedule), Mutex::default());
        Arc::new(Self { remote, catalogue, schedule, outcome, progress, lost: OnceLock::new() })
    }

    /// Sends everything, with so many callers at the same time. Returns what was answered and, when the service was
    /// lost on the way, why.
    pub(super) async fn run(self: Arc<Self>, callers: u16) -> Result<(Outcome, Option<String>), Failure> {
        let mut calls = JoinSet::new();
        for _ in 0..callers {
            let traffic = Arc::clone(&self);
            calls.spawn(async move { traffic.call().await });
        }
        while let Some(ended) = calls.join_next().await {
            ended.map_err(|error| Failure::run(format!("a caller ended early: {error}")))?;
        }
        self.progress.end();
        Ok((mem::take(&mut *self.outcome()), self.lost.get().cloned()))
    }

    async fn call(&self) {
        while self.lost.get().is_none()
            && let Some((mut customer, event)) = self.next_turn()
        {
            if let Err(Lost(why)) = self.take(&mut customer, &event).await {
                // The first to notice tells why.
                let _ = self.lost.set(why);
                return;
            }
            lock(&self.schedule).give_back(customer);
            let mut outcome = self.outcome();
            outcome.events += 1;
            self.progress.tell(&outcome);
        }
    }

    fn next_turn(&self) -> Option<(Customer, Event)> {
        lock(&self.schedule).next_turn()
    }

    async fn take(&self, customer: &mut Customer, event: &Event) -> Result<(), Lost> {
        match event.kind {
            Kind::Invoice => self.check_out(customer, event).await,
            Kind::Cancellation => self.cancel(customer, event).await,
        }
    }

    async fn check_out(&self, customer: &mut Customer, invoice: &Event) -> Result<(), Lost> {
        let orders = self.catalogue.orders(customer, invoice);
        let whole = orders.len() == 1;
        let unknown = self.catalogue.unknown_lines(invoice);
        {
            let mut outcome = self.outcome();
            outcome.in_parts += u64::from(orders.len() > 1);
            outcome.unknown_lines += unknown as u64;
        }
        for (part, order) in (1..).zip(orders) {
            let reply = self.remote.check_out(&invoice.invoice, part, &order).await?;
            self.outcome().checked_out(customer, invoice, order, whole, &reply);
        }
        Ok(())
    }

    async fn cancel(&self, customer: &mut Customer, cancellation: &Event) -> Result<(), Lost> {
        let Some(placed) = customer.matching(cancellation) else {
            self.outcome().without_order += 1;
            return Ok(());
        };
        let reply = self.remote.cancel(&cancellation.invoice, placed.id).await?;
        self.outcome().cancelled(&placed, &reply);
        Ok(())
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        lock(&self.outcome)
    }
}

/// A caller that panicked ends the run; until then its numbers are as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
