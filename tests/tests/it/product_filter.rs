//! Searching, filtering and sorting products.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

/// The names found, in the order of the answer.
async fn names(shopper: &Actor, query: &str) -> Vec<String> {
    let found = shopper.get(&format!("/products/filter?{query}")).await.expect(200);
    let name = |product: &Value| product["name"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(name).collect()
}

/// Products with these names, prices and stocks in one category.
async fn offer(admin: &Actor, products: &[(&str, f64, i64)]) -> i64 {
    let category = admin.category().await;
    for (name, price, stock) in products {
        admin.product(json!({"name": name, "price": price, "stock": stock, "category_id": category})).await;
    }
    category
}

#[tokio::test]
async fn a_search_finds_parts_of_names_in_any_case() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Enamel Mug", 1.0, 1), ("mug rack", 1.0, 1), ("Teapot", 1.0, 1)]).await;

    assert_eq!(names(&shopper, "search=MUG").await, ["mug rack", "Enamel Mug"]);
    assert_eq!(names(&shopper, "search=l+m").await, ["Enamel Mug"]);
    assert_eq!(names(&shopper, "search=pot").await, ["Teapot"]);
    assert!(names(&shopper, "search=spoon").await.is_empty());
    assert_eq!(names(&shopper, "search=").await.len(), 3);
    assert_eq!(names(&shopper, "").await.len(), 3);
}

#[tokio::test]
async fn signs_of_a_pattern_mean_themselves_in_a_search() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("50% wool", 1.0, 1), ("a_b", 1.0, 1), (r"back\slash", 1.0, 1), ("axb 50", 1.0, 1)])
        .await;

    assert_eq!(names(&shopper, "search=%25").await, ["50% wool"]);
    assert_eq!(names(&shopper, "search=50%25+w").await, ["50% wool"]);
    assert_eq!(names(&shopper, "search=_").await, ["a_b"]);
    assert_eq!(names(&shopper, "search=A_B").await, ["a_b"]);
    assert_eq!(names(&shopper, "search=%5C").await, [r"back\slash"]);
    assert_eq!(names(&shopper, "search=%5Cs").await, [r"back\slash"]);
    assert!(names(&shopper, "search=%27%3B--").await.is_empty());
}

#[tokio::test]
async fn a_search_folds_the_case_of_every_alphabet() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Édredon", 1.0, 1), ("Ñandú", 1.0, 1), ("Чайник", 1.0, 1), ("日本茶", 1.0, 1)]).await;

    assert_eq!(names(&shopper, "search=éDREDON").await, ["Édredon"]);
    assert_eq!(names(&shopper, "search=ÑANDÚ").await, ["Ñandú"]);
    assert_eq!(names(&shopper, "search=%D1%87%D0%90%D0%99").await, ["Чайник"]);
    assert_eq!(names(&shopper, "search=本").await, ["日本茶"]);
}

#[tokio::test]
async fn prices_are_limited_inclusively() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("One", 1.0, 1), ("Two", 2.5, 1), ("Three", 3.99, 1)]).await;

    assert_eq!(names(&shopper, "min_price=2.5").await, ["Three", "Two"]);
    assert_eq!(names(&shopper, "max_price=2.50").await, ["Two", "One"]);
    assert_eq!(names(&shopper, "min_price=2.5&max_price=2.5").await, ["Two"]);
    assert_eq!(names(&shopper, "min_price=3.99").await, ["Three"]);
    assert_eq!(names(&shopper, "min_price=0&max_price=2.49").await, ["One"]);
    assert!(names(&shopper, "min_price=3&max_price=2").await.is_empty());
    assert!(names(&shopper, "min_price=4").await.is_empty());
}

