//! The queue: it is bounded, what is in it is placed whoever waits, and it is drained in the end.

use futures_util::future::{join_all, select};
use serde_json::json;
use stockroom_service::Error;
use stockroom_tests::{App, checkout};
use tokio::{join, task::JoinSet};

use super::{answered, assert_placed, key, one_lane, order};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_answered_at_once() {
    let app = App::start_with_checkout(one_lane(1)).await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 1)]);
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let (busy, (waited, refused)) = join!(ana.post("/checkout", &body), async {
        app.until_blocked(1).await;
        // One of them waits in the queue; there is no room for the other, who is told before anything moves.
        let two = select(Box::pin(ana.post("/checkout", &body)), Box::pin(ana.post("/checkout", &body)));
        let (refused, waiting) = two.await.factor_first();
        locked.release().await;
        (waiting.await, refused)
    });

    refused.expect_problem(503, "Service temporarily unavailable");
    assert_eq!((refused.header("retry-after"), &refused.body["retry_after"]), ("1", &json!(1)));
    busy.expect(201);
    waited.expect(201);
    assert_placed(&app, 2).await;
    assert_eq!(ana.stock(mug).await, 8);
    ana.post("/checkout", &body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_found_no_room_in_the_queue_keeps_no_key() {
    let app = App::start().await;
    let actor = app.actor();
    let mug = actor.product(json!({})).await;
    let client = actor.client(json!({})).await;
    let shop = app.shop(one_lane(1));
    let place = |name: &str| shop.checkout(order(client, &[(mug, 1)]), Some(key(name)));
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let (busy, (waiting, ())) = join!(place("busy"), async {
        app.until_blocked(1).await;
        join!(biased; place("waiting"), async {
            for _ in 0..2 {
                let full = place("full").await;
                assert!(matches!(full, Err(Error::Unavailable(_))), "{full:?}");
            }
            locked.release().await;
        })
    });

    busy.unwrap();
    waiting.unwrap();
    assert!(!answered(&place("full").await.unwrap()).1);
    assert_placed(&app, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_the_queue_is_placed_when_its_caller_has_gone() {
    let app = App::start().await;
    let actor = app.actor();
    let mug = actor.product(json!({})).await;
    let client = actor.client(json!({})).await;
    let shop = app.shop(one_lane(64));
    let place = |name: &str| shop.checkout(order(client, &[(mug, 1)]), Some(key(name)));
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let worked_on = Box::pin(place("worked on"));
    let gone = select(worked_on, Box::pin(app.until_blocked(1))).await;
    drop(gone);
    let waiting = join_all(["one", "two", "three"].map(place));
    drop(select(Box::pin(waiting), std::future::ready(())).await);
    locked.release().await;

    // Who asks again is told what became of it.
    for name in ["worked on", "one", "two", "three"] {
        assert!(answered(&place(name).await.unwrap()).1, "{name}");
    }
    assert_placed(&app, 4).await;
    assert_eq!(actor.stock(mug).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_connection_is_cut_is_placed_and_found_by_its_key() {
    let app = App::start_with_checkout(one_lane(64)).await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let body = checkout(ana.client(json!({})).await, &[(mug, 1)]);
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;
    // A connection of its own, which closes with its caller.
    let mut caller = JoinSet::new();
    let (hasty, sent) = (app.actor(), body.clone());
    caller.spawn(async move { hasty.post_once("key", "/checkout", &sent).await });
    app.until_blocked(1).await;

    caller.shutdown().await;
    locked.release().await;

    app.until("SELECT count(*) FROM orders", 1).await;
    let again = ana.post_once("key", "/checkout", &body).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (201, "true"));
    assert_placed(&app, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_shop_has_placed_what_waited_and_takes_no_more() {
    let app = App::start().await;
    let actor = app.actor();
    let mug = actor.product(json!({"stock": 100})).await;
    let client = actor.client(json!({})).await;
    let shop = app.shop(one_lane(64));
    let place = || shop.checkout(order(client, &[(mug, 1)]), None);
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let drain = async {
        shop.drain().await;
        app.integer("SELECT count(*) FROM orders", &[]).await
    };
    let (busy, (placed, drained, late)) = join!(place(), async {
        app.until_blocked(1).await;
        // Twenty go into the queue, then it is closed, and only then does anything move.
        join!(biased; join_all((0..20).map(|_| place())), drain, async {
            let late = place().await;
            locked.release().await;
            late
        })
    });

    busy.unwrap();
    assert!(placed.iter().all(Result::is_ok), "{placed:?}");
    assert_eq!(drained, 21, "orders placed when the shop was drained");
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    assert!(matches!(place().await, Err(Error::Unavailable(_))));
    assert_placed(&app, 21).await;
    assert_eq!(actor.stock(mug).await, 79);
    // Draining again has nothing to do.
    shop.drain().await;
}
