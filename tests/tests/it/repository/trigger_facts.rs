//! What triggers refuse: a constraint says which rule, DETAIL says about what as JSON, and the repository reads both, whatever
//! the values are. The texts stay as they were, because the program before reads them.

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use stockroom_domain::{ClientId, Refusal};
use stockroom_repository::{Connection, Error};
use stockroom_tests::App;

/// Beyond 32 bits, and beyond what a floating-point number tells apart.
const LARGE: i64 = 9_007_199_254_740_993;
const NEW_BILL: &str =
    "INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id) VALUES";

/// A client who was erased, with an id that no test before has reached.
async fn erased_client(app: &App) -> i64 {
    app.execute(
        "INSERT INTO clients (id, name, lastname, email, erased_at) OVERRIDING SYSTEM VALUE \
         VALUES ($1, 'Erased', 'Client', 'erased@example.invalid', now())",
        &[&LARGE],
    )
    .await;
    LARGE
}

/// A bill that was issued in a series whose name holds whatever text may hold.
async fn issued_bill(app: &App, series: &str) -> (i64, String) {
    let client = app.actor().client(json!({})).await;
    let number = format!("{series}-{LARGE}");
    let id = app
        .integer(
            "INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id, \
                                series, series_number, subtotal) \
             VALUES ($1, 0, '2026-01-15', 5, 1, $2, $3, $4, 5) RETURNING id",
            &[&number, &client, &series, &LARGE],
        )
        .await;
    (id, number)
}

async fn assert_refused(conn: &mut Connection, statement: &str, expected: &Refusal) {
    match sql_query(statement).execute(conn).await.map_err(Error::from) {
        Err(Error::Refused(refusal)) => assert_eq!(refusal, *expected, "{statement}"),
        other => panic!("{statement}: {other:?} instead of {expected:?}"),
    }
}

#[tokio::test]
async fn an_issued_bill_is_named_whatever_its_number_holds() {
    let app = App::start().await;
    let mut conn = app.pool().get().await.unwrap();
    for series in ["B-2026", "a b", "it's \"quoted\" \\", "two\nlines\tand {\"json\": 1}", "\u{e9}\u{1F9FE}"]
    {
        let (id, number) = issued_bill(&app, series).await;
        let statement = format!("UPDATE bills SET payment_type = 2 WHERE id = {id}");
        assert_refused(&mut conn, &statement, &Refusal::BillIsIssued(number)).await;
    }
}

#[tokio::test]
async fn a_reserved_bill_number_is_named_however_long_it_is() {
    let app = App::start().await;
    let client = app.actor().client(json!({})).await;
    let mut conn = app.pool().get().await.unwrap();
    for number in ["B-2026-000001", "C-2026-9007199254740993"] {
        let statement = format!("{NEW_BILL} ('{number}', 0, '2026-01-15', 5, 1, {client})");
        assert_refused(&mut conn, &statement, &Refusal::BillNumberReserved(number.to_owned())).await;
    }
}

#[tokio::test]
async fn an_erased_client_is_named_by_an_id_beyond_32_bits() {
    let app = App::start().await;
    let client = erased_client(&app).await;
    let product = app.actor().product(json!({})).await;
    let mut conn = app.pool().get().await.unwrap();
    for statement in [
        format!("UPDATE clients SET name = 'Ana' WHERE id = {client}"),
        format!("INSERT INTO addresses (city, client_id) VALUES ('Rome', {client})"),
        format!("INSERT INTO reviews (rating, product_id, client_id) VALUES (5, {product}, {client})"),
        format!("{NEW_BILL} ('A-1', 0, '2026-01-15', 5, 1, {client})"),
    ] {
        assert_refused(&mut conn, &statement, &Refusal::ClientErased(ClientId(client))).await;
    }
}

#[tokio::test]
async fn every_trigger_that_refuses_tells_its_rule_and_its_facts() {
    let app = App::start().await;
    let client = erased_client(&app).await;
    let (bill, number) = issued_bill(&app, "it's \"quoted\"\nB").await;
    let script = app.client().await;
    let append_only = |table: &str, operation: &str| {
        let constraint = format!("{table}_append_only");
        let message = format!("{table} is append-only: {operation} is not allowed");
        ("23001", constraint, message, json!({"table": table, "operation": operation}))
    };
    let issued = |operation: &str| {
        let message = format!("bill {number} is issued: {operation} is not allowed");
        let facts = json!({"bill_number": number, "operation": operation});
        ("23001", "bills_issued_immutable".to_owned(), message, facts)
    };
    let erased = || {
        let facts = json!({"client_id": client});
        ("23001", "clients_erased_final".to_owned(), format!("client {client} was erased"), facts)
    };
    let silently_deleted = (
        "23001",
        "audit_personal_append_only".to_owned(),
        "audit_personal is append-only: values are forgotten by audit_forget, not by DELETE".to_owned(),
        json!({"table": "audit_personal", "operation": "DELETE"}),
    );
    let reserved = (
        "23514",
        "bills_number_not_reserved".to_owned(),
        "bill number B-2026-000001 is reserved for the series of the shop".to_owned(),
        json!({"bill_number": "B-2026-000001"}),
    );
    let cases = [
        ("DELETE FROM stock_movements".to_owned(), append_only("stock_movements", "DELETE")),
        ("TRUNCATE credit_notes".to_owned(), append_only("credit_notes", "TRUNCATE")),
        ("UPDATE audit_log SET action = action".to_owned(), append_only("audit_log", "UPDATE")),
        ("TRUNCATE audit_personal".to_owned(), append_only("audit_personal", "TRUNCATE")),
        ("DELETE FROM audit_personal".to_owned(), silently_deleted),
        (format!("UPDATE bills SET payment_type = 2 WHERE id = {bill}"), issued("UPDATE")),
        (format!("DELETE FROM bills WHERE id = {bill}"), issued("DELETE")),
        (format!("{NEW_BILL} ('B-2026-000001', 0, '2026-01-15', 5, 1, {client})"), reserved),
        (format!("UPDATE clients SET name = 'Ana' WHERE id = {client}"), erased()),
        (format!("INSERT INTO addresses (city, client_id) VALUES ('Rome', {client})"), erased()),
        (format!("{NEW_BILL} ('A-1', 0, '2026-01-15', 5, 1, {client})"), erased()),
    ];
    for (statement, (code, constraint, message, facts)) in cases {
        let refused = script.batch_execute(&statement).await.unwrap_err();
        let refused = refused.as_db_error().unwrap();
        assert_eq!(refused.code().code(), code, "{statement}: {refused}");
        assert_eq!(refused.constraint(), Some(constraint.as_str()), "{statement}");
        assert_eq!(refused.message(), message, "{statement}");
        let detail: Value = serde_json::from_str(refused.detail().unwrap()).unwrap();
        assert_eq!(detail, facts, "{statement}");
    }
}
