//! What each change of each table leaves in the log: exactly one entry, with personal values apart from it.

use serde_json::{Value, json};
use stockroom_tests::App;

use super::{connection_of_admin, entries, nothing, personal, stocked, texts};

/// A row's life: it is inserted, changed and deleted.
struct Life {
    table: &'static str,
    insert: &'static str,
    update: &'static str,
    client: Value,
    created: Value,
    changed: (Value, Value),
    deleted: Value,
    personal: Vec<Value>,
}

/// Everybody knows these ids: 9 is the row, 1 and 2 are what it refers to.
#[expect(clippy::too_many_lines, reason = "a table")]
fn lives() -> Vec<Life> {
    let order = |method: i64| {
        json!({
            "id": 9, "date": "2026-01-15T10:00:00+00:00", "total": 5, "delivery_method": method, "status": 1, "client_id": 1,
            "bill_id": 1, "checked_out": false, "address_street": "***", "address_number": null, "address_city": null,
        })
    };
    let product = |stock: i64, active: bool| {
        json!({
            "id": 9, "name": "Cup", "price": 500, "stock": stock, "category_id": 1, "description": null,
            "image_url": null, "image": null, "sku": null, "active": active,
        })
    };
    let client = |telephone: Value| {
        json!({
            "id": 9, "name": "***", "lastname": "***", "email": "***", "telephone": telephone, "password_hash": "***",
            "role": "client", "is_admin": false, "external_number": "***", "erased_at": null,
        })
    };
    let review = |rating: i64, client: Value| {
        json!({
            "id": 9, "rating": rating, "comment": "***", "product_id": 1, "client_id": client, "status": "published",
            "verified_purchase": false, "one_per_client": false,
        })
    };
    let bill = |total: i64| {
        json!({
            "id": 9, "bill_number": "A-9", "discount": 0, "date": "2026-01-15", "total": total, "payment_type": 1,
            "client_id": 1, "series": null, "series_number": null, "subtotal": null,
        })
    };
    let bob = json!({"name": "Bob", "lastname": "Gil", "email": "bob@example.com", "external_number": "17"});
    let mut called = bob.clone();
    called["telephone"] = json!("1234567");
    vec![
        Life {
            table: "categories",
            insert: "(id, name) VALUES (9, 'Glass')",
            update: "description = 'Breaks'",
            client: Value::Null,
            created: json!({"id": 9, "name": "Glass", "description": null}),
            changed: (json!({"description": null}), json!({"description": "Breaks"})),
            deleted: json!({"id": 9, "name": "Glass", "description": "Breaks"}),
            personal: nothing(),
        },
        Life {
            table: "products",
            insert: "(id, name, price, category_id) VALUES (9, 'Cup', 500, 1)",
            update: "stock = 3, active = false, name = 'Cup'",
            client: Value::Null,
            created: product(0, true),
            changed: (json!({"stock": 0, "active": true}), json!({"stock": 3, "active": false})),
            deleted: product(3, false),
            personal: nothing(),
        },
        Life {
            table: "clients",
            insert: "(id, name, lastname, email, password_hash, external_number) \
                     VALUES (9, 'Bob', 'Gil', 'bob@example.com', '$argon2id$first', '17')",
            update: "telephone = '1234567', password_hash = '$argon2id$second'",
            client: json!(9),
            created: client(Value::Null),
            changed: (
                json!({"telephone": null, "password_hash": "***"}),
                json!({"telephone": "***", "password_hash": "***"}),
            ),
            deleted: client(json!("***")),
            personal: vec![
                json!(["clients", "after", 9, bob]),
                json!(["clients", "after", 9, {"telephone": "1234567"}]),
                json!(["clients", "before", 9, called]),
            ],
        },
        Life {
            table: "addresses",
            insert: "(id, street, city, client_id) VALUES (9, 'San Martin', 'Salta', 1)",
            update: "street = 'Belgrano', number = '12 B', client_id = 2",
            client: json!(2),
            created: json!({"id": 9, "street": "***", "number": null, "city": "***", "client_id": 1}),
            changed: (
                json!({"street": "***", "number": null, "client_id": 1}),
                json!({"street": "***", "number": "***", "client_id": 2}),
            ),
            deleted: json!({"id": 9, "street": "***", "number": "***", "city": "***", "client_id": 2}),
            personal: vec![
                json!(["addresses", "after", 1, {"street": "San Martin", "city": "Salta"}]),
                json!(["addresses", "before", 1, {"street": "San Martin"}]),
                json!(["addresses", "after", 2, {"street": "Belgrano", "number": "12 B"}]),
                json!(["addresses", "before", 2, {"street": "Belgrano", "number": "12 B", "city": "Salta"}]),
            ],
        },
        Life {
            table: "bills",
            insert: "(id, bill_number, date, total, payment_type, client_id) VALUES (9, 'A-9', '2026-01-15', 5, 1, 1)",
            update: "total = 6",
            client: json!(1),
            created: bill(5),
            changed: (json!({"total": 5}), json!({"total": 6})),
            deleted: bill(6),
            personal: nothing(),
        },
        Life {
            table: "orders",
            insert: "(id, date, total, delivery_method, client_id, bill_id, address_street) \
                     VALUES (9, '2026-01-15 10:00Z', 5, 1, 1, 1, 'San Martin')",
            update: "delivery_method = 2",
            client: json!(1),
            created: order(1),
            changed: (json!({"delivery_method": 1}), json!({"delivery_method": 2})),
            deleted: order(2),
            personal: vec![
                json!(["orders", "after", 1, {"address_street": "San Martin"}]),
                json!(["orders", "before", 1, {"address_street": "San Martin"}]),
            ],
        },
        Life {
            table: "order_details",
            insert: "(id, quantity, price, order_id, product_id) VALUES (9, 2, 1250, 1, 1)",
            update: "quantity = 3",
            client: Value::Null,
            created: json!({"id": 9, "quantity": 2, "price": 1250, "order_id": 1, "product_id": 1}),
            changed: (json!({"quantity": 2}), json!({"quantity": 3})),
            deleted: json!({"id": 9, "quantity": 3, "price": 1250, "order_id": 1, "product_id": 1}),
            personal: nothing(),
        },
        Life {
            table: "reviews",
            insert: "(id, rating, comment, product_id, client_id) VALUES (9, 4, 'Keeps tea hot', 1, 1)",
            update: "rating = 5, client_id = NULL",
            client: json!(1),
            created: review(4, json!(1)),
            changed: (json!({"rating": 4, "client_id": 1}), json!({"rating": 5, "client_id": null})),
            deleted: review(5, json!(null)),
            personal: vec![
                json!(["reviews", "after", 1, {"comment": "Keeps tea hot"}]),
                json!(["reviews", "before", null, {"comment": "Keeps tea hot"}]),
            ],
        },
    ]
}