#[tokio::test]
async fn only_one_category_or_only_what_is_in_stock() {
    let app = App::start().await;
    let shopper = app.actor();
    let kitchen = offer(&shopper, &[("Mug", 1.0, 0), ("Cup", 1.0, 1)]).await;
    let garden = offer(&shopper, &[("Rake", 1.0, 5)]).await;

    assert_eq!(names(&shopper, &format!("category_id={kitchen}")).await, ["Cup", "Mug"]);
    assert_eq!(names(&shopper, &format!("category_id={garden}")).await, ["Rake"]);
    assert!(names(&shopper, "category_id=999").await.is_empty());
    for yes in ["true", "True", "1"] {
        assert_eq!(names(&shopper, &format!("in_stock_only={yes}")).await, ["Rake", "Cup"], "{yes}");
    }
    for no in ["false", "0"] {
        assert_eq!(names(&shopper, &format!("in_stock_only={no}")).await, ["Rake", "Cup", "Mug"], "{no}");
    }

    let (order, cup) =
        (shopper.order(json!({})).await, shopper.get("/products").await.expect(200)[1].clone());
    shopper.line(order, cup["id_key"].as_i64().unwrap(), 1).await;
    assert_eq!(names(&shopper, "in_stock_only=true").await, ["Rake"]);
}

#[tokio::test]
async fn every_order_and_newest_first_for_any_other() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("banana", 3.0, 1), ("Apple", 2.0, 1), ("Cherry", 3.0, 1), ("apple", 1.0, 1)]).await;

    let newest = ["apple", "Cherry", "Apple", "banana"];
    for (sort, expected) in [
        ("price_asc", ["apple", "Apple", "banana", "Cherry"]),
        ("price_desc", ["Cherry", "banana", "Apple", "apple"]),
        ("name", ["Apple", "apple", "banana", "Cherry"]),
        ("name_asc", ["Apple", "apple", "banana", "Cherry"]),
        ("name_desc", ["Cherry", "banana", "apple", "Apple"]),
        ("newest", newest),
        ("stock;drop", newest),
        ("", newest),
    ] {
        assert_eq!(names(&shopper, &format!("sort_by={sort}")).await, expected, "{sort}");
    }
    assert_eq!(names(&shopper, "skip=1&limit=2").await, newest[1..3]);
    assert_eq!(names(&shopper, "sort_by=name&skip=3").await, ["Cherry"]);
    assert!(names(&shopper, "skip=4").await.is_empty());
}

#[tokio::test]
async fn all_conditions_hold_together() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Other mug", 5.0, 1)]).await;
    let kitchen = offer(
        &shopper,
        &[
            ("Mug S", 4.0, 1),
            ("Mug M", 5.0, 1),
            ("Mug L", 6.0, 1),
            ("Mug XL", 7.0, 1),
            ("Mug out", 5.5, 0),
            ("Cup", 5.0, 1),
        ],
    )
    .await;

    let query = format!(
        "search=mug&category_id={kitchen}&min_price=4.5&max_price=7&in_stock_only=true&sort_by=price_desc"
    );
    assert_eq!(names(&shopper, &query).await, ["Mug XL", "Mug L", "Mug M"]);
    assert_eq!(names(&shopper, &format!("{query}&skip=1&limit=1&unknown=x")).await, ["Mug L"]);
}

#[tokio::test]
async fn bad_values_are_refused_all_at_once() {
    let app = App::start().await;
    let shopper = app.actor();

    for (query, place) in [
        ("category_id=abc", "query.category_id"),
        ("category_id=1.5", "query.category_id"),
        ("category_id=99999999999999999999", "query.category_id"),
        ("min_price=cheap", "query.min_price"),
        ("min_price=-1", "query.min_price"),
        ("max_price=NaN", "query.max_price"),
        ("max_price=inf", "query.max_price"),
        ("in_stock_only=maybe", "query.in_stock_only"),
        ("search=%00", "query.search"),
        ("sort_by=%00", "query.sort_by"),
        ("search=a&search=b", "query.search"),
        ("limit=0", "query.limit"),
        ("skip=-1", "query.skip"),
    ] {
        shopper.get(&format!("/products/filter?{query}")).await.expect_invalid(&[place]);
    }
    let long = "x".repeat(201);
    shopper.get(&format!("/products/filter?search={long}")).await.expect_invalid(&["query.search"]);
    let all = "skip=a&limit=b&category_id=c&min_price=d&max_price=e&in_stock_only=f&expand=g";
    shopper.get(&format!("/products/filter?{all}")).await.expect_invalid(&[
        "query.skip",
        "query.limit",
        "query.category_id",
        "query.min_price",
        "query.max_price",
        "query.in_stock_only",
        "query.expand",
    ]);
}
