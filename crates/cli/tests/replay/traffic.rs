//! What is sent, what is counted, and what the shop holds afterwards.

use serde_json::json;

use crate::{Shop, lines};

/// Invoices of two customers, one of them longer than an order may be; cancellations of a whole invoice, of the long one
/// and of a part; lines that nobody sends.
fn log() -> Vec<String> {
    let mut log = lines([
        "1,85123A,6,2.55,17850",
        "1,22423,2,10.00,17850",
        "1,POST,1,18.00,17850",
        "2,85123a,4,2.75,13047",
    ]);
    log.extend((0..150).map(|index| format!("3,{},1,1.00,17850", 30_000 + index)));
    log.extend(lines(["C4,22423,-2,10.00,17850", "C4,85123A,-6,2.55,17850"]));
    log.extend((0..150).map(|index| format!("C8,{},-1,1.00,17850", 30_000 + index)));
    log.extend(lines(["C5,85123A,-1,2.75,13047", "6,85123A,1,2.55,", "C7,M,-1,9.00,13047"]));
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_sold_again() {
    let shop = Shop::with_log(&log()).await;

    let told = shop.replay(&[]).await;

    told.good();
    for (label, row) in [
        ("Lines read", "309"),
        ("of invoices", "153"),
        ("of cancellations", "153"),
        ("without a customer", "1"),
        ("left out", "2"),
        ("Invoices", "3"),
        ("sent in parts", "1"),
        ("Orders placed", "4"),
        ("refused", "0"),
        ("Cancellations", "3"),
        ("without a matching order", "2"),
        ("Orders cancelled", "1"),
        ("Attempts repeated", "0"),
        ("sold", "195.50 195.50 196.30 -0.80"),
        ("cancelled", "35.30 35.30 35.30 0.00"),
        ("net", "160.20 160.20 161.00 -0.80"),
    ] {
        assert_eq!(told.row(label), row, "{label}");
    }
    assert!(told.was_checked(), "{}", told.report);
    assert!(told.errors.contains("imported: 152 new products, 2 new clients"), "{}", told.errors);
    assert!(told.errors.contains("replaying: 100 %, 4 orders placed, 1 cancelled, 0 refused"));
    let of_orders = "SELECT count(*)::bigint, sum(total)::bigint, sum(lines)::bigint FROM orders, \
                     LATERAL (SELECT count(*) AS lines FROM order_details WHERE order_id = orders.id) AS counted";
    let row = shop.app.client().await.query_one(of_orders, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (4, 19_550, 153));
    assert_eq!(shop.count("SELECT sum(total)::bigint FROM credit_notes").await, 3530);
    let longest = "SELECT max(count) FROM (SELECT count(*) FROM order_details GROUP BY order_id) AS counts";
    assert_eq!(shop.count(longest).await, 100);
    shop.app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_repeated_sells_nothing_twice() {
    let shop = Shop::with_log(&log()).await;
    let first = shop.replay(&["--run", "monday", "--limit", "2"]).await;
    assert_eq!(first.good().row("Orders placed"), "2");
    assert_eq!(first.row("beyond the limit"), "303");

    let second = shop.replay(&["--run", "monday"]).await;
    assert_eq!(
        (second.good().row("Orders placed"), second.row("by an earlier attempt")),
        ("2".into(), "2".into())
    );
    assert_eq!(second.row("Orders cancelled"), "1");
    let third = shop.replay(&["--run", "monday", "--no-import"]).await;
    assert_eq!((third.good().row("Orders placed"), third.row("Orders cancelled")), ("0".into(), "0".into()));
    assert_eq!(third.row("by an earlier attempt"), "4");
    assert_eq!(third.row("net"), "160.20 160.20 161.00 -0.80");
    assert_eq!((shop.orders().await, shop.count("SELECT count(*) FROM credit_notes").await), (4, 1));

    let other = shop.replay(&["--no-import"]).await;
    assert_eq!(other.good().row("Orders placed"), "4", "another run sells again");
    assert_eq!(shop.orders().await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_counted_by_their_reason() {
    let shop = Shop::with_log(&log()).await;
    shop.import().await;
    let product = shop.count("SELECT id FROM products WHERE sku = '22423'").await;
    shop.app.actor().put(&format!("/products/{product}"), &json!({"stock": 1})).await.expect(200);

    let told = shop.replay(&["--no-import"]).await;

    assert_eq!((told.good().row("Orders placed"), told.row("refused")), ("3".into(), "1".into()));
    assert_eq!(told.row("insufficient_stock_for_order"), "1");
    assert_eq!(told.row("without a matching order"), "3", "what was refused cannot be cancelled");
    assert_eq!(told.row("net"), "160.20 160.20 161.00 -0.80");
    assert_eq!(shop.orders().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_shop_does_not_know_is_counted() {
    let shop = Shop::with_log(&log()).await;
    shop.import().await;
    let sql = "UPDATE products SET sku = NULL WHERE sku IN ('85123A', '30149'); \
               UPDATE clients SET external_number = NULL WHERE external_number = '13047'";
    shop.app.client().await.batch_execute(sql).await.unwrap();

    let told = shop.replay(&["--no-import"]).await;

    assert_eq!(
        (told.good().row("Orders placed"), told.row("lines of unknown products")),
        ("3".into(), "2".into())
    );
    assert_eq!((told.row("Invoices"), told.row("of unknown clients")), ("3".into(), "1".into()));
    assert_eq!((told.row("Cancellations"), told.row("without a matching order")), ("3".into(), "2".into()));
    assert_eq!(told.row("sold"), "169.00 169.00 169.00 0.00");
    assert_eq!(told.row("Orders cancelled"), "1", "what is taken back is compared with the log's invoice");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_customer_keep_their_order_whoever_sends_them() {
    // Each invoice takes all that there is, so the next one finds stock only when the cancellation went before it.
    let mut log = Vec::new();
    for customer in 1..=8 {
        for round in 0..12 {
            log.push(format!("{customer}{round:02},5000{customer},20,1.00,{customer}"));
            log.push(format!("C{customer}{round:02},5000{customer},-20,1.00,{customer}"));
        }
    }
    let shop = Shop::with_log(&log).await;
    shop.import().await;
    for product in 1..=8 {
        shop.app.actor().put(&format!("/products/{product}"), &json!({"stock": 20})).await.expect(200);
    }

    let told = shop.replay(&["--no-import", "--concurrency", "32"]).await;

    assert_eq!((told.good().row("Orders placed"), told.row("refused")), ("96".into(), "0".into()));
    assert_eq!((told.row("Orders cancelled"), told.row("net")), ("96".into(), "0.00 0.00 0.00 0.00".into()));
}
