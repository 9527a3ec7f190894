//! Reads the books from the database, in the words of the model.

use futures_util::future::try_join_all;
use tokio_postgres::{Client, Row, Statement};

use super::{
    books::{Bill, Books, Line, Order, Product},
    database::{Created, Database},
};

const QUERIES: [&str; 7] = [
    "SELECT id, price, stock, active FROM products",
    "SELECT orders.id, orders.client_id, orders.total, checked_out, series_number, bills.total, address_city, \
     ARRAY(SELECT to_status FROM order_events WHERE order_id = orders.id ORDER BY id), status \
     FROM orders JOIN bills ON bills.id = bill_id",
    "SELECT id, order_id, product_id, quantity, price FROM order_details",
    "SELECT product_id, order_detail_id, reason, delta FROM stock_movements ORDER BY id",
    "SELECT order_id, series_number, total FROM credit_notes",
    "SELECT key, get_byte(fingerprint, 0), order_id FROM idempotency_keys",
    "SELECT coalesce(max(last_number) FILTER (WHERE series LIKE 'B-%'), 0), \
     coalesce(max(last_number) FILTER (WHERE series LIKE 'C-%'), 0) FROM document_series",
];

/// Prepares the queries that read the books.
pub(super) async fn prepare(client: &Client) -> Vec<Statement> {
    try_join_all(QUERIES.map(|sql| client.prepare(sql))).await.unwrap()
}

impl Database {
    /// What the database holds.
    pub(super) async fn read(&self) -> Books {
        let answers = try_join_all(self.queries.iter().map(|query| self.client.query(query, &[])));
        let answers = <[Vec<Row>; 7]>::try_from(answers.await.unwrap()).expect("an answer to each query");
        let [products, orders, lines, movements, credit_notes, keys, numbers] = answers;
        let mut books = Books {
            products: vec![None; self.created.products.len()],
            orders: vec![None; self.created.orders.len()],
            lines: vec![None; self.created.lines.len()],
            numbers: (numbers[0].get(0), numbers[0].get(1)),
            ..Books::default()
        };
        for row in products {
            let product = Product { price: row.get(1), stock: row.get(2), active: row.get(3) };
            books.products[self.product(row.get(0))] = Some(product);
        }
        for row in orders {
            books.orders[self.order(row.get(0))] = Some(order(&row));
        }
        for row in lines {
            let (order, product) = (self.order(row.get(1)), self.product(row.get(2)));
            let line = Line { order, product, quantity: row.get(3), price: row.get(4) };
            books.lines[self.line(row.get(0))] = Some(line);
        }
        for row in movements {
            let line = row.get::<_, Option<i64>>(1).map(|line| self.line(line));
            let moved = books.movements.entry((self.product(row.get(0)), line)).or_default();
            moved.push((row.get(2), row.get(3)));
        }
        for row in credit_notes {
            books.credit_notes.insert(self.order(row.get(0)), (row.get(1), row.get(2)));
        }
        for row in keys {
            let (key, fingerprint): (String, i32) = (row.get(0), row.get(1));
            let placed = (u8::try_from(fingerprint).unwrap(), self.order(row.get(2)));
            books.keys.insert(key.parse().unwrap(), placed);
        }
        books
    }

    fn product(&self, id: i64) -> usize {
        Created::index(&self.created.products, id)
    }

    fn order(&self, id: i64) -> usize {
        Created::index(&self.created.orders, id)
    }

    fn line(&self, id: i64) -> usize {
        Created::index(&self.created.lines, id)
    }
}

fn order(row: &Row) -> Order {
    let (client, checked_out, number): (i64, bool, Option<i64>) = (row.get(1), row.get(3), row.get(4));
    assert_eq!(checked_out, number.is_some(), "whole orders, and no others, have an issued bill");
    let order = Order {
        client: usize::try_from(client - 1).unwrap(),
        total: row.get(2),
        bill: Bill { number, total: row.get(5) },
        city: row.get(6),
        history: row.get(7),
    };
    assert_eq!(order.status(), row.get::<_, i16>(8), "the last event of an order is its status");
    order
}
