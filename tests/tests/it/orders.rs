//! Orders: what they show and what may be written. How their status moves is told in `order_status`.

use serde_json::{Value, json};
use stockroom_tests::App;

use crate::ledger::{moved, movements};

#[tokio::test]
async fn a_new_order_is_shown_with_its_client_and_lines() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let bill = ana.bill(client, json!({})).await;

    let created = ana
        .post(
            "/orders",
            &json!({
                "date": "2026-01-15T10:30", "total": "25.5", "delivery_method": "drive_thru", "client_id": client,
                "bill_id": bill,
            }),
        )
        .await;

    assert_eq!(created.header("location"), format!("/orders/{}", created.id()));
    let shown = ana.get(created.header("location")).await.expect(200);
    let mut buyer = ana.get(&format!("/clients/{client}")).await.expect(200);
    buyer.as_object_mut().unwrap().retain(|key, _| key != "addresses" && key != "orders");
    assert_eq!(
        shown,
        json!({
            "id_key": created.id(), "date": "2026-01-15T10:30:00Z", "total": 25.5, "delivery_method": 1, "status": 1,
            "client_id": client, "bill_id": bill, "address": null, "client": buyer, "order_details": [],
        })
    );
    assert_eq!(created.expect(201), shown);
}

#[tokio::test]
async fn the_lines_of_an_order_show_their_product_flat_also_in_lists() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"price": 12.5})).await;
    let order = ana.order(json!({})).await;
    let lines = [ana.line(order, product, 1).await, ana.line(order, product, 2).await];

    let shown = ana.get(&format!("/orders/{order}")).await.expect(200);

    let mut flat = ana.get(&format!("/products/{product}")).await.expect(200);
    flat.as_object_mut()
        .unwrap()
        .retain(|key, _| !["category", "reviews", "order_details"].contains(&&**key));
    let line = |id: i64, quantity: i64| {
        json!({
            "id_key": id, "quantity": quantity, "price": 12.5, "order_id": order, "product_id": product,
            "product": flat,
        })
    };
    assert_eq!(shown["order_details"], json!([line(lines[0], 1), line(lines[1], 2)]));
    assert_eq!(ana.get("/orders").await.expect(200), json!([shown]));
}

#[tokio::test]
async fn orders_are_listed_by_id_and_by_client() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let mut ids = Vec::new();
    for fields in [json!({"client_id": client}), json!({}), json!({"client_id": client})] {
        ids.push(ana.order(fields).await);
    }
    let listed = async |path: &str| -> Vec<i64> {
        let rows = ana.get(path).await.expect(200);
        rows.as_array().unwrap().iter().map(|row| row["id_key"].as_i64().unwrap()).collect()
    };

    assert_eq!(listed("/orders").await, ids);
    assert_eq!(listed(&format!("/orders?client_id={client}")).await, [ids[0], ids[2]]);
    assert_eq!(listed("/orders?skip=2").await, [ids[2]]);
}

#[tokio::test]
async fn an_order_without_a_date_is_placed_now() {
    let app = App::start().await;
    let ana = app.actor();
    ana.order(json!({})).await;
    ana.order(json!({"date": null})).await;

    let recent = "SELECT count(*) FROM orders WHERE date BETWEEN now() - interval '1 minute' AND now()";
    assert_eq!(app.integer(recent, &[]).await, 2);
}

