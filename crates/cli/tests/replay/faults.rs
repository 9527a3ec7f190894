//! What makes the program end with 1, and what it refuses before anything is sent.

use serde_json::json;
use stockroom_tests::App;

use crate::{Shop, Told, lines};

fn log() -> Vec<String> {
    lines(["1,85123A,6,2.55,17850", "2,85123A,4,2.55,13047"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_changed_under_the_run_is_a_difference() {
    let shop = Shop::with_log(&log()).await;
    shop.replay(&["--run", "a"]).await.good();
    shop.app.actor().put("/products/1", &json!({"price": 2.56})).await.expect(200);

    let told = shop.replay(&["--run", "a", "--no-import"]).await;

    let (six, four) = ("is 15.3 and should be 15.36", "is 10.2 and should be 10.24");
    let fault = told.fault();
    assert!(fault.starts_with("stockroom: run a: totals differ: order "), "{fault}");
    assert!(fault.contains(six) && fault.contains(four), "{fault}");
    assert_eq!(told.row("sold"), "25.50 25.60 25.50 0.00");
    assert!(told.was_checked(), "{}", told.report);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_contradicts_itself_is_found_at_the_end() {
    let shop = Shop::with_log(&log()).await;
    shop.import().await;
    let sql = "UPDATE products SET stock = stock + 1 WHERE sku = '85123A'";
    shop.app.client().await.batch_execute(sql).await.unwrap();

    let told = shop.replay(&["--no-import", "--run", "b"]).await;

    assert_eq!(told.row("Orders placed"), "2");
    let fault = told.fault();
    assert!(fault.starts_with("stockroom: run b: 1 of ") && fault.ends_with(": stock-ledger"), "{fault}");
}

#[track_caller]
fn refused(told: &Told, code: i32, text: &str) {
    assert_eq!(told.code, code, "{}", told.errors);
    assert!(told.errors.contains(text), "{}", told.errors);
    assert_eq!(told.report, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_on_another_database_gets_nothing() {
    let shop = Shop::with_log(&log()).await;
    let other = App::start().await;
    let product = other.actor().product(json!({"sku": "OTHER"})).await;
    assert_eq!(product, 1, "the same id as that of the log's product");

    let told = shop.replay_at(other.base(), &[]).await;

    refused(&told, 1, "works on another database, its product 1 is not 85123A");
    assert_eq!(shop.orders().await, 0);
    assert_eq!(other.integer("SELECT count(*) FROM orders", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_refused_before_anything_is_written() {
    let shop = Shop::with_log(&log()).await;

    refused(
        &shop.replay_at("http://127.0.0.1:1", &[]).await,
        1,
        "no answer from http://127.0.0.1:1/health_check",
    );
    refused(&shop.replay_at("ftp://127.0.0.1", &[]).await, 2, "ftp://127.0.0.1 is not a URL such as");
    let elsewhere = format!("{}/docs", shop.app.base());
    refused(&shop.replay_at(&elsewhere, &[]).await, 1, "there is no Stockroom at http://");
    refused(&shop.replay(&["--run", "a-b"]).await, 2, "a name is made of 1 to 64 letters");
    refused(&shop.replay(&["--limit", "0"]).await, 2, "--limit");
    refused(&shop.replay(&["--concurrency", "0"]).await, 2, "--concurrency");
    std::fs::write(shop.log(), "InvoiceNo,StockCode\n").unwrap();
    let text = "the file has no column Description, Quantity, UnitPrice, CustomerID";
    refused(&shop.replay(&[]).await, 1, &format!("nothing was imported: {text}"));
    refused(&shop.replay(&["--no-import"]).await, 1, &format!("nothing was sent: {text}"));
    std::fs::remove_file(shop.log()).unwrap();
    refused(&shop.replay(&[]).await, 1, "cannot open ");

    assert_eq!(shop.count("SELECT count(*) FROM products").await, 0);
}
