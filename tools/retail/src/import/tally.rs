//! Totals per product and per client: all that is kept of the lines.
//!
//! A product is called what most of its lines call it (the first such name, when several are equally frequent), costs
//! the median of its lines' prices, and gets the stock that all its sales would have needed and a tenth more, ten
//! pieces more at least.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use stockroom_domain::{CategoryName, Email, PersonName, Price, ProductName, Sku, Stock, Violation};
use stockroom_repository::imports::{ExternalNumber, ImportedClient, ImportedProduct};

use super::category::category_of;
use crate::log::Row;

/// The totals so far.
#[derive(Default)]
pub(super) struct Tally {
    products: HashMap<Sku, ProductTally>,
    clients: HashMap<ExternalNumber, ImportedClient>,
    rows_without_customer: u64,
}

/// The outcome: what to import.
pub(super) struct Totals {
    /// By ascending SKU.
    pub(super) products: Vec<ImportedProduct>,
    /// By ascending number, as text.
    pub(super) clients: Vec<ImportedClient>,
    /// Products that no line has a name for; they are not among the products.
    pub(super) products_without_name: u64,
    /// Lines that belong to no client.
    pub(super) rows_without_customer: u64,
}

#[derive(Default)]
struct ProductTally {
    names: HashMap<ProductName, NameTally>,
    prices: BTreeMap<Price, u64>,
    sold: i64,
    stock: Stock,
}

struct NameTally {
    count: u64,
    /// How many other names came before it.
    place: usize,
}

impl Tally {
    /// Counts a line.
    ///
    /// # Errors
    /// When its product would need more stock than can be; the line is not counted then.
    pub(super) fn add(&mut self, row: Row) -> Result<(), Violation> {
        let client = row.customer.map(imported_client).transpose()?;
        let sold = self.products.get(&row.sku).map_or(0, |product| product.sold) + row.quantity.count();
        let stock = Stock::new(with_margin(sold))?;
        let product = self.products.entry(row.sku).or_default();
        product.sold = sold;
        product.stock = stock;
        *product.prices.entry(row.price).or_default() += 1;
        if let Some(name) = row.name {
            let place = product.names.len();
            product.names.entry(name).or_insert(NameTally { count: 0, place }).count += 1;
        }
        match client {
            Some(client) => {
                self.clients.entry(client.external_number.clone()).or_insert(client);
            }
            None => self.rows_without_customer += 1,
        }
        Ok(())
    }

    /// What the lines add up to.
    pub(super) fn finish(self) -> Totals {
        let all = self.products.len();
        let mut products: Vec<_> =
            self.products.into_iter().filter_map(|(sku, product)| product.imported(sku)).collect();
        products.sort_unstable_by(|a, b| a.sku.as_str().cmp(b.sku.as_str()));
        let mut clients: Vec<_> = self.clients.into_values().collect();
        clients.sort_unstable_by(|a, b| a.external_number.as_str().cmp(b.external_number.as_str()));
        Totals {
            products_without_name: (all - products.len()) as u64,
            rows_without_customer: self.rows_without_customer,
            products,
            clients,
        }
    }
}

impl ProductTally {
    /// The product, if it has a name.
    fn imported(self, sku: Sku) -> Option<ImportedProduct> {
        let price = median(&self.prices)?;
        let (name, _) =
            self.names.into_iter().max_by_key(|(_, tally)| (tally.count, Reverse(tally.place)))?;
        // Never absent: a test holds that the name of every category is valid.
        let category = CategoryName::parse(category_of(name.as_str())).ok()?;
        Some(ImportedProduct { sku, name, price, stock: self.stock, category })
    }
}

/// The pieces to keep for a product that sold this many.
fn with_margin(sold: i64) -> i64 {
    sold + ((sold + 9) / 10).max(10)
}

/// The middle one of all values; the lower of the two middle ones when their number is even.
fn median<T: Copy>(counts: &BTreeMap<T, u64>) -> Option<T> {
    let middle = counts.values().sum::<u64>().div_ceil(2);
    let mut seen = 0;
    counts
        .iter()
        .find(|(_, count)| {
            seen += **count;
            seen >= middle
        })
        .map(|(value, _)| *value)
}

