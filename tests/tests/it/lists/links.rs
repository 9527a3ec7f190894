//! The `Link` header: from any page to the next, until the list ends.

use reqwest::Method;
use serde_json::json;
use stockroom_tests::App;

use super::{capped, fill, ids, next, walk};
use crate::stocked::{RESOURCES, Stocked};

const SORTS: [&str; 5] = ["newest", "price_asc", "price_desc", "name", "name_desc"];

#[tokio::test]
async fn every_list_walked_by_its_links_is_the_list_by_skip() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;
    let varied = "UPDATE products SET price = 100 + id % 7, \
                  name = (ARRAY['Mug', 'mug', 'Cup', 'Ñandú', 'cup', 'É ''quoted\" & more'])[1 + id % 6]";
    app.client().await.batch_execute(varied).await.unwrap();

    let filtered = SORTS.map(|sort| format!("/products/filter?sort_by={sort}&"));
    let lists = RESOURCES.map(|(list, _)| format!("/{list}?")).into_iter().chain(filtered);
    for list in lists {
        let mut whole = Vec::new();
        for skip in [0, 1000] {
            let part = reader.get(&format!("{list}skip={skip}&limit=1000")).await;
            assert_eq!(next(&part).is_some(), skip == 0, "{list}");
            whole.extend(ids(part.expect(200)));
        }
        assert_eq!(whole.len(), 1101, "{list}");

        let (path, query) = list.split_once('?').unwrap();
        for start in [0, 5] {
            let pages = walk(&reader, path, &format!("?{query}limit=97&skip={start}")).await;
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == 97), "{list}");
            assert_eq!(pages.concat(), whole[start..], "{list}");
        }
    }
}

#[tokio::test]
async fn a_page_that_ends_with_the_list_has_no_link() {
    let app = App::start().await;
    let reader = app.actor();
    for _ in 0..3 {
        reader.category().await;
    }
    for (query, more) in [
        ("", false),
        ("?limit=1", true),
        ("?limit=2", true),
        ("?limit=3", false),
        ("?limit=4", false),
        ("?skip=1&limit=1", true),
        ("?skip=1&limit=2", false),
        ("?skip=2&limit=1", false),
        ("?skip=9&limit=1", false),
    ] {
        let page = reader.get(&format!("/categories{query}")).await;
        assert_eq!(next(&page).is_some(), more, "{query}");
        page.expect(200);
    }
    assert_eq!(walk(&reader, "/categories", "?limit=1").await.len(), 3);
    assert_eq!(walk(&reader, "/clients", "?limit=1").await, [Vec::<i64>::new()]);
}

#[tokio::test]
async fn a_capped_page_has_a_link_and_the_next_is_capped_too() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;

    for list in RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]) {
        let first = reader.get(&format!("/{list}?limit=5000")).await;
        assert_eq!(capped(&first), "1000", "{list}");
        let link = next(&first).unwrap();
        assert!(link.ends_with("&limit=5000"), "{link}");
        let second = reader.get(&format!("/{list}{link}")).await;
        assert_eq!(capped(&second), "1000", "{list}");
        assert_eq!(next(&second), None, "{list}");
        assert_eq!(ids(first.expect(200)).len() + ids(second.expect(200)).len(), 1101, "{list}");
    }
}

#[tokio::test]
async fn a_link_keeps_what_was_asked_for_and_leaves_out_what_is_not_known() {
    let app = App::start().await;
    let reader = app.actor();
    let category = reader.category().await;
    for price in 1..=5 {
        let name = "Tea & \"co\" +5%ñ>";
        reader.product(json!({"name": name, "price": price, "category_id": category})).await;
    }

    let asked =
        "search=tea+%26+%22CO%22%20%2B5%25%C3%B1%3E&sort_by=price_desc&in_stock_only=True&expand=reviews";
    let path = format!("/products/filter?{asked}&category_id={category}&x=1&x=2&skip=1&limit=2&_=17");
    let first = reader.get(&path).await;
    let link = next(&first).unwrap();
    let (_, kept) = link.split_once('&').unwrap();
    assert_eq!(
        kept,
        format!(
            "search=tea%20%26%20%22CO%22%20%2B5%25%C3%B1%3E&sort_by=price_desc&in_stock_only=True&expand=reviews\
             &category_id={category}&limit=2"
        )
    );
    let prices = |body: serde_json::Value| {
        let rows = body.as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["reviews"].is_array()));
        rows.iter().map(|row| row["price"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    let second = reader.get(&format!("/products/filter{link}")).await;
    assert_eq!(next(&second), None);
    assert_eq!((prices(first.expect(200)), prices(second.expect(200))), (vec![4.0, 3.0], vec![2.0, 1.0]));
}

#[tokio::test]
async fn a_link_holds_under_every_path_that_a_list_answers_under() {
    let app = App::start().await;
    let reader = app.actor();
    let first = reader.category().await;
    let second = reader.category().await;

    for path in ["/categories", "/categories/", "/api/v1/categories", "/api/v1/categories/"] {
        let url = reqwest::Url::parse(&format!("{}{path}?limit=1", app.base())).unwrap();
        let query = next(&reader.get(&format!("{path}?limit=1")).await).unwrap();
        let resolved = url.join(&query).unwrap();
        assert_eq!(resolved.path(), path);
        assert_eq!(resolved.query(), query.strip_prefix('?'));
        assert_eq!(walk(&reader, path, "?limit=1").await, [[first], [second]], "{path}");
    }
    let head = reader.send(reader.request(Method::HEAD, "/categories?limit=1")).await;
    assert!(next(&head).is_some());
}
