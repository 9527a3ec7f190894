//! What was sold and taken back, three times: as the service answered it, as it follows from the shop's prices, and as
//! the log has it. The first two must agree to the cent, on every single order.

use stockroom_domain::{Money, OrderId};

use super::catalogue::Order;

/// How many orders whose totals differ are named.
const MOST_NAMED: usize = 5;

/// What orders add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// As the service answered.
    pub answered: Money,
    /// Quantity times the shop's price of every line.
    pub counted: Money,
    /// Quantity times the log's price of every line.
    pub log: Money,
}

/// What was sold and taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revenue {
    sold: Sums,
    taken_back: Sums,
    differing: u64,
    named: Vec<String>,
}

impl Revenue {
    /// Adds an order that was placed, with the total that was answered.
    pub fn sell(&mut self, id: OrderId, order: &Order, answered: Money) {
        self.sold.add(order, answered);
        self.compare("order", id, order, answered);
    }

    /// Adds an order that was cancelled, with the total of the credit note that was answered.
    pub fn take_back(&mut self, id: OrderId, order: &Order, answered: Money) {
        self.taken_back.add(order, answered);
        self.compare("the credit note of order", id, order, answered);
    }

    /// What was sold.
    pub fn sold(&self) -> Sums {
        self.sold
    }

    /// What was taken back.
    pub fn taken_back(&self) -> Sums {
        self.taken_back
    }

    /// What is left of it.
    pub fn net(&self) -> Sums {
        self.sold.minus(self.taken_back)
    }

    /// Which totals differ, as a sentence; `None` when none does.
    pub fn fault(&self) -> Option<String> {
        let named = self.named.join(", ");
        match self.differing.saturating_sub(self.named.len() as u64) {
            _ if self.differing == 0 => None,
            0 => Some(format!("totals differ: {named}")),
            more => Some(format!("totals differ: {named}, and {more} more")),
        }
    }

    fn compare(&mut self, what: &str, id: OrderId, order: &Order, answered: Money) {
        if answered == order.cost {
            return;
        }
        self.differing += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(format!("{what} {id} is {answered} and should be {}", order.cost));
        }
    }
}

impl Sums {
    fn add(&mut self, order: &Order, answered: Money) {
        // An order's total is an amount, so this would take more than 900,000 orders of the greatest one.
        let add = |sum: Money, more: Money| Money::from_minor(sum.minor().saturating_add(more.minor()));
        self.answered = add(self.answered, answered);
        self.counted = add(self.counted, order.cost);
        self.log = add(self.log, order.log_cost);
    }

    fn minus(self, less: Self) -> Self {
        let minus = |sum: Money, less: Money| Money::from_minor(sum.minor().saturating_sub(less.minor()));
        Self {
            answered: minus(self.answered, less.answered),
            counted: minus(self.counted, less.counted),
            log: minus(self.log, less.log),
        }
    }

    /// How much more was answered than the log has.
    pub fn above_log(self) -> Money {
        Money::from_minor(self.answered.minor().saturating_sub(self.log.minor()))
    }
}

#[cfg(test)]
mod tests {
    use stockroom_domain::ClientId;

    use super::*;

    fn order(cost: i64, log_cost: i64) -> Order {
        let (cost, log_cost) = (Money::from_minor(cost), Money::from_minor(log_cost));
        Order { client: ClientId(1), lines: Vec::new(), cost, log_cost }
    }

    fn sums([answered, counted, log]: [i64; 3]) -> Sums {
        let [answered, counted, log] = [answered, counted, log].map(Money::from_minor);
        Sums { answered, counted, log }
    }

    #[test]
    fn what_was_taken_back_is_subtracted() {
        let mut revenue = Revenue::default();
        revenue.sell(OrderId(1), &order(1000, 1100), Money::from_minor(1000));
        revenue.sell(OrderId(2), &order(250, 240), Money::from_minor(250));
        revenue.take_back(OrderId(1), &order(1000, 1100), Money::from_minor(1000));
        assert_eq!(revenue.sold(), sums([1250, 1250, 1340]));
        assert_eq!(revenue.taken_back(), sums([1000, 1000, 1100]));
        assert_eq!(revenue.net(), sums([250, 250, 240]));
        assert_eq!((revenue.sold().above_log().minor(), revenue.net().above_log().minor()), (-90, 10));
        assert_eq!(revenue.fault(), None);
    }

    #[test]
    fn differences_that_cancel_out_are_found() {
        let mut revenue = Revenue::default();
        revenue.sell(OrderId(1), &order(1000, 1000), Money::from_minor(1001));
        revenue.sell(OrderId(2), &order(1000, 1000), Money::from_minor(999));
        revenue.take_back(OrderId(3), &order(5, 5), Money::ZERO);
        assert_eq!(revenue.sold(), sums([2000, 2000, 2000]));
        let fault = "totals differ: order 1 is 10.01 and should be 10.0, order 2 is 9.99 and should be 10.0, \
                     the credit note of order 3 is 0.0 and should be 0.05";
        assert_eq!(revenue.fault().as_deref(), Some(fault));
    }

    #[test]
    fn only_the_first_differences_are_named() {
        let mut revenue = Revenue::default();
        for id in 1..=8 {
            revenue.sell(OrderId(id), &order(1, 1), Money::ZERO);
        }
        assert!(revenue.fault().unwrap().ends_with("order 5 is 0.0 and should be 0.01, and 3 more"));
    }
}
