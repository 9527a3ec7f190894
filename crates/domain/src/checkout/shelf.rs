//! The stock of locked products, and how orders take from it.

use std::collections::{BTreeMap, HashMap};

use super::{Checkout, CheckoutRefusal, Shortage, Totals};
use crate::{Money, ProductId, Quantity, Refusal, Resource};

/// What is known of a product while its row is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfProduct {
    /// Identity.
    pub id: ProductId,
    /// Name.
    pub name: String,
    /// Stock keeping unit.
    pub sku: Option<String>,
    /// Price of one piece.
    pub price: Money,
    /// Pieces in stock.
    pub stock: i64,
    /// Whether it is sold.
    pub active: bool,
}

/// Locked products, from which orders take.
#[derive(Debug, Default)]
pub struct Shelf(HashMap<ProductId, ShelfProduct>);

/// What an order takes from the shelf, and for how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Its lines, in the order given.
    pub lines: Vec<SaleLine>,
    /// What it costs.
    pub totals: Totals,
}

/// A line of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// The product.
    pub product_id: ProductId,
    /// Its name when it was sold.
    pub name: String,
    /// Its stock keeping unit.
    pub sku: Option<String>,
    /// Pieces.
    pub quantity: Quantity,
    /// Price of one piece.
    pub price: Money,
}

impl Shelf {
    /// Sells what an order wants, and takes it off the shelf. A refusal leaves the shelf as it was.
    ///
    /// Prices are those of the products. Lines that share a product are one demand on its stock.
    ///
    /// # Errors
    /// The first product that is not there or no longer sold, all products that are short, or totals that are not as
    /// expected.
    pub fn sell(&mut self, order: &Checkout) -> Result<Sale, CheckoutRefusal> {
        let lines = order.lines.iter().map(|line| self.price(line.product_id, line.quantity));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let demand = demand(&lines);
        let shortages: Vec<Shortage> = demand
            .iter()
            .filter_map(|(&product, &requested)| {
                let available = self.0.get(&product).map_or(0, |product| product.stock);
                (requested > available).then_some(Shortage { product, requested, available })
            })
            .collect();
        if !shortages.is_empty() {
            return Err(Refusal::InsufficientStockForOrder(shortages).into());
        }
        let totals = Totals::of(&lines, order.discount)?;
        if let Some(expected) = order.expected_total
            && expected.money() != totals.payable()
        {
            return Err(Refusal::TotalMismatch { expected: expected.money(), total: totals.payable() }.into());
        }
        for (product, taken) in demand {
            if let Some(product) = self.0.get_mut(&product) {
                product.stock -= taken;
            }
        }
        Ok(Sale { lines, totals })
    }

    fn price(&self, id: ProductId, quantity: Quantity) -> Result<SaleLine, CheckoutRefusal> {
        let product = self.0.get(&id).filter(|product| product.active);
        let product = product.ok_or(CheckoutRefusal::NotFound { resource: Resource::Product, id: id.0 })?;
        Ok(SaleLine {
            product_id: id,
            name: product.name.clone(),
            sku: product.sku.clone(),
            quantity,
            price: product.price,
        })
    }
}

impl FromIterator<ShelfProduct> for Shelf {
    fn from_iter<I: IntoIterator<Item = ShelfProduct>>(products: I) -> Self {
        Self(products.into_iter().map(|product| (product.id, product)).collect())
    }
}

