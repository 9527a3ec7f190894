//! Races with real concurrent connections over HTTP. After each the ledger adds up.

mod cancellations;
mod checkouts;
mod keys;
mod lines;
mod lost_commits;
mod numbers;
mod unique;

use std::num::NonZeroUsize;

use serde_json::json;
use stockroom_service::CheckoutSettings;
use stockroom_tests::{Actor, Answer, App};

/// A service that places its checkouts in several lanes, however few cores there are, in groups that wait for each
/// other.
async fn several_lanes() -> App {
    let (lanes, group) = (NonZeroUsize::new(3).unwrap(), NonZeroUsize::new(8).unwrap());
    App::start_with_checkout(CheckoutSettings { lanes, group, ..CheckoutSettings::default() }).await
}

/// Fails when an answer has another status than these; no race may surface as a fault of the service.
#[track_caller]
fn expect_only(answers: &[Answer], allowed: &[u16]) {
    for answer in answers {
        assert!(allowed.contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.text);
    }
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// Fails unless the stock of a product and what the lines of its open orders hold make up `pieces`.
async fn assert_pieces(app: &App, product: i64, pieces: i64) {
    let sql = "SELECT (stock + coalesce((SELECT sum(quantity) FROM order_details \
               JOIN orders ON orders.id = order_id WHERE product_id = $1 AND status <> 4), 0))::bigint \
               FROM products WHERE id = $1";
    assert_eq!(app.integer(sql, &[&product]).await, pieces, "pieces of product {product}");
}

/// How often two transactions waited for each other. The wrapper runs the loser again, so that clients see nothing of
/// it. PostgreSQL counts for sure when a connection ends, so all of them are ended.
pub(crate) async fn deadlocks(app: &App) -> i64 {
    // Materialized: the conditions of one query have no order, and other tests have connections, too.
    let end = "WITH ours AS MATERIALIZED (SELECT pid FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()) \
               SELECT count(*) FROM ours WHERE pg_terminate_backend(pid, 10000)";
    assert!(app.integer(end, &[]).await > 0);
    app.integer("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()", &[]).await
}

async fn cancel(actor: &Actor, order: i64) -> Answer {
    actor.put(&format!("/orders/{order}"), &json!({"status": "CANCELED"})).await
}

async fn add_line(actor: &Actor, order: i64, product: i64, quantity: i64) -> Answer {
    let line = json!({"order_id": order, "product_id": product, "quantity": quantity});
    actor.post("/order_details", &line).await
}
