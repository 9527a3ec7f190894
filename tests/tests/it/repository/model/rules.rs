//! What must become of an action: the rules of the shop once more, as plainly as possible, one thing after the other.

use std::collections::BTreeMap;

use stockroom_domain::{Choice, OrderStatus, Resource};

use super::{
    action::{Action, Purchase},
    books::{Bill, Books, Line, Order, Outcome, Product, Reason, Verdict},
};

/// What the bills of orders of the old kind ask for.
pub(super) const BILLED: i64 = 500;
pub(super) const CITIES: [&str; 2] = ["Salta", "Rosario"];

const PENDING: i16 = 1;
const CANCELED: i16 = 4;
/// The moves of an order's status.
const MOVES: [(i16, i16); 5] = [(1, 2), (1, 3), (2, 3), (1, 4), (2, 4)];

type Refusal = Outcome;

fn existing<T>(all: &[Option<T>], index: usize, resource: Resource) -> Result<&T, Refusal> {
    all.get(index).and_then(Option::as_ref).ok_or(Outcome::Missing(resource))
}

impl Order {
    pub(super) fn status(&self) -> i16 {
        *self.history.last().expect("an order has a status")
    }

    /// Whether its lines may change.
    pub(super) fn open(&self) -> Result<(), Refusal> {
        if self.status() == CANCELED || self.bill.number.is_some() { Err(Outcome::Closed) } else { Ok(()) }
    }
}

impl Books {
    /// Does it, or leaves everything as it is.
    pub(super) fn perform(&mut self, action: &Action) -> Outcome {
        let before = self.clone();
        match self.try_to(action) {
            Ok(outcome) => outcome,
            Err(refusal) => {
                *self = before;
                refusal
            }
        }
    }

    fn try_to(&mut self, action: &Action) -> Result<Outcome, Refusal> {
        match *action {
            Action::AddProduct { price, stock } => {
                self.products.push(Some(Product { price, stock: 0, active: true }));
                self.move_stock(self.products.len() - 1, None, "initial", stock)?;
            }
            Action::AdjustStock { product, delta } => {
                let stock = existing(&self.products, product, Resource::Product)?.stock;
                if stock + delta < 0 {
                    return Err(Outcome::Refused(Reason::Short(vec![(product, -delta, stock)])));
                }
                self.move_stock(product, None, "adjustment", delta)?;
            }
            Action::ChangeProduct { product, stock, price, active } => {
                let old = existing(&self.products, product, Resource::Product)?.clone();
                self.move_stock(product, None, "adjustment", stock.unwrap_or(old.stock) - old.stock)?;
                let (price, active) = (price.unwrap_or(old.price), active.unwrap_or(old.active));
                self.products[product] = Some(Product { price, active, stock: stock.unwrap_or(old.stock) });
            }
            Action::DeleteProduct { product } => {
                let stock = existing(&self.products, product, Resource::Product)?.stock;
                if self.lines.iter().flatten().any(|line| line.product == product) {
                    return Err(Outcome::Refused(Reason::Sold));
                }
                self.move_stock(product, None, "product_delete", -stock)?;
                self.products[product] = None;
            }
            Action::AddOrder { client, status, total } => {
                if client >= CITIES.len() {
                    return Err(Outcome::Missing(Resource::Client));
                }
                let bill = Bill { number: None, total: BILLED };
                let history = vec![status.number()];
                self.orders.push(Some(Order { client, total, bill, city: None, history }));
            }
            Action::ChangeOrder { order, status, total } => self.change_order(order, status, total)?,
            Action::DeleteOrder { order } => {
                let found = existing(&self.orders, order, Resource::Order)?;
                if found.bill.number.is_some() {
                    return Err(Outcome::Refused(Reason::Billed));
                }
                if found.status() != CANCELED {
                    self.give_back(order, "order_delete")?;
                }
                self.orders[order] = None;
                for line in &mut self.lines {
                    line.take_if(|line| line.order == order);
                }
            }
            Action::AddLine { order, product, quantity } => {
                existing(&self.orders, order, Resource::Order)?.open()?;
                let price = existing(&self.products, product, Resource::Product)?.price;
                self.lines.push(Some(Line { order, product, quantity, price }));
                self.move_stock(product, Some(self.lines.len() - 1), "sale", -quantity)?;
            }
            Action::ReplaceLine { line, order, product, quantity } => {
                self.replace_line(line, order, product, quantity)?;
            }
            Action::DeleteLine { line } => {
                let found = existing(&self.lines, line, Resource::OrderDetail)?.clone();
                let order = existing(&self.orders, found.order, Resource::Order)?;
                if order.bill.number.is_some() {
                    return Err(Outcome::Closed);
                }
                if order.status() != CANCELED {
                    self.move_stock(found.product, Some(line), "line_delete", found.quantity)?;
                }
                self.lines[line] = None;
            }
            Action::CheckOut { ref group } => {
                let verdicts = group.iter().map(|purchase| self.buy(purchase)).collect();
                return Ok(Outcome::Group(verdicts));
            }
            Action::Undone(_) => return Ok(Outcome::Undone),
        }
        Ok(Outcome::Done)
    }

