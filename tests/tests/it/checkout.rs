//! Checkout: a whole order in one request. What a group of orders does to its members is told in `checkout_groups`.

mod input;
mod placing;
mod refusals;

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

/// Fails unless no order was placed, nothing is left of one, and no number was used.
async fn assert_nothing_placed(app: &App) {
    let traces = "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_details) \
                  + (SELECT count(*) FROM bills) + (SELECT count(*) FROM order_events) \
                  + (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM document_series) \
                  + (SELECT count(*) FROM stock_movements WHERE reason <> 'initial')";
    assert_eq!(app.integer(traces, &[]).await, 0, "traces of an order");
    app.assert_ledger_adds_up().await;
}

/// A new address of this client.
async fn address(actor: &Actor, client: i64) -> i64 {
    let body = json!({"street": "San Martin", "number": "12 B", "city": "Salta", "client_id": client});
    actor.post("/addresses", &body).await.id()
}

/// A body with one field changed.
fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}
