//! Reads a log into what each of its customers did.
//!
//! A log is written in the order of time, so the order of its events is that of their first lines. Lines are used by
//! the rules of [`crate::log`]; whose customer is not known cannot be sent and is counted.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
};

use stockroom_domain::Sku;
use stockroom_repository::imports::ExternalNumber;

use super::event::{Event, Kind, Line};
use crate::log::{self, Fields, LogError, Row, Skip};

/// What became of the lines of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineCounts {
    /// Lines read, without the one that names the columns.
    pub read: u64,
    /// Lines of invoices.
    pub bought: u64,
    /// Lines of cancellations.
    pub taken_back: u64,
    /// Lines that belong to no customer.
    pub without_customer: u64,
    /// Lines of invoices and cancellations that are not wanted.
    pub beyond_limit: u64,
    /// Lines that make no goods change hands, or make no sense.
    pub left_out: u64,
}

/// What a log tells.
pub(super) struct History {
    /// Its products, each once.
    pub(super) products: Vec<Sku>,
    /// Its customers, each once.
    pub(super) customers: Vec<LogCustomer>,
    pub(super) lines: LineCounts,
}

/// What a customer did, in the order of time.
pub(super) struct LogCustomer {
    pub(super) number: ExternalNumber,
    pub(super) events: VecDeque<Event>,
}

impl History {
    /// Reads the file at `path` to its end, and keeps what comes before the invoice after the first `most`.
    pub(super) fn read(path: &Path, most: Option<u64>) -> Result<Self, LogError> {
        let mut reader = Reader::new(most);
        log::read_file(path, |_, _| (), |_, fields| reader.add(fields))?;
        Ok(reader.finish())
    }
}

/// Where the lines go.
pub(super) struct Reader {
    history: History,
    product_places: HashMap<Sku, usize>,
    customer_places: HashMap<ExternalNumber, usize>,
    /// The events that have begun: whose, and which of theirs.
    begun: HashMap<Box<str>, (usize, usize)>,
    /// Invoices that may still begin.
    left: u64,
    /// An invoice more than wanted was seen: nothing begins any more, but lines may still follow.
    closed: bool,
}

/// What became of a line.
enum Fate {
    Used(Kind),
    WithoutCustomer,
    BeyondLimit,
    LeftOut,
}

impl Reader {
    pub(super) fn new(most: Option<u64>) -> Self {
        Self {
            history: History { products: Vec::new(), customers: Vec::new(), lines: LineCounts::default() },
            product_places: HashMap::new(),
            customer_places: HashMap::new(),
            begun: HashMap::new(),
            left: most.unwrap_or(u64::MAX),
            closed: false,
        }
    }

    /// Takes the next line.
    pub(super) fn add(&mut self, fields: Result<Fields<'_>, Skip>) {
        let fate = fields.map_or(Fate::LeftOut, |fields| self.place(&fields));
        let lines = &mut self.history.lines;
        lines.read += 1;
        match fate {
            Fate::Used(Kind::Invoice) => lines.bought += 1,
            Fate::Used(Kind::Cancellation) => lines.taken_back += 1,
            Fate::WithoutCustomer => lines.without_customer += 1,
            Fate::BeyondLimit => lines.beyond_limit += 1,
            Fate::LeftOut => lines.left_out += 1,
        }
    }

    /// All that was read.
    pub(super) fn finish(self) -> History {
        self.history
    }

    fn place(&mut self, fields: &Fields<'_>) -> Fate {
        let (kind, row) = if fields.is_cancellation() {
            (Kind::Cancellation, fields.taken_back())
        } else {
            (Kind::Invoice, fields.sale())
        };
        let Ok(Row { sku, quantity, price, customer, .. }) = row else { return Fate::LeftOut };
        let Some(number) = customer else { return Fate::WithoutCustomer };
        let (customer, event) = match self.begun.get(fields.invoice).copied() {
            Some(begun) => begun,
            None if !can_be_sent(fields.invoice) => return Fate::LeftOut,
            None if !self.may_begin(kind) => return Fate::BeyondLimit,
            None => self.begin(kind, fields.invoice, &number),
        };
        let line = Line { product: self.product(sku), quantity, price };
        let owner = self.history.customers.get_mut(customer).filter(|owner| owner.number == number);
        let used = owner.and_then(|owner| owner.events.get_mut(event)).is_some_and(|event| event.add(line));
        if used { Fate::Used(kind) } else { Fate::LeftOut }
    }

    fn may_begin(&mut self, kind: Kind) -> bool {
        if kind == Kind::Invoice && !self.closed {
            match self.left.checked_sub(1) {
                Some(left) => self.left = left,
                None => self.closed = true,
            }
        }
        !self.closed
    }

    fn begin(&mut self, kind: Kind, invoice: &str, number: &ExternalNumber) -> (usize, usize) {
        let customers = &mut self.history.customers;
        let customer = *self.customer_places.entry(number.clone()).or_insert_with(|| {
            customers.push(LogCustomer { number: number.clone(), events: VecDeque::new() });
            customers.len() - 1
        });
        let place = self.begun.len();
        let event = customers.get_mut(customer).map_or(0, |customer| {
            customer.events.push_back(Event::new(kind, invoice, place));
            customer.events.len() - 1
        });
        self.begun.insert(invoice.into(), (customer, event));
        (customer, event)
    }

    fn product(&mut self, sku: Sku) -> usize {
        let products = &mut self.history.products;
        *self.product_places.entry(sku).or_insert_with_key(|sku| {
            products.push(sku.clone());
            products.len() - 1
        })
    }
}

/// Whether a number can be a part of an idempotency key.
fn can_be_sent(invoice: &str) -> bool {
    (1..=64).contains(&invoice.len()) && invoice.bytes().all(|byte| byte.is_ascii_graphic())
}