    /// Moves stock, and writes it down unless there is nothing to write.
    fn move_stock(
        &mut self,
        product: usize,
        line: Option<usize>,
        reason: &str,
        delta: i64,
    ) -> Result<(), Refusal> {
        let found = self.products[product].as_mut().expect("a line's product stays");
        found.stock += delta;
        if delta != 0 {
            self.movements.entry((product, line)).or_default().push((reason.to_owned(), delta));
        }
        if found.stock < 0 { Err(Outcome::Overdrawn) } else { Ok(()) }
    }

    fn give_back(&mut self, order: usize, reason: &str) -> Result<(), Refusal> {
        let lines: Vec<_> = self.lines.iter().cloned().enumerate().collect();
        for (index, line) in lines {
            if let Some(line) = line.filter(|line| line.order == order) {
                self.move_stock(line.product, Some(index), reason, line.quantity)?;
            }
        }
        Ok(())
    }

    fn change_order(
        &mut self,
        index: usize,
        status: Option<OrderStatus>,
        total: Option<i64>,
    ) -> Result<(), Refusal> {
        let mut order = existing(&self.orders, index, Resource::Order)?.clone();
        if order.bill.number.is_some() && total.is_some_and(|total| total != order.total) {
            return Err(Outcome::Refused(Reason::Billed));
        }
        let from = order.status();
        let to = status.map_or(from, OrderStatus::number);
        order.total = total.unwrap_or(order.total);
        if from != to {
            if !MOVES.contains(&(from, to)) {
                let status = |number: i16| OrderStatus::from_number(number.into()).expect("a status");
                return Err(Outcome::Refused(Reason::IllegalMove(status(from), status(to))));
            }
            order.history.push(to);
            if to == CANCELED {
                self.give_back(index, "cancel")?;
                self.numbers.1 += 1;
                self.credit_notes.insert(index, (self.numbers.1, order.total.min(order.bill.total)));
            }
        }
        self.orders[index] = Some(order);
        Ok(())
    }

    fn replace_line(
        &mut self,
        index: usize,
        order: usize,
        product: usize,
        quantity: i64,
    ) -> Result<(), Refusal> {
        let old = existing(&self.lines, index, Resource::OrderDetail)?.clone();
        let from = existing(&self.orders, old.order, Resource::Order)?;
        let to = existing(&self.orders, order, Resource::Order)?;
        from.open().and(to.open())?;
        let mut price = existing(&self.products, product, Resource::Product)?.price;
        if product == old.product {
            price = old.price;
            self.move_stock(product, Some(index), "line_change", old.quantity - quantity)?;
        } else {
            self.move_stock(old.product, Some(index), "line_change", old.quantity)?;
            self.move_stock(product, Some(index), "line_change", -quantity)?;
        }
        self.lines[index] = Some(Line { order, product, quantity, price });
        Ok(())
    }

    fn buy(&mut self, purchase: &Purchase) -> Verdict {
        match self.try_to_buy(purchase) {
            Ok(()) => Verdict::Placed,
            Err(verdict) => verdict,
        }
    }

    fn try_to_buy(&mut self, purchase: &Purchase) -> Result<(), Verdict> {
        let Purchase { key, fingerprint, client, address, ref lines, discount, expected } = *purchase;
        if let Some((known, order)) = self.keys.get(&key) {
            return Err(if *known == fingerprint { Verdict::Replayed(*order) } else { Verdict::KeyReused });
        }
        if client >= CITIES.len() {
            return Err(Verdict::Missing(Resource::Client));
        }
        // Somebody else's is as good as none.
        if address.is_some_and(|address| address != client) {
            return Err(Verdict::Missing(Resource::Address));
        }
        let mut wanted = BTreeMap::new();
        let mut subtotal = 0;
        for (product, quantity) in lines {
            let found = self.products.get(*product).and_then(Option::as_ref).filter(|found| found.active);
            subtotal += found.ok_or(Verdict::Missing(Resource::Product))?.price * quantity;
            *wanted.entry(*product).or_insert(0) += quantity;
        }
        let stock = |product: usize| self.products[product].as_ref().expect("looked at above").stock;
        let demands = wanted.into_iter().map(|(product, wanted)| (product, wanted, stock(product)));
        let short: Vec<_> = demands.filter(|(_, wanted, there)| wanted > there).collect();
        if !short.is_empty() {
            return Err(Verdict::Refused(Reason::Short(short)));
        }
        let total = subtotal - discount;
        if total < 0 {
            return Err(Verdict::Refused(Reason::DiscountTooLarge));
        }
        if expected.is_some_and(|expected| expected != total) {
            return Err(Verdict::Refused(Reason::OtherTotal(total)));
        }
        self.numbers.0 += 1;
        let order = self.orders.len();
        let bill = Bill { number: Some(self.numbers.0), total };
        let city = address.map(|address| CITIES[address].to_owned());
        self.orders.push(Some(Order { client, total: subtotal, bill, city, history: vec![PENDING] }));
        self.keys.insert(key, (fingerprint, order));
        for (product, quantity) in lines {
            let price = self.products[*product].as_ref().expect("looked at above").price;
            self.lines.push(Some(Line { order, product: *product, quantity: *quantity, price }));
            let taken = self.move_stock(*product, Some(self.lines.len() - 1), "sale", -quantity);
            taken.expect("there is enough");
        }
        Ok(())
    }
}
