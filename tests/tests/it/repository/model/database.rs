//! The same actions on a real database, through the functions that scripts use, and with the care that these ask of
//! their callers: locks first, lines of open orders only. Nobody looks at the stock before it is taken.

use std::collections::BTreeMap;

use diesel::result::Error as DieselError;
use serde_json::{Map, json};
use stockroom_domain::{
    AddressId, Amount, BillDate, Checkout, CheckoutLine, CheckoutRefusal, ClientId, DeliveryMethod, Money,
    NewBill, NewOrder, NewOrderDetail, NewProduct, OrderChanges, OrderDetailId, OrderId, OrderStatus,
    PaymentType, PlacedOrder, Price, ProductChanges, ProductId, Quantity, Refusal, Stock, Text,
};
use stockroom_input::changes_from_json;
use stockroom_repository::{
    Connection, Error, Pool, PoolSettings, Result, bills,
    checkouts::{self, Placement, StoredOrder},
    idempotency::RequestKey,
    invariants, order_details, orders, products, transaction,
};
use tokio_postgres::{Client, NoTls, Statement};

use stockroom_tests::place_group;

use super::{
    action::{Action, Purchase},
    books::{Outcome, Reason, Verdict},
    reading,
    rules::{BILLED, CITIES},
};

/// A database and the ids of what was created in it, in the order of its creation.
pub(super) struct Database {
    pool: Pool,
    pub(super) client: Client,
    pub(super) queries: Vec<Statement>,
    pub(super) created: Created,
}

/// The ids of things that were created, and the answers that were kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Created {
    pub(super) products: Vec<i64>,
    pub(super) orders: Vec<i64>,
    pub(super) lines: Vec<i64>,
    answers: BTreeMap<usize, StoredOrder>,
}

const NOBODY: i64 = 999_999;

impl Created {
    fn product(&self, index: usize) -> ProductId {
        ProductId(self.products.get(index).copied().unwrap_or(NOBODY))
    }

    fn order(&self, index: usize) -> OrderId {
        OrderId(self.orders.get(index).copied().unwrap_or(NOBODY))
    }

    fn line(&self, index: usize) -> OrderDetailId {
        OrderDetailId(self.lines.get(index).copied().unwrap_or(NOBODY))
    }

    /// The place of an id among those that were created, oldest first.
    #[track_caller]
    pub(super) fn index(ids: &[i64], id: i64) -> usize {
        ids.iter()
            .position(|known| *known == id)
            .unwrap_or_else(|| panic!("nothing with id {id} was created"))
    }

    fn reason(&self, refusal: Refusal) -> Reason {
        let index = |product: ProductId| Self::index(&self.products, product.0);
        match refusal {
            Refusal::InsufficientStock { product, requested, available } => {
                Reason::Short(vec![(index(product), requested, available)])
            }
            Refusal::InsufficientStockForOrder(shortages) => {
                let short =
                    shortages.iter().map(|short| (index(short.product), short.requested, short.available));
                Reason::Short(short.collect())
            }
            Refusal::TotalMismatch { total, .. } => Reason::OtherTotal(total.minor()),
            Refusal::DiscountTooLarge { .. } => Reason::DiscountTooLarge,
            Refusal::IllegalStatusChange { from, to } => Reason::IllegalMove(from, to),
            Refusal::OrderIsBilled(_) | Refusal::BilledOrderStays(_) => Reason::Billed,
            Refusal::ProductHasSales(_) => Reason::Sold,
            other => panic!("no action is refused with: {other}"),
        }
    }

    fn outcome(&self, error: Error) -> Outcome {
        match error {
            Error::NotFound { resource, .. } => Outcome::Missing(resource),
            Error::Refused(refusal) => Outcome::Refused(self.reason(refusal)),
            Error::Database(DieselError::DatabaseError(_, info))
                if info.constraint_name() == Some("products_stock_not_negative") =>
            {
                Outcome::Overdrawn
            }
            other => panic!("no action fails with: {other:?}"),
        }
    }

    /// Records the orders that were placed and compares the answers of the others.
    fn verdict(&mut self, purchase: &Purchase, outcome: checkouts::Outcome) -> Verdict {
        use checkouts::Outcome as O;
        match outcome {
            O::Placed(placed) => {
                self.orders.push(placed.order.id.0);
                self.lines.extend(placed.lines.iter().map(|line| line.id.0));
                let (body, bill_number) = (stored(&placed), placed.bill.bill_number.clone());
                let answer = StoredOrder { body, bill_number, order_id: placed.order.id };
                self.answers.insert(purchase.key, answer);
                Verdict::Placed
            }
            O::Replayed(answer) => {
                assert_eq!(Some(&answer), self.answers.get(&purchase.key));
                Verdict::Replayed(Self::index(&self.orders, answer.order_id.0))
            }
            O::KeyReused => Verdict::KeyReused,
            O::Refused(CheckoutRefusal::NotFound { resource, .. }) => Verdict::Missing(resource),
            O::Refused(CheckoutRefusal::Refused(refusal)) => Verdict::Refused(self.reason(refusal)),
        }
    }

