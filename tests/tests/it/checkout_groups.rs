//! Orders that are placed together, in one transaction: what belongs to one of them leaves the others alone, and what
//! waits is neither lost nor waited for by its caller.

mod locked;
mod poisoned;
mod queue;
mod together;

use std::num::NonZeroUsize;

use serde_json::Value;
use stockroom_domain::Checkout;
use stockroom_input::Fields;
use stockroom_repository::idempotency::RequestKey;
use stockroom_service::{CheckoutAnswer, CheckoutSettings};
use stockroom_tests::{App, checkout};

/// A single lane, so that what waits while it is busy becomes one group.
fn one_lane(queue: usize) -> CheckoutSettings {
    let count = |count| NonZeroUsize::new(count).unwrap();
    CheckoutSettings { lanes: count(1), group: count(64), queue: count(queue) }
}

/// An order of one client over these products and quantities.
fn order(client: i64, lines: &[(i64, i64)]) -> Checkout {
    read(checkout(client, lines))
}

fn read(body: Value) -> Checkout {
    Fields::read("body", body).unwrap()
}

fn key(key: &str) -> RequestKey {
    let (operation, caller) = ("POST /checkout".to_owned(), "anonymous".to_owned());
    RequestKey { key: key.to_owned(), operation, caller, fingerprint: [7; 32] }
}

/// The number of the bill in an answer, and whether it was answered before.
fn answered(answer: &CheckoutAnswer) -> (&str, bool) {
    match answer {
        CheckoutAnswer::Placed { order, replayed } => (&order.bill.bill_number, *replayed),
        CheckoutAnswer::Rendered(response) => panic!("not an order: {response:?}"),
    }
}

/// Fails unless this many orders were placed, with bills numbered from 1 on and a key for each, and nothing is left of
/// any other.
async fn assert_placed(app: &App, count: i64) {
    for whole in [
        "SELECT count(*) FROM orders WHERE checked_out",
        "SELECT count(*) FROM bills WHERE series_number <= (SELECT count(*) FROM bills)",
        "SELECT count(*) FROM bills",
        "SELECT coalesce(sum(last_number), 0)::bigint FROM document_series",
        "SELECT count(*) FROM idempotency_keys JOIN orders ON orders.id = order_id",
        "SELECT count(*) FROM idempotency_keys",
        "SELECT count(*) FROM order_events",
        "SELECT count(DISTINCT order_id) FROM order_details",
    ] {
        assert_eq!(app.integer(whole, &[]).await, count, "{whole}");
    }
    app.assert_ledger_adds_up().await;
}
