//! Order lines: what they show, the price and the stock they take. How they change is told in `line_changes`.

use serde_json::json;
use stockroom_tests::App;

use crate::ledger::{moved, movements};

#[tokio::test]
async fn a_new_line_takes_its_price_and_stock_from_the_product() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"price": 999.99, "stock": 5})).await;
    let order = ana.order(json!({})).await;

    let line = json!({"quantity": "2", "order_id": order, "product_id": product});
    let created = ana.post("/order_details", &line).await;

    assert_eq!(created.header("location"), format!("/order_details/{}", created.id()));
    let shown = ana.get(created.header("location")).await.expect(200);
    let mut flat_product = ana.get(&format!("/products/{product}")).await.expect(200);
    assert_eq!((&flat_product["stock"], &flat_product["order_details"]), (&json!(3), &json!([])));
    flat_product
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !["category", "reviews", "order_details"].contains(&&**key));
    let mut flat_order = ana.get(&format!("/orders/{order}")).await.expect(200);
    flat_order.as_object_mut().unwrap().retain(|key, _| !["client", "order_details"].contains(&&**key));
    assert_eq!(
        shown,
        json!({
            "id_key": created.id(), "quantity": 2, "price": 999.99, "order_id": order, "product_id": product,
            "order": flat_order, "product": flat_product,
        })
    );
    assert_eq!(movements(&app, product).await, [moved("sale", -2, created.id())]);
    assert_eq!(created.expect(201), shown);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn lines_are_listed_by_id_order_and_product() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({})).await, ana.product(json!({})).await);
    let (one, two) = (ana.order(json!({})).await, ana.order(json!({})).await);
    let mut ids = Vec::new();
    for (order, product) in [(one, mug), (two, mug), (one, pot)] {
        ids.push(ana.line(order, product, 1).await);
    }
    let listed = async |path: &str| -> Vec<i64> {
        let rows = ana.get(path).await.expect(200);
        rows.as_array().unwrap().iter().map(|row| row["id_key"].as_i64().unwrap()).collect()
    };

    assert_eq!(listed("/order_details").await, ids);
    assert_eq!(listed(&format!("/order_details?order_id={one}")).await, [ids[0], ids[2]]);
    assert_eq!(listed(&format!("/order_details?product_id={mug}")).await, [ids[0], ids[1]]);
    assert_eq!(listed(&format!("/order_details?product_id={mug}&order_id={two}")).await, [ids[1]]);
    assert_eq!(listed("/order_details?skip=1&limit=1").await, [ids[1]]);
    let shown = ana.get(&format!("/order_details/{}", ids[1])).await.expect(200);
    assert_eq!(ana.get(&format!("/order_details?order_id={two}")).await.expect(200), json!([shown]));
}

#[tokio::test]
async fn a_price_within_a_cent_is_accepted_and_another_one_refused() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"price": 999.99})).await;
    let order = ana.order(json!({})).await;
    let line = |price: serde_json::Value| json!({"quantity": 1, "price": price, "order_id": order, "product_id": product});

    for price in [json!(999.99), json!("999.99"), json!(999.98), json!(1000), json!(null)] {
        ana.post("/order_details", &line(price)).await.expect(201);
    }
    let refused = ana.post("/order_details", &line(json!(5))).await;
    refused.expect_problem(400, "Price mismatch. Expected 999.99, got 5.0");
    let refused = ana.post("/order_details", &line(json!(999.97))).await;
    refused.expect_problem(400, "Price mismatch. Expected 999.99, got 999.97");
    ana.post("/order_details", &line(json!(1000.01))).await.expect(400);

    assert_eq!(ana.stock(product).await, 5);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn more_than_there_is_cannot_be_sold() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"stock": 5})).await;
    let order = ana.order(json!({})).await;
    let line = |quantity: i64| json!({"quantity": quantity, "order_id": order, "product_id": product});

    let refused = ana.post("/order_details", &line(10)).await;

    let text = format!("Insufficient stock for product {product}. Requested: 10, Available: 5");
    refused.expect_problem(400, &text);
    assert_eq!(ana.stock(product).await, 5);
    ana.post("/order_details", &line(5)).await.expect(201);
    let text = format!("Insufficient stock for product {product}. Requested: 1, Available: 0");
    ana.post("/order_details", &line(1)).await.expect_problem(400, &text);
    assert_eq!(movements(&app, product).await.len(), 1);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_line_needs_an_order_and_a_product_that_exist() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({})).await;
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, product, 1).await);
    let (no_order, no_product) = ("Order with id 999 not found", "Product with id 888 not found");

    let line = json!({"quantity": 1, "order_id": 999, "product_id": product});
    ana.post("/order_details", &line).await.expect_problem(404, no_order);
    let line = json!({"quantity": 1, "order_id": order, "product_id": 888});
    ana.post("/order_details", &line).await.expect_problem(404, no_product);
    ana.put(&path, &json!({"order_id": 999})).await.expect_problem(404, no_order);
    ana.put(&path, &json!({"product_id": 888})).await.expect_problem(404, no_product);
    ana.patch(&path, &json!({"order_id": 999})).await.expect_problem(404, no_order);
    ana.patch(&path, &json!({"product_id": 888})).await.expect_problem(404, no_product);
    assert_eq!(ana.stock(product).await, 9);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_unknown_line_is_not_found_by_any_method() {
    let app = App::start().await;
    let ana = app.actor();
    let text = "Order detail with id 999 not found";

    ana.get("/order_details/999").await.expect_problem(404, text);
    ana.put("/order_details/999", &json!({"quantity": 1})).await.expect_problem(404, text);
    ana.patch("/order_details/999", &json!({"quantity": 1})).await.expect_problem(404, text);
    ana.delete("/order_details/999").await.expect_problem(404, text);
}

