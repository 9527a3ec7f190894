//! Cancelling an order: its stock goes back and a credit note is issued, both once.

use futures_util::future::join_all;
use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App};

use crate::ledger::{moved, movements};

async fn cancel(actor: &Actor, order: &Value) -> Answer {
    actor.send(actor.request(reqwest::Method::POST, &format!("/orders/{order}/cancel"))).await
}

/// The number of a credit note, without its series.
fn number(canceled: &Value) -> &str {
    let number = canceled["credit_note"]["credit_note_number"].as_str().expect("a credit note");
    assert!(number.starts_with("C-"), "{number}");
    &number["C-2026-".len()..]
}

async fn assert_credit_notes(app: &App, count: i64) {
    let whole =
        "SELECT count(*) FROM credit_notes WHERE series_number <= (SELECT count(*) FROM credit_notes)";
    assert_eq!(app.integer(whole, &[]).await, count);
    assert_eq!(app.integer("SELECT count(*) FROM credit_notes", &[]).await, count);
    let last = "SELECT coalesce(max(last_number), 0) FROM document_series WHERE series LIKE 'C-%'";
    assert_eq!(app.integer(last, &[]).await, count);
}

#[tokio::test]
async fn a_cancelled_order_is_shown_with_its_credit_note() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({})).await, ana.product(json!({"price": 2.5})).await);
    let client = ana.client(json!({})).await;
    let placed = ana.check_out(client, &[(mug, 3), (pot, 4), (mug, 1)]).await;
    let mut expected = ana.get(&format!("/orders/{}", placed["id_key"])).await.expect(200);

    let canceled = cancel(&ana, &placed["id_key"]).await;

    assert_eq!((canceled.header("location"), canceled.header("content-type")), ("", "application/json"));
    let canceled = canceled.expect(200);
    for line in expected["order_details"].as_array_mut().unwrap() {
        line["product"]["stock"] = json!(10);
    }
    expected["status"] = json!(4);
    let date = canceled["credit_note"]["date"].as_str().unwrap();
    expected["credit_note"] = json!({
        "credit_note_number": format!("C-{}-000001", &date[..4]), "date": date, "total": 50.0,
        "bill_number": placed["bill"]["bill_number"],
    });
    assert_eq!(canceled, expected);
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (10, 10));
    let id = |at: usize| placed["order_details"][at]["id_key"].as_i64().unwrap();
    assert_eq!(
        movements(&app, mug).await,
        [
            moved("sale", -3, id(0)),
            moved("sale", -1, id(2)),
            moved("cancel", 3, id(0)),
            moved("cancel", 1, id(2))
        ]
    );
    assert_eq!(movements(&app, pot).await, [moved("sale", -4, id(1)), moved("cancel", 4, id(1))]);
    let note =
        "SELECT count(*) FROM credit_notes WHERE client_id = $1 AND date = (now() AT TIME ZONE 'UTC')::date";
    assert_eq!(app.integer(note, &[&client]).await, 1);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn cancelling_again_shows_the_same_and_gives_nothing_more_back() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let order = ana.check_out(ana.client(json!({})).await, &[(mug, 3)]).await["id_key"].clone();
    let first = cancel(&ana, &order).await.expect(200);

    for _ in 0..3 {
        assert_eq!(cancel(&ana, &order).await.expect(200), first);
        ana.put(&format!("/orders/{order}"), &json!({"status": "CANCELED"})).await.expect(200);
    }

    assert_eq!((ana.stock(mug).await, number(&first)), (10, "000001"));
    assert_eq!(movements(&app, mug).await.len(), 2);
    assert_credit_notes(&app, 1).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_status_that_is_put_or_patched_cancels_the_same_way() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    for expected in ["000001", "000002"] {
        let order = ana.check_out(client, &[(mug, 3)]).await["id_key"].clone();
        let (path, body) = (format!("/orders/{order}"), json!({"status": 4}));
        let shown = match expected {
            "000001" => ana.put(&path, &body).await.expect(200),
            _ => ana.patch(&path, &body).await.expect(200),
        };
        assert_eq!((&shown["status"], shown.get("credit_note")), (&json!(4), None));
        assert_eq!(ana.stock(mug).await, 10);
        assert_eq!(number(&cancel(&ana, &order).await.expect(200)), expected);
    }
    assert_eq!(movements(&app, mug).await.len(), 4);
    assert_credit_notes(&app, 2).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_cancelled_by_many_at_once_has_one_credit_note() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 20})).await;
    let client = ana.client(json!({})).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(ana.check_out(client, &[(mug, 4)]).await["id_key"].clone());
    }

    let answers = join_all(orders.iter().cycle().take(25).map(|order| cancel(&ana, order))).await;

    let mut notes: Vec<_> =
        answers.into_iter().map(|answer| answer.expect(200)["credit_note"].to_string()).collect();
    notes.sort();
    notes.dedup();
    assert_eq!(notes.len(), 5);
    assert_eq!(ana.stock(mug).await, 20);
    assert_credit_notes(&app, 5).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn what_is_refused_leaves_no_gap_in_the_numbers() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let (first, second) =
        (ana.check_out(client, &[(mug, 1)]).await, ana.check_out(client, &[(mug, 1)]).await);
    cancel(&ana, &first["id_key"]).await.expect(200);

    // A credit note that cannot be written takes everything back.
    let broken = "ALTER TABLE credit_notes ADD CONSTRAINT broken CHECK (series_number < 2)";
    app.client().await.batch_execute(broken).await.unwrap();
    cancel(&ana, &second["id_key"]).await.expect_problem(500, "Internal Server Error");
    assert_eq!(ana.get(&format!("/orders/{}", second["id_key"])).await.expect(200)["status"], 1);
    assert_eq!(ana.stock(mug).await, 9);
    app.client().await.batch_execute("ALTER TABLE credit_notes DROP CONSTRAINT broken").await.unwrap();

    assert_eq!(number(&cancel(&ana, &second["id_key"]).await.expect(200)), "000002");
    assert_credit_notes(&app, 2).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_delivered_order_cannot_be_cancelled_and_an_unknown_one_is_not_found() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let order = ana.check_out(ana.client(json!({})).await, &[(mug, 3)]).await["id_key"].clone();
    ana.put(&format!("/orders/{order}"), &json!({"status": "DELIVERED"})).await.expect(200);

    let refused = cancel(&ana, &order).await;

    refused.expect_problem(400, "Cannot change order status from DELIVERED to CANCELED");
    assert_eq!(refused.body["code"], "illegal_status_change");
    cancel(&ana, &json!(999)).await.expect_problem(404, "Order with id 999 not found");
    ana.post("/orders/abc/cancel", &json!({})).await.expect_invalid(&["path.id_key"]);
    assert_eq!(ana.stock(mug).await, 7);
    assert_credit_notes(&app, 0).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_in_progress_can_still_be_cancelled() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let order = ana.check_out(ana.client(json!({})).await, &[(mug, 3)]).await["id_key"].clone();
    ana.put(&format!("/orders/{order}"), &json!({"status": "IN_PROGRESS"})).await.expect(200);

    assert_eq!(cancel(&ana, &order).await.expect(200)["status"], 4);

    assert_eq!(ana.stock(mug).await, 10);
}

