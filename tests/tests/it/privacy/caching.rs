//! What is somebody's own is kept by no cache on the way; what everybody is shown is.

use serde_json::{Value, json};
use stockroom_domain::Role;
use stockroom_tests::{Actor, Answer, App};

#[track_caller]
fn assert_not_stored(answer: &Answer, status: u16) {
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (status, "no-store"),
        "{}",
        answer.text
    );
}

async fn everything(actor: &Actor, product: i64) -> Vec<String> {
    let client = actor.client(json!({})).await;
    let address = actor.post("/addresses", &json!({"client_id": client, "city": "Salta"})).await.id();
    let bill = actor.bill(client, json!({})).await;
    let order = json!({"total": 20.0, "delivery_method": 3, "client_id": client, "bill_id": bill});
    let order = actor.post("/orders", &order).await.id();
    let line = actor.line(order, product, 1).await;
    [("clients", client), ("addresses", address), ("bills", bill), ("orders", order), ("order_details", line)]
        .map(|(resource, id)| format!("/{resource}/{id}"))
        .to_vec()
}

#[tokio::test]
async fn answers_about_people_are_not_stored_whatever_they_say() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (_, eve) = app.account(Role::Client).await;
    let nobody = app.actor();
    let product = admin.product(json!({})).await;
    for path in everything(&admin, product).await {
        let list = &path[..path.rfind('/').unwrap()];
        assert_not_stored(&admin.get(&path).await, 200);
        assert_not_stored(&admin.get(list).await, 200);
        assert_not_stored(&admin.get(&format!("{list}/999999")).await, 404);
        assert_not_stored(&admin.get(&format!("{list}/seven")).await, 422);
        assert_not_stored(&admin.get(&format!("{list}?limit=0")).await, 422);
        assert_not_stored(&admin.post(list, &json!({})).await, 422);
        assert_not_stored(&admin.put(&path, &json!({})).await, 200);
        assert_not_stored(&admin.patch(&path, &json!({"nothing": 1})).await, 422);
        assert_not_stored(&nobody.get(&path).await, 401);
        assert_not_stored(&eve.get(&path).await, 404);
    }
    assert_not_stored(
        &admin.post("/clients", &json!({"name": "A", "lastname": "B", "email": "ab@example.com"})).await,
        201,
    );
    assert_not_stored(&eve.get("/auth/me").await, 200);
    assert_not_stored(&eve.get("/auth/sessions").await, 200);
    assert_not_stored(&admin.get("/audit").await, 200);
    assert_not_stored(&eve.post("/checkout", &Value::Null).await, 422);
}

#[tokio::test]
async fn the_same_holds_where_nobody_has_to_say_who_they_are() {
    let app = App::start().await;
    let anyone = app.actor();
    let product = anyone.product(json!({})).await;
    for path in everything(&anyone, product).await {
        assert_not_stored(&anyone.get(&path).await, 200);
    }
}

#[tokio::test]
async fn what_everybody_is_shown_may_be_kept() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let product = admin.product(json!({})).await;
    for path in [format!("/products/{product}"), "/products".to_owned(), "/categories".to_owned()] {
        assert_eq!(admin.get(&path).await.header("cache-control"), "public, no-cache");
    }
    assert_eq!(app.actor().get("/reviews").await.header("cache-control"), "");
}
