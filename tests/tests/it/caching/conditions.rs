//! `If-Match`: a change is made to what the caller has seen, or not at all.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App};

use super::{conditional, until_shown};

/// Items that may be changed on a condition, and what is changed about them.
async fn items(shop: &Actor) -> [(String, Value); 2] {
    let product = shop.product(json!({})).await;
    let category = shop.category().await;
    [
        (format!("/products/{product}"), json!({"name": "Cup", "description": "Holds 350 ml"})),
        (format!("/categories/{category}"), json!({"name": "Cups", "description": "Hold something"})),
    ]
}

async fn change(shop: &Actor, method: &Method, path: &str, tags: &str, body: &Value) -> Answer {
    shop.send(shop.request(method.clone(), path).header("if-match", tags).json(body)).await
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").to_owned()
}

#[tokio::test]
async fn what_was_changed_since_it_was_seen_is_left_alone() {
    let app = App::start().await;
    let shop = app.actor();
    for (path, body) in items(&shop).await {
        let old = tag(&shop.get(&path).await);
        shop.put(&path, &json!({"description": "Somebody else's"})).await.expect(200);
        let now = shop.get(&path).await;
        let (weak, list) = (format!("W/{}", tag(&now)), format!("{old}, \"other\""));
        let bare = tag(&now).trim_matches('"').to_owned();
        for stale in
            [&old, &list, &weak, "\"other\"", &bare, "nonsense", "", "\"*\"", "\"a, *, b\"", ",", "\""]
        {
            for method in [Method::PUT, Method::PATCH, Method::DELETE] {
                let refused = change(&shop, &method, &path, stale, &body).await;
                assert_eq!(refused.status, 412, "{method} {path} {stale}: {}", refused.text);
                assert_eq!(refused.body["code"], "precondition_failed");
                assert!(
                    refused.body["detail"]
                        .as_str()
                        .unwrap()
                        .ends_with("was changed meanwhile: read it again")
                );
                let after = shop.get(&path).await;
                assert_eq!((&after.text, tag(&after)), (&now.text, tag(&now)), "{method} {path} {stale}");
            }
        }
    }
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn what_is_as_it_was_seen_is_changed_and_has_a_new_tag() {
    let app = App::start().await;
    let shop = app.actor();
    for (path, body) in items(&shop).await {
        for method in [Method::PUT, Method::PATCH] {
            for form in ["{}", "\"other\", {}", "W/\"weak\",{}", "*"] {
                shop.put(&path, &json!({"description": format!("Before {form}")})).await.expect(200);
                let seen = tag(&shop.get(&path).await);
                let changed = change(&shop, &method, &path, &form.replace("{}", &seen), &body).await;
                assert_eq!(changed.status, 200, "{method} {path} {form}: {}", changed.text);
                let shown = shop.get(&path).await;
                assert_ne!(tag(&changed), seen);
                assert_eq!(
                    (tag(&changed), &changed.text),
                    (tag(&shown), &shown.text),
                    "{method} {path} {form}"
                );
                // The tag of one answer is all that the next change needs.
                let again =
                    change(&shop, &method, &path, &tag(&changed), &json!({"description": "Again"})).await;
                assert_eq!(again.status, 200, "{}", again.text);
            }
        }
        let seen = tag(&shop.get(&path).await);
        assert_eq!(change(&shop, &Method::DELETE, &path, &seen, &json!({})).await.status, 204, "{path}");
        assert_eq!(shop.get(&path).await.status, 404);
    }
}

#[tokio::test]
async fn whatever_an_answer_shows_belongs_to_what_was_seen() {
    let app = App::start().await;
    let shop = app.actor();
    let category = shop.category().await;
    let product = shop.product(json!({"category_id": category})).await;
    let order = shop.order(json!({})).await;
    let (item, of_category) = (format!("/products/{product}"), format!("/categories/{category}"));
    for (what, path, body) in [
        (
            "a sale",
            "/order_details".to_owned(),
            json!({"order_id": order, "product_id": product, "quantity": 1}),
        ),
        ("a review", "/reviews".to_owned(), json!({"rating": 5.0, "product_id": product})),
        ("a product", "/products".to_owned(), json!({"name": "Jug", "price": 1.0, "category_id": category})),
    ] {
        let seen = [tag(&shop.get(&item).await), tag(&shop.get(&of_category).await)];
        shop.post(&path, &body).await.expect(201);
        let of_product = conditional(&shop, Method::PUT, &item, ("if-match", &seen[0])).await;
        assert_eq!(of_product.status, if what == "a product" { 200 } else { 412 }, "{what}");
        if what != "a product" {
            let put = conditional(&shop, Method::PUT, &of_category, ("if-match", &seen[1])).await;
            assert_eq!(put.status, 412, "{what}");
        }
    }
    let seen = tag(&shop.get(&item).await);
    shop.put(&of_category, &json!({"name": "Renamed"})).await.expect(200);
    assert_eq!(conditional(&shop, Method::PUT, &item, ("if-match", &seen)).await.status, 412);
}

#[tokio::test]
async fn what_is_not_there_or_not_valid_is_said_first() {
    let app = App::start().await;
    let shop = app.actor();
    for (path, name) in [("/products/999", "Product"), ("/categories/999", "Category")] {
        for tags in ["*", "\"other\""] {
            for method in [Method::PUT, Method::DELETE] {
                let missing = conditional(&shop, method, path, ("if-match", tags)).await;
                missing.expect_problem(404, &format!("{name} with id 999 not found"));
            }
        }
    }
    let [(path, _), _] = items(&shop).await;
    let invalid = change(&shop, &Method::PUT, &path, "\"other\"", &json!({"price": "x"})).await;
    invalid.expect_invalid(&["body.price"]);
    let nothing = change(&shop, &Method::PUT, &path, "\"other\"", &json!({})).await;
    assert_eq!(nothing.status, 412);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_have_seen_the_same_one_changes_it() {
    let app = App::start().await;
    let others = app.beside(None);
    let shop = app.actor();
    for (path, _) in items(&shop).await {
        for round in 0..25 {
            let seen = tag(&shop.get(&path).await);
            // Connections of their own, to two servers.
            let rivals = [app.actor(), others.actor(), app.actor()];
            let attempts = rivals.iter().enumerate().map(|(nth, rival)| {
                let body = json!({"name": format!("Round {round} of {nth}")});
                let (path, seen) = (path.clone(), seen.clone());
                async move { change(rival, &Method::PUT, &path, &seen, &body).await }
            });
            let answers = join_all(attempts).await;
            let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
            let lost = answers.iter().filter(|answer| answer.status == 412).count();
            assert_eq!((won.len(), lost), (1, 2), "{path}, round {round}");
            let shown = until_shown(&shop, &path, |answer| answer.text == won[0].text).await;
            assert_eq!(tag(&shown), tag(won[0]));
        }
    }
}
