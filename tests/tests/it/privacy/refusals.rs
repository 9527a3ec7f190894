//! Who may erase and export whom, and what no longer happens to those who were erased.

use serde_json::{Value, json};
use stockroom_domain::{Permission, Role};
use stockroom_tests::{App, checkout};

use super::address_of;

#[tokio::test]
async fn others_are_not_there_for_whoever_may_not_deal_with_them() {
    let app = App::guarded().await;
    let (ana_id, _) = app.account(Role::Client).await;
    let (operator_id, operator) = app.account(Role::Operator).await;
    let (_, eve) = app.account(Role::Client).await;
    let reader = app.key(&[Permission::ClientsRead, Permission::ClientsWrite]).await;
    let privacy = app.key(&[Permission::PrivacyManage]).await;
    let path = format!("/clients/{ana_id}");
    for stranger in [&eve, &operator] {
        let missing = format!("Client with id {ana_id} not found");
        stranger.post(&format!("{path}/erase"), &Value::Null).await.expect_problem(404, &missing);
        stranger.get(&format!("{path}/export")).await.expect_problem(404, &missing);
        assert_eq!(stranger.delete(&path).await.status, 404);
    }
    assert_eq!(reader.post(&format!("{path}/erase"), &Value::Null).await.status, 403);
    assert_eq!(reader.get(&format!("{path}/export")).await.status, 403);
    assert_eq!(app.actor().post(&format!("{path}/erase"), &Value::Null).await.status, 401);
    assert_eq!(app.actor().get(&format!("{path}/export")).await.status, 401);

    // Staff by themselves and by whoever gives roles.
    let staff = format!("/clients/{operator_id}/erase");
    assert_eq!(privacy.post(&staff, &Value::Null).await.status, 403);
    operator.post(&staff, &Value::Null).await.expect(200);
    assert_eq!(operator.get("/auth/me").await.status, 401);
    let role = "SELECT count(*) FROM clients WHERE id = $1 AND role = 'client'";
    assert_eq!(app.integer(role, &[&operator_id]).await, 1);

    privacy.get(&format!("{path}/export")).await.expect(200);
    privacy.post(&format!("{path}/erase"), &Value::Null).await.expect(200);
    for (path, of) in [("/clients/999999/erase", "POST"), ("/clients/999999/export", "GET")] {
        let answer =
            if of == "GET" { privacy.get(path).await } else { privacy.post(path, &Value::Null).await };
        answer.expect_problem(404, "Client with id 999999 not found");
    }
    privacy.post("/clients/seven/erase", &Value::Null).await.expect_invalid(&["path.id_key"]);
}

#[tokio::test]
async fn nothing_new_is_written_about_somebody_who_was_erased() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (id, ana) = app.account(Role::Client).await;
    let (other, _) = app.account(Role::Client).await;
    let product = admin.product(json!({})).await;
    let bill = admin.bill(id, json!({})).await;
    let others_bill = admin.bill(other, json!({})).await;
    let others_address = admin.post("/addresses", &address_of(other, "there")).await.id();
    let review = json!({"rating": 3.0, "product_id": product, "client_id": other});
    let others_review = admin.post("/reviews", &review).await.id();
    let order = json!({"total": 1.0, "delivery_method": 3, "client_id": other, "bill_id": others_bill});
    let others_order = admin.post("/orders", &order).await.id();
    ana.post(&format!("/clients/{id}/erase"), &Value::Null).await.expect(200);
    let text = format!("Client {id} was erased");
    let path = format!("/clients/{id}");

    let again = admin.post(&format!("{path}/erase"), &Value::Null).await;
    again.expect_problem(409, &text);
    assert_eq!(again.body["code"], "client_erased");
    admin.put(&path, &json!({"name": "Ana"})).await.expect_problem(409, &text);
    admin.patch(&path, &json!({"telephone": "0000000000"})).await.expect_problem(409, &text);
    admin.put(&path, &json!({"password": "correct horse"})).await.expect_problem(409, &text);
    admin.post("/addresses", &address_of(id, "here")).await.expect_problem(409, &text);
    admin
        .post("/reviews", &json!({"rating": 3.0, "product_id": product, "client_id": id}))
        .await
        .expect_problem(409, &text);
    let new_bill = json!({"bill_number": "A-new", "date": "2026-01-15", "total": 1.0, "payment_type": 2, "client_id": id});
    admin.post("/bills", &new_bill).await.expect_problem(409, &text);
    let order = json!({"total": 1.0, "delivery_method": 3, "client_id": id, "bill_id": bill});
    admin.post("/orders", &order).await.expect_problem(409, &text);
    for (what, theirs) in [
        ("addresses", others_address),
        ("reviews", others_review),
        ("bills", others_bill),
        ("orders", others_order),
    ] {
        admin.put(&format!("/{what}/{theirs}"), &json!({"client_id": id})).await.expect_problem(409, &text);
    }
    let refused = admin.post("/checkout", &checkout(id, &[(product, 1)])).await;
    refused.expect_problem(404, &format!("Client with id {id} not found"));

    // What is put back as it is changes nothing.
    let shown = admin.get(&path).await.expect(200);
    admin.put(&path, &shown).await.expect(200);
    assert_eq!(admin.stock(product).await, 10);
}

#[tokio::test]
async fn an_erasure_is_answered_again_for_its_key() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (id, _) = app.account(Role::Client).await;
    let path = format!("/clients/{id}/erase");
    let first = admin.post_once("once", &path, &Value::Null).await;
    let second = admin.post_once("once", &path, &Value::Null).await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(first.expect(200), second.expect(200));
}
