//! Searching products: what is found, how it is ranked, shown and counted, and that the search table follows the shop.

mod caching;
mod facets;
mod filters;
mod freshness;
mod highlights;
mod language;
mod paging;
mod plans;
mod ranking;
mod refusals;
mod similarity;
mod words;

use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer};

/// Asks for `/products/search` with these parameters, which are encoded here.
async fn ask(shopper: &Actor, parameters: &[(&str, &str)]) -> Answer {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    shopper.get(&format!("/products/search?{}", query.finish())).await
}

/// The body of the answer to a search with further parameters.
async fn search_with(shopper: &Actor, text: &str, parameters: &[(&str, &str)]) -> Value {
    let all: Vec<_> = [("q", text)].into_iter().chain(parameters.iter().copied()).collect();
    ask(shopper, &all).await.expect(200)
}

/// The body of the answer to a search.
async fn search(shopper: &Actor, text: &str) -> Value {
    search_with(shopper, text, &[]).await
}

/// The names in an answer, in its order.
fn names(found: &Value) -> Vec<&str> {
    found["results"].as_array().unwrap().iter().map(|product| product["name"].as_str().unwrap()).collect()
}

/// Fails unless a search finds exactly these names by its words, in this order.
#[track_caller]
fn check_words(found: &Value, expected: &[&str]) {
    assert_eq!(names(found), expected, "{found}");
    assert_eq!((&found["matched_by"], &found["total"]), (&json!("words"), &json!(expected.len())), "{found}");
    assert_eq!(found["capped"], false);
}

/// Products with these names and descriptions, in one category.
async fn offer(admin: &Actor, products: &[(&str, &str)]) -> Vec<i64> {
    let category = admin.category().await;
    let mut ids = Vec::new();
    for (name, description) in products {
        let fields = json!({"name": name, "description": description, "category_id": category});
        ids.push(admin.product(fields).await);
    }
    ids
}