/// A client of whom nothing but the number is known. `.invalid` is a domain that never exists (RFC 2606).
fn imported_client(number: ExternalNumber) -> Result<ImportedClient, Violation> {
    Ok(ImportedClient {
        name: PersonName::parse("Customer")?,
        lastname: PersonName::parse(number.as_str())?,
        email: Email::parse(&format!("{number}@retail.invalid"))?,
        external_number: number,
    })
}

#[cfg(test)]
mod tests {
    use stockroom_domain::{Money, Quantity};

    use super::*;

    fn row(sku: &str, name: &str, quantity: i64, cents: i64, customer: &str) -> Row {
        Row {
            sku: Sku::parse(sku).unwrap(),
            name: ProductName::parse(name).ok(),
            quantity: Quantity::new(quantity).unwrap(),
            price: Price::new(Money::from_minor(cents)).unwrap(),
            customer: ExternalNumber::parse(customer).ok(),
        }
    }

    fn totals(rows: impl IntoIterator<Item = Row>) -> Totals {
        let mut tally = Tally::default();
        for row in rows {
            tally.add(row).unwrap();
        }
        tally.finish()
    }

    #[test]
    fn the_median_is_a_price_that_was_paid() {
        let median_of = |values: &[i64]| {
            let mut counts = BTreeMap::new();
            for value in values {
                *counts.entry(*value).or_default() += 1;
            }
            median(&counts)
        };
        assert_eq!(median_of(&[]), None);
        assert_eq!(median_of(&[5]), Some(5));
        assert_eq!(median_of(&[9, 1]), Some(1));
        assert_eq!(median_of(&[3, 1, 2]), Some(2));
        assert_eq!(median_of(&[4, 4, 1, 9]), Some(4));
        assert_eq!(median_of(&[1, 2, 3, 4]), Some(2));
    }

    #[test]
    fn stock_is_what_the_sales_need_and_a_margin() {
        assert_eq!(with_margin(1), 11);
        assert_eq!(with_margin(100), 110);
        assert_eq!(with_margin(101), 112);
        assert_eq!(with_margin(1000), 1100);
    }

    #[test]
    fn a_product_is_the_sum_of_its_lines() {
        let totals = totals([
            row("2", "RED MUG", 90, 300, "7"),
            row("1", "CARD", 1, 50, ""),
            row("2", "MUG, RED", 10, 100, "7"),
            row("2", "MUG, RED", 10, 200, "8"),
            row("2", "", 10, 900, ""),
        ]);
        let [card, mug] = totals.products.as_slice() else { panic!("{:?}", totals.products) };
        assert_eq!((card.sku.as_str(), card.stock.count()), ("1", 11));
        assert_eq!((mug.sku.as_str(), mug.name.as_str()), ("2", "MUG, RED"));
        assert_eq!((mug.price.money().minor(), mug.stock.count()), (200, 132));
        assert_eq!(mug.category.as_str(), "Kitchen and Dining");
        let emails: Vec<_> = totals.clients.iter().map(|client| client.email.as_str()).collect();
        assert_eq!(emails, ["7@retail.invalid", "8@retail.invalid"]);
        assert_eq!(totals.clients[0].lastname.as_str(), "7");
        assert_eq!((totals.rows_without_customer, totals.products_without_name), (2, 0));
    }

    #[test]
    fn the_first_of_equally_frequent_names_wins() {
        let totals = totals([row("1", "B", 1, 1, ""), row("1", "A", 1, 1, ""), row("1", "C", 1, 1, "")]);
        assert_eq!(totals.products[0].name.as_str(), "B");
    }

    #[test]
    fn a_product_without_a_name_is_left_out() {
        let totals = totals([row("1", "", 1, 1, "")]);
        assert_eq!((totals.products.len(), totals.products_without_name), (0, 1));
    }

    #[test]
    fn a_line_beyond_the_possible_stock_is_not_counted() {
        let mut tally = Tally::default();
        tally.add(row("1", "A", 5, 1, "")).unwrap();
        assert!(tally.add(row("1", "A", 2_147_483_647, 1, "7")).is_err());
        assert!(tally.add(row("2", "B", 2_147_483_647, 1, "7")).is_err());
        let totals = tally.finish();
        assert_eq!((totals.products.len(), totals.products[0].stock.count()), (1, 15));
        assert_eq!((totals.clients.len(), totals.products_without_name), (0, 0));
    }
}