#[tokio::test]
async fn everything_wrong_with_a_line_is_told_at_once() {
    let app = App::start().await;
    let ana = app.actor();

    let nothing = ana.post("/order_details", &json!({})).await;
    nothing.expect_invalid(&["body.quantity", "body.order_id", "body.product_id"]);
    let wrong = json!({"quantity": 10.5, "price": "cheap", "order_id": "x", "product_id": []});
    let refused = ana.post("/order_details", &wrong).await;
    refused.expect_invalid(&["body.quantity", "body.price", "body.order_id", "body.product_id"]);
    let product = ana.product(json!({})).await;
    let order = ana.order(json!({})).await;
    for quantity in [json!(0), json!(-1), json!("0"), json!(null), json!(2_147_483_648_i64)] {
        let line = json!({"quantity": quantity, "order_id": order, "product_id": product});
        ana.post("/order_details", &line).await.expect_invalid(&["body.quantity"]);
    }
}

#[tokio::test]
async fn a_deleted_line_gives_its_stock_back() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({})).await;
    let order = ana.order(json!({})).await;
    let (line, kept) = (ana.line(order, product, 3).await, ana.line(order, product, 2).await);
    let path = format!("/order_details/{line}");

    let deleted = ana.delete(&path).await;

    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    assert_eq!(ana.stock(product).await, 8);
    let text = format!("Order detail with id {line} not found");
    ana.get(&path).await.expect_problem(404, &text);
    ana.delete(&path).await.expect_problem(404, &text);
    let expected = [moved("sale", -3, line), moved("sale", -2, kept), moved("line_delete", 3, line)];
    assert_eq!(movements(&app, product).await, expected);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_line_cannot_be_added_to_a_cancelled_order() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({})).await;
    let order = ana.order(json!({"status": "CANCELED"})).await;

    let line = json!({"quantity": 1, "order_id": order, "product_id": product});
    let refused = ana.post("/order_details", &line).await;

    let text = format!("Cannot change the lines of order {order}: order is CANCELED");
    refused.expect_problem(400, &text);
    assert_eq!(ana.stock(product).await, 10);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_line_keeps_its_price_when_the_product_becomes_dearer() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"price": 10})).await;
    let order = ana.order(json!({})).await;
    let path = format!("/order_details/{}", ana.line(order, product, 1).await);

    ana.put(&format!("/products/{product}"), &json!({"price": 15})).await.expect(200);

    let shown = ana.get(&path).await.expect(200);
    assert_eq!((&shown["price"], &shown["product"]["price"]), (&json!(10.0), &json!(15.0)));
    // The whole object put back, with a new quantity, is no change of the price.
    let mut back = shown;
    back["quantity"] = json!(2);
    assert_eq!(ana.put(&path, &back).await.expect(200)["price"], 10.0);
    assert_eq!(ana.stock(product).await, 8);
    app.assert_ledger_adds_up().await;
}
