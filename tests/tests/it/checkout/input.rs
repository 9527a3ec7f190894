//! What the body of a checkout may look like. What holds for every body is told in `bad_input`.

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_tests::{App, checkout};

use super::{address, assert_nothing_placed, with};

#[tokio::test]
async fn an_order_has_one_to_a_hundred_lines() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 1000})).await;
    let client = ana.client(json!({})).await;
    let body = checkout(client, &vec![(mug, 1); 101]);

    let refused = ana.post("/checkout", &body).await;
    refused.expect_invalid(&["body.lines"]);
    assert_eq!(refused.body["detail"][0]["msg"], "List should have at most 100 items, not 101");
    let refused = ana.post("/checkout", &checkout(client, &[])).await;
    refused.expect_invalid(&["body.lines"]);
    assert_eq!(refused.body["detail"][0]["msg"], "List should have at least 1 item, not 0");
    for wrong in [json!(null), json!({}), json!("[]"), json!(1), json!(true)] {
        let refused = ana.post("/checkout", &with(&body, "lines", wrong)).await;
        refused.expect_invalid(&["body.lines"]);
        assert_eq!(refused.body["detail"][0]["type"], "list_type");
    }
    assert_nothing_placed(&app).await;

    let placed = ana.check_out(client, &vec![(mug, 1); 100]).await;
    assert_eq!(placed["order_details"].as_array().map(Vec::len), Some(100));
    assert_eq!((placed["total"].as_f64(), ana.stock(mug).await), (Some(1000.0), 900));
}

#[tokio::test]
async fn a_quantity_is_a_whole_number_of_pieces_from_one_on() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    for (wrong, kind) in [
        (json!(0), "greater_than"),
        (json!(-1), "greater_than"),
        (json!("0"), "greater_than"),
        (json!(2_147_483_648_i64), "less_than_equal"),
        (json!(i64::MAX), "less_than_equal"),
        (json!(1.5), "int_from_float"),
        (json!("two"), "int_parsing"),
        (json!(null), "int_type"),
        (json!(true), "int_type"),
        (json!([1]), "int_type"),
        (json!(1e300), "int_parsing_size"),
    ] {
        let mut body = checkout(client, &[(mug, 1), (mug, 1)]);
        body["lines"][1]["quantity"] = wrong.clone();
        let refused = ana.post("/checkout", &body).await;
        refused.expect_invalid(&["body.lines.1.quantity"]);
        let detail = &refused.body["detail"][0];
        assert_eq!(detail["loc"], json!(["body", "lines", 1, "quantity"]), "{wrong}");
        assert_eq!(detail["type"], kind, "{wrong}");
    }
    let refused = ana.post("/checkout", &checkout(client, &[(mug, 0)])).await;
    refused.expect_invalid(&["body.lines.0.quantity"]);
    assert_eq!(refused.body["title"], "lines.0.quantity: Input should be greater than 0");
    // As much as may be asked for is only more than there is.
    ana.post("/checkout", &checkout(client, &[(mug, 2_147_483_647)])).await.expect(409);
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn everything_wrong_with_an_order_is_told_at_once_with_its_place() {
    let app = App::start().await;
    let ana = app.actor();

    let nothing = ana.post("/checkout", &json!({})).await;
    nothing.expect_invalid(&["body.client_id", "body.lines", "body.delivery_method", "body.payment_type"]);
    let wrong = json!({
        "client_id": "x",
        "lines": [{"product_id": 1, "quantity": 0}, 7, {}, {"product_id": [], "quantity": 1}, null],
        "delivery_method": "pigeon", "payment_type": 6, "address_id": 1.5, "discount": -0.01,
        "expected_total": 1.999,
    });

    let refused = ana.post("/checkout", &wrong).await;

    refused.expect_invalid(&[
        "body.client_id",
        "body.lines.0.quantity",
        "body.lines.1",
        "body.lines.2.product_id",
        "body.lines.2.quantity",
        "body.lines.3.product_id",
        "body.lines.4",
        "body.delivery_method",
        "body.payment_type",
        "body.address_id",
        "body.discount",
        "body.expected_total",
    ]);
    let detail = &refused.body["detail"];
    assert_eq!(
        (&detail[2]["loc"], &detail[3]["loc"]),
        (&json!(["body", "lines", 1]), &json!(["body", "lines", 2, "product_id"]))
    );
    assert_eq!((&detail[2]["type"], &detail[3]["type"]), (&json!("model_type"), &json!("missing")));
    assert_nothing_placed(&app).await;
}

