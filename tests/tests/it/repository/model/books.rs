//! The books of a shop: what the model keeps in memory, and what is read from the database to be compared with it.

use std::collections::BTreeMap;

use stockroom_domain::{OrderStatus, Resource};

/// Reason and pieces.
type Movement = (String, i64);

/// Everything is named by the order of its creation; what was deleted is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Books {
    pub(super) products: Vec<Option<Product>>,
    pub(super) orders: Vec<Option<Order>>,
    pub(super) lines: Vec<Option<Line>>,
    /// The movements of a product for a line, or for none, with their reasons, in their order.
    pub(super) movements: BTreeMap<(usize, Option<usize>), Vec<Movement>>,
    /// The credit note for an order: number and total.
    pub(super) credit_notes: BTreeMap<usize, (i64, i64)>,
    /// Which body came with a key, and the order that it placed.
    pub(super) keys: BTreeMap<usize, (u8, usize)>,
    /// The last numbers of bills and credit notes.
    pub(super) numbers: (i64, i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) price: i64,
    pub(super) stock: i64,
    pub(super) active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) client: usize,
    pub(super) total: i64,
    pub(super) bill: Bill,
    pub(super) city: Option<String>,
    /// The statuses that it has had, the last of which it has.
    pub(super) history: Vec<i16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bill {
    /// Its number, when a checkout issued it.
    pub(super) number: Option<i64>,
    pub(super) total: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) order: usize,
    pub(super) product: usize,
    pub(super) quantity: i64,
    pub(super) price: i64,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Missing(Resource),
    /// The lines of an order are not for changing: whoever changes lines looks first.
    Closed,
    /// Nobody looked at the stock, and the last line of defence held.
    Overdrawn,
    Refused(Reason),
    Group(Vec<Verdict>),
    Undone,
}

/// What became of a member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Placed,
    /// It had placed this order.
    Replayed(usize),
    KeyReused,
    Missing(Resource),
    Refused(Reason),
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// The products that are short: wanted and there.
    Short(Vec<(usize, i64, i64)>),
    /// What is to be paid.
    OtherTotal(i64),
    DiscountTooLarge,
    IllegalMove(OrderStatus, OrderStatus),
    Billed,
    Sold,
}