#[tokio::test]
async fn an_order_with_a_bill_of_its_clients_is_cancelled_like_any_other() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    for (bill_total, order_total, owed) in [(30, 20, 20.0), (12, 20, 12.0), (20, 20, 20.0), (0, 20, 0.0)] {
        let bill = ana.bill(client, json!({"total": bill_total})).await;
        let bill_number = ana.get(&format!("/bills/{bill}")).await.expect(200)["bill_number"].clone();
        let order = ana.order(json!({"client_id": client, "bill_id": bill, "total": order_total})).await;
        ana.line(order, mug, 3).await;

        let canceled = cancel(&ana, &json!(order)).await.expect(200);

        let note = &canceled["credit_note"];
        assert_eq!((&note["total"], &note["bill_number"]), (&json!(owed), &bill_number));
        assert_eq!(ana.stock(mug).await, 10);
    }
    assert_credit_notes(&app, 4).await;
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_that_was_never_anything_but_cancelled_owes_nothing() {
    let app = App::start().await;
    let ana = app.actor();
    let order = ana.order(json!({"status": "CANCELED"})).await;

    let canceled = cancel(&ana, &json!(order)).await.expect(200);

    assert_eq!((&canceled["status"], &canceled["credit_note"]), (&json!(4), &Value::Null));
    assert_credit_notes(&app, 0).await;
}

#[tokio::test]
async fn the_discount_of_a_bill_is_not_owed_back() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 10})).await;
    let mut body = stockroom_tests::checkout(ana.client(json!({})).await, &[(mug, 2)]);
    body["discount"] = json!(5.5);
    let order = ana.post("/checkout", &body).await.expect(201)["id_key"].clone();

    assert_eq!(cancel(&ana, &order).await.expect(200)["credit_note"]["total"], 14.5);
}

#[tokio::test]
async fn a_credit_note_outlives_its_order_and_cannot_be_changed() {
    let app = App::start().await;
    let ana = app.actor();
    let order = ana.order(json!({})).await;
    cancel(&ana, &json!(order)).await.expect(200);

    ana.delete(&format!("/orders/{order}")).await.expect(204);

    assert_credit_notes(&app, 1).await;
    let script = app.client().await;
    for forbidden in
        ["UPDATE credit_notes SET total = 0", "DELETE FROM credit_notes", "TRUNCATE credit_notes"]
    {
        let refused = script.batch_execute(forbidden).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23001", "{forbidden}");
    }
}

#[tokio::test]
async fn cancel_answers_under_the_prefix_and_only_to_post() {
    let app = App::start().await;
    let ana = app.actor();
    let order = ana.order(json!({})).await;
    for path in [format!("/api/v1/orders/{order}/cancel/"), format!("/orders/{order}/cancel/")] {
        ana.post(&path, &json!(null)).await.expect(200);
        let refused = ana.get(&path).await;
        refused.expect_problem(405, "Method Not Allowed");
        assert_eq!(refused.header("allow"), "POST, OPTIONS");
    }
}
