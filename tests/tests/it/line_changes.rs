//! Changes of order lines: each moves exactly the stock that it must, or nothing at all.

use serde_json::json;
use stockroom_tests::App;

use crate::ledger::{moved, movements};

#[tokio::test]
async fn a_changed_quantity_moves_the_difference() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"stock": 10})).await;
    let order = ana.order(json!({})).await;
    let line = ana.line(order, product, 3).await;
    let path = format!("/order_details/{line}");

    let shown = ana.put(&path, &json!({"quantity": 7})).await.expect(200);
    assert_eq!((&shown["quantity"], &shown["product"]["stock"]), (&json!(7), &json!(3)));
    assert_eq!(ana.stock(product).await, 3);
    let shown = ana.patch(&path, &json!({"quantity": 1})).await.expect(200);
    assert_eq!((&shown["quantity"], &shown["product"]["stock"]), (&json!(1), &json!(9)));
    // The same again moves nothing, and neither does the whole object put back.
    ana.put(&path, &json!({"quantity": 1})).await.expect(200);
    assert_eq!(ana.put(&path, &shown).await.expect(200), shown);

    assert_eq!(
        movements(&app, product).await,
        [moved("sale", -3, line), moved("line_change", -4, line), moved("line_change", 6, line)]
    );
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn additional_pieces_must_be_in_stock() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"stock": 5})).await;
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, product, 3).await);

    let text = format!("Insufficient stock for product {product}. Requested additional: 3, Available: 2");
    ana.put(&path, &json!({"quantity": 6})).await.expect_problem(400, &text);
    ana.patch(&path, &json!({"quantity": 6})).await.expect_problem(400, &text);

    assert_eq!(ana.get(&path).await.expect(200)["quantity"], 3);
    assert_eq!(ana.stock(product).await, 2);
    ana.put(&path, &json!({"quantity": 5})).await.expect(200);
    assert_eq!(ana.stock(product).await, 0);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn another_product_moves_stock_between_both() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 10, "stock": 10})).await;
    let pot = ana.product(json!({"price": 30, "stock": 4})).await;
    let order = ana.order(json!({})).await;
    let line = ana.line(order, mug, 3).await;
    let path = format!("/order_details/{line}");

    let shown = ana.put(&path, &json!({"product_id": pot, "quantity": 4})).await.expect(200);

    assert_eq!((&shown["product_id"], &shown["product"]["id_key"]), (&json!(pot), &json!(pot)));
    assert_eq!((&shown["quantity"], &shown["price"]), (&json!(4), &json!(30.0)));
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (10, 0));
    assert_eq!(movements(&app, mug).await, [moved("sale", -3, line), moved("line_change", 3, line)]);
    assert_eq!(movements(&app, pot).await, [moved("line_change", -4, line)]);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn another_product_without_enough_stock_changes_nothing() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 10})).await;
    let pot = ana.product(json!({"stock": 2})).await;
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, mug, 3).await);

    let refused = ana.put(&path, &json!({"product_id": pot})).await;

    let text = format!("Insufficient stock for product {pot}. Requested: 3, Available: 2");
    refused.expect_problem(400, &text);
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (7, 2));
    assert_eq!(ana.get(&path).await.expect(200)["product_id"], mug);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_changed_price_is_checked_against_the_product() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({"price": 10})).await, ana.product(json!({"price": 30})).await);
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, mug, 3).await);

    let mismatch = "Price mismatch. Expected 10.0, got 9.5";
    ana.put(&path, &json!({"price": 9.5})).await.expect_problem(400, mismatch);
    ana.patch(&path, &json!({"price": 9.5})).await.expect_problem(400, mismatch);
    let wrong = ana.put(&path, &json!({"price": 29, "product_id": pot})).await;
    wrong.expect_problem(400, "Price mismatch. Expected 30.0, got 29.0");
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (7, 10));

    assert_eq!(ana.put(&path, &json!({"price": 10.01})).await.expect(200)["price"], 10.01);
    let changed = ana.put(&path, &json!({"price": 30, "product_id": pot})).await.expect(200);
    assert_eq!(changed["price"], 30.0);
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (10, 7));
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_whole_line_put_back_with_another_product_gets_its_price() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({"price": 10})).await, ana.product(json!({"price": 30})).await);
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, mug, 3).await);

    let mut whole = ana.get(&path).await.expect(200);
    whole["product_id"] = json!(pot);
    let changed = ana.put(&path, &whole).await.expect(200);

    assert_eq!((&changed["price"], &changed["product_id"]), (&json!(30.0), &json!(pot)));
}

#[tokio::test]
async fn a_line_moves_to_another_order_with_its_stock() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({})).await;
    let (one, two) = (ana.order(json!({})).await, ana.order(json!({})).await);
    let line = ana.line(one, product, 3).await;

    let shown = ana.put(&format!("/order_details/{line}"), &json!({"order_id": two})).await.expect(200);

    assert_eq!((&shown["order_id"], &shown["order"]["id_key"]), (&json!(two), &json!(two)));
    assert_eq!(ana.stock(product).await, 7);
    // The first order holds nothing any more, the second one everything.
    ana.put(&format!("/orders/{one}"), &json!({"status": "CANCELED"})).await.expect(200);
    assert_eq!(ana.stock(product).await, 7);
    ana.delete(&format!("/orders/{two}")).await.expect(204);
    assert_eq!(ana.stock(product).await, 10);
    assert_eq!(movements(&app, product).await, [moved("sale", -3, line), moved("order_delete", 3, line)]);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn the_lines_of_a_cancelled_order_are_history() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({})).await, ana.product(json!({})).await);
    let (canceled, open) = (ana.order(json!({})).await, ana.order(json!({})).await);
    let (old, other) = (ana.line(canceled, mug, 3).await, ana.line(open, mug, 2).await);
    ana.put(&format!("/orders/{canceled}"), &json!({"status": "CANCELED"})).await.expect(200);
    let text = format!("Cannot change the lines of order {canceled}: order is CANCELED");
    let path = format!("/order_details/{old}");

    for change in [
        json!({"quantity": 1}),
        json!({"quantity": 9}),
        json!({"product_id": pot}),
        json!({"order_id": open}),
    ] {
        ana.put(&path, &change).await.expect_problem(400, &text);
        ana.patch(&path, &change).await.expect_problem(400, &text);
    }
    // Nor may a line be hidden in it.
    ana.put(&format!("/order_details/{other}"), &json!({"order_id": canceled}))
        .await
        .expect_problem(400, &text);
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (8, 10));

    ana.delete(&path).await.expect(204);
    assert_eq!(ana.stock(mug).await, 8);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_strict_change_refuses_what_is_not_writable_and_a_forgiving_one_ignores_it() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({})).await;
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, product, 3).await);
    let before = ana.get(&path).await.expect(200);

    let odd = json!({"id_key": 7, "product": {"stock": 99}, "order": null, "quantity": null, "discount": 5});
    assert_eq!(ana.put(&path, &odd).await.expect(200), before);
    let refused = ana.patch(&path, &json!({"quantity": null, "id_key": 7, "product": {}})).await;
    refused.expect_invalid(&["body.quantity", "body.id_key", "body.product"]);
    app.assert_ledger_adds_up().await;
}