#[tokio::test]
async fn putting_and_patching_change_only_what_is_given() {
    let app = App::start().await;
    let ana = app.actor();
    let order = ana.order(json!({})).await;
    let product = ana.product(json!({})).await;
    ana.line(order, product, 4).await;
    let path = format!("/orders/{order}");
    let mut expected = ana.get(&path).await.expect(200);

    let change = json!({
        "total": 31, "delivery_method": "2", "date": null, "id_key": 9, "client": {"is_admin": true},
        "order_details": [],
    });
    let shown = ana.put(&path, &change).await.expect(200);
    (expected["total"], expected["delivery_method"]) = (json!(31.0), json!(2));
    assert_eq!(shown, expected);
    assert_eq!(ana.put(&path, &shown).await.expect(200), shown);

    let shown = ana.patch(&path, &json!({"date": "2026-03-01", "status": "in_progress"})).await.expect(200);
    (expected["date"], expected["status"]) = (json!("2026-03-01T00:00:00Z"), json!(2));
    assert_eq!(shown, expected);
    let refused = ana.patch(&path, &json!({"status": null, "client": {}, "id_key": 1})).await;
    refused.expect_invalid(&["body.status", "body.client", "body.id_key"]);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_needs_a_client_and_a_bill_that_exist() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let bill = ana.bill(client, json!({})).await;
    let path = format!("/orders/{}", ana.order(json!({})).await);
    let body = |client: i64, bill: i64| json!({"total": 1, "delivery_method": 1, "client_id": client, "bill_id": bill});

    let (no_client, no_bill) = ("Client with id 999 not found", "Bill with id 888 not found");
    ana.post("/orders", &body(999, bill)).await.expect_problem(404, no_client);
    ana.post("/orders", &body(client, 888)).await.expect_problem(404, no_bill);
    ana.put(&path, &json!({"client_id": 999})).await.expect_problem(404, no_client);
    ana.put(&path, &json!({"bill_id": 888})).await.expect_problem(404, no_bill);
    ana.patch(&path, &json!({"client_id": 999})).await.expect_problem(404, no_client);
    ana.patch(&path, &json!({"bill_id": 888})).await.expect_problem(404, no_bill);
    assert_eq!(app.integer("SELECT count(*) FROM orders", &[]).await, 1);
}

#[tokio::test]
async fn an_unknown_order_is_not_found_by_any_method() {
    let app = App::start().await;
    let ana = app.actor();
    let text = "Order with id 999 not found";

    ana.get("/orders/999").await.expect_problem(404, text);
    ana.put("/orders/999", &json!({"total": 1})).await.expect_problem(404, text);
    ana.put("/orders/999", &json!({})).await.expect_problem(404, text);
    ana.patch("/orders/999", &json!({"status": 2})).await.expect_problem(404, text);
    ana.delete("/orders/999").await.expect_problem(404, text);
}

#[tokio::test]
async fn everything_wrong_with_an_order_is_told_at_once() {
    let app = App::start().await;
    let ana = app.actor();

    let nothing = ana.post("/orders", &json!({})).await;
    nothing.expect_invalid(&["body.total", "body.delivery_method", "body.client_id", "body.bill_id"]);
    let wrong = json!({
        "date": "soon", "total": -1, "delivery_method": "pigeon", "status": 5, "client_id": "x", "bill_id": 1.5,
    });
    ana.post("/orders", &wrong).await.expect_invalid(&[
        "body.date",
        "body.total",
        "body.delivery_method",
        "body.status",
        "body.client_id",
        "body.bill_id",
    ]);
}

#[tokio::test]
async fn a_deleted_order_gives_the_stock_of_its_lines_back() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({"stock": 10})).await, ana.product(json!({"stock": 5})).await);
    let order = ana.order(json!({})).await;
    let lines = [ana.line(order, mug, 3).await, ana.line(order, pot, 5).await, ana.line(order, mug, 1).await];

    let deleted = ana.delete(&format!("/orders/{order}")).await;

    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (10, 5));
    assert_eq!(
        movements(&app, mug).await,
        [
            moved("sale", -3, lines[0]),
            moved("sale", -1, lines[2]),
            moved("order_delete", 3, lines[0]),
            moved("order_delete", 1, lines[2])
        ]
    );
    ana.get(&format!("/orders/{order}")).await.expect(404);
    for line in lines {
        ana.get(&format!("/order_details/{line}")).await.expect(404);
    }
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_shows_at_most_a_hundred_lines_and_gives_all_of_them_back() {
    let app = App::start().await;
    let ana = app.actor();
    let product = ana.product(json!({"stock": 200})).await;
    let order = ana.order(json!({})).await;
    for _ in 0..101 {
        ana.line(order, product, 1).await;
    }

    let shown = ana.get(&format!("/orders/{order}")).await.expect(200);
    assert_eq!(shown["order_details"].as_array().map(Vec::len), Some(100));
    assert_eq!(ana.stock(product).await, 99);
    let canceled: Value =
        ana.put(&format!("/orders/{order}"), &json!({"status": "CANCELED"})).await.expect(200);
    assert_eq!(canceled["status"], 4);
    assert_eq!(ana.stock(product).await, 200);
    app.assert_ledger_adds_up().await;
}
