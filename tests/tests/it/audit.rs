//! The audit log: what leaves which entry and what leaves none, who may do what with it, and how it is read.

mod actors;
mod append_only;
mod changes;
mod checkouts;
mod export;
mod forgetting;
mod http;
mod reading;

use serde_json::Value;
use stockroom_domain::{ClientId, Permission, Permissions, Role, SessionId};
use stockroom_repository::audit::Actor;
use stockroom_service::{Caller, Identity, Origin};
use stockroom_tests::App;
use tokio_postgres::Client;

/// Somebody who is audited.
fn admin() -> Actor {
    let request_id = Some("request-1".to_owned());
    Actor { name: "admin:7".to_owned(), request_id, address: Some([203, 0, 113, 7].into()) }
}

/// The same as a caller of the service.
fn caller() -> Caller {
    let account = Identity::Account { id: ClientId(7), role: Role::Admin, session: SessionId(1) };
    let Actor { request_id, address, .. } = admin();
    let origin = Origin { request_id: request_id.unwrap(), address };
    Caller::new(account, Permissions::ALL).from_origin(origin)
}

/// A connection to the service's database whose changes are those of `admin:7`.
async fn connection_of_admin(app: &App) -> Client {
    let client = app.client().await;
    client.batch_execute("SET stockroom.actor = 'admin:7'").await.unwrap();
    client
}

/// Somebody who may read the log.
async fn reader(app: &App) -> stockroom_tests::Actor {
    app.key(&[Permission::AuditRead]).await
}

async fn texts(app: &App, sql: &str) -> Vec<String> {
    app.client().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// The log, oldest first: action, table, row, client, before and after of each entry.
async fn entries(app: &App) -> Vec<Value> {
    let sql = "SELECT json_build_array(action, resource, resource_id, client_id, before, after)::text \
               FROM audit_log ORDER BY id";
    texts(app, sql).await.iter().map(|row| row.parse().unwrap()).collect()
}

/// The personal values of the log: table, side, owner and values.
async fn personal(app: &App) -> Vec<Value> {
    let sql = "SELECT json_build_array(resource, side, audit_personal.client_id, cells)::text \
               FROM audit_personal JOIN audit_log ON id = audit_id ORDER BY audit_id, side DESC";
    texts(app, sql).await.iter().map(|row| row.parse().unwrap()).collect()
}

/// Who has written the entries, oldest first.
async fn actors(app: &App) -> Vec<String> {
    texts(app, "SELECT actor FROM audit_log ORDER BY id").await
}

/// Writes this many entries of `script:fill`, one second after another, on the rows 1, 2, 3 and so on.
async fn fill(app: &App, count: i64) {
    let sql = "INSERT INTO audit_log (at, actor, action, resource, resource_id, after) \
               SELECT timestamptz '2026-01-01 00:00:00Z' + n * interval '1 second', 'script:fill', 'update', 'products', \
                   n, jsonb_build_object('price', n) \
               FROM generate_series(1, $1::bigint) AS n";
    app.execute(sql, &[&count]).await;
}

fn nothing() -> Vec<Value> {
    Vec::new()
}

/// A category, a product, two clients and an order, all with the id 1 (the second client 2), unaudited.
async fn stocked(app: &App) {
    let sql = "SET stockroom.actor = '-'; \
        INSERT INTO categories (id, name) VALUES (1, 'Kitchen'); \
        INSERT INTO products (id, name, price, category_id) VALUES (1, 'Mug', 1250, 1); \
        INSERT INTO clients (id, name, lastname, email) VALUES (1, 'Ana', 'Lopez', 'ana@example.com'), \
            (2, 'Eva', 'Diaz', 'eva@example.com'); \
        INSERT INTO bills (id, bill_number, date, total, payment_type, client_id) \
            VALUES (1, 'A-1', '2026-01-15', 1250, 2, 1); \
        INSERT INTO orders (id, date, total, delivery_method, client_id, bill_id) \
            VALUES (1, '2026-01-15 10:00Z', 1250, 3, 1, 1);";
    app.client().await.batch_execute(sql).await.unwrap();
    assert_eq!(entries(app).await, nothing());
    assert_eq!(personal(app).await, nothing());
}
