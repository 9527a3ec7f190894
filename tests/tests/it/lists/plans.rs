//! What PostgreSQL does for a page deep in a large list: it goes to its place in an index and reads the page, no more.
//!
//! The statements are those that the repository has prepared on its connection.

use std::fmt::Write;

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::{CategoryId, ClientId, Key, OrderId, Page, ProductId, ProductSort, ReviewStatus};
use stockroom_repository::{
    Connection, addresses, bills, categories, clients,
    order_details::{self, OrderDetailFilter},
    orders,
    products::{self, ProductFilter},
    reviews::{self, ReviewFilter},
};
use stockroom_tests::App;

const ROWS: i64 = 20_000;
const LIMIT: i32 = 20;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A plan is of the type json, which travels as its text.
#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// 20,000 rows of each kind; every parent has 200 children, spread over the whole table.
async fn fill(app: &App) {
    let mut sql =
        "INSERT INTO categories (id, name) SELECT n, 'Category ' || n FROM generate_series(1, 20000) n;\
                   INSERT INTO clients (id, name, lastname, email) \
                   SELECT n, 'Ana', 'Lopez', n || '@example.com' FROM generate_series(1, 20000) n;"
            .to_owned();
    for (table, columns, values) in [
        ("products", "name, price, category_id", "'Mug ' || n % 977, 1 + n % 991, 1 + n % 100"),
        ("addresses", "client_id", "1 + n % 100"),
        (
            "bills",
            "bill_number, date, total, payment_type, client_id",
            "'A' || n, '2026-01-15', 1, 1, 1 + n % 100",
        ),
        ("orders", "total, delivery_method, client_id, bill_id", "1, 1, 1 + n % 100, n"),
        ("order_details", "quantity, price, order_id, product_id", "1, 1, 1 + n % 100, 1 + n / 7 % 100"),
        (
            "reviews",
            "rating, product_id, status",
            "3, 1 + n % 100, CASE n % 3 WHEN 0 THEN 'pending' ELSE 'published' END",
        ),
    ] {
        let rows = format!("generate_series(1, {ROWS}) n");
        writeln!(sql, "INSERT INTO {table} (id, {columns}) SELECT n, {values} FROM {rows};").unwrap();
    }
    app.client().await.batch_execute(&(sql + "ANALYZE;")).await.unwrap();
}

fn nodes<'a>(node: &'a Value, into: &mut Vec<&'a Value>) {
    into.push(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        nodes(child, into);
    }
}

/// Runs the statement that was prepared last with these parameters, and fails unless it read an index, no more than
/// the rows of the page, and did not sort.
async fn expect_a_short_way(conn: &mut Connection, what: &str, parameters: &str) {
    let prepared = "SELECT name || ' ' || statement AS line FROM pg_prepared_statements \
                    WHERE statement LIKE 'SELECT \"%' ORDER BY prepare_time DESC LIMIT 1";
    let Line { line } = sql_query(prepared).get_result(conn).await.unwrap();
    let (name, statement) = line.split_once(' ').unwrap();
    let explain = format!("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {name}({parameters}, {LIMIT}, 0)");
    let Plan { plan } = sql_query(&explain).get_result(conn).await.expect(&explain);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let mut all = Vec::new();
    nodes(&plan[0]["Plan"], &mut all);
    let told = format!("{what}: {statement}\n{plan:#}");
    assert!(all.iter().any(|node| node["Node Type"].as_str().unwrap().starts_with("Index")), "{told}");
    for node in &all {
        let kind = node["Node Type"].as_str().unwrap();
        assert!(!kind.contains("Seq Scan") && !kind.contains("Sort") && !kind.contains("Bitmap"), "{told}");
        let read =
            node["Actual Rows"].as_f64().unwrap() + node["Rows Removed by Filter"].as_f64().unwrap_or(0.0);
        assert!(read <= f64::from(LIMIT), "{told}");
    }
    assert_eq!(all[0]["Actual Rows"].as_f64(), Some(f64::from(LIMIT)), "{told}");
}

fn deep(key: Key) -> Page {
    Page { after: Some(key), ..Page::first(LIMIT.into()) }
}

#[tokio::test]
async fn a_deep_page_of_products_is_read_from_the_index_of_its_order() {
    let app = App::start().await;
    fill(&app).await;
    let pool = app.pool();
    let mut conn = pool.get().await.unwrap();

    let filter = |category: Option<i64>, sort| ProductFilter {
        category_id: category.map(CategoryId),
        sort,
        ..ProductFilter::default()
    };
    let (number, text) = (Key::Number(500, 10_000), Key::Text("mUG 500".to_owned(), 10_000));
    for (category, sort, key, parameters) in [
        (None, None, Key::Id(10_000), "10000"),
        (Some(7), None, Key::Id(10_000), "7, 10000"),
        (None, Some(ProductSort::Newest), Key::Id(10_000), "10000"),
        (Some(7), Some(ProductSort::Newest), Key::Id(10_000), "7, 10000"),
        (None, Some(ProductSort::PriceAscending), number.clone(), "500, 10000"),
        (None, Some(ProductSort::PriceDescending), number, "500, 10000"),
        (None, Some(ProductSort::NameAscending), text.clone(), "'mUG 500', 10000"),
        (None, Some(ProductSort::NameDescending), text, "'mUG 500', 10000"),
    ] {
        let what = format!("{sort:?} of category {category:?}");
        let filter = filter(category, sort);
        products::list(&mut conn, &filter, &deep(key)).await.unwrap();
        expect_a_short_way(&mut conn, &what, parameters).await;
    }
}

#[tokio::test]
async fn a_deep_page_of_every_other_list_is_read_from_the_index_of_its_filter() {
    let app = App::start().await;
    fill(&app).await;
    let pool = app.pool();
    let mut conn = pool.get().await.unwrap();
    let conn = &mut *conn;
    let page = deep(Key::Id(10_000));

    categories::list(conn, &page).await.unwrap();
    expect_a_short_way(conn, "categories", "10000").await;
    clients::list(conn, &page).await.unwrap();
    expect_a_short_way(conn, "clients", "10000").await;
    for (parent, parameters) in [(None, "10000"), (Some(7), "7, 10000")] {
        addresses::list(conn, parent.map(ClientId), &page).await.unwrap();
        expect_a_short_way(conn, "addresses", parameters).await;
        bills::list(conn, parent.map(ClientId), &page).await.unwrap();
        expect_a_short_way(conn, "bills", parameters).await;
        orders::list(conn, parent.map(ClientId), &page).await.unwrap();
        expect_a_short_way(conn, "orders", parameters).await;
        for status in [ReviewStatus::Published, ReviewStatus::Pending] {
            let filter = ReviewFilter { product_id: parent.map(ProductId), status: Some(status) };
            reviews::list(conn, filter, &page).await.unwrap();
            expect_a_short_way(conn, &format!("{status} reviews"), parameters).await;
        }
        let of_order = OrderDetailFilter { order_id: parent.map(OrderId), ..OrderDetailFilter::default() };
        order_details::list(conn, of_order, &page).await.unwrap();
        expect_a_short_way(conn, "order_details", parameters).await;
    }
    let of_product = OrderDetailFilter { product_id: Some(ProductId(7)), ..OrderDetailFilter::default() };
    order_details::list(conn, of_product, &page).await.unwrap();
    expect_a_short_way(conn, "order_details of a product", "7, 10000").await;
}
