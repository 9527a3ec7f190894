//! Which column can be written by which changeset: the whitelist, column by column.

use serde_json::{Value, json};
use stockroom_domain::{
    AddressChanges, BillChanges, CategoryChanges, ClientChanges, OrderChanges, OrderDetailChanges,
    ProductChanges, ReviewChanges,
};
use stockroom_input::{Violations, changes_from_json};
use stockroom_tests::App;

type Read = fn(Value) -> Result<(), Violations>;
type Table = (&'static str, Read, Vec<(&'static str, Column)>);

enum Column {
    Protected,
    /// With a value that is accepted and one of a wrong type, and whether null clears it.
    Writable(Value, Value, bool),
}

use Column::Protected;

fn required(good: Value, wrong: Value) -> Column {
    Column::Writable(good, wrong, false)
}

fn nullable(good: Value, wrong: Value) -> Column {
    Column::Writable(good, wrong, true)
}

fn name() -> Column {
    required(json!("Ana"), json!(7))
}

fn note() -> Column {
    nullable(json!("long enough"), json!(7))
}

fn money() -> Column {
    required(json!(12.5), json!("dear"))
}

fn number() -> Column {
    required(json!(1), json!(1.5))
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn tables() -> Vec<Table> {
    vec![
        (
            "categories",
            |json| changes_from_json::<CategoryChanges>(json).map(drop),
            vec![("id", Protected), ("name", name()), ("description", note())],
        ),
        (
            "products",
            |json| changes_from_json::<ProductChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("name", name()),
                ("price", money()),
                ("stock", number()),
                ("category_id", number()),
                ("description", note()),
                ("image_url", note()),
                ("image", note()),
                ("sku", note()),
                ("active", required(json!(true), json!("maybe"))),
                ("rating_count", Protected),
                ("rating_sum", Protected),
            ],
        ),
        (
            "clients",
            |json| changes_from_json::<ClientChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("name", name()),
                ("lastname", name()),
                ("email", required(json!("ana@example.com"), json!("ana"))),
                ("telephone", nullable(json!("1234567"), json!(1_234_567))),
                ("password_hash", Protected),
                ("is_admin", Protected),
                ("role", Protected),
                ("erased_at", Protected),
                ("external_number", Protected),
            ],
        ),
        (
            "addresses",
            |json| changes_from_json::<AddressChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("street", note()),
                ("number", note()),
                ("city", note()),
                ("client_id", number()),
            ],
        ),
        (
            "bills",
            |json| changes_from_json::<BillChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("bill_number", name()),
                ("discount", money()),
                ("date", required(json!("2026-01-15"), json!(20_260_115))),
                ("total", money()),
                ("payment_type", number()),
                ("client_id", number()),
                ("series", Protected),
                ("series_number", Protected),
                ("subtotal", Protected),
            ],
        ),
        (
            "orders",
            |json| changes_from_json::<OrderChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("date", required(json!("2026-01-15T10:30"), json!("soon"))),
                ("total", money()),
                ("delivery_method", number()),
                ("status", number()),
                ("client_id", number()),
                ("bill_id", number()),
                ("checked_out", Protected),
                ("address_street", Protected),
                ("address_number", Protected),
                ("address_city", Protected),
            ],
        ),
        (
            "order_details",
            |json| changes_from_json::<OrderDetailChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("quantity", number()),
                ("price", money()),
                ("order_id", number()),
                ("product_id", number()),
            ],
        ),
        (
            "reviews",
            |json| changes_from_json::<ReviewChanges>(json).map(drop),
            vec![
                ("id", Protected),
                ("rating", required(json!(4.5), json!("good"))),
                ("comment", note()),
                ("product_id", number()),
                ("client_id", nullable(json!(1), json!(1.5))),
                ("status", Protected),
                ("verified_purchase", Protected),
                ("one_per_client", Protected),
            ],
        ),
    ]
}

#[track_caller]
fn refuses(read: Read, column: &str, value: &Value, kind: Option<&str>) {
    let refused = read(json!({column: value})).unwrap_err();
    assert_eq!(refused.0.len(), 1, "{refused}");
    assert_eq!((refused.0[0].part, refused.0[0].field.as_str()), ("body", column));
    if let Some(kind) = kind {
        assert_eq!(refused.0[0].violation.kind, kind);
    }
}

#[test]
fn a_column_is_written_by_its_changeset_or_refused_by_name() {
    for (_, read, columns) in tables() {
        for (column, access) in columns {
            match access {
                Protected => {
                    refuses(read, column, &json!(1), Some("extra_forbidden"));
                    refuses(read, column, &Value::Null, Some("extra_forbidden"));
                }
                Column::Writable(good, wrong, clears) => {
                    read(json!({column: good})).unwrap();
                    refuses(read, column, &wrong, None);
                    refuses(read, column, &json!({}), None);
                    if clears {
                        read(json!({column: null})).unwrap();
                    } else {
                        refuses(read, column, &Value::Null, None);
                    }
                }
            }
        }
        for unknown in ["id_key", "password", "surprise", "Name", ""] {
            refuses(read, unknown, &json!(1), Some("extra_forbidden"));
        }
        assert_eq!(read(json!([])).unwrap_err().to_string(), "Input should be an object");
        read(json!({})).unwrap();
    }
}

#[tokio::test]
async fn no_column_of_any_table_is_forgotten_here() {
    let app = App::start().await;
    let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns \
               WHERE table_schema = 'public' AND table_name NOT IN ('sessions', 'refresh_tokens', 'password_resets', \
                   'signing_keys', 'api_keys', '__diesel_schema_migrations', 'stock_movements', \
                   'document_series', 'credit_notes', 'order_events', 'idempotency_keys', 'product_search', \
                   'product_search_words', 'product_search_lexemes', 'product_search_settings', 'audit_log', \
                   'audit_personal') \
               ORDER BY 1";
    let rows = app.client().await.query(sql, &[]).await.unwrap();
    let there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();

    let mut known: Vec<String> = Vec::new();
    for (table, _, columns) in tables() {
        known.extend(columns.iter().map(|(column, _)| format!("{table}.{column}")));
    }
    known.sort();
    assert_eq!(known, there);
}

#[test]
fn everything_wrong_is_told_at_once_and_by_name() {
    let refused = changes_from_json::<ProductChanges>(json!({"price": 0, "name": 7, "id": 1, "stock": -1}))
        .unwrap_err();

    assert_eq!(
        refused.to_string(),
        "name: Input should be a valid string; price: Input should be greater than 0; \
         stock: Input should be greater than or equal to 0; id: Unknown or protected field"
    );
}