/// The pieces of each product that some lines want together. The sum of 100 quantities fits well.
fn demand(lines: &[SaleLine]) -> BTreeMap<ProductId, i64> {
    let mut demand = BTreeMap::new();
    for line in lines {
        *demand.entry(line.product_id).or_default() += line.quantity.count();
    }
    demand
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Amount, CheckoutLine, ClientId, DeliveryMethod, PaymentType};

    fn product(id: i64, price: i64, stock: i64) -> ShelfProduct {
        let (id, price) = (ProductId(id), Money::from_minor(price));
        ShelfProduct { id, name: format!("Product {id}"), sku: None, price, stock, active: true }
    }

    fn amount(minor: i64) -> Amount {
        Amount::new(Money::from_minor(minor)).unwrap()
    }

    fn order(lines: &[(i64, i64)]) -> Checkout {
        let line = |&(product, quantity): &(i64, i64)| CheckoutLine {
            product_id: ProductId(product),
            quantity: Quantity::new(quantity).unwrap(),
        };
        Checkout {
            client_id: ClientId(1),
            lines: lines.iter().map(line).collect(),
            delivery_method: DeliveryMethod::OnHand,
            payment_type: PaymentType::Cash,
            address_id: None,
            discount: Amount::default(),
            expected_total: None,
        }
    }

    fn stock(shelf: &Shelf, id: i64) -> i64 {
        shelf.0[&ProductId(id)].stock
    }

    fn refusal(shelf: &mut Shelf, order: &Checkout) -> String {
        shelf.sell(order).unwrap_err().to_string()
    }

    #[test]
    fn a_sale_has_the_products_prices_and_takes_the_stock() {
        let mut shelf: Shelf = [product(1, 250, 5), product(2, 100, 1)].into_iter().collect();
        let sale = shelf.sell(&order(&[(1, 2), (2, 1), (1, 3)])).unwrap();
        assert_eq!(sale.totals.subtotal().minor(), 5 * 250 + 100);
        assert_eq!(sale.lines.iter().map(|line| line.price.minor()).collect::<Vec<_>>(), [250, 100, 250]);
        assert_eq!((stock(&shelf, 1), stock(&shelf, 2)), (0, 0));
    }

    #[test]
    fn every_short_product_is_named_once_and_nothing_is_taken() {
        let mut shelf: Shelf =
            [product(1, 250, 5), product(2, 100, 1), product(3, 1, 9)].into_iter().collect();
        let refused = shelf.sell(&order(&[(2, 2), (1, 3), (3, 9), (1, 3)])).unwrap_err();
        let short =
            |product, requested, available| Shortage { product: ProductId(product), requested, available };
        assert_eq!(refused, Refusal::InsufficientStockForOrder(vec![short(1, 6, 5), short(2, 2, 1)]).into());
        assert_eq!((stock(&shelf, 1), stock(&shelf, 2), stock(&shelf, 3)), (5, 1, 9));
    }

    #[test]
    fn what_is_not_sold_is_not_found() {
        let retired = ShelfProduct { active: false, ..product(2, 100, 1) };
        let mut shelf: Shelf = [product(1, 250, 5), retired].into_iter().collect();
        assert_eq!(refusal(&mut shelf, &order(&[(1, 1), (2, 1)])), "Product with id 2 not found");
        assert_eq!(refusal(&mut shelf, &order(&[(1, 1), (3, 1)])), "Product with id 3 not found");
        assert_eq!(stock(&shelf, 1), 5);
    }

    #[test]
    fn totals_that_are_not_as_expected() {
        let mut shelf: Shelf = [product(1, 250, 5)].into_iter().collect();
        let expecting = |minor| Checkout { expected_total: Some(amount(minor)), ..order(&[(1, 2)]) };
        assert_eq!(refusal(&mut shelf, &expecting(499)), "Total mismatch. Expected 5.0, got 4.99");
        let discounted = Checkout { discount: amount(100), ..expecting(400) };
        assert_eq!(shelf.sell(&discounted).unwrap().totals.payable().minor(), 400);
        let generous = Checkout { discount: amount(501), ..order(&[(1, 2)]) };
        assert_eq!(refusal(&mut shelf, &generous), "Discount 5.01 is more than the order's total 5.0");
        assert_eq!(stock(&shelf, 1), 3);
        let mut treasury: Shelf = [product(1, 99_999_999, i64::MAX)].into_iter().collect();
        let huge = order(&[(1, 2_147_483_647); 100]);
        assert_eq!(refusal(&mut treasury, &huge), "The order's total is more than 99999999999.99");
    }

    proptest! {
        /// Whatever is wanted: what was there is what is left and what was sold, and nothing is negative.
        #[test]
        fn nothing_is_sold_twice(
            stocks in prop::collection::vec(0_i64..6, 3),
            orders in prop::collection::vec(prop::collection::vec((0_i64..3, 1_i64..4), 1..5), 1..12),
        ) {
            let products = stocks.iter().zip(0..).map(|(&stock, id)| product(id, 10, stock));
            let mut shelf: Shelf = products.collect();
            let mut sold = [0; 3];
            for lines in &orders {
                let fits = (0..3).all(|id| {
                    let wanted: i64 = lines.iter().filter(|line| line.0 == id).map(|line| line.1).sum();
                    wanted <= stock(&shelf, id)
                });
                let sale = shelf.sell(&order(lines));
                prop_assert_eq!(sale.is_ok(), fits);
                for line in sale.iter().flat_map(|sale| &sale.lines) {
                    sold[usize::try_from(line.product_id.0).unwrap()] += line.quantity.count();
                }
            }
            for (id, (&before, &sold)) in (0..).zip(stocks.iter().zip(&sold)) {
                prop_assert!(stock(&shelf, id) >= 0);
                prop_assert_eq!(before, stock(&shelf, id) + sold);
            }
        }
    }
}
