//! What every list promises: a bare array in the order of the ids, with `skip` and `limit`.

mod churn;
mod cursors;
mod links;
mod plans;
mod totals;

use std::fmt::Write;

use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App};

use crate::stocked::{RESOURCES, Stocked};

/// 1,100 rows of everything beside those that the [`Stocked`] shop has, with falling ids so that the order of
/// insertion is not the order of the ids.
async fn fill(app: &App, shop: &Stocked) {
    let Stocked { category, product, client, bill, order, .. } = shop;
    let mut sql = String::new();
    for (table, columns, values) in [
        ("categories", "name", "'Category no. ' || n".to_owned()),
        ("products", "name, price, category_id", format!("'Mug', 100, {category}")),
        ("clients", "name, lastname, email", "'Ana', 'Lopez', 'many' || n || '@example.com'".to_owned()),
        ("addresses", "client_id", client.to_string()),
        (
            "bills",
            "bill_number, date, total, payment_type, client_id",
            format!("n, '2026-01-15', 1, 1, {client}"),
        ),
        ("orders", "total, delivery_method, client_id, bill_id", format!("1, 1, {client}, {bill}")),
        ("order_details", "quantity, price, order_id, product_id", format!("1, 1, {order}, {product}")),
        ("reviews", "rating, product_id", format!("3, {product}")),
    ] {
        let rows = "generate_series(2100, 1001, -1) AS n";
        writeln!(sql, "INSERT INTO {table} (id, {columns}) SELECT n, {values} FROM {rows};").unwrap();
    }
    app.client().await.batch_execute(&sql).await.unwrap();
}

fn ids(list: Value) -> Vec<i64> {
    let Value::Array(rows) = list else { panic!("a list is a bare array") };
    rows.iter().map(|row| row["id_key"].as_i64().unwrap()).collect()
}

fn capped(answer: &Answer) -> &str {
    answer.header("x-limit-capped")
}

/// The query of the next page, as the `Link` header has it; none on the last page.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    if link.is_empty() {
        return None;
    }
    let query = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect(link);
    assert!(query.starts_with("?after="), "{link}");
    Some(query.to_owned())
}

/// The cursor of the next page.
fn cursor(answer: &Answer) -> String {
    let query = next(answer).expect("there is a next page");
    query.strip_prefix("?after=").and_then(|rest| rest.split('&').next()).expect("a cursor").to_owned()
}

/// The ids of a list, page by page, from this query to the end.
async fn walk(reader: &Actor, path: &str, query: &str) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut query = Some(query.to_owned());
    while let Some(asked) = query {
        let page = reader.get(&format!("{path}{asked}")).await;
        query = next(&page);
        pages.push(ids(page.expect(200)));
    }
    pages
}

#[tokio::test]
async fn every_list_is_paged_in_the_order_of_the_ids() {
    let app = App::start().await;
    let shopper = app.actor();
    let shop = Stocked::by(&shopper).await;
    fill(&app, &shop).await;

    for (list, _) in RESOURCES {
        let path = format!("/{list}");
        let first = shopper.get(&path).await;
        assert_eq!(capped(&first), "");
        assert_eq!(first.header("content-type"), "application/json");
        let first = ids(first.expect(200));
        assert_eq!(first.len(), 100, "{list}");
        assert_eq!(first[0], shop.id(list).min(first[0]), "{list}");
        assert!(first.is_sorted_by(|a, b| a < b), "{list}");

        let whole = shopper.get(&format!("{path}?limit=1000")).await;
        assert_eq!(capped(&whole), "", "{list}");
        let whole = ids(whole.expect(200));
        assert_eq!(whole.len(), 1000, "{list}");
        assert!(whole.is_sorted_by(|a, b| a < b), "{list}");
        assert_eq!(whole[..100], first, "{list}");

        for too_many in ["1001", "5000", "9223372036854775807", "99999999999999999999"] {
            let answer = shopper.get(&format!("{path}?limit={too_many}")).await;
            assert_eq!(capped(&answer), "1000", "{list} {too_many}");
            assert_eq!(ids(answer.expect(200)), whole, "{list} {too_many}");
        }

        let part = ids(shopper.get(&format!("{path}?skip=98&limit=3")).await.expect(200));
        assert_eq!(part, whole[98..101], "{list}");
        assert_eq!(
            ids(shopper.get(&format!("{path}?skip=0&limit=1")).await.expect(200)),
            whole[..1],
            "{list}"
        );
        for beyond in ["2000", "100000"] {
            let answer = shopper.get(&format!("{path}?skip={beyond}&limit=1000")).await;
            assert_eq!(answer.expect(200), json!([]), "{list} {beyond}");
        }
    }
}

