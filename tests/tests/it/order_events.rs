//! The history of orders: their placement and every move of their status.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

/// The moves of an order, after its events were found to be in the order of time.
async fn moves(actor: &Actor, order: &Value) -> Vec<(Option<i64>, i64)> {
    let events = actor.get(&format!("/orders/{order}/events")).await.expect(200);
    let events = events.as_array().unwrap();
    let time = |event: &Value| {
        let at = event["at"].as_str().unwrap().to_owned();
        assert!(at.ends_with('Z'), "{at}");
        // Fractions of any length compare as text once the zone is off.
        at.trim_end_matches('Z').to_owned()
    };
    assert!(events.is_sorted_by_key(time), "{events:?}");
    assert!(events.is_sorted_by(|one, next| one["id_key"].as_i64() < next["id_key"].as_i64()));
    let status = |event: &Value, name: &str| event[name].as_i64();
    events.iter().map(|event| (status(event, "from_status"), status(event, "to_status").unwrap())).collect()
}

#[tokio::test]
async fn the_history_of_an_order_begins_with_its_placement() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let placed = ana.check_out(ana.client(json!({})).await, &[(mug, 1)]).await;

    let events = ana.get(&format!("/orders/{}/events", placed["id_key"])).await.expect(200);

    let id = &events[0]["id_key"];
    assert!(id.is_i64());
    assert_eq!(events, json!([{"id_key": id, "from_status": null, "to_status": 1, "at": placed["date"]}]));
}

#[tokio::test]
async fn every_move_of_the_status_is_an_event() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let placed =
        [ana.check_out(client, &[(mug, 1)]).await["id_key"].clone(), json!(ana.order(json!({})).await)];
    for order in placed {
        let path = format!("/orders/{order}");
        ana.put(&path, &json!({"status": "IN_PROGRESS"})).await.expect(200);
        ana.patch(&path, &json!({"status": 3})).await.expect(200);
        assert_eq!(moves(&ana, &order).await, [(None, 1), (Some(1), 2), (Some(2), 3)]);
    }
    let canceled =
        [ana.check_out(client, &[(mug, 1)]).await["id_key"].clone(), json!(ana.order(json!({})).await)];
    for order in canceled {
        ana.put(&format!("/orders/{order}"), &json!({"status": 2})).await.expect(200);
        ana.post(&format!("/orders/{order}/cancel"), &json!(null)).await.expect(200);
        assert_eq!(moves(&ana, &order).await, [(None, 1), (Some(1), 2), (Some(2), 4)]);
    }
}

#[tokio::test]
async fn what_is_no_move_is_no_event() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let order = ana.check_out(ana.client(json!({})).await, &[(mug, 1)]).await["id_key"].clone();
    let path = format!("/orders/{order}");

    ana.put(&path, &json!({"status": 1})).await.expect(200);
    ana.put(&path, &json!({"delivery_method": 1})).await.expect(200);
    ana.put(&path, &json!({})).await.expect(200);
    ana.put(&path, &json!({"status": 3, "client_id": 999})).await.expect(409);
    assert_eq!(moves(&ana, &order).await, [(None, 1)]);

    ana.put(&path, &json!({"status": 3})).await.expect(200);
    ana.put(&path, &json!({"status": 4})).await.expect(400);
    ana.put(&path, &json!({"status": 1})).await.expect(400);
    ana.post(&format!("{path}/cancel"), &json!(null)).await.expect(400);
    assert_eq!(moves(&ana, &order).await, [(None, 1), (Some(1), 3)]);

    let canceled = ana.check_out(ana.client(json!({})).await, &[(mug, 1)]).await["id_key"].clone();
    for _ in 0..3 {
        ana.post(&format!("/orders/{canceled}/cancel"), &json!(null)).await.expect(200);
    }
    assert_eq!(moves(&ana, &canceled).await, [(None, 1), (Some(1), 4)]);
}

#[tokio::test]
async fn an_order_may_begin_with_any_status() {
    let app = App::start().await;
    let ana = app.actor();
    for status in 1..=4 {
        let order = json!(ana.order(json!({"status": status})).await);
        assert_eq!(moves(&ana, &order).await, [(None, status)]);
    }
}

#[tokio::test]
async fn the_history_of_an_order_goes_with_it() {
    let app = App::start().await;
    let ana = app.actor();
    let (gone, kept) = (ana.order(json!({})).await, ana.order(json!({})).await);
    ana.put(&format!("/orders/{gone}"), &json!({"status": 2})).await.expect(200);
    ana.delete(&format!("/orders/{gone}")).await.expect(204);

    let text = format!("Order with id {gone} not found");
    ana.get(&format!("/orders/{gone}/events")).await.expect_problem(404, &text);
    assert_eq!(app.integer("SELECT count(*) FROM order_events", &[]).await, 1);
    assert_eq!(moves(&ana, &json!(kept)).await, [(None, 1)]);
}

#[tokio::test]
async fn the_history_of_an_unknown_order_is_not_found() {
    let app = App::start().await;
    let ana = app.actor();
    ana.get("/orders/999/events").await.expect_problem(404, "Order with id 999 not found");
    ana.get("/orders/abc/events").await.expect_invalid(&["path.id_key"]);
}

#[tokio::test]
async fn the_history_answers_under_the_prefix_and_only_to_get() {
    let app = App::start().await;
    let ana = app.actor();
    let order = ana.order(json!({})).await;
    let path = format!("/api/v1/orders/{order}/events/");
    assert_eq!(ana.get(&path).await.expect(200).as_array().map(Vec::len), Some(1));
    let refused = ana.post(&path, &json!({})).await;
    refused.expect_problem(405, "Method Not Allowed");
    assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS");
}