    async fn try_to(&mut self, conn: &mut Connection, action: &Action) -> Result<Outcome> {
        match *action {
            Action::AddProduct { price, stock } => {
                let new = NewProduct {
                    name: &Text::parse("Mug").unwrap(),
                    price: Price::new(Money::from_minor(price)).unwrap(),
                    stock: Stock::new(stock).unwrap(),
                    category_id: 1.into(),
                    description: None,
                    image_url: None,
                    image: None,
                    sku: None,
                    active: true,
                };
                self.products.push(products::insert_in_tx(conn, new).await?.id.0);
            }
            Action::AdjustStock { product, delta } => {
                products::adjust_stock_in_tx(conn, self.product(product), delta).await?;
            }
            Action::ChangeProduct { product, stock, price, active } => {
                let mut fields = Map::new();
                fields.extend(stock.map(|stock| ("stock".to_owned(), json!(stock))));
                fields.extend(price.map(|price| ("price".to_owned(), json!(Money::from_minor(price)))));
                fields.extend(active.map(|active| ("active".to_owned(), json!(active))));
                let changes: ProductChanges = changes_from_json(fields.into()).unwrap();
                products::update_in_tx(conn, self.product(product), &changes).await?;
            }
            Action::DeleteProduct { product } => products::delete_in_tx(conn, self.product(product)).await?,
            Action::AddOrder { client, status, total } => {
                self.orders.push(add_order(conn, self.orders.len(), client, status, total).await?);
            }
            Action::ChangeOrder { order, status, total } => {
                let mut fields = Map::new();
                fields.extend(status.map(|status| ("status".to_owned(), json!(status))));
                fields.extend(total.map(|total| ("total".to_owned(), json!(Money::from_minor(total)))));
                let changes: OrderChanges = changes_from_json(fields.into()).unwrap();
                orders::update_in_tx(conn, self.order(order), &changes).await?;
            }
            Action::DeleteOrder { order } => orders::delete_in_tx(conn, self.order(order)).await?,
            Action::AddLine { order, product, quantity } => {
                let order = orders::lock_one_in_tx(conn, self.order(order)).await?;
                if order.checked_out || order.status == OrderStatus::Canceled {
                    return Ok(Outcome::Closed);
                }
                let product = products::lock_one_in_tx(conn, self.product(product)).await?;
                let quantity = Quantity::new(quantity).unwrap();
                let new = NewOrderDetail {
                    quantity,
                    price: product.price,
                    order_id: order.id,
                    product_id: product.id,
                };
                self.lines.push(order_details::insert_in_tx(conn, new).await?.id.0);
            }
            Action::ReplaceLine { line, order, product, quantity } => {
                return self.replace_line(conn, line, order, product, quantity).await;
            }
            Action::DeleteLine { line } => {
                let line = order_details::get(conn, self.line(line)).await?;
                let order = orders::lock_one_in_tx(conn, line.order_id).await?;
                if order.checked_out {
                    return Ok(Outcome::Closed);
                }
                let give_back = order.status != OrderStatus::Canceled;
                order_details::delete_in_tx(conn, &line, give_back).await?;
            }
            Action::CheckOut { ref group } => return self.check_out(conn, group).await,
            Action::Undone(_) => unreachable!("performed by the one that undoes it"),
        }
        Ok(Outcome::Done)
    }

    async fn replace_line(
        &self,
        conn: &mut Connection,
        line: usize,
        order: usize,
        product: usize,
        quantity: i64,
    ) -> Result<Outcome> {
        let old = order_details::get(conn, self.line(line)).await?;
        let (order_id, product_id) = (self.order(order), self.product(product));
        let locked = orders::lock_in_tx(conn, &[old.order_id, order_id]).await?;
        if locked.iter().any(|order| order.checked_out || order.status == OrderStatus::Canceled) {
            return Ok(Outcome::Closed);
        }
        let locked = products::lock_in_tx(conn, &[old.product_id, product_id]).await?;
        let product = locked.iter().find(|product| product.id == product_id).expect("it is locked");
        let price = if product_id == old.product_id { old.price } else { product.price };
        let new = NewOrderDetail { quantity: Quantity::new(quantity).unwrap(), price, order_id, product_id };
        order_details::replace_in_tx(conn, &old, new).await?;
        Ok(Outcome::Done)
    }

    async fn check_out(&mut self, conn: &mut Connection, group: &[Purchase]) -> Result<Outcome> {
        let orders: Vec<_> = group.iter().map(|purchase| self.order_of(purchase)).collect();
        let placements: Vec<_> = orders
            .iter()
            .map(|(checkout, request)| Placement { checkout, request, actor: None, discloses: false })
            .collect();
        let outcomes = place_group(conn, &placements, stored).await?;
        assert_eq!(outcomes.len(), group.len());
        let verdicts = group.iter().zip(outcomes).map(|(purchase, outcome)| self.verdict(purchase, outcome));
        Ok(Outcome::Group(verdicts.collect()))
    }