#[tokio::test]
async fn every_change_of_every_table_leaves_its_entry_and_personal_values_apart_from_it() {
    for Life { table, insert, update, client, created, changed, deleted, personal: kept } in lives() {
        let app = App::start().await;
        stocked(&app).await;
        let admin = connection_of_admin(&app).await;
        for statement in [
            format!("INSERT INTO {table} {insert}"),
            format!("UPDATE {table} SET {update} WHERE id = 9"),
            format!("UPDATE {table} SET {update} WHERE id = 9"),
            format!("DELETE FROM {table} WHERE id = 9"),
        ] {
            assert_eq!(admin.execute(&statement, &[]).await.unwrap(), 1, "{statement}");
        }

        let first = created
            .get("client_id")
            .cloned()
            .filter(|_| client != Value::Null)
            .unwrap_or_else(|| client.clone());
        let last = deleted
            .get("client_id")
            .cloned()
            .filter(|_| client != Value::Null)
            .unwrap_or_else(|| client.clone());
        let expected = [
            json!(["create", table, 9, first, null, created]),
            json!(["update", table, 9, client, changed.0, changed.1]),
            json!(["delete", table, 9, last, deleted, null]),
        ];
        assert_eq!(entries(&app).await, expected, "{table}");
        assert_eq!(personal(&app).await, kept, "{table}");
        let leaked = "SELECT count(*) FROM audit_log, audit_personal \
                      WHERE audit_log::text LIKE '%argon2id%' OR audit_personal::text LIKE '%argon2id%'";
        assert_eq!(app.integer(leaked, &[]).await, 0, "{table}");
    }
}

#[tokio::test]
async fn what_is_deleted_with_a_client_has_entries_too() {
    let app = App::start().await;
    stocked(&app).await;
    let admin = connection_of_admin(&app).await;
    let sql = "SET stockroom.actor = '-'; \
               INSERT INTO addresses (id, city, client_id) VALUES (1, 'Salta', 2); \
               INSERT INTO reviews (id, rating, product_id, client_id) VALUES (1, 4, 1, 2); \
               SET stockroom.actor = 'admin:7'; DELETE FROM clients WHERE id = 2";
    admin.batch_execute(sql).await.unwrap();

    let mut found: Vec<_> = entries(&app).await;
    for entry in &mut found {
        entry.as_array_mut().unwrap().truncate(4);
    }
    found.sort_by_key(Value::to_string);
    assert_eq!(
        found,
        [
            json!(["delete", "addresses", 1, 2]),
            json!(["delete", "clients", 2, 2]),
            json!(["update", "reviews", 1, 2]),
        ]
    );
}

