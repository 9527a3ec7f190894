//! Writes the orders of a group that were sold: stock first, then the numbers of their bills, then all their rows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, BigInt, Bytea, Date, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use stockroom_domain::{AuditAction, Choice, DocumentKind, PlacedLine, PlacedOrder, Series};

use super::Sold;
use crate::{
    Connection, Result,
    audit::{self, NewEntry},
    document_series,
    idempotency::RequestKey,
    statement::statement,
};

statement! {
    TakeStock -> () {
        "UPDATE products SET stock = stock - sold.taken FROM unnest("
        products: Array<BigInt> as Vec<i64>,
        ", "
        taken: Array<BigInt> as Vec<i64>,
        ") AS sold (product_id, taken) WHERE products.id = sold.product_id"
    }
}

statement! {
    /// Every row of every order of a group but the stock of its products.
    #[derive(Default)]
    InsertOrders -> () {
        "WITH placed AS MATERIALIZED (SELECT * FROM unnest("
        orders: Array<BigInt> as Vec<i64>, ", "
        bills: Array<BigInt> as Vec<i64>, ", "
        numbers: Array<BigInt> as Vec<i64>, ", "
        bill_numbers: Array<Text> as Vec<String>, ", "
        clients: Array<BigInt> as Vec<i64>, ", "
        subtotals: Array<BigInt> as Vec<i64>, ", "
        discounts: Array<BigInt> as Vec<i64>, ", "
        delivery_methods: Array<SmallInt> as Vec<i16>, ", "
        payment_types: Array<SmallInt> as Vec<i16>, ", "
        streets: Array<Nullable<Text>> as Vec<Option<String>>, ", "
        house_numbers: Array<Nullable<Text>> as Vec<Option<String>>, ", "
        cities: Array<Nullable<Text>> as Vec<Option<String>>, ", "
        keys: Array<Text> as Vec<String>, ", "
        operations: Array<Text> as Vec<String>, ", "
        callers: Array<Text> as Vec<String>, ", "
        fingerprints: Array<Bytea> as Vec<Vec<u8>>, ", "
        answers: Array<Text> as Vec<String>,
        ") AS placed (order_id, bill_id, number, bill_number, client_id, subtotal, discount, delivery_method, \
                      payment_type, street, house_number, city, key, operation, caller, fingerprint, answer)), \
         stamp AS MATERIALIZED (SELECT "
        series: Text as String, " AS series, "
        date: Date as NaiveDate, " AS date, "
        now: Timestamptz as DateTime<Utc>, " AS now), \
         line AS MATERIALIZED (SELECT * FROM unnest("
        lines: Array<BigInt> as Vec<i64>, ", "
        line_orders: Array<BigInt> as Vec<i64>, ", "
        line_products: Array<BigInt> as Vec<i64>, ", "
        quantities: Array<BigInt> as Vec<i64>, ", "
        prices: Array<BigInt> as Vec<i64>,
        ") AS line (id, order_id, product_id, quantity, price)), \
         bill AS (INSERT INTO bills \
             (id, bill_number, series, series_number, subtotal, discount, total, date, payment_type, client_id) \
             SELECT bill_id, bill_number, series, number, subtotal, discount, subtotal - discount, date, payment_type, \
                 client_id FROM placed, stamp), \
         inserted AS (INSERT INTO orders \
             (id, date, total, delivery_method, status, client_id, bill_id, checked_out, address_street, \
              address_number, address_city) \
             SELECT order_id, now, subtotal, delivery_method, 1, client_id, bill_id, true, street, house_number, city \
             FROM placed, stamp), \
         detail AS (INSERT INTO order_details (id, quantity, price, order_id, product_id) \
             SELECT id, quantity, price, order_id, product_id FROM line), \
         moved AS (INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) \
             SELECT product_id, -quantity, 'sale', id FROM line), \
         event AS (INSERT INTO order_events (order_id, to_status, at) SELECT order_id, 1, now FROM placed, stamp) \
         INSERT INTO idempotency_keys \
             (key, operation, caller, fingerprint, answer, order_id, resource, resource_id, client_id) \
             SELECT key, operation, caller, fingerprint, answer, order_id, 'orders', order_id, client_id FROM placed"
    }
}

