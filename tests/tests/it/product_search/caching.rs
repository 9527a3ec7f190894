//! Answers of searches are kept until something that they show has changed.

use serde_json::json;
use stockroom_tests::{Actor, Answer, App};

use super::{names, offer};

const PATH: &str = "/products/search?q=mug";

async fn again(shopper: &Actor, tag: &str) -> Answer {
    let request = shopper.request(reqwest::Method::GET, PATH).header("If-None-Match", tag);
    shopper.send(request).await
}

#[tokio::test]
async fn a_search_is_answered_from_the_cache_and_by_its_tag() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Mug 1", ""), ("Mug 2", "")]).await;

    let path = "/products/search?q=mug&limit=1";
    let first = shopper.get(path).await;
    let second = shopper.get(path).await;
    let third = shopper.get("/api/v1/products/search/?q=mug&limit=1&unknown=x").await;

    assert_eq!(first.header("x-cache-hit"), "false");
    assert!(!first.header("etag").is_empty() && first.header("link").ends_with("rel=\"next\""));
    for kept in [&second, &third] {
        assert_eq!(kept.header("x-cache-hit"), "true");
        assert_eq!((kept.header("etag"), kept.header("link")), (first.header("etag"), first.header("link")));
        assert_eq!(kept.body, first.body);
    }
    let request = shopper.request(reqwest::Method::GET, path).header("If-None-Match", first.header("etag"));
    let unchanged = shopper.send(request).await;
    assert_eq!((unchanged.status.as_u16(), &*unchanged.text), (304, ""));
    assert_eq!(unchanged.header("link"), first.header("link"));
    let other = shopper.get("/products/search?q=mug&limit=2").await;
    assert_eq!(other.header("x-cache-hit"), "false");
    assert_ne!(other.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn whatever_a_search_shows_is_seen_by_the_next_one() {
    let app = App::start().await;
    let shopper = app.actor();
    let id = offer(&shopper, &[("Mug", "")]).await[0];
    let client = shopper.client(json!({})).await;
    let product = format!("/products/{id}");
    shopper.patch(&product, &json!({"stock": 9})).await.expect(200);
    let mut tag = shopper.get(PATH).await.header("etag").to_owned();
    let mut changed = async |what: &str| {
        let answer = again(&shopper, &tag).await;
        assert_eq!(answer.status.as_u16(), 200, "{what}");
        tag = answer.header("etag").to_owned();
        assert_eq!(again(&shopper, &tag).await.status.as_u16(), 304, "{what}");
        answer.body["results"].clone()
    };

    shopper.patch(&product, &json!({"price": 7})).await.expect(200);
    assert_eq!(changed("price").await[0]["price"], 7.0);
    shopper.check_out(client, &[(id, 2)]).await;
    assert_eq!(changed("sale").await[0]["stock"], 7);
    let review = shopper.post("/reviews", &json!({"product_id": id, "rating": 4})).await.id();
    assert_eq!(changed("review").await[0]["rating"]["count"], 1);
    shopper.delete(&format!("/reviews/{review}")).await.expect(204);
    assert_eq!(changed("no review").await[0]["rating"]["count"], 0);
    let category = shopper.get(&product).await.body["category_id"].clone();
    shopper.patch(&format!("/categories/{category}"), &json!({"name": "Cups"})).await.expect(200);
    assert_eq!(changed("category").await[0]["category"]["name"], "Cups");
    offer(&shopper, &[("Another mug", "")]).await;
    assert_eq!(changed("another").await.as_array().unwrap().len(), 2);
    shopper.patch(&product, &json!({"name": "Jug"})).await.expect(200);
    assert_eq!(changed("name").await[0]["name"], "Another mug");
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let app = App::start().await;
    let shopper = app.actor();

    for _ in 0..2 {
        let refused = shopper.get("/products/search?q=").await;
        refused.expect_invalid(&["query.q"]);
        assert_eq!(refused.header("x-cache-hit"), "");
    }
    let empty = shopper.get(PATH).await;
    assert_eq!(names(&empty.expect(200)), Vec::<&str>::new());
    offer(&shopper, &[("Mug", "")]).await;
    assert_eq!(names(&shopper.get(PATH).await.expect(200)), ["Mug"]);
}
