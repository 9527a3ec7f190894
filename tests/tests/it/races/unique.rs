//! Unique values and references that are claimed and withdrawn at once.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::App;

use super::{count, expect_only};

#[tokio::test(flavor = "multi_thread")]
async fn an_email_address_registered_by_many_at_once_belongs_to_one() {
    let app = App::start().await;
    let visitor = app.actor();

    let answers = join_all((0..16).map(|turn| {
        let email = if turn % 2 == 0 { "ana@example.com" } else { "ANA@example.com" };
        let body = json!({"name": "Ana", "lastname": "Lopez", "email": email, "password": "secret"});
        let visitor = &visitor;
        async move { visitor.post("/auth/register", &body).await }
    }))
    .await;

    assert_eq!((count(&answers, 201), count(&answers, 400)), (1, 15));
    let text = "Duplicate entry: client with this email already exists";
    answers.iter().filter(|answer| answer.status == 400).for_each(|answer| answer.expect_problem(400, text));
    assert_eq!(app.integer("SELECT count(*) FROM clients", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_number_claimed_by_many_at_once_is_used_once() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let others = [clerk.bill(client, json!({})).await, clerk.bill(client, json!({})).await];
    let body = json!({
        "bill_number": "A", "date": "2026-01-15", "total": 1, "payment_type": 1, "client_id": client,
    });
    let rename = json!({"bill_number": "A"});

    let (created, renamed) = tokio::join!(
        join_all((0..20).map(|_| clerk.post("/bills", &body))),
        join_all(others.map(|bill| {
            let (clerk, rename) = (&clerk, &rename);
            async move { clerk.put(&format!("/bills/{bill}"), rename).await }
        })),
    );

    expect_only(&created, &[201, 409]);
    expect_only(&renamed, &[200, 409]);
    assert_eq!(count(&created, 201) + count(&renamed, 200), 1);
    let holders = "SELECT count(*) FROM bills WHERE bill_number = 'A'";
    assert_eq!(app.integer(holders, &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_deleted_while_products_are_created_leaves_no_orphan() {
    let app = App::start().await;
    let clerk = app.actor();
    for _ in 0..10 {
        let category = clerk.category().await;
        let path = format!("/categories/{category}");
        let product = json!({"name": "Mug", "price": 10, "stock": 1, "category_id": category});

        let (created, deleted) = tokio::join!(
            join_all((0..5).map(|_| clerk.post("/products", &product))),
            join_all((0..2).map(|_| clerk.delete(&path))),
        );

        expect_only(&created, &[201, 404]);
        expect_only(&deleted, &[204, 404, 409]);
        let gone = clerk.get(&path).await.status == 404;
        assert_eq!(count(&created, 201), if gone { 0 } else { 5 });
    }
    app.assert_ledger_adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_deleted_while_bills_are_written_leaves_no_orphan() {
    let app = App::start().await;
    let clerk = app.actor();
    for round in 0..10 {
        let client = clerk.client(json!({})).await;
        let path = format!("/clients/{client}");

        let (billed, deleted) = tokio::join!(
            join_all((0..4).map(|turn| {
                let body = json!({
                    "bill_number": format!("{round}-{turn}"), "date": "2026-01-15", "total": 1, "payment_type": 1,
                    "client_id": client,
                });
                let clerk = &clerk;
                async move { clerk.post("/bills", &body).await }
            })),
            clerk.delete(&path),
        );

        expect_only(&billed, &[201, 404]);
        expect_only(&[deleted], &[204, 409]);
        let gone = clerk.get(&path).await.status == 404;
        assert_eq!(count(&billed, 201), if gone { 0 } else { 4 });
    }
}
