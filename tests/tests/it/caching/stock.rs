//! `expected_stock`: a stock is set to something only where it is what the caller believes.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_stock_is_set_where_it_is_the_expected_one() {
    let app = App::start().await;
    let shop = app.actor();
    let path = format!("/products/{}", shop.product(json!({"stock": 10})).await);

    let set = shop.put(&path, &json!({"stock": 12, "expected_stock": 10})).await.expect(200);
    assert_eq!((&set["stock"], set.get("expected_stock")), (&json!(12), None));
    assert_eq!(shop.patch(&path, &json!({"stock": 13, "expected_stock": 12})).await.expect(200)["stock"], 13);
    assert_eq!(
        shop.put(&path, &json!({"stock": "14", "expected_stock": "13"})).await.expect(200)["stock"],
        14
    );
    // What it is already is no change.
    assert_eq!(shop.put(&path, &json!({"stock": 14, "expected_stock": 14})).await.expect(200)["stock"], 14);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_stock_that_is_another_one_is_left_alone_and_told() {
    let app = App::start().await;
    let shop = app.actor();
    let product = shop.product(json!({"stock": 10})).await;
    let path = format!("/products/{product}");
    let before = shop.get(&path).await;
    for body in [
        json!({"stock": 12, "expected_stock": 9}),
        json!({"stock": 10, "expected_stock": 9}),
        json!({"stock": 12, "name": "Cup", "expected_stock": 0}),
        json!({"name": "Cup", "expected_stock": 11}),
        json!({"expected_stock": 11}),
    ] {
        for refused in [shop.put(&path, &body).await, shop.patch(&path, &body).await] {
            assert_eq!(
                (refused.status.as_u16(), &refused.body["code"]),
                (409, &json!("stock_changed")),
                "{body}"
            );
            assert_eq!(refused.body["stock"], 10, "{body}");
            assert_eq!(refused.body["detail"], refused.body["message"]);
            assert!(refused.body["detail"].is_string());
        }
        assert_eq!(shop.get(&path).await.text, before.text, "{body}");
    }
    let movements = "SELECT count(*) FROM stock_movements WHERE product_id = $1";
    assert_eq!(app.integer(movements, &[&product]).await, 1);
    let missing = shop.put("/products/999", &json!({"stock": 1, "expected_stock": 1})).await;
    missing.expect_problem(404, "Product with id 999 not found");
}

#[tokio::test]
async fn an_expectation_may_guard_other_changes_too() {
    let app = App::start().await;
    let shop = app.actor();
    let path = format!("/products/{}", shop.product(json!({"stock": 10})).await);
    let renamed = shop.put(&path, &json!({"name": "Cup", "expected_stock": 10})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["stock"]), (&json!("Cup"), &json!(10)));
    let unchanged = shop.patch(&path, &json!({"expected_stock": 10})).await.expect(200);
    assert_eq!(unchanged, renamed);
    // Null expects nothing, and it means nothing for a new product.
    assert_eq!(shop.put(&path, &json!({"stock": 5, "expected_stock": null})).await.expect(200)["stock"], 5);
    let created =
        json!({"name": "Jug", "price": 1.0, "category_id": renamed["category_id"], "expected_stock": 7});
    assert_eq!(shop.post("/products", &created).await.expect(201)["stock"], 0);
}

#[tokio::test]
async fn an_expectation_that_no_stock_can_meet_is_invalid() {
    let app = App::start().await;
    let shop = app.actor();
    let path = format!("/products/{}", shop.product(json!({"stock": 10})).await);
    for wrong in
        [json!(-1), json!("ten"), json!(10.5), json!(true), json!([10]), json!(3_000_000_000_u64), json!("")]
    {
        let body = json!({"stock": 12, "expected_stock": wrong});
        for refused in [shop.put(&path, &body).await, shop.patch(&path, &body).await] {
            refused.expect_invalid(&["body.expected_stock"]);
        }
    }
    let all = shop.put(&path, &json!({"stock": -1, "price": "x", "expected_stock": -1})).await;
    assert_eq!(all.status, 422);
    assert_eq!(all.body["detail"].as_array().map(Vec::len), Some(3), "{}", all.text);
    assert_eq!(shop.stock(1).await, 10);
}

#[tokio::test]
async fn what_is_sold_since_a_product_was_read_stays_sold() {
    let app = App::start().await;
    let shop = app.actor();
    let product = shop.product(json!({"stock": 10})).await;
    let path = format!("/products/{product}");
    let mut read = shop.get(&path).await.expect(200);
    let order = shop.order(json!({})).await;
    shop.line(order, product, 3).await;

    // The whole object is put back, as it was read.
    read["name"] = json!("Cup");
    read["expected_stock"] = read["stock"].clone();
    let refused = shop.put(&path, &read).await;

    assert_eq!((refused.status.as_u16(), &refused.body["stock"]), (409, &json!(7)));
    assert_eq!(shop.get(&path).await.expect(200)["name"], "Mug");
    assert_eq!(app.stock(product).await, 7);
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_increments_of_what_was_read_lose_none() {
    let app = App::start().await;
    let other = app.beside(None);
    let path = format!("/products/{}", app.actor().product(json!({"stock": 0})).await);
    let clerks: Vec<_> = (0..10).map(|nth| if nth % 2 == 0 { app.actor() } else { other.actor() }).collect();

    join_all(clerks.iter().map(async |clerk| {
        for _ in 0..10 {
            let mut expected = clerk.get(&path).await.expect(200)["stock"].as_i64().unwrap();
            loop {
                let answer =
                    clerk.put(&path, &json!({"stock": expected + 1, "expected_stock": expected})).await;
                match answer.status.as_u16() {
                    200 => break,
                    // The refusal tells what to try next.
                    409 => expected = answer.body["stock"].as_i64().unwrap(),
                    status => panic!("{status}: {}", answer.text),
                }
            }
        }
    }))
    .await;

    assert_eq!(app.stock(1).await, 100);
    app.assert_ledger_adds_up().await;
}