    fn order_of(&self, purchase: &Purchase) -> (Checkout, RequestKey) {
        let amount = |minor| Amount::new(Money::from_minor(minor)).unwrap();
        let line = |&(product, quantity): &(usize, i64)| CheckoutLine {
            product_id: self.product(product),
            quantity: Quantity::new(quantity).unwrap(),
        };
        let checkout = Checkout {
            client_id: id(purchase.client).into(),
            lines: purchase.lines.iter().map(line).collect(),
            delivery_method: DeliveryMethod::OnHand,
            payment_type: PaymentType::Cash,
            address_id: purchase.address.map(|address| AddressId(id(address))),
            discount: amount(purchase.discount),
            expected_total: purchase.expected.map(amount),
        };
        let (operation, caller) = ("POST /checkout".to_owned(), "model".to_owned());
        let fingerprint = [purchase.fingerprint; 32];
        (checkout, RequestKey { key: purchase.key.to_string(), operation, caller, fingerprint })
    }
}

/// The ids of clients and addresses, which are made first.
fn id(index: usize) -> i64 {
    i64::try_from(index).unwrap() + 1
}

/// What is stored for the key of an order: its id, and those of its lines.
fn stored(placed: &PlacedOrder) -> String {
    let ids: Vec<i64> =
        [placed.order.id.0].into_iter().chain(placed.lines.iter().map(|line| line.id.0)).collect();
    format!("{ids:?}")
}

async fn add_order(
    conn: &mut Connection,
    number: usize,
    client: usize,
    status: OrderStatus,
    total: i64,
) -> Result<i64> {
    let amount = |minor| Amount::new(Money::from_minor(minor)).unwrap();
    let bill = NewBill {
        bill_number: &Text::parse(format!("A-{number}")).unwrap(),
        discount: Amount::default(),
        date: BillDate::parse("2026-01-15").unwrap(),
        total: amount(BILLED),
        payment_type: PaymentType::Cash,
        client_id: ClientId(1),
    };
    let order = NewOrder {
        date: None,
        total: amount(total),
        delivery_method: DeliveryMethod::OnHand,
        status,
        client_id: id(client).into(),
        bill_id: bills::insert(conn, bill).await?.id,
    };
    Ok(orders::insert_in_tx(conn, order).await?.id.0)
}

impl Database {
    /// Connects to a database with this schema and nothing in it.
    pub(super) async fn connect(url: &str) -> Self {
        let pool = Pool::new(PoolSettings { size: 1, ..PoolSettings::new(url) }).unwrap();
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("INSERT INTO categories (name) VALUES ('Kitchen')").await.unwrap();
        for city in CITIES {
            let insert = "WITH client AS (INSERT INTO clients (name, lastname, email) VALUES ($1, $1, $1 || '@shop') \
                          RETURNING id) INSERT INTO addresses (city, client_id) SELECT $1, id FROM client";
            client.execute(insert, &[&city]).await.unwrap();
        }
        let queries = reading::prepare(&client).await;
        Self { pool, client, queries, created: Created::default() }
    }

    /// Empties it but for the category, the clients and their addresses.
    pub(super) async fn reset(&mut self) {
        // The triggers that refuse it are for those who are not replicas.
        let empty = "SET session_replication_role = replica; \
                     DELETE FROM order_details; DELETE FROM orders; DELETE FROM bills; DELETE FROM products; \
                     DELETE FROM product_search; \
                     DELETE FROM stock_movements; DELETE FROM credit_notes; DELETE FROM order_events; \
                     DELETE FROM idempotency_keys; DELETE FROM document_series; \
                     SET session_replication_role = origin";
        self.client.batch_execute(empty).await.unwrap();
        self.created = Created::default();
    }

    /// Does it in a transaction of its own.
    pub(super) async fn perform(&mut self, action: &Action) -> Outcome {
        let (action, undone) = match action {
            Action::Undone(action) => (&**action, true),
            action => (action, false),
        };
        let work = transaction(&self.pool, async |conn| {
            let mut created = self.created.clone();
            let outcome = created.try_to(conn, action).await;
            if undone { Err(Error::Unavailable("undone".to_owned())) } else { Ok((outcome?, created)) }
        });
        match work.await {
            _ if undone => Outcome::Undone,
            Ok((outcome, created)) => {
                self.created = created;
                outcome
            }
            Err(error) => self.created.outcome(error),
        }
    }

    /// The invariants that do not hold.
    pub(super) async fn faults(&self) -> Vec<(&'static str, String)> {
        let mut conn = self.pool.get().await.unwrap();
        let findings = invariants::check(&mut conn, 3).await.unwrap().into_iter();
        let broken = findings.filter(|finding| finding.wrong > 0);
        broken.map(|finding| (finding.invariant.name, format!("{:?}", finding.offenders))).collect()
    }
}
