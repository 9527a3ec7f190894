//! Something that a customer of the log did: bought with an invoice, or took goods back with a cancellation.

use std::collections::BTreeMap;

use stockroom_domain::{Amount, Money, Price, Quantity};

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Goods were bought.
    Invoice,
    /// Goods were taken back.
    Cancellation,
}

/// An invoice or a cancellation, with those of its lines that are used, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What kind of event it is.
    pub kind: Kind,
    /// The number on it: 1 to 64 visible ASCII characters.
    pub invoice: Box<str>,
    /// How many events began before it.
    pub(super) place: usize,
    pub(super) lines: Vec<Line>,
    cost: Amount,
}

/// A line of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// The product, by its place among the log's products.
    pub(super) product: usize,
    pub(super) quantity: Quantity,
    /// Price of one piece in the log.
    pub(super) price: Price,
}

/// How many pieces of which products, however they are spread over lines.
pub(super) type Goods = Box<[(usize, i64)]>;

impl Event {
    pub(super) fn new(kind: Kind, invoice: &str, place: usize) -> Self {
        Self { kind, invoice: invoice.into(), place, lines: Vec::new(), cost: Amount::default() }
    }

    /// Adds a line, unless what the event costs would not be an amount of money any more.
    pub(super) fn add(&mut self, line: Line) -> bool {
        let sum = line.cost().and_then(|cost| cost.minor().checked_add(self.cost.money().minor()));
        let Some(cost) = sum.and_then(|sum| Amount::new(Money::from_minor(sum)).ok()) else { return false };
        self.cost = cost;
        self.lines.push(line);
        true
    }

    pub(super) fn goods(&self) -> Goods {
        let mut goods = BTreeMap::new();
        for line in &self.lines {
            *goods.entry(line.product).or_insert(0_i64) += line.quantity.count();
        }
        goods.into_iter().collect()
    }
}

impl Line {
    /// What it costs in the log.
    pub(super) fn cost(&self) -> Option<Money> {
        self.price.money().times(self.quantity.count())
    }
}
