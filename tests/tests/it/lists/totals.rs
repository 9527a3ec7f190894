//! How long a whole list is, for those who ask.

use stockroom_tests::{Actor, App};

use super::{fill, next};
use crate::stocked::{RESOURCES, Stocked};

/// The number and its kind, as the headers tell them.
async fn total(reader: &Actor, path: &str) -> (String, String) {
    let answer = reader.get(path).await;
    assert_eq!(answer.status, 200, "{path} {}", answer.text);
    (answer.header("x-total-count").to_owned(), answer.header("x-total-count-kind").to_owned())
}

#[tokio::test]
async fn nothing_is_counted_unasked() {
    let app = App::start().await;
    let reader = app.actor();
    for list in RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]) {
        assert_eq!(total(&reader, &format!("/{list}")).await, (String::new(), String::new()), "{list}");
    }
}

#[tokio::test]
async fn a_list_is_counted_whole_whatever_page_is_shown() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;
    app.client().await.batch_execute("ANALYZE").await.unwrap();

    for list in RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]) {
        for kind in ["exact", "estimate"] {
            let expected = ("1101".to_owned(), kind.to_owned());
            for page in ["", "&limit=1", "&skip=1100", "&skip=5000"] {
                assert_eq!(
                    total(&reader, &format!("/{list}?count={kind}{page}")).await,
                    expected,
                    "{list} {page}"
                );
            }
            let link = next(&reader.get(&format!("/{list}?count={kind}")).await).unwrap();
            assert!(link.ends_with(&format!("&count={kind}")), "{link}");
            assert_eq!(total(&reader, &format!("/{list}{link}")).await, expected, "{list}");
        }
    }
}

#[tokio::test]
async fn an_exact_total_counts_what_the_filter_lets_through() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    let Stocked { category, product, client, order, .. } = Stocked::by(&reader).await;
    fill(&app, &shop).await;
    let other = format!(
        "UPDATE products SET category_id = {category}, active = id % 2 = 0, price = id, stock = id % 2 \
         WHERE id BETWEEN 1001 AND 1010"
    );
    app.client().await.batch_execute(&other).await.unwrap();

    for (query, expected) in [
        (format!("products?category_id={category}"), 6),
        (format!("products?category_id={category}&include_inactive=true"), 11),
        (format!("products/filter?category_id={category}"), 6),
        ("products/filter?min_price=10.02&max_price=10.06&include_inactive=1".to_owned(), 5),
        (format!("products/filter?category_id={category}&include_inactive=true&in_stock_only=true"), 6),
        ("products/filter?search=MUG&sort_by=name".to_owned(), 1097),
        ("products/filter?search=nothing+like+it".to_owned(), 0),
        (format!("addresses?client_id={client}"), 1),
        (format!("orders?client_id={client}"), 1),
        (format!("bills?client_id={client}"), 1),
        (format!("order_details?order_id={order}"), 1),
        (format!("order_details?product_id={product}"), 1),
        (format!("order_details?product_id={product}&order_id={}", shop.order), 0),
        (format!("reviews?product_id={product}"), 1),
        ("reviews?product_id=999".to_owned(), 0),
    ] {
        let separator = if query.contains('?') { '&' } else { '?' };
        let counted = total(&reader, &format!("/{query}{separator}count=exact")).await;
        assert_eq!(counted, (expected.to_string(), "exact".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn an_estimate_is_of_the_filtered_list() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;
    let other = reader.category().await;
    let mixed = format!("UPDATE products SET category_id = {other} WHERE id <= 1200; ANALYZE");
    app.client().await.batch_execute(&mixed).await.unwrap();

    for (query, least, most) in [
        (format!("products?category_id={other}"), 150, 250),
        (format!("products?category_id={}", shop.category), 850, 950),
        ("products/filter?min_price=999".to_owned(), 1, 20),
        (format!("orders?client_id={}", shop.client), 1090, 1110),
        ("orders?client_id=999".to_owned(), 1, 1),
    ] {
        let (rows, kind) = total(&reader, &format!("/{query}&count=estimate")).await;
        let rows: i64 = rows.parse().unwrap();
        assert!((least..=most).contains(&rows), "{query}: {rows}");
        assert_eq!(kind, "estimate");
    }
}
