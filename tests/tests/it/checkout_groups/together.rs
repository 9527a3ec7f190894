//! Groups without a failure: how their members are decided, and that one answer is not another's.

use serde_json::{Value, json};
use stockroom_domain::{Checkout, CheckoutRefusal, PlacedOrder, ProductId, Refusal, Resource, Shortage};
use stockroom_repository::{
    checkouts::{Outcome, Placement, StoredOrder},
    idempotency::RequestKey,
    transaction,
};
use stockroom_tests::{App, checkout, place_group};

use super::{assert_placed, key, order, read};

/// Places a group of orders in one transaction.
async fn place(app: &App, group: &[(Checkout, RequestKey)]) -> Vec<Outcome> {
    let group: Vec<_> = group
        .iter()
        .map(|(checkout, request)| Placement { checkout, request, actor: None, discloses: false })
        .collect();
    transaction(&app.pool(), async |conn| place_group(conn, &group, stored).await).await.unwrap()
}

/// What is stored for the key of an order.
fn stored(placed: &PlacedOrder) -> String {
    format!("order {}", placed.order.id)
}

fn placed(outcome: &Outcome) -> &PlacedOrder {
    match outcome {
        Outcome::Placed(order) => order,
        other => panic!("not placed: {other:?}"),
    }
}

#[tokio::test]
async fn many_orders_are_placed_in_one_transaction_with_numbers_in_their_order() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, pot) = (shop.product(json!({"stock": 50})).await, shop.product(json!({"stock": 50})).await);
    let client = shop.client(json!({})).await;
    let lines = [vec![(mug, 1)], vec![(pot, 2), (mug, 1)], vec![(pot, 1), (pot, 1), (mug, 3)]];
    let group: Vec<_> = (0..9).map(|at| (order(client, &lines[at % 3]), key(&format!("key-{at}")))).collect();

    let outcomes = place(&app, &group).await;

    let numbers: Vec<_> = outcomes.iter().map(|outcome| placed(outcome).bill.bill_number.clone()).collect();
    let expected: Vec<_> = (1..=9).map(|number| format!("-00000{number}")).collect();
    assert!(numbers.iter().zip(&expected).all(|(number, end)| number.ends_with(end)), "{numbers:?}");
    assert_eq!((shop.stock(mug).await, shop.stock(pot).await), (50 - 15, 50 - 12));
    assert_eq!(app.integer("SELECT count(DISTINCT xmin::text) FROM orders", &[]).await, 1);
    let lines = "SELECT count(*) FROM order_details JOIN orders ON orders.id = order_id";
    assert_eq!(app.integer(lines, &[]).await, 18);
    let sums = "SELECT count(*) FROM orders JOIN bills ON bills.id = bill_id WHERE orders.total = subtotal \
                AND subtotal = (SELECT sum(quantity * price) FROM order_details WHERE order_id = orders.id)";
    assert_eq!(app.integer(sums, &[]).await, 9);
    assert_placed(&app, 9).await;
}

#[tokio::test]
async fn the_orders_of_a_group_take_the_stock_one_after_the_other() {
    let app = App::start().await;
    let shop = app.actor();
    let mug = shop.product(json!({"stock": 5})).await;
    let client = shop.client(json!({})).await;
    let group: Vec<_> = [3, 3, 2, 1]
        .into_iter()
        .zip(["one", "two", "three", "four"])
        .map(|(quantity, name)| (order(client, &[(mug, quantity)]), key(name)))
        .collect();

    let outcomes = place(&app, &group).await;

    let short = |requested: i64, available: i64| {
        let shortage = Shortage { product: ProductId(mug), requested, available };
        Outcome::Refused(CheckoutRefusal::Refused(Refusal::InsufficientStockForOrder(vec![shortage])))
    };
    placed(&outcomes[0]);
    assert_eq!(outcomes[1], short(3, 2));
    placed(&outcomes[2]);
    assert_eq!(outcomes[3], short(1, 0));
    assert_eq!(shop.stock(mug).await, 0);
    assert_placed(&app, 2).await;
}

