//! What the schema itself promises, whoever writes to it.

use stockroom_tests::App;

/// Rows of texts, one line each.
async fn lines(app: &App, sql: &str) -> Vec<String> {
    app.client().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Unique indexes count as constraints: the one on `lower(email)` cannot be written as one. Columns that are not null
/// are left out: those are not named by anybody.
#[expect(clippy::too_many_lines, reason = "one line for each constraint")]
#[tokio::test]
async fn every_constraint_has_the_name_that_errors_are_translated_by() {
    let app = App::start().await;

    let constraints = "SELECT conname::text FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace AND contype <> 'n' \
           AND conrelid <> to_regclass('__diesel_schema_migrations') \
         UNION SELECT indexrelid::regclass::text FROM pg_index \
         WHERE indisunique AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) \
           AND indrelid <> to_regclass('__diesel_schema_migrations') \
         ORDER BY 1";

    assert_eq!(
        lines(&app, constraints).await,
        [
            "addresses_city_length",
            "addresses_client_id_fkey",
            "addresses_number_length",
            "addresses_pkey",
            "addresses_street_length",
            "api_keys_calls_per_minute_positive",
            "api_keys_key_hash_key",
            "api_keys_key_hash_length",
            "api_keys_name_length",
            "api_keys_pkey",
            "api_keys_prefix_length",
            "api_keys_scopes_some",
            "audit_log_pkey",
            "audit_personal_pkey",
            "audit_personal_side_known",
            "bills_bill_number_key",
            "bills_bill_number_length",
            "bills_client_id_fkey",
            "bills_discount_not_negative",
            "bills_issued_number",
            "bills_issued_total",
            "bills_issued_whole",
            "bills_payment_type_known",
            "bills_pkey",
            "bills_total_not_negative",
            "categories_name_key",
            "categories_name_length",
            "categories_pkey",
            "clients_email_key",
            "clients_external_number_key",
            "clients_lastname_length",
            "clients_name_length",
            "clients_pkey",
            "clients_role_known",
            "credit_notes_credit_note_number_key",
            "credit_notes_number",
            "credit_notes_order_id_key",
            "credit_notes_pkey",
            "credit_notes_total_not_negative",
            "document_series_known",
            "document_series_pkey",
            "document_series_range",
            "idempotency_keys_fingerprint_length",
            "idempotency_keys_key_length",
            "idempotency_keys_operation_length",
            "idempotency_keys_pkey",
            "order_details_order_id_fkey",
            "order_details_pkey",
            "order_details_price_not_negative",
            "order_details_product_id_fkey",
            "order_details_quantity_positive",
            "order_events_from_status_known",
            "order_events_pkey",
            "order_events_to_status_known",
            "orders_bill_id_fkey",
            "orders_client_id_fkey",
            "orders_delivery_method_known",
            "orders_pkey",
            "orders_status_known",
            "orders_total_not_negative",
            "password_resets_client_id_fkey",
            "password_resets_client_id_key",
            "password_resets_hash_length",
            "password_resets_pkey",
            "product_search_lexemes_pkey",
            "product_search_pkey",
            "product_search_product_id_fkey",
            "product_search_rating_count_not_negative",
            "product_search_rating_sum_not_negative",
            "product_search_settings_pkey",
            "product_search_settings_single",
            "product_search_words_pkey",
            "products_category_id_fkey",
            "products_name_length",
            "products_pkey",
            "products_price_limit",
            "products_price_positive",
            "products_rating_count_not_negative",
            "products_rating_sum_not_negative",
            "products_sku_key",
            "products_sku_length",
            "products_stock_not_negative",
            "refresh_tokens_hash_length",
            "refresh_tokens_pkey",
            "refresh_tokens_session_id_fkey",
            "reviews_client_id_fkey",
            "reviews_client_id_product_id_key",
            "reviews_comment_length",
            "reviews_pkey",
            "reviews_product_id_fkey",
            "reviews_rating_range",
            "reviews_status_known",
            "sessions_address_length",
            "sessions_client_id_fkey",
            "sessions_pkey",
            "sessions_user_agent_length",
            "signing_keys_algorithm_known",
            "signing_keys_pkey",
            "stock_movements_delta_not_zero",
            "stock_movements_pkey",
            "stock_movements_reason_known",
        ]
    );
}

#[tokio::test]
async fn every_foreign_key_has_an_index_that_begins_with_it() {
    let app = App::start().await;
    let keys =
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace";
    assert_eq!(app.integer(keys, &[]).await, 13);

    let without_index = "SELECT conname::text FROM pg_constraint c \
         WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND (cardinality(conkey) <> 1 OR NOT EXISTS ( \
             SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] \
               AND i.indisvalid AND i.indpred IS NULL))";

    assert_eq!(lines(&app, without_index).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_ledger_only_grows() {
    let app = App::start().await;
    app.actor().product(serde_json::json!({"stock": 3})).await;
    let script = app.client().await;

    for forbidden in [
        "UPDATE stock_movements SET delta = 4",
        "DELETE FROM stock_movements",
        "DELETE FROM stock_movements WHERE id = -1",
        "TRUNCATE stock_movements",
        "TRUNCATE stock_movements, products CASCADE",
    ] {
        let refused = script.batch_execute(forbidden).await.unwrap_err();
        let refused = refused.as_db_error().unwrap();
        assert_eq!(refused.code().code(), "23001", "{forbidden}");
        assert!(refused.message().starts_with("stock_movements is append-only: "), "{}", refused.message());
    }

    for nonsense in [
        "(product_id, delta, reason) VALUES (1, 0, 'sale')",
        "(product_id, delta, reason) VALUES (1, 1, 'theft')",
    ] {
        let sql = format!("INSERT INTO stock_movements {nonsense}");
        let refused = script.batch_execute(&sql).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23514", "{nonsense}");
    }
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn values_that_break_a_rule_are_refused_by_the_tables_too() {
    let app = App::start().await;
    let shop = app.actor();
    let product = shop.product(serde_json::json!({})).await;
    let order = shop.order(serde_json::json!({})).await;
    shop.line(order, product, 1).await;
    let script = app.client().await;

    for (statement, constraint) in [
        ("UPDATE products SET stock = -1", "products_stock_not_negative"),
        ("UPDATE products SET stock = stock - 10", "products_stock_not_negative"),
        ("UPDATE products SET price = 0", "products_price_positive"),
        ("UPDATE products SET price = 100000000", "products_price_limit"),
        ("UPDATE order_details SET quantity = 0", "order_details_quantity_positive"),
        ("UPDATE orders SET status = 5", "orders_status_known"),
        ("UPDATE bills SET total = -1", "bills_total_not_negative"),
        ("UPDATE clients SET name = ''", "clients_name_length"),
        ("UPDATE products SET rating_count = -1", "products_rating_count_not_negative"),
        ("UPDATE products SET rating_sum = -1", "products_rating_sum_not_negative"),
        ("INSERT INTO reviews (rating, product_id, status) VALUES (3, 1, 'hidden')", "reviews_status_known"),
    ] {
        let refused = script.batch_execute(statement).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
}
