//! What the log's products are in this shop, as they were when the replay began, and the orders that are made of its
//! invoices.

use stockroom_domain::{CheckoutLine, ClientId, MOST_LINES, Money, ProductId, Sku};

use super::{
    event::{Event, Line},
    schedule::Customer,
};

/// The log's products by their place in the log; `None` for those that this shop does not have.
#[derive(Debug, Clone)]
pub struct Catalogue {
    products: Vec<Option<ForSale>>,
}

#[derive(Debug, Clone)]
struct ForSale {
    id: ProductId,
    sku: Sku,
    price: Money,
}

/// An order to place: an invoice, or a part of one that is longer than an order may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who buys.
    pub client: ClientId,
    /// What, 1 to [`MOST_LINES`] lines.
    pub lines: Vec<CheckoutLine>,
    /// What it costs by the shop's prices.
    pub cost: Money,
    /// What it cost by the log's.
    pub log_cost: Money,
}

impl Catalogue {
    pub(super) fn new(skus: Vec<Sku>, find: impl Fn(&Sku) -> Option<(ProductId, Money)>) -> Self {
        let for_sale = |sku: Sku| find(&sku).map(|(id, price)| ForSale { id, sku, price });
        Self { products: skus.into_iter().map(for_sale).collect() }
    }

    /// A product of the log that the shop has, by which a service can be asked whether it is this shop's.
    pub fn sample(&self) -> Option<(ProductId, &Sku)> {
        self.products.iter().flatten().next().map(|product| (product.id, &product.sku))
    }

    /// The orders that an invoice makes: one, or several where it is longer than an order may be. Lines whose product the
    /// shop does not have are left out; an invoice with no others makes no order.
    pub fn orders(&self, customer: &Customer, invoice: &Event) -> Vec<Order> {
        let known: Vec<_> = invoice
            .lines
            .iter()
            .filter_map(|line| Some((line, self.products.get(line.product)?.as_ref()?)))
            .collect();
        known.chunks(MOST_LINES).map(|lines| order(customer.client, lines)).collect()
    }

    /// Lines of an invoice whose product the shop does not have.
    pub fn unknown_lines(&self, invoice: &Event) -> usize {
        let unknown = |line: &&Line| self.products.get(line.product).is_none_or(Option::is_none);
        invoice.lines.iter().filter(unknown).count()
    }
}

fn order(client: ClientId, lines: &[(&Line, &ForSale)]) -> Order {
    // What does not fit is far above what the service accepts: such an order is refused.
    let sum = |costs: &mut dyn Iterator<Item = Option<Money>>| {
        let minor = costs.fold(0_i64, |sum, cost| sum.saturating_add(cost.map_or(i64::MAX, Money::minor)));
        Money::from_minor(minor)
    };
    Order {
        client,
        lines: lines
            .iter()
            .map(|(line, product)| CheckoutLine { product_id: product.id, quantity: line.quantity })
            .collect(),
        cost: sum(&mut lines.iter().map(|(line, product)| product.price.times(line.quantity.count()))),
        log_cost: sum(&mut lines.iter().map(|(line, _)| line.cost())),
    }
}
