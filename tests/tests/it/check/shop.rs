//! A shop in which everything has happened once, and nothing is wrong.
//!
//! What the older requests do is done through the API. Checked-out orders are written row by row, in the series of a
//! year long past, so that their numbers do not depend on the day of the test.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};
use tokio_postgres::Client;

/// The products: `LAMP` is deleted in the end.
const MUG: i64 = 1;
const POT: i64 = 2;
const LAMP: i64 = 3;

/// A service over the shop. The orders are:
///
/// | order | placed by | lines | in the end |
/// |---|---|---|---|
/// | 1 | older requests | 1: 3 mugs, 2: 2 mugs, 3: deleted, 4: a mug | pending |
/// | 2 | older requests | 5: 4 mugs, 6: a pot, 7: deleted afterwards | cancelled |
/// | 3 | older requests | 8 | deleted |
/// | 4 | older requests | | created as cancelled |
/// | 5 | older requests | 9: 2 pots | delivered |
/// | 6 | checkout, `key-6` | 10: 2 mugs, 11: a pot, B-2020-000001 | pending |
/// | 7 | checkout | 12: 4 pots, B-2020-000002 | delivered |
/// | 8 | checkout, `key-8` | 13: a mug, B-2020-000003 | cancelled, C-2020-000001 |
/// | 9 | checkout | 14: 5 pots, B-2020-000004 | cancelled, C-2020-000002 |
///
/// 92 mugs and 93 pots are left of 100 each.
pub(super) async fn build() -> App {
    let app = App::start().await;
    older_requests(&app.actor()).await;
    let db = app.client().await;
    complete_older_orders(&db).await;

    check_out(&db, &[(MUG, 2), (POT, 1)], 500, Some("key-6")).await;
    let delivered = check_out(&db, &[(POT, 4)], 0, None).await;
    for (lines, key) in [([(MUG, 1)], Some("key-8")), ([(POT, 5)], None)] {
        let cancelled = check_out(&db, &lines, 100, key).await;
        give_back(&db, cancelled).await;
        set_status(&db, cancelled, &[1, 4]).await;
        credit(&db, "C-2020", cancelled).await;
    }
    set_status(&db, delivered, &[1, 3]).await;
    app
}

async fn older_requests(shop: &Actor) {
    for (product, price) in [(MUG, 10.0), (POT, 12.5), (LAMP, 80.0)] {
        assert_eq!(shop.product(json!({"stock": 100, "price": price})).await, product);
    }
    let put = async |path: String, body: Value| shop.put(&path, &body).await.expect(200);

    let open = shop.order(json!({})).await;
    for (line, product, quantity) in [(1, MUG, 5), (2, POT, 2), (3, MUG, 1), (4, LAMP, 1)] {
        assert_eq!(shop.line(open, product, quantity).await, line);
    }
    put("/order_details/1".to_owned(), json!({"quantity": 3})).await;
    put("/order_details/2".to_owned(), json!({"product_id": MUG})).await;
    shop.delete("/order_details/3").await.expect(204);
    put("/order_details/4".to_owned(), json!({"product_id": MUG})).await;
    shop.delete(&format!("/products/{LAMP}")).await.expect(204);

    let cancelled = shop.order(json!({})).await;
    for (product, quantity) in [(MUG, 4), (POT, 1), (POT, 2)] {
        shop.line(cancelled, product, quantity).await;
    }
    put(format!("/orders/{cancelled}"), json!({"status": "IN_PROGRESS"})).await;
    put(format!("/orders/{cancelled}"), json!({"status": "CANCELED"})).await;
    shop.delete("/order_details/7").await.expect(204);

    let deleted = shop.order(json!({})).await;
    shop.line(deleted, POT, 3).await;
    shop.delete(&format!("/orders/{deleted}")).await.expect(204);

    shop.order(json!({"status": "CANCELED"})).await;

    let delivered = shop.order(json!({})).await;
    assert_eq!((delivered, shop.line(delivered, POT, 2).await), (5, 9));
    put(format!("/orders/{delivered}"), json!({"status": "DELIVERED"})).await;
}

/// Histories and the credit note of the orders that the older requests made, where there are none.
async fn complete_older_orders(db: &Client) {
    for (order, history) in [(1, &[1][..]), (2, &[1, 2, 4]), (4, &[4]), (5, &[1, 3])] {
        let known: i64 =
            integer(db, &format!("SELECT count(*) FROM order_events WHERE order_id = {order}")).await;
        if known == 0 {
            place(db, order, history[0]).await;
            set_status(db, order, history).await;
        }
    }
    if integer(db, "SELECT count(*) FROM credit_notes").await == 0 {
        credit(db, "C-2019", 2).await;
    }
    // Amounts of such orders are the client's to change, cancelled or not; the credit note tells what was then.
    db.batch_execute("UPDATE orders SET total = total - 100 WHERE id = 2").await.unwrap();
}

