//! The status of an order: which moves are legal, and that cancelling gives stock back exactly once.

use serde_json::json;
use stockroom_tests::App;

use crate::ledger::{moved, movements};

const STATUSES: [(i64, &str); 4] = [(1, "PENDING"), (2, "IN_PROGRESS"), (3, "DELIVERED"), (4, "CANCELED")];

#[tokio::test]
async fn every_move_of_a_status_is_allowed_or_refused() {
    let app = App::start().await;
    let clerk = app.actor();
    let legal = [(1, 2), (1, 3), (2, 3), (1, 4), (2, 4)];
    for (from, from_name) in STATUSES {
        for (to, to_name) in STATUSES {
            let path = format!("/orders/{}", clerk.order(json!({"status": from})).await);
            let answer = clerk.put(&path, &json!({"status": to, "total": 99})).await;
            if from == to || legal.contains(&(from, to)) {
                assert_eq!(answer.expect(200)["status"], to);
            } else {
                let text = format!("Cannot change order status from {from_name} to {to_name}");
                answer.expect_problem(400, &text);
                clerk.patch(&path, &json!({"status": to})).await.expect_problem(400, &text);
                let kept = clerk.get(&path).await.expect(200);
                assert_eq!((&kept["status"], &kept["total"]), (&json!(from), &json!(20.0)));
            }
        }
    }
}

#[tokio::test]
async fn a_status_is_taken_as_number_text_or_name() {
    let app = App::start().await;
    let clerk = app.actor();
    for given in [json!(2), json!("2"), json!("IN_PROGRESS"), json!("in_progress"), json!("In_Progress")] {
        let created = clerk.order(json!({"status": given})).await;
        assert_eq!(clerk.get(&format!("/orders/{created}")).await.expect(200)["status"], 2, "{given}");
        let path = format!("/orders/{}", clerk.order(json!({})).await);
        assert_eq!(clerk.put(&path, &json!({"status": given})).await.expect(200)["status"], 2, "{given}");
    }
    let path = format!("/orders/{}", clerk.order(json!({})).await);
    for wrong in [json!(0), json!(5), json!("LOST"), json!(1.5), json!(true), json!([1]), json!("")] {
        clerk.put(&path, &json!({"status": wrong})).await.expect_invalid(&["body.status"]);
    }
}

#[tokio::test]
async fn cancelling_gives_the_stock_back_once() {
    for status in ["PENDING", "IN_PROGRESS"] {
        let app = App::start().await;
        let clerk = app.actor();
        let (mug, pot) = (clerk.product(json!({})).await, clerk.product(json!({})).await);
        let order = clerk.order(json!({"status": status})).await;
        let lines = [
            clerk.line(order, mug, 3).await,
            clerk.line(order, pot, 10).await,
            clerk.line(order, mug, 2).await,
        ];
        let path = format!("/orders/{order}");

        let shown = clerk.put(&path, &json!({"status": "CANCELED"})).await.expect(200);
        assert_eq!(shown["status"], 4);
        assert_eq!(shown["order_details"].as_array().map(Vec::len), Some(3));
        assert_eq!((clerk.stock(mug).await, clerk.stock(pot).await), (10, 10));

        // Again, alone and as part of a whole object that is put back.
        clerk.put(&path, &json!({"status": 4})).await.expect(200);
        clerk.patch(&path, &json!({"status": 4, "total": 1})).await.expect(200);
        clerk.put(&path, &shown).await.expect(200);
        assert_eq!((clerk.stock(mug).await, clerk.stock(pot).await), (10, 10));
        assert_eq!(
            movements(&app, mug).await,
            [
                moved("sale", -3, lines[0]),
                moved("sale", -2, lines[2]),
                moved("cancel", 3, lines[0]),
                moved("cancel", 2, lines[2])
            ]
        );
        assert_eq!(movements(&app, pot).await, [moved("sale", -10, lines[1]), moved("cancel", 10, lines[1])]);
        app.assert_ledger_adds_up().await;
    }
}

#[tokio::test]
async fn deleting_a_cancelled_order_or_its_lines_gives_nothing_more_back() {
    let app = App::start().await;
    let clerk = app.actor();
    let mug = clerk.product(json!({})).await;
    let order = clerk.order(json!({})).await;
    let (one, _) = (clerk.line(order, mug, 3).await, clerk.line(order, mug, 4).await);
    clerk.put(&format!("/orders/{order}"), &json!({"status": "CANCELED"})).await.expect(200);
    let before = movements(&app, mug).await;

    clerk.delete(&format!("/order_details/{one}")).await.expect(204);
    assert_eq!(clerk.stock(mug).await, 10);
    clerk.delete(&format!("/orders/{order}")).await.expect(204);
    assert_eq!(clerk.stock(mug).await, 10);

    assert_eq!(movements(&app, mug).await, before);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn cancelling_gives_back_only_what_the_lines_still_hold() {
    let app = App::start().await;
    let clerk = app.actor();
    let mug = clerk.product(json!({})).await;
    let order = clerk.order(json!({})).await;
    let (gone, kept) = (clerk.line(order, mug, 3).await, clerk.line(order, mug, 5).await);
    clerk.delete(&format!("/order_details/{gone}")).await.expect(204);
    clerk.put(&format!("/order_details/{kept}"), &json!({"quantity": 2})).await.expect(200);

    clerk.put(&format!("/orders/{order}"), &json!({"status": "CANCELED"})).await.expect(200);

    assert_eq!(clerk.stock(mug).await, 10);
    assert_eq!(movements(&app, mug).await.last(), Some(&moved("cancel", 2, kept)));
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_delivered_order_keeps_its_stock() {
    let app = App::start().await;
    let clerk = app.actor();
    let mug = clerk.product(json!({})).await;
    let order = clerk.order(json!({})).await;
    clerk.line(order, mug, 4).await;
    let path = format!("/orders/{order}");
    clerk.put(&path, &json!({"status": "DELIVERED"})).await.expect(200);

    let refused = clerk.put(&path, &json!({"status": "CANCELED"})).await;

    refused.expect_problem(400, "Cannot change order status from DELIVERED to CANCELED");
    assert_eq!(clerk.stock(mug).await, 6);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_refused_cancellation_gives_nothing_back() {
    let app = App::start().await;
    let clerk = app.actor();
    let mug = clerk.product(json!({})).await;
    let order = clerk.order(json!({})).await;
    clerk.line(order, mug, 4).await;

    let refused = clerk.put(&format!("/orders/{order}"), &json!({"status": 4, "bill_id": 999})).await;

    refused.expect_problem(404, "Bill with id 999 not found");
    assert_eq!(clerk.stock(mug).await, 6);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_of_any_length_can_be_cancelled() {
    let app = App::start().await;
    let clerk = app.actor();
    let product = clerk.product(json!({"stock": 0})).await;
    let order = clerk.order(json!({})).await;
    let lines = "INSERT INTO order_details (quantity, price, order_id, product_id) \
                 SELECT 1, 1000, $1, $2 FROM generate_series(1, 20000)";
    app.client().await.execute(lines, &[&order, &product]).await.unwrap();

    clerk.put(&format!("/orders/{order}"), &json!({"status": "CANCELED"})).await.expect(200);

    assert_eq!(clerk.stock(product).await, 20_000);
    app.assert_ledger_adds_up().await;
}
