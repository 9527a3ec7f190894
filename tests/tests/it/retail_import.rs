//! The import of another shop's invoice lines, and the demo catalogue of an empty shop.

use std::io::Write;

use serde_json::json;
use stockroom_retail::{
    demo,
    import::{self, Summary},
};
use stockroom_tests::App;
use tempfile::NamedTempFile;

const LINES: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536366,85123a,WHITE HANGING HEART T-LIGHT HOLDER,200,2010-12-01 08:28:00,2.95,13047.0,United Kingdom
536367,22423,REGENCY CAKESTAND 3 TIER,2,2010-12-01 08:34:00,12.75,,United Kingdom
C536379,22423,REGENCY CAKESTAND 3 TIER,-2,2010-12-01 09:41:00,12.75,13047.0,United Kingdom
536370,POST,POSTAGE,3,2010-12-01 08:45:00,18.00,12583.0,France
536371,22423
";

async fn import(app: &App, lines: &str) -> Summary {
    let mut file = NamedTempFile::new().expect("the import works");
    file.write_all(lines.as_bytes()).expect("the import works");
    import::import(&app.pool(), file.path(), |_| ()).await.expect("the import works")
}

async fn movements(app: &App) -> i64 {
    app.integer("SELECT count(*) FROM stock_movements", &[]).await
}

#[tokio::test]
async fn invoice_lines_become_products_with_stock_and_clients() {
    let app = App::start().await;

    let summary = import(&app, LINES).await;

    assert_eq!((summary.rows, summary.rows_used(), summary.skipped.malformed), (6, 3, 1));
    assert_eq!((summary.products.categories, summary.products.inserted, summary.clients.inserted), (2, 2, 2));
    let found = app.actor().get("/products/filter?search=heart").await.expect(200);
    assert_eq!(found[0]["sku"], "85123A");
    assert_eq!((&found[0]["price"], &found[0]["stock"]), (&json!(2.55), &json!(227)));
    assert_eq!(found[0]["category"]["name"], "Lights and Candles");
    let imported = "SELECT count(*) FROM stock_movements WHERE reason = 'import'";
    assert_eq!(app.integer(imported, &[]).await, 2);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_import_that_is_repeated_changes_nothing() {
    let app = App::start().await;
    import(&app, LINES).await;

    let again = import(&app, LINES).await;

    assert_eq!((again.products.categories, again.products.inserted, again.products.updated), (0, 0, 0));
    assert_eq!((again.products.unchanged, again.clients.inserted, again.clients.unchanged), (2, 0, 2));
    assert_eq!(movements(&app).await, 2);
}

#[tokio::test]
async fn an_import_renews_names_and_prices_and_leaves_stock_alone() {
    let app = App::start().await;
    import(&app, LINES).await;
    let admin = app.actor();
    let product = app.integer("SELECT id FROM products WHERE sku = '22423'", &[]).await;
    let path = format!("/products/{product}");
    admin.put(&path, &json!({"name": "CAKE STAND", "price": 1, "stock": 5})).await.expect(200);

    let again = import(&app, LINES).await;

    assert_eq!((again.products.updated, again.products.unchanged), (1, 1));
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown["name"], "REGENCY CAKESTAND 3 TIER");
    assert_eq!((&shown["price"], &shown["stock"]), (&json!(12.75), &json!(5)));
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_client_whose_address_is_taken_is_left_out() {
    let app = App::start().await;
    let other = json!({"name": "Ana", "lastname": "Lopez", "email": "13047@RETAIL.invalid"});
    app.actor().post("/clients", &other).await.expect(201);

    let summary = import(&app, LINES).await;

    assert_eq!((summary.clients.inserted, summary.clients.email_taken), (1, 1));
    assert_eq!(app.integer("SELECT count(*) FROM clients", &[]).await, 2);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_changes_nothing() {
    let app = App::start().await;
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"InvoiceNo,StockCode,Description,Quantity,CustomerID\n").unwrap();

    let refused = import::import(&app.pool(), file.path(), |_| ()).await.unwrap_err();

    let text = "the file has no column UnitPrice; its first line must name the columns";
    assert_eq!(refused.to_string(), text);
    assert_eq!(app.integer("SELECT count(*) FROM products", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_at_once_create_everything_once() {
    let app = App::start().await;

    let (one, two) = tokio::join!(import(&app, LINES), import(&app, LINES));

    assert_eq!(one.products.inserted + two.products.inserted, 2);
    assert_eq!(one.clients.inserted + two.clients.inserted, 2);
    assert_eq!(movements(&app).await, 2);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_start_at_once_seed_the_demo_once() {
    let app = App::start().await;
    let pool = app.pool();

    let (one, two) = tokio::join!(demo::seed(&pool), demo::seed(&pool));

    assert_ne!(one.unwrap(), two.unwrap());
    assert_eq!(app.integer("SELECT count(*) FROM products", &[]).await, 48);
    assert!(!demo::seed(&pool).await.unwrap());
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_shop_with_a_category_is_not_seeded() {
    let app = App::start().await;
    app.actor().post("/categories", &json!({"name": "Mine"})).await.expect(201);

    assert!(!demo::seed(&app.pool()).await.unwrap());

    assert_eq!(app.integer("SELECT count(*) FROM products", &[]).await, 0);
}