#[tokio::test]
async fn enumerations_are_taken_as_numbers_texts_and_names() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 1)]);
    for (delivery, payment) in [
        (json!(1), json!(5)),
        (json!("1"), json!("5")),
        (json!("DRIVE_THRU"), json!("BANK_TRANSFER")),
        (json!("drive_thru"), json!("bank_transfer")),
    ] {
        let body = with(&with(&body, "delivery_method", delivery), "payment_type", payment);
        let placed = ana.post("/checkout", &body).await.expect(201);
        assert_eq!((&placed["delivery_method"], &placed["bill"]["payment_type"]), (&json!(1), &json!(5)));
    }
}

#[tokio::test]
async fn numbers_may_come_as_text_and_what_is_optional_as_null() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let home = address(&ana, client).await;
    let texts = json!({
        "client_id": client.to_string(), "lines": [{"product_id": mug.to_string(), "quantity": " 2 "}],
        "delivery_method": "3", "payment_type": "2", "address_id": home.to_string(), "discount": "1.50",
        "expected_total": "18.5",
    });
    let placed = ana.post("/checkout", &texts).await.expect(201);
    assert_eq!((&placed["total"], &placed["bill"]["total"]), (&json!(20.0), &json!(18.5)));
    assert_eq!(placed["address"]["city"], "Salta");

    let mut nulls = checkout(client, &[(mug, 1)]);
    for field in ["address_id", "discount", "expected_total"] {
        nulls[field] = Value::Null;
    }
    let placed = ana.post("/checkout", &nulls).await.expect(201);
    assert_eq!((&placed["address"], &placed["bill"]["discount"]), (&Value::Null, &json!(0.0)));
}

#[tokio::test]
async fn what_is_not_asked_for_is_ignored() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let mut body = checkout(client, &[(mug, 1)]);
    body["lines"][0]["order_id"] = json!(4);
    body["lines"][0]["id_key"] = json!(4);
    for (field, value) in [
        ("id_key", json!(77)),
        ("status", json!(4)),
        ("date", json!("1999-01-01")),
        ("bill_id", json!(999)),
        ("bill_number", json!("X-1")),
        ("checked_out", json!(false)),
        ("unknown", json!({"deep": []})),
    ] {
        body[field] = value;
    }

    let placed = ana.post("/checkout", &body).await.expect(201);

    assert_ne!(placed["id_key"], 77);
    assert_eq!(placed["status"], 1);
    assert_ne!(placed["bill"]["bill_number"], "X-1");
    assert_eq!(app.integer("SELECT count(*) FROM orders WHERE date > '2000-01-01'", &[]).await, 1);
}

#[tokio::test]
async fn checkout_answers_under_the_prefix_and_only_to_post() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    for path in ["/checkout/", "/api/v1/checkout", "/api/v1/checkout/"] {
        let placed = ana.post(path, &checkout(client, &[(mug, 1)])).await;
        assert_eq!(placed.header("location"), format!("/orders/{}", placed.id()));
        placed.expect(201);
    }
    for path in ["/checkout", "/api/v1/checkout/"] {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let refused = ana.send(ana.request(method, path)).await;
            refused.expect_problem(405, "Method Not Allowed");
            assert_eq!(refused.header("allow"), "POST, OPTIONS");
        }
        let options = ana.send(ana.request(Method::OPTIONS, path)).await;
        assert_eq!((options.status.as_u16(), options.header("allow")), (204, "POST, OPTIONS"));
    }
    ana.post("/checkout/1", &json!({})).await.expect_problem(404, "Not Found");
}
