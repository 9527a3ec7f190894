//! What was answered so far, and what that means for the customers.

use std::{collections::BTreeMap, time::Duration};

use stockroom_domain::{Money, OrderId};

use super::{
    catalogue::Order,
    event::Event,
    latencies::Latencies,
    revenue::Revenue,
    schedule::{Customer, Placed},
};

/// How many answers that were not understood are shown.
const MOST_SHOWN: usize = 5;

/// What the service said to a checkout or a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done {
        /// The order.
        id: OrderId,
        /// Its total, or that of its credit note.
        total: Money,
        /// Whether it had been done before, under the same key.
        replayed: bool,
    },
    /// It was refused, for the reason with this code.
    Refused(String),
    /// It was something else.
    NotUnderstood(String),
}

/// An answer and what it took to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What was answered in the end.
    pub answer: Answer,
    /// How long that answer took, without the attempts before it and the waits between them.
    pub took: Duration,
    /// Attempts before it.
    pub retries: u64,
}

/// What became of all requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requests {
    /// Done now.
    pub done: u64,
    /// Found done: by an attempt whose answer was lost, or by an earlier run of the same name.
    pub replayed: u64,
    /// Refused, by the code of the reason.
    pub refused: BTreeMap<String, u64>,
    /// The answers' times.
    pub latencies: Latencies,
}

/// What was answered so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Invoices and cancellations that are through.
    pub events: u64,
    /// Invoices that made several orders.
    pub in_parts: u64,
    /// Lines of products that the shop does not have.
    pub unknown_lines: u64,
    /// Cancellations that take no single order back.
    pub without_order: u64,
    /// Attempts that were repeated.
    pub retries: u64,
    /// Orders.
    pub checkouts: Requests,
    /// Cancellations of orders.
    pub cancels: Requests,
    /// Money.
    pub revenue: Revenue,
    /// What was not understood.
    pub strange: Strange,
}

/// Answers that were not understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strange {
    count: u64,
    shown: Vec<String>,
}

impl Requests {
    /// All that were refused.
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }

    fn count(&mut self, reply: &Reply) {
        self.latencies.add(reply.took);
        match &reply.answer {
            Answer::Done { replayed: true, .. } => self.replayed += 1,
            Answer::Done { .. } => self.done += 1,
            Answer::Refused(code) => *self.refused.entry(code.clone()).or_default() += 1,
            Answer::NotUnderstood(_) => {}
        }
    }
}

impl Outcome {
    /// Counts the answer to a checkout. An order that is the whole of its invoice can be cancelled later.
    pub fn checked_out(
        &mut self,
        customer: &mut Customer,
        invoice: &Event,
        order: Order,
        whole: bool,
        reply: &Reply,
    ) {
        self.checkouts.count(reply);
        self.count(reply);
        if let Answer::Done { id, total, .. } = reply.answer {
            self.revenue.sell(id, &order, total);
            if whole {
                customer.remember(invoice, Placed { id, order });
            }
        }
    }

    /// Counts the answer to the cancellation of an order.
    pub fn cancelled(&mut self, placed: &Placed, reply: &Reply) {
        self.cancels.count(reply);
        self.count(reply);
        if let Answer::Done { total, .. } = reply.answer {
            self.revenue.take_back(placed.id, &placed.order, total);
        }
    }

    fn count(&mut self, reply: &Reply) {
        self.retries += reply.retries;
        if let Answer::NotUnderstood(what) = &reply.answer {
            self.strange.add(what);
        }
    }
}

impl Strange {
    fn add(&mut self, what: &str) {
        self.count += 1;
        if self.shown.len() < MOST_SHOWN {
            self.shown.push(what.to_owned());
        }
    }

    /// The first of them, as a sentence; `None` when there are none.
    pub fn fault(&self) -> Option<String> {
        let shown = self.shown.join("; ");
        match self.count.saturating_sub(self.shown.len() as u64) {
            _ if self.count == 0 => None,
            0 => Some(format!("not understood: {shown}")),
            more => Some(format!("not understood: {shown}; and {more} more")),
        }
    }
}