/// Writes what a checkout writes, with prices and stock of the products, and returns the order's id.
async fn check_out(db: &Client, lines: &[(i64, i64)], discount: i64, key: Option<&str>) -> i64 {
    let (products, quantities): (Vec<i64>, Vec<i64>) = lines.iter().copied().unzip();
    let number = next_number(db, "B-2020").await;
    let placed = format!(
        "WITH line AS (
             SELECT product.id, product.price, wanted.quantity
             FROM unnest($1::bigint[], $2::bigint[]) AS wanted (id, quantity) JOIN products AS product USING (id)
         ), bill AS (
             INSERT INTO bills (series, series_number, bill_number, subtotal, discount, total, date, payment_type, client_id)
             SELECT 'B-2020', {number}, 'B-2020-' || lpad({number}::text, 6, '0'), sum(price * quantity), {discount},
                    sum(price * quantity) - {discount}, '2020-02-29', 2, 1
             FROM line RETURNING id, subtotal
         ), placed AS (
             INSERT INTO orders (checked_out, status, total, delivery_method, client_id, bill_id)
             SELECT true, 1, subtotal, 1, 1, id FROM bill RETURNING id
         ), detail AS (
             INSERT INTO order_details (order_id, product_id, quantity, price)
             SELECT placed.id, line.id, line.quantity, line.price FROM placed, line ORDER BY line.id
             RETURNING id, product_id, quantity
         ), moved AS (
             INSERT INTO stock_movements (product_id, delta, reason, order_detail_id)
             SELECT product_id, -quantity, 'sale', id FROM detail
         ), sold AS (
             UPDATE products SET stock = stock - detail.quantity FROM detail WHERE products.id = detail.product_id
         )
         SELECT id FROM placed"
    );
    let order: i64 = db.query_one(&placed, &[&products, &quantities]).await.unwrap().get(0);
    place(db, order, 1).await;
    if let Some(key) = key {
        let keep = "INSERT INTO idempotency_keys (key, operation, caller, fingerprint, location, answer, order_id) \
                    VALUES ($1, 'POST /checkout', 'anonymous', sha256('{}'), '/orders/' || $2::bigint, '{}', $2)";
        db.execute(keep, &[&key, &order]).await.unwrap();
    }
    order
}

async fn place(db: &Client, order: i64, status: i16) {
    let sql = "INSERT INTO order_events (order_id, from_status, to_status) VALUES ($1, NULL, $2)";
    db.execute(sql, &[&order, &status]).await.unwrap();
}

/// Moves an order from status to status.
async fn set_status(db: &Client, order: i64, history: &[i16]) {
    for step in history.windows(2) {
        let sql = "INSERT INTO order_events (order_id, from_status, to_status) VALUES ($1, $2, $3)";
        db.execute(sql, &[&order, &step[0], &step[1]]).await.unwrap();
        db.execute("UPDATE orders SET status = $2 WHERE id = $1", &[&order, &step[1]]).await.unwrap();
    }
}

async fn give_back(db: &Client, order: i64) {
    let sql = "WITH moved AS (
                   INSERT INTO stock_movements (product_id, delta, reason, order_detail_id)
                   SELECT product_id, quantity, 'cancel', id FROM order_details WHERE order_id = $1
                   RETURNING product_id, delta
               )
               UPDATE products SET stock = stock + delta FROM moved WHERE id = product_id";
    db.execute(sql, &[&order]).await.unwrap();
}

async fn credit(db: &Client, series: &str, order: i64) {
    let number = next_number(db, series).await;
    let sql = format!(
        "INSERT INTO credit_notes (series, series_number, credit_note_number, order_id, bill_number, client_id, date, total)
         SELECT '{series}', {number}, '{series}-' || lpad({number}::text, 6, '0'), orders.id, bill_number, orders.client_id,
                '2020-02-29', least(orders.total, bills.total)
         FROM orders JOIN bills ON bills.id = bill_id WHERE orders.id = $1"
    );
    db.execute(&sql, &[&order]).await.unwrap();
}

async fn next_number(db: &Client, series: &str) -> i64 {
    let sql = format!(
        "INSERT INTO document_series (series, last_number) VALUES ('{series}', 1)
         ON CONFLICT (series) DO UPDATE SET last_number = document_series.last_number + 1 RETURNING last_number"
    );
    integer(db, &sql).await
}

async fn integer(db: &Client, sql: &str) -> i64 {
    db.query_one(sql, &[]).await.expect(sql).get(0)
}
