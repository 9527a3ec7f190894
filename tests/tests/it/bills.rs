//! Bills.

use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_new_bill_is_shown_with_its_client() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;

    let created = clerk
        .post(
            "/bills",
            &json!({
                "bill_number": "A-1", "discount": "0.29", "date": "2026-01-15T23:30:00-03:00", "total": 12.5,
                "payment_type": "bank_transfer", "client_id": client,
            }),
        )
        .await;

    assert_eq!(created.header("location"), format!("/bills/{}", created.id()));
    let shown = clerk.get(created.header("location")).await.expect(200);
    let mut owner = clerk.get(&format!("/clients/{client}")).await.expect(200);
    owner.as_object_mut().unwrap().retain(|key, _| key != "addresses" && key != "orders");
    assert_eq!(
        shown,
        json!({
            "id_key": created.id(), "bill_number": "A-1", "discount": 0.29, "date": "2026-01-15", "total": 12.5,
            "payment_type": 5, "client_id": client, "client": owner, "order": null,
        })
    );
    assert_eq!(created.expect(201), shown);
}

#[tokio::test]
async fn a_bill_shows_its_order_flat_also_in_lists() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let bill = clerk.bill(client, json!({})).await;
    let date = "2026-01-15T10:30:00Z";
    let order = clerk.order(json!({"client_id": client, "bill_id": bill, "date": date})).await;

    let shown = clerk.get(&format!("/bills/{bill}")).await.expect(200);

    assert_eq!(
        shown["order"],
        json!({
            "id_key": order, "date": date, "total": 20.0, "delivery_method": 3, "status": 1, "client_id": client,
            "bill_id": bill, "address": null,
        })
    );
    assert_eq!(clerk.get(&format!("/bills?client_id={client}")).await.expect(200), json!([shown]));
}

#[tokio::test]
async fn bills_are_listed_by_id_and_by_client() {
    let app = App::start().await;
    let clerk = app.actor();
    let (one, two) = (clerk.client(json!({})).await, clerk.client(json!({})).await);
    let mut ids = Vec::new();
    for client in [one, two, one] {
        ids.push(clerk.bill(client, json!({})).await);
    }
    let listed = async |path: &str| -> Vec<i64> {
        let rows = clerk.get(path).await.expect(200);
        rows.as_array().unwrap().iter().map(|row| row["id_key"].as_i64().unwrap()).collect()
    };

    assert_eq!(listed("/bills").await, ids);
    assert_eq!(listed(&format!("/bills?client_id={one}")).await, [ids[0], ids[2]]);
    assert_eq!(listed(&format!("/bills?client_id={one}&skip=1&limit=1")).await, [ids[2]]);
}

#[tokio::test]
async fn putting_and_patching_change_only_what_is_given() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let path = format!("/bills/{}", clerk.bill(client, json!({"bill_number": "A-9"})).await);
    let mut expected = clerk.get(&path).await.expect(200);

    let shown = clerk
        .put(&path, &json!({"total": "33.10", "date": null, "payment_type": "1", "id_key": 4, "order": {"id_key": 1}}))
        .await
        .expect(200);
    (expected["total"], expected["payment_type"]) = (json!(33.1), json!(1));
    assert_eq!(shown, expected);
    assert_eq!(clerk.put(&path, &shown).await.expect(200), shown);

    let shown = clerk.patch(&path, &json!({"discount": 1, "date": "2026-02-01"})).await.expect(200);
    (expected["discount"], expected["date"]) = (json!(1.0), json!("2026-02-01"));
    assert_eq!(shown, expected);
    let refused = clerk.patch(&path, &json!({"total": null, "client": {}, "id_key": 1})).await;
    refused.expect_invalid(&["body.total", "body.client", "body.id_key"]);
}

#[tokio::test]
async fn a_bill_number_is_used_once() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    clerk.bill(client, json!({"bill_number": "A-1"})).await;
    let path = format!("/bills/{}", clerk.bill(client, json!({"bill_number": "A-2"})).await);
    let text = "Duplicate entry: bill with this bill_number already exists";

    let again = json!({
        "bill_number": "A-1", "date": "2026-01-15", "total": 1, "payment_type": 1, "client_id": client,
    });
    clerk.post("/bills", &again).await.expect_problem(409, text);
    clerk.put(&path, &json!({"bill_number": "A-1"})).await.expect_problem(409, text);
    clerk.patch(&path, &json!({"bill_number": "A-1"})).await.expect_problem(409, text);
    clerk.put(&path, &json!({"bill_number": "A-2"})).await.expect(200);
}

#[tokio::test]
async fn a_bill_of_an_unknown_client_is_refused() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let path = format!("/bills/{}", clerk.bill(client, json!({})).await);
    let text = "Client with id 999 not found";

    let body =
        json!({"bill_number": "A", "date": "2026-01-15", "total": 1, "payment_type": 1, "client_id": 999});
    clerk.post("/bills", &body).await.expect_problem(404, text);
    clerk.put(&path, &json!({"client_id": 999})).await.expect_problem(404, text);
    clerk.patch(&path, &json!({"client_id": 999})).await.expect_problem(404, text);
}

#[tokio::test]
async fn a_bill_with_an_order_cannot_be_deleted() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let bill = clerk.bill(client, json!({})).await;
    let order = clerk.order(json!({"client_id": client, "bill_id": bill})).await;
    let path = format!("/bills/{bill}");

    let text = format!("Cannot delete bill {bill}: bill has an associated order");
    clerk.delete(&path).await.expect_problem(409, &text);
    clerk.get(&path).await.expect(200);

    clerk.delete(&format!("/orders/{order}")).await.expect(204);
    clerk.delete(&path).await.expect(204);
    clerk.get(&path).await.expect_problem(404, &format!("Bill with id {bill} not found"));
}

#[tokio::test]
async fn an_unknown_bill_is_not_found_by_any_method() {
    let app = App::start().await;
    let clerk = app.actor();
    let text = "Bill with id 999 not found";

    clerk.get("/bills/999").await.expect_problem(404, text);
    clerk.put("/bills/999", &json!({"total": 1})).await.expect_problem(404, text);
    clerk.patch("/bills/999", &json!({"total": 1})).await.expect_problem(404, text);
    clerk.delete("/bills/999").await.expect_problem(404, text);
}

#[tokio::test]
async fn everything_wrong_with_a_bill_is_told_at_once() {
    let app = App::start().await;
    let clerk = app.actor();

    let nothing = clerk.post("/bills", &json!({})).await;
    let required = ["body.bill_number", "body.date", "body.total", "body.payment_type", "body.client_id"];
    nothing.expect_invalid(&required);
    let wrong = json!({
        "bill_number": "x".repeat(51), "discount": -1, "date": "today", "total": 1.999, "payment_type": 6,
        "client_id": 1.5,
    });
    clerk.post("/bills", &wrong).await.expect_invalid(&[
        "body.bill_number",
        "body.discount",
        "body.date",
        "body.total",
        "body.payment_type",
        "body.client_id",
    ]);
}
