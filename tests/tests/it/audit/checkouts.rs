//! Orders that somebody who is audited places: each has its entry, whatever group it is placed in.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_repository::{
    Pool, PoolSettings,
    audit::{Actor, ActorSetting},
    checkouts::{Outcome, Placement},
    idempotency::RequestKey,
    transaction,
};
use stockroom_service::{CheckoutAnswer, CheckoutSettings};
use stockroom_tests::{App, checkout, place_group};

use super::{actors, admin, caller, entries, nothing, personal};

fn order(client: i64, lines: &[(i64, i64)]) -> stockroom_domain::Checkout {
    stockroom_input::Fields::read("body", checkout(client, lines)).unwrap()
}

fn key(key: &str) -> RequestKey {
    let (operation, caller) = ("POST /checkout".to_owned(), "anonymous".to_owned());
    RequestKey { key: key.to_owned(), operation, caller, fingerprint: [7; 32] }
}

#[tokio::test]
async fn an_order_that_staff_places_leaves_its_entry_and_that_it_was_shown_without_anything_personal() {
    let app = App::start().await;
    let shopper = app.actor();
    let client = shopper.client(json!({})).await;
    let mug = shopper.product(json!({"price": 12.5})).await;
    let address = json!({"street": "San Martin", "city": "Salta", "client_id": client});
    let address = shopper.post("/addresses", &address).await.id();
    let mut body = checkout(client, &[(mug, 2)]);
    body["address_id"] = json!(address);
    body["discount"] = json!(5);
    let wanted = stockroom_input::Fields::read("body", body).unwrap();

    let shop = app.shop(CheckoutSettings::default()).acting_for(caller());
    let placed = shop.checkout(wanted, None).await.unwrap();

    let CheckoutAnswer::Placed { order, .. } = placed else { panic!("not an order: {placed:?}") };
    let id = order.order.id.0;
    let bill = app.integer("SELECT bill_id FROM orders WHERE id = $1", &[&id]).await;
    let line = app.integer("SELECT id FROM order_details WHERE order_id = $1", &[&id]).await;
    let mut found = entries(&app).await;
    assert!(found[0][5]["date"].take().is_string());
    assert_eq!(
        found,
        [
            json!(["create", "orders", id, client, null, {
                "id": id, "date": null, "total": 2500, "delivery_method": 3, "status": 1, "client_id": client,
                "checked_out": true, "bill_id": bill, "bill_number": "B-2026-000001", "discount": 500, "payment_type": 2,
                "order_details": [{"id": line, "product_id": mug, "quantity": 2, "price": 1250}],
            }]),
            json!(["read", "orders", id, client, null, null])
        ]
    );
    assert_eq!(personal(&app).await, nothing());
    let where_from = "SELECT concat_ws(' ', actor, request_id, address) FROM audit_log";
    assert_eq!(super::texts(&app, where_from).await, ["admin:7 request-1 203.0.113.7"; 2]);
}

#[tokio::test]
async fn a_group_tells_of_those_that_are_audited_and_placed() {
    let app = App::start().await;
    let shopper = app.actor();
    let client = shopper.client(json!({})).await;
    let mug = shopper.product(json!({"stock": 3})).await;
    let operator = Actor { name: "operator:9".to_owned(), ..admin() };
    let group: Vec<_> = ["customer", "admin", "too much", "operator"]
        .iter()
        .map(|name| (order(client, &[(mug, if *name == "too much" { 9 } else { 1 })]), key(name)))
        .collect();
    let admin = admin();
    let who = [None, Some(&admin), Some(&admin), Some(&operator)];
    let placements: Vec<_> = group
        .iter()
        .zip(who)
        .map(|((checkout, request), actor)| Placement { checkout, request, actor, discloses: false })
        .collect();
    let service = PoolSettings { actor: ActorSetting::Service, ..PoolSettings::new(app.database_url()) };
    let pool = Pool::new(service).unwrap();
    let place = || {
        transaction(&pool, async |conn| {
            place_group(conn, &placements, |placed| placed.order.id.to_string()).await
        })
    };

    let outcomes = place().await.unwrap();
    assert!(matches!(
        outcomes[..],
        [Outcome::Placed(..), Outcome::Placed(..), Outcome::Refused(_), Outcome::Placed(..)]
    ));

    assert_eq!(actors(&app).await, ["admin:7", "operator:9"]);
    place().await.unwrap();
    assert_eq!(actors(&app).await, ["admin:7", "operator:9"], "what is answered again is not placed again");
}

#[tokio::test]
async fn the_same_request_twice_at_once_is_placed_once_and_shown_each_time() {
    let app = App::start().await;
    let shopper = app.actor();
    let client = shopper.client(json!({})).await;
    let mug = shopper.product(json!({})).await;
    let shop = app.shop(CheckoutSettings::default()).acting_for(caller());

    let twins = (0..4).map(|_| shop.checkout(order(client, &[(mug, 1)]), Some(key("one"))));
    for placed in join_all(twins).await {
        placed.unwrap();
    }

    assert_eq!(actors(&app).await, ["admin:7"; 5]);
    let by_action = "SELECT action || ' ' || count(*) FROM audit_log GROUP BY action ORDER BY action";
    assert_eq!(super::texts(&app, by_action).await, ["create 1", "read 4"]);
}