#[tokio::test]
async fn a_refused_order_leaves_its_neighbours_alone() {
    let app = App::start().await;
    let shop = app.actor();
    let mug = shop.product(json!({"stock": 10})).await;
    let client = shop.client(json!({})).await;
    let fine = order(client, &[(mug, 1)]);
    let with = |field: &str, value: Value| {
        let mut body = checkout(client, &[(mug, 1)]);
        body[field] = value;
        read(body)
    };
    let group = [
        fine.clone(),
        with("client_id", json!(999)),
        fine.clone(),
        with("address_id", json!(888)),
        order(client, &[(mug, 1), (777, 1)]),
        with("discount", json!(11)),
        fine.clone(),
        with("expected_total", json!(9)),
        order(client, &[(mug, 8)]),
        fine,
    ];
    let group: Vec<_> =
        group.into_iter().zip(0..).map(|(order, at)| (order, key(&format!("key-{at}")))).collect();

    let outcomes = place(&app, &group).await;

    let refused = |at: usize| match &outcomes[at] {
        Outcome::Refused(refusal) => refusal.clone(),
        other => panic!("not refused: {other:?}"),
    };
    let missing = |resource, id| CheckoutRefusal::NotFound { resource, id };
    assert_eq!(refused(1), missing(Resource::Client, 999));
    assert_eq!(refused(3), missing(Resource::Address, 888));
    assert_eq!(refused(4), missing(Resource::Product, 777));
    assert_eq!(refused(5).to_string(), "Discount 11.0 is more than the order's total 10.0");
    assert_eq!(refused(7).to_string(), "Total mismatch. Expected 10.0, got 9.0");
    assert!(refused(8).to_string().ends_with("Requested: 8, Available: 7"));
    for at in [0, 2, 6, 9] {
        placed(&outcomes[at]);
    }
    assert_eq!(shop.stock(mug).await, 6);
    assert_placed(&app, 4).await;
}

#[tokio::test]
async fn requests_that_were_answered_before_are_answered_again_within_a_group() {
    let app = App::start().await;
    let shop = app.actor();
    let mug = shop.product(json!({"stock": 2})).await;
    let client = shop.client(json!({})).await;
    let one = order(client, &[(mug, 1)]);
    let first = place(&app, &[(one.clone(), key("first"))]).await;

    let other_body = RequestKey { fingerprint: [8; 32], ..key("first") };
    let elsewhere = RequestKey { operation: "POST /elsewhere".to_owned(), ..key("first") };
    let somebody = RequestKey { caller: "somebody".to_owned(), ..key("first") };
    let group = [key("first"), other_body, elsewhere, somebody].map(|request| (one.clone(), request));
    let outcomes = place(&app, &group).await;

    let first = placed(&first[0]);
    let (order_id, bill_number) = (first.order.id, first.bill.bill_number.clone());
    assert_eq!(outcomes[0], Outcome::Replayed(StoredOrder { body: stored(first), bill_number, order_id }));
    assert_eq!(outcomes[1], Outcome::KeyReused);
    assert!(placed(&outcomes[2]).bill.bill_number.ends_with("-000002"));
    assert!(matches!(outcomes[3], Outcome::Refused(_)), "{:?}", outcomes[3]);
    assert_eq!(shop.stock(mug).await, 0);
    assert_placed(&app, 2).await;
}

#[tokio::test]
async fn a_group_of_nothing_but_refusals_writes_nothing() {
    let app = App::start().await;
    let client = app.actor().client(json!({})).await;

    let outcomes =
        place(&app, &[(order(client, &[(1, 1)]), key("one")), (order(9, &[(1, 1)]), key("two"))]).await;

    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Refused(_))), "{outcomes:?}");
    assert_placed(&app, 0).await;
}
