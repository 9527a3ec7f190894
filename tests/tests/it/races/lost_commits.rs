//! Connections that break while a transaction is committed: nobody is told whether it was, and everything is done once.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::{Actor, App, Break, Wire, checkout};

use super::expect_only;

const BREAKS: [Break; 3] = [Break::BeforeCommit, Break::DuringCommit, Break::AfterCommit];

/// A service over a wire, another one over the same database for everything else, and the wire.
async fn over_a_wire() -> (App, App, Wire) {
    let app = App::start().await;
    let wire = Wire::to(app.database_url()).await;
    (App::start_on(wire.url(), &App::open()), app, wire)
}

async fn product(shop: &Actor) -> (i64, i64) {
    (shop.client(json!({})).await, shop.product(json!({"stock": 100})).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_commit_is_lost_is_placed_once() {
    let (broken, app, wire) = over_a_wire().await;
    let (buyer, shop) = (broken.actor(), app.actor());
    let (client, product) = product(&shop).await;
    let order = checkout(client, &[(product, 1)]);
    for (placed, broken) in (1..).zip(BREAKS) {
        wire.breaks([broken]);
        // Without a key of the buyer's, too: the order has one of its own.
        let answer = buyer.post("/checkout", &order).await;
        expect_only(&[answer], &[201]);
        assert!(wire.is_quiet(), "{broken:?} did not happen");
        assert_eq!(
            (app.documents("B").await, app.stock(product).await),
            (placed, 100 - placed),
            "{broken:?}"
        );
    }
    app.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_commit_is_lost_again_and_again_is_placed_once() {
    let (broken, app, wire) = over_a_wire().await;
    let (buyer, shop) = (broken.actor(), app.actor());
    let (client, product) = product(&shop).await;
    let order = checkout(client, &[(product, 1)]);
    for round in 1..=4 {
        wire.breaks(BREAKS.into_iter().chain(BREAKS));
        let keys: Vec<_> = (0..10).map(|turn| format!("{round}-{turn}")).collect();
        let send = || join_all(keys.iter().map(|key| buyer.post_once(key, "/checkout", &order)));

        let answers = send().await;

        expect_only(&answers, &[201]);
        assert!(wire.is_quiet());
        assert_eq!((app.documents("B").await, app.stock(product).await), (round * 10, 100 - round * 10));
        for (answer, again) in answers.into_iter().zip(send().await) {
            assert_eq!((again.status, again.text), (answer.status, answer.text));
        }
    }
    app.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_whose_commit_is_lost_is_asked_for_again_and_done_once() {
    let (broken, app, wire) = over_a_wire().await;
    let (buyer, shop) = (broken.actor(), app.actor());
    let (client, product) = product(&shop).await;
    for (canceled, broken) in (1..).zip(BREAKS) {
        let order = shop.check_out(client, &[(product, 5)]).await["id_key"].clone();
        let (path, key) = (format!("/orders/{order}/cancel"), order.to_string());
        wire.breaks([broken]);

        let unknown = buyer.post_once(&key, &path, &json!({})).await;
        let known = buyer.post_once(&key, &path, &json!({})).await;

        assert_eq!((unknown.status.as_u16(), unknown.header("retry-after")), (503, "1"), "{broken:?}");
        assert_eq!(known.expect(200)["status"], 4, "{broken:?}");
        assert_eq!((app.documents("C").await, app.stock(product).await), (canceled, 100), "{broken:?}");
    }
    app.assert_books_balance().await;
}