#[tokio::test]
async fn what_is_rolled_back_leaves_nothing() {
    let app = App::start().await;
    stocked(&app).await;
    let admin = connection_of_admin(&app).await;

    admin.batch_execute("BEGIN; UPDATE clients SET name = 'Zoe'; ROLLBACK").await.unwrap();
    admin.batch_execute("UPDATE products SET stock = -1").await.unwrap_err();

    assert_eq!(entries(&app).await, nothing());
    assert_eq!(personal(&app).await, nothing());
}

#[tokio::test]
async fn long_texts_are_shortened_and_their_length_told() {
    let app = App::start().await;
    stocked(&app).await;
    let admin = connection_of_admin(&app).await;

    let sql = "UPDATE products SET image = repeat('é', 5000), description = repeat('x', 1024), sku = 'MUG'";
    admin.batch_execute(sql).await.unwrap();

    let after = &entries(&app).await[0][5];
    assert_eq!(after["image"], format!("{}... (5000 characters)", "é".repeat(200)));
    assert_eq!(after["description"], "x".repeat(1024));
    assert_eq!(after["sku"], "MUG");
}

#[tokio::test]
async fn a_table_that_is_emptied_by_a_script_leaves_an_entry_and_by_the_service_none() {
    let app = App::start().await;
    stocked(&app).await;
    let script = app.client().await;

    script.batch_execute("SET stockroom.actor = '-'; TRUNCATE reviews; RESET stockroom.actor").await.unwrap();
    assert_eq!(entries(&app).await, nothing());

    for table in ["reviews", "addresses", "order_details"] {
        script.batch_execute(&format!("TRUNCATE {table}")).await.unwrap();
    }
    script.batch_execute("TRUNCATE orders, bills CASCADE").await.unwrap();
    script.batch_execute("TRUNCATE clients, categories, products, product_search CASCADE").await.unwrap();

    let mut tables: Vec<_> = entries(&app).await.into_iter().collect();
    tables.sort_by_key(Value::to_string);
    tables.dedup();
    let truncated = |table: &str| json!(["truncate", table, null, null, null, null]);
    let all =
        ["addresses", "bills", "categories", "clients", "order_details", "orders", "products", "reviews"];
    assert_eq!(tables, all.map(truncated));
}

#[tokio::test]
async fn a_table_is_audited_or_known_not_to_be() {
    let app = App::start().await;
    let unaudited = "SELECT relname::text FROM pg_class \
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '__diesel_schema_migrations' \
          AND 2 <> (SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid \
                    WHERE tgrelid = pg_class.oid AND proname IN ('audit_change', 'audit_truncate')) \
        ORDER BY 1";

    // Each is written by those that are audited, or by the service alone.
    assert_eq!(
        texts(&app, unaudited).await,
        [
            "audit_log",
            "audit_personal",
            "credit_notes",
            "document_series",
            "idempotency_keys",
            "order_events",
            "password_resets",
            "product_search",
            "product_search_lexemes",
            "product_search_settings",
            "product_search_words",
            "refresh_tokens",
            "sessions",
            "signing_keys",
            "stock_movements",
        ]
    );
}

#[tokio::test]
async fn the_columns_that_triggers_keep_apart_are_there() {
    let app = App::start().await;
    let missing = "WITH argument AS ( \
            SELECT tgrelid, string_to_array(encode(tgargs, 'escape'), '\\000') AS given FROM pg_trigger \
            JOIN pg_proc ON pg_proc.oid = tgfoid WHERE proname = 'audit_change'), \
        named AS ( \
            SELECT tgrelid, nullif(given[1], '') AS name FROM argument \
            UNION ALL SELECT tgrelid, unnest(given[2]::text[] || given[3]::text[]) FROM argument) \
        SELECT tgrelid::regclass || '.' || name FROM named WHERE name IS NOT NULL AND NOT EXISTS ( \
            SELECT FROM pg_attribute WHERE attrelid = tgrelid AND attname = name AND NOT attisdropped)";
    assert_eq!(texts(&app, missing).await, Vec::<String>::new());

    let apart =
        "SELECT tgname || ' ' || encode(tgargs, 'escape') FROM pg_trigger WHERE tgname = 'clients_audited'";
    let expected =
        r"clients_audited id\000{name,lastname,email,telephone,external_number}\000{password_hash}\000{}\000";
    assert_eq!(texts(&app, apart).await, [expected]);
}
