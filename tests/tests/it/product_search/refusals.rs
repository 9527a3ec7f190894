//! What a search refuses.

use reqwest::Method;
use stockroom_tests::App;

use super::ask;

#[tokio::test]
async fn bad_values_are_refused_and_named() {
    let app = App::start().await;
    let shopper = app.actor();
    let categories = (1..=51).map(|id| id.to_string()).collect::<Vec<_>>().join(",");

    for (parameter, value) in [
        ("category_id", "abc"),
        ("category_id", "1,x"),
        ("category_id", ","),
        ("category_id", "1.5"),
        ("category_id", &*categories),
        ("min_price", "cheap"),
        ("min_price", "-1"),
        ("max_price", "1.999"),
        ("max_price", "NaN"),
        ("in_stock_only", "maybe"),
        ("include_inactive", "x"),
        ("min_rating", "0"),
        ("min_rating", "5.1"),
        ("min_rating", "x"),
        ("sort_by", "price"),
        ("sort_by", ""),
        ("sort_by", "Relevance"),
        ("sort_by", "name_desc"),
        ("facets", "colour"),
        ("facets", "price;rating"),
        ("limit", "0"),
        ("skip", "-1"),
    ] {
        let refused = ask(&shopper, &[("q", "mug"), (parameter, value)]).await;
        refused.expect_invalid(&[&format!("query.{parameter}")]);
    }
    for text in ["", "   ", "\t\n", "\0", "mug\0", &"x".repeat(201)] {
        ask(&shopper, &[("q", text)]).await.expect_invalid(&["query.q"]);
    }
    shopper.get("/products/search").await.expect_invalid(&["query.q"]);
    shopper.get("/products/search?q=a&q=b").await.expect_invalid(&["query.q"]);
    let all = [("category_id", "a"), ("min_rating", "b"), ("sort_by", "c"), ("facets", "d"), ("skip", "e")];
    ask(&shopper, &all).await.expect_invalid(&[
        "query.skip",
        "query.q",
        "query.category_id",
        "query.min_rating",
        "query.sort_by",
        "query.facets",
    ]);
}

#[tokio::test]
async fn a_refusal_tells_what_would_be_right() {
    let app = App::start().await;
    let refused = ask(&app.actor(), &[("q", "mug"), ("sort_by", "best")]).await;
    assert_eq!(
        refused.body["detail"][0]["msg"],
        "Input should be one of: relevance, price_asc, price_desc, name, newest, rating"
    );
    let refused = ask(&app.actor(), &[("q", "")]).await;
    assert_eq!(refused.body["detail"][0]["msg"], "String should have at least 1 character");
}

#[tokio::test]
async fn search_is_no_id_of_a_product() {
    let app = App::start().await;
    let shopper = app.actor();

    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let refused = shopper.send(shopper.request(method.clone(), "/products/search?q=mug")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("allow")),
            (405, "GET, HEAD, OPTIONS"),
            "{method}"
        );
    }
    let head = shopper.send(shopper.request(Method::HEAD, "/products/search?q=mug")).await;
    assert_eq!((head.status.as_u16(), &*head.text), (200, ""));
    for path in ["/api/v1/products/search?q=mug", "/products/search/?q=mug"] {
        shopper.get(path).await.expect(200);
    }
}