/// Writes what was sold, each order with what is stored for its key, and returns the orders with their bills numbered.
pub(super) async fn write(
    conn: &Connection,
    mut sold: Vec<Sold<'_>>,
    stored: Vec<String>,
) -> Result<Vec<PlacedOrder>> {
    let [first, ..] = &*sold else { return Ok(Vec::new()) };
    let now = first.placed.order.date;
    take_stock(conn, &sold).await?;
    let series = Series::at(DocumentKind::Bill, now);
    let count = i64::try_from(sold.len()).unwrap_or(i64::MAX);
    let first = document_series::take_in_tx(conn, series, count).await?;
    let mut rows =
        InsertOrders { series: series.to_string(), date: now.date_naive(), now, ..InsertOrders::default() };
    for ((sold, stored), number) in sold.iter_mut().zip(stored).zip(first..) {
        sold.placed.bill.bill_number = series.number(number);
        rows.add(&sold.placed, number);
        rows.add_key(sold.placement.request, stored);
    }
    let mut writing = conn;
    rows.execute(&mut writing).await?;
    let audited = sold.iter().filter_map(|sold| Some((sold.placement.actor?, sold)));
    audit::record_many(
        conn,
        audited.flat_map(|(actor, sold)| entries(sold).map(move |entry| (actor, entry))),
    )
    .await?;
    Ok(sold.into_iter().map(|sold| sold.placed).collect())
}

/// What the audit log says of an order: its creation as the triggers would record it, amounts in minor units, nothing
/// personal; and that the actor is shown whose it is.
fn entries(sold: &Sold<'_>) -> impl Iterator<Item = NewEntry> + use<> {
    let PlacedOrder { order, bill, lines } = &sold.placed;
    let line = |PlacedLine { id, sold }: &PlacedLine| {
        json!({
            "id": id, "product_id": sold.product_id, "quantity": sold.quantity.count(), "price": sold.price.minor(),
        })
    };
    let after = json!({
        "id": order.id, "date": order.date, "total": order.total.minor(),
        "delivery_method": order.delivery_method.number(), "status": order.status.number(),
        "client_id": order.client_id, "checked_out": order.checked_out, "bill_id": bill.id,
        "bill_number": bill.bill_number, "discount": bill.discount.minor(),
        "payment_type": bill.payment_type.number(), "order_details": lines.iter().map(line).collect::<Value>(),
    });
    let (order_id, client_id) = (order.id.0, Some(order.client_id));
    let entry = move |action| NewEntry { client_id, ..NewEntry::of(action, "orders", order_id) };
    let shown = sold.placement.discloses.then(|| entry(AuditAction::Read));
    [NewEntry { after: Some(after), ..entry(AuditAction::Create) }].into_iter().chain(shown)
}

async fn take_stock(mut conn: &Connection, sold: &[Sold<'_>]) -> Result<()> {
    let mut taken: BTreeMap<i64, i64> = BTreeMap::new();
    for line in sold.iter().flat_map(|sold| &sold.placed.lines) {
        *taken.entry(line.sold.product_id.0).or_default() += line.sold.quantity.count();
    }
    let (products, taken) = taken.into_iter().unzip();
    TakeStock { products, taken }.execute(&mut conn).await?;
    Ok(())
}

impl InsertOrders {
    fn add(&mut self, placed: &PlacedOrder, number: i64) {
        let PlacedOrder { order, lines, bill } = placed;
        self.orders.push(order.id.0);
        self.bills.push(bill.id.0);
        self.numbers.push(number);
        self.bill_numbers.push(bill.bill_number.clone());
        self.clients.push(order.client_id.0);
        self.subtotals.push(order.total.minor());
        self.discounts.push(bill.discount.minor());
        self.delivery_methods.push(order.delivery_method.number());
        self.payment_types.push(bill.payment_type.number());
        let address = order.address.clone();
        let (street, number, city) =
            address.map_or((None, None, None), |address| (address.street, address.number, address.city));
        self.streets.push(street);
        self.house_numbers.push(number);
        self.cities.push(city);
        for PlacedLine { id, sold } in lines {
            self.lines.push(id.0);
            self.line_orders.push(order.id.0);
            self.line_products.push(sold.product_id.0);
            self.quantities.push(sold.quantity.count());
            self.prices.push(sold.price.minor());
        }
    }

    fn add_key(&mut self, request: &RequestKey, stored: String) {
        self.keys.push(request.key.clone());
        self.operations.push(request.operation.clone());
        self.callers.push(request.caller.clone());
        self.fingerprints.push(request.fingerprint.to_vec());
        self.answers.push(stored);
    }
}
