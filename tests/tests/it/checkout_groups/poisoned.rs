//! Groups with a member that the database refuses: it fails, alone.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_domain::Resource;
use stockroom_repository::{self as repository, checkouts::Placement, transaction};
use stockroom_service::{CheckoutAnswer, Error, Shop};
use stockroom_tests::{App, place_group};
use tokio::join;

use super::{answered, assert_placed, key, one_lane, order};

/// Makes the database refuse whatever this client orders, in the last of the statements that place a group.
async fn poison(app: &App, client: i64) {
    let sql = format!(
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION ''poisoned''; END'; \
         CREATE TRIGGER poison BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.client_id = {client}) \
             EXECUTE FUNCTION poison()"
    );
    app.client().await.batch_execute(&sql).await.unwrap();
}

/// Places an order of each of these clients in one group: they wait together while the only lane is busy.
async fn place_together(
    app: &App,
    shop: &Shop,
    mug: i64,
    clients: &[i64],
) -> Vec<Result<CheckoutAnswer, Error>> {
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;
    let busy = shop.checkout(order(clients[0], &[(mug, 1)]), None);
    let group = clients.iter().map(|client| {
        let key = key(&format!("key-{client}"));
        shop.checkout(order(*client, &[(mug, 1)]), Some(key))
    });
    let (busy, placed) = join!(busy, async {
        app.until_blocked(1).await;
        // The first poll puts all of them into the queue.
        join!(biased; join_all(group), locked.release()).0
    });
    busy.unwrap();
    placed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_fails_in_the_database_fails_alone() {
    let app = App::start().await;
    let actor = app.actor();
    let mug = actor.product(json!({"stock": 100})).await;
    let mut clients = Vec::new();
    for _ in 0..16 {
        clients.push(actor.client(json!({})).await);
    }
    let poisoned = clients[11];
    poison(&app, poisoned).await;
    let shop = app.shop(one_lane(64));

    let placed = place_together(&app, &shop, mug, &clients).await;

    for (client, placed) in clients.iter().zip(&placed) {
        match placed {
            Ok(answer) => assert!(*client != poisoned && !answered(answer).1),
            Err(Error::Internal(cause)) => {
                assert_eq!(*client, poisoned);
                assert!(cause.to_string().contains("poisoned"), "{cause}");
            }
            Err(error) => panic!("{client}: {error}"),
        }
    }
    assert_eq!(actor.stock(mug).await, 100 - 16);
    assert_placed(&app, 16).await;
    // Halved until the one stood alone: 8, 4, 2 and 1 of its neighbours were placed together. One more came before.
    assert_eq!(app.integer("SELECT count(DISTINCT xmin::text) FROM orders", &[]).await, 4 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_members_that_fail_leave_the_others_alone() {
    let app = App::start().await;
    let actor = app.actor();
    let mug = actor.product(json!({"stock": 100})).await;
    let (poisoned, fine) = (actor.client(json!({})).await, actor.client(json!({})).await);
    poison(&app, poisoned).await;
    let shop = app.shop(one_lane(64));
    let locked = app.hold("SELECT FROM products FOR UPDATE").await;

    let busy = shop.checkout(order(fine, &[(mug, 1)]), None);
    let group = (0..9).map(|at| {
        let client = if at % 4 == 0 { poisoned } else { fine };
        shop.checkout(order(client, &[(mug, 1)]), Some(key(&format!("key-{at}"))))
    });
    let (busy, placed) = join!(busy, async {
        app.until_blocked(1).await;
        join!(biased; join_all(group), locked.release()).0
    });

    busy.unwrap();
    let fates: Vec<_> = placed.iter().map(Result::is_ok).collect();
    assert_eq!(fates, [false, true, true, true, false, true, true, true, false]);
    assert_placed(&app, 7).await;
    // A failure keeps no key: the request may be tried again.
    app.client().await.batch_execute("DROP TRIGGER poison ON orders").await.unwrap();
    let again = shop.checkout(order(poisoned, &[(mug, 1)]), Some(key("key-0"))).await.unwrap();
    let (number, replayed) = answered(&again);
    assert!(!replayed && number.ends_with("-000008"), "{again:?}");
    assert_placed(&app, 8).await;
}

#[tokio::test]
async fn a_group_with_a_poisoned_member_leaves_nothing_and_its_numbers_are_given_back() {
    let app = App::start().await;
    let actor = app.actor();
    let mug = actor.product(json!({"stock": 10})).await;
    let (fine, poisoned) = (actor.client(json!({})).await, actor.client(json!({})).await);
    poison(&app, poisoned).await;
    let members = [(fine, "one"), (poisoned, "two"), (fine, "three")]
        .map(|(client, name)| (order(client, &[(mug, 2)]), key(name)));
    let group: Vec<_> = members
        .iter()
        .map(|(checkout, request)| Placement { checkout, request, actor: None, discloses: false })
        .collect();
    let place = async |group: &[Placement<'_>]| {
        transaction(&app.pool(), async |conn| {
            place_group(conn, group, |placed| placed.order.id.to_string()).await
        })
        .await
    };

    let failed = place(&group).await;

    assert!(matches!(failed, Err(repository::Error::Database(_))), "{failed:?}");
    assert_placed(&app, 0).await;
    assert_eq!(actor.stock(mug).await, 10);
    place(&[group[0], group[2]]).await.unwrap();
    assert_placed(&app, 2).await;
    assert_eq!(actor.stock(mug).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_be_deleted_while_an_order_of_theirs_is_placed() {
    let app = App::start().await;
    let actor = app.actor();
    let (mug, client) = (actor.product(json!({"stock": 10})).await, actor.client(json!({})).await);
    let shop = app.shop(one_lane(64));
    shop.checkout(order(actor.client(json!({})).await, &[(mug, 1)]), Some(key("first"))).await.unwrap();
    // The number of the bill comes after everything was read.
    let series = app.hold("SELECT FROM document_series FOR UPDATE").await;

    let placing = shop.checkout(order(client, &[(mug, 1)]), Some(key("second")));
    let (placed, deleted, ()) = join!(
        placing,
        async {
            app.until_blocked(1).await;
            actor.delete(&format!("/clients/{client}")).await
        },
        async {
            app.until_blocked(2).await;
            series.release().await;
        }
    );

    assert!(placed.is_ok(), "{placed:?}");
    deleted.expect(409);
    assert_placed(&app, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_who_is_being_deleted_is_not_found() {
    let app = App::start().await;
    let actor = app.actor();
    let (mug, gone) = (actor.product(json!({"stock": 10})).await, actor.client(json!({})).await);
    let shop = app.shop(one_lane(64));
    let deletion = app.hold(&format!("DELETE FROM clients WHERE id = {gone}")).await;

    let placing = shop.checkout(order(gone, &[(mug, 1)]), Some(key("lone")));
    let (placed, ()) = join!(placing, async {
        app.until_blocked(1).await;
        deletion.execute("COMMIT").await;
    });

    assert!(
        matches!(placed, Err(Error::NotFound { resource: Resource::Client, id }) if id == gone),
        "{placed:?}"
    );
    assert_eq!(actor.stock(mug).await, 10);
    assert_placed(&app, 0).await;
}
