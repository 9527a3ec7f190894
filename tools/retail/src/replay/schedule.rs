//! Who is next: the events of a log in the order of time, taken by any number of callers, while those of one customer
//! never overtake each other.
//!
//! A customer is with one caller or in the schedule, never both. The next turn is that of the customer in the schedule
//! whose next event is the earliest. A caller that is told that there is no turn may end: what is left belongs to
//! customers that are with other callers, who take the turns that they give back.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
};

use stockroom_domain::{ClientId, OrderId};

use super::{
    catalogue::Order,
    event::{Event, Goods},
};

/// The customers that have something left to do.
#[derive(Debug)]
pub struct Schedule {
    waiting: BinaryHeap<Customer>,
}

/// A customer of the log: what is left to do, and the orders that a cancellation may take back.
#[derive(Debug)]
pub struct Customer {
    /// Who it is in this shop.
    pub client: ClientId,
    events: VecDeque<Event>,
    placed: Vec<(Goods, Placed)>,
}

/// An order that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its identity.
    pub id: OrderId,
    /// What was ordered.
    pub order: Order,
}

impl Schedule {
    pub(super) fn new(customers: impl IntoIterator<Item = Customer>) -> Self {
        let mut schedule = Self { waiting: BinaryHeap::new() };
        for customer in customers {
            schedule.give_back(customer);
        }
        schedule
    }

    /// The next turn: a customer and its next event. [`Schedule::give_back`] returns the customer.
    pub fn next_turn(&mut self) -> Option<(Customer, Event)> {
        let mut customer = self.waiting.pop()?;
        let event = customer.events.pop_front()?;
        Some((customer, event))
    }

    /// Ends a turn.
    pub fn give_back(&mut self, customer: Customer) {
        if !customer.events.is_empty() {
            self.waiting.push(customer);
        }
    }
}

impl Customer {
    pub(super) fn new(client: ClientId, events: VecDeque<Event>) -> Self {
        Self { client, events, placed: Vec::new() }
    }

    /// Remembers an order that a whole invoice has made, for a cancellation that takes all of it back.
    pub fn remember(&mut self, invoice: &Event, placed: Placed) {
        self.placed.push((invoice.goods(), placed));
    }

    /// The latest order with exactly the goods that a cancellation takes back. It matches no other from now on.
    pub fn matching(&mut self, cancellation: &Event) -> Option<Placed> {
        let goods = cancellation.goods();
        let at = self.placed.iter().rposition(|(placed, _)| *placed == goods)?;
        Some(self.placed.remove(at).1)
    }

    fn next_place(&self) -> Option<usize> {
        self.events.front().map(|event| event.place)
    }
}

/// The greatest is the one whose next event is the earliest.
impl Ord for Customer {
    fn cmp(&self, other: &Self) -> Ordering {
        other.next_place().cmp(&self.next_place())
    }
}

impl PartialOrd for Customer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Customer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Customer {}
