//! From page to page by the `Link` header, in every order.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

use super::ask;

const SORTS: [&str; 6] = ["relevance", "price_asc", "price_desc", "name", "newest", "rating"];

/// Ninety mugs of few prices, names and ratings, so that every order has ties; some are found by their description.
async fn mugs(app: &App) {
    let many = "INSERT INTO categories (name) VALUES ('Kitchen');
        INSERT INTO products (name, description, price, stock, category_id)
        SELECT CASE n % 4 WHEN 0 THEN 'Mug' WHEN 1 THEN 'Blue mug' WHEN 2 THEN 'Éclair, ''blue'' & mug' ELSE 'Plate' END,
            CASE n % 4 WHEN 3 THEN 'Goes with the mug' END, 100 + n % 3, n % 5, 1
        FROM generate_series(1, 90) AS n;
        INSERT INTO reviews (rating, product_id) SELECT 1 + n % 3 + 0.5, n FROM generate_series(1, 60) AS n;
        INSERT INTO reviews (rating, product_id) SELECT 5, n FROM generate_series(1, 60, 7) AS n;";
    app.client().await.batch_execute(many).await.unwrap();
}

fn ids(found: &Value) -> Vec<i64> {
    found["results"].as_array().unwrap().iter().map(|product| product["id_key"].as_i64().unwrap()).collect()
}

/// The query of the next page, with its `?`.
fn next(link: &str) -> Option<&str> {
    link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""))
}

/// All pages from this query on, and how many products each says there are.
async fn walk(shopper: &Actor, query: &str) -> Vec<(Vec<i64>, Value)> {
    let mut pages = Vec::new();
    let mut query = Some(query.to_owned());
    while let Some(asked) = query {
        let page = shopper.get(&format!("/products/search{asked}")).await;
        query = next(page.header("link")).map(str::to_owned);
        let found = page.expect(200);
        pages.push((ids(&found), found["total"].clone()));
    }
    pages
}

#[tokio::test]
async fn the_links_lead_through_all_that_was_found_in_every_order() {
    let app = App::start().await;
    mugs(&app).await;
    let shopper = app.actor();

    for sort in SORTS {
        for conditions in ["q=mug", "q=mug&in_stock_only=true&facets=price", "q=mugg"] {
            let whole = shopper.get(&format!("/products/search?{conditions}&sort_by={sort}")).await;
            assert_eq!(whole.header("link"), "", "{sort}: one page has no next one");
            let whole = ids(&whole.expect(200));
            assert!(whole.len() > 60, "{sort}: {}", whole.len());

            let pages = walk(&shopper, &format!("?{conditions}&sort_by={sort}&limit=7")).await;

            assert!(pages.iter().rev().skip(1).all(|(page, _)| page.len() == 7), "{sort}");
            assert!(pages.iter().all(|(_, total)| *total == json!(whole.len())), "{sort}: {pages:?}");
            assert_eq!(pages.into_iter().flat_map(|(page, _)| page).collect::<Vec<_>>(), whole, "{sort}");
        }
    }
}

#[tokio::test]
async fn a_link_goes_on_from_a_page_that_was_skipped_to() {
    let app = App::start().await;
    mugs(&app).await;
    let shopper = app.actor();

    let whole = walk(&shopper, "?q=mug&limit=1000").await;
    let pages = walk(&shopper, "?q=mug&limit=20&skip=50").await;

    assert_eq!(pages.iter().map(|(page, _)| page.len()).collect::<Vec<_>>(), [20, 20]);
    assert_eq!(pages.into_iter().flat_map(|(page, _)| page).collect::<Vec<_>>(), whole[0].0[50..]);
}

#[tokio::test]
async fn a_page_begins_after_a_product_that_is_gone() {
    let app = App::start().await;
    mugs(&app).await;
    let shopper = app.actor();

    for sort in SORTS {
        let query = format!("?q=mug&sort_by={sort}&limit=10");
        let whole = walk(&shopper, &query).await.into_iter().flat_map(|(page, _)| page).collect::<Vec<_>>();
        let first = shopper.get(&format!("/products/search{query}")).await;
        let link = next(first.header("link")).unwrap().to_owned();
        shopper.delete(&format!("/products/{}", whole[9])).await.expect(204);

        let second = shopper.get(&format!("/products/search{link}")).await.expect(200);

        assert_eq!(ids(&second), whole[10..20], "{sort}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_order_or_list_is_refused() {
    let app = App::start().await;
    mugs(&app).await;
    let shopper = app.actor();
    let cursor = |link: &str| {
        let query = next(link).unwrap().strip_prefix("?after=").unwrap().to_owned();
        query.split('&').next().unwrap().to_owned()
    };

    let mut cursors = Vec::new();
    for sort in SORTS {
        let page = ask(&shopper, &[("q", "mug"), ("limit", "3"), ("sort_by", sort)]).await;
        cursors.push(cursor(page.header("link")));
    }
    let other = cursor(shopper.get("/products?limit=3").await.header("link"));
    for sort in SORTS {
        for (of, after) in SORTS.iter().zip(&cursors) {
            let answer = ask(&shopper, &[("q", "plate"), ("sort_by", sort), ("after", after)]).await;
            if *of == sort {
                answer.expect(200);
            } else {
                answer.expect_invalid(&["query.after"]);
                let message = answer.body["detail"][0]["msg"].as_str().unwrap();
                assert!(message.contains(&format!("of the sort {of:?}, not {sort:?}")), "{message}");
            }
        }
        for bad in [other.as_str(), "", "garbage", &cursors[0][1..]] {
            ask(&shopper, &[("q", "mug"), ("sort_by", sort), ("after", bad)])
                .await
                .expect_invalid(&["query.after"]);
        }
    }
    ask(&shopper, &[("q", "mug"), ("after", &cursors[0]), ("skip", "1")])
        .await
        .expect_invalid(&["query.skip", "query.after"]);
}