#[tokio::test]
async fn the_filtered_list_of_products_is_capped_too() {
    let app = App::start().await;
    let shopper = app.actor();
    let shop = Stocked::by(&shopper).await;
    fill(&app, &shop).await;

    let answer = shopper.get("/products/filter?limit=2000").await;

    assert_eq!(capped(&answer), "1000");
    assert_eq!(ids(answer.expect(200)), (1101..=2100).rev().collect::<Vec<_>>());
    assert_eq!(ids(shopper.get("/products/filter").await.expect(200)).len(), 100);
}

#[tokio::test]
async fn an_empty_list_is_an_empty_array() {
    let app = App::start().await;
    let shopper = app.actor();
    for (list, _) in RESOURCES {
        assert_eq!(shopper.get(&format!("/{list}")).await.expect(200), json!([]), "{list}");
    }
    assert_eq!(shopper.get("/products/filter").await.expect(200), json!([]));
}

#[tokio::test]
async fn bad_pages_are_refused() {
    let app = App::start().await;
    let shopper = app.actor();
    let lists = RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]);
    for list in lists {
        for (query, places) in [
            ("limit=0", &["query.limit"][..]),
            ("limit=-1", &["query.limit"]),
            ("limit=abc", &["query.limit"]),
            ("limit=10.5", &["query.limit"]),
            ("limit=", &["query.limit"]),
            ("limit=1e3000", &["query.limit"]),
            ("limit=5&limit=6", &["query.limit"]),
            ("limit=%00", &["query.limit"]),
            ("skip=-1", &["query.skip"]),
            ("skip=abc", &["query.skip"]),
            ("skip=0.5", &["query.skip"]),
            ("skip=99999999999999999999", &["query.skip"]),
            ("skip=1&skip=1", &["query.skip"]),
            ("skip=x&limit=y", &["query.skip", "query.limit"]),
            ("skip=100001", &["query.skip"]),
            ("skip=9223372036854775807", &["query.skip"]),
            ("after=", &["query.after"]),
            ("after=%00", &["query.after"]),
            ("after=a&after=b", &["query.after"]),
            ("count=", &["query.count"]),
            ("count=true", &["query.count"]),
            ("count=exact&count=exact", &["query.count"]),
            ("skip=x&limit=y&after=z&count=0", &["query.skip", "query.limit", "query.after", "query.count"]),
        ] {
            shopper.get(&format!("/{list}?{query}")).await.expect_invalid(places);
        }
        for fine in
            ["?", "?unknown=1", "?unknown=1&unknown=2", "?limit=10.0", "?limit=+5", "?skip=%205", "?&&="]
        {
            shopper.get(&format!("/{list}{fine}")).await.expect(200);
        }
    }
}

#[tokio::test]
async fn lists_are_filtered_by_their_parents() {
    let app = App::start().await;
    let shopper = app.actor();
    let shop = Stocked::by(&shopper).await;
    Stocked::by(&shopper).await;

    for (list, parent, id) in [
        ("products", "category_id", shop.category),
        ("addresses", "client_id", shop.client),
        ("orders", "client_id", shop.client),
        ("bills", "client_id", shop.client),
        ("order_details", "order_id", shop.order),
        ("order_details", "product_id", shop.product),
        ("reviews", "product_id", shop.product),
    ] {
        assert_eq!(ids(shopper.get(&format!("/{list}")).await.expect(200)).len(), 2, "{list}");
        let path = format!("/{list}?{parent}");
        assert_eq!(ids(shopper.get(&format!("{path}={id}")).await.expect(200)), [shop.id(list)], "{list}");
        assert_eq!(shopper.get(&format!("{path}={id}&skip=1")).await.expect(200), json!([]), "{list}");
        assert_eq!(shopper.get(&format!("{path}=999")).await.expect(200), json!([]), "{list}");
        for bad in ["x", "1.5", "", "99999999999999999999"] {
            shopper.get(&format!("{path}={bad}")).await.expect_invalid(&[&format!("query.{parent}")]);
        }
    }
}
