//! Orders that are not placed, why, and that nothing is left of them.

use serde_json::{Value, json};
use stockroom_tests::{App, checkout};

use super::{address, assert_nothing_placed, with};

#[tokio::test]
async fn every_product_that_is_short_is_named_with_what_was_wanted_and_what_there_is() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({"stock": 5})).await, ana.product(json!({"stock": 1})).await);
    let (lid, cup) = (ana.product(json!({"stock": 0})).await, ana.product(json!({"stock": 9})).await);
    let client = ana.client(json!({})).await;
    let lines = [(lid, 1), (mug, 3), (cup, 9), (pot, 2), (mug, 3)];

    let refused = ana.post("/checkout", &checkout(client, &lines)).await;

    let text = format!(
        "Insufficient stock for product {mug}. Requested: 6, Available: 5. \
         Insufficient stock for product {pot}. Requested: 2, Available: 1. \
         Insufficient stock for product {lid}. Requested: 1, Available: 0"
    );
    refused.expect_problem(409, &text);
    assert_eq!(refused.body["code"], "insufficient_stock_for_order");
    let short = |product: i64, requested: i64, available: i64| json!({"product_id": product, "requested": requested, "available": available});
    assert_eq!(refused.body["shortages"], json!([short(mug, 6, 5), short(pot, 2, 1), short(lid, 1, 0)]));
    assert_eq!(ana.stock(cup).await, 9);
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn another_total_than_expected_is_told_with_the_real_one() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 10})).await;
    let client = ana.client(json!({})).await;
    let body = with(&checkout(client, &[(mug, 2)]), "discount", json!(5));
    // What the lines cost is not what is to be paid.
    for (expected, shown) in
        [(json!(20), "20.0"), (json!(14.99), "14.99"), (json!("15.01"), "15.01"), (json!(0), "0.0")]
    {
        let refused = ana.post("/checkout", &with(&body, "expected_total", expected)).await;
        refused.expect_problem(409, &format!("Total mismatch. Expected 15.0, got {shown}"));
        assert_eq!((&refused.body["code"], &refused.body["total"]), (&json!("total_mismatch"), &json!(15.0)));
    }
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn a_discount_larger_than_the_total_is_refused() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 10})).await;
    let client = ana.client(json!({})).await;

    let body = with(&checkout(client, &[(mug, 2)]), "discount", json!(20.01));
    let refused = ana.post("/checkout", &body).await;

    refused.expect_problem(400, "Discount 20.01 is more than the order's total 20.0");
    assert_eq!(refused.body["code"], "discount_too_large");
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn an_order_that_costs_more_than_an_amount_can_be_is_refused() {
    let app = App::start().await;
    let ana = app.actor();
    let gold = ana.product(json!({"price": 999_999.99, "stock": 2_147_483_647})).await;
    let client = ana.client(json!({})).await;

    let refused = ana.post("/checkout", &checkout(client, &[(gold, 2_147_483_647)])).await;

    refused.expect_problem(400, "The order's total is more than 99999999999.99");
    assert_eq!(refused.body["code"], "total_too_large");
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn what_an_order_names_must_exist() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let body = checkout(client, &[(mug, 1)]);
    let cases = [
        (with(&body, "client_id", json!(999)), "Client with id 999 not found"),
        (with(&body, "client_id", json!(-1)), "Client with id -1 not found"),
        (with(&body, "address_id", json!(888)), "Address with id 888 not found"),
        (checkout(client, &[(mug, 1), (777, 1)]), "Product with id 777 not found"),
        (checkout(client, &[(i64::MAX, 1)]), "Product with id 9223372036854775807 not found"),
    ];
    for (body, text) in cases {
        let refused = ana.post("/checkout", &body).await;
        refused.expect_problem(404, text);
        assert_eq!(refused.body["code"], "not_found");
    }
    assert_eq!(ana.stock(mug).await, 10);
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn an_address_of_somebody_else_is_as_good_as_none() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let (client, other) = (ana.client(json!({})).await, ana.client(json!({})).await);
    let elsewhere = address(&ana, other).await;
    address(&ana, client).await;

    let body = with(&checkout(client, &[(mug, 1)]), "address_id", json!(elsewhere));
    let refused = ana.post("/checkout", &body).await;

    refused.expect_problem(404, &format!("Address with id {elsewhere} not found"));
    assert_nothing_placed(&app).await;
    ana.post("/checkout", &with(&body, "client_id", json!(other))).await.expect(201);
}

#[tokio::test]
async fn what_is_no_longer_sold_is_not_found() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({})).await, ana.product(json!({"active": false})).await);
    let client = ana.client(json!({})).await;
    let body = checkout(client, &[(mug, 1), (pot, 1)]);

    ana.post("/checkout", &body).await.expect_problem(404, &format!("Product with id {pot} not found"));
    assert_nothing_placed(&app).await;

    ana.patch(&format!("/products/{pot}"), &json!({"active": true})).await.expect(200);
    ana.post("/checkout", &body).await.expect(201);
}

#[tokio::test]
async fn an_order_placed_after_a_refusal_is_as_if_there_had_been_none() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 1})).await;
    let client = ana.client(json!({})).await;
    ana.post("/checkout", &checkout(client, &[(mug, 2)])).await.expect(409);

    let placed = ana.check_out(client, &[(mug, 1)]).await;

    assert!(placed["bill"]["bill_number"].as_str().is_some_and(|number| number.ends_with("-000001")));
    let sold_out: Value = ana.post("/checkout", &checkout(client, &[(mug, 1)])).await.expect(409);
    assert_eq!(sold_out["shortages"], json!([{"product_id": mug, "requested": 1, "available": 0}]));
    app.assert_ledger_adds_up().await;
}
