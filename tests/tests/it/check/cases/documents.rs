//! Faults of orders, their documents, their history and what they refer to.

use super::Case;

/// The faults.
pub(super) const CASES: &[Case] = &[
    (
        "order-totals",
        "UPDATE order_details SET price = price + 1 WHERE id = 12",
        &["order 7: total 50.00, lines 50.04"],
    ),
    (
        "order-totals",
        "DELETE FROM order_details WHERE order_id = 7; UPDATE products SET stock = stock + 4 WHERE id = 2;
         INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) VALUES (2, 4, 'line_delete', 12)",
        &["order 7: no lines"],
    ),
    (
        "order-bills",
        "UPDATE bills SET subtotal = subtotal + 100, total = total + 100 WHERE id = 7",
        &["order 7: B-2020-000002; order 50.00, subtotal 51.00"],
    ),
    (
        "order-bills",
        "ALTER TABLE bills DROP CONSTRAINT bills_issued_total; UPDATE bills SET discount = 100 WHERE id = 7",
        &["order 7: B-2020-000002; subtotal 50.00, discount 1.00, total 50.00"],
    ),
    (
        "order-bills",
        "UPDATE bills SET client_id = 2 WHERE id = 7",
        &["order 7: B-2020-000002; client 1 of the order, 2 of the bill"],
    ),
    (
        "order-bills",
        "UPDATE orders SET checked_out = true, total = 2500 WHERE id = 5",
        &["order 5: bill 5 is not issued"],
    ),
    (
        "order-bills",
        "ALTER TABLE bills DROP CONSTRAINT bills_issued_whole;
         UPDATE orders SET checked_out = true, total = 2500 WHERE id = 5;
         UPDATE bills SET subtotal = 2500, total = 2500 WHERE id = 5",
        &["order 5: bill 5 is not issued"],
    ),
    (
        "issued-bills",
        "UPDATE orders SET bill_id = 7 WHERE id = 1",
        &["bill B-2020-000002: orders 1, 7"],
    ),
    (
        "issued-bills",
        "UPDATE orders SET checked_out = false WHERE id = 7",
        &["bill B-2020-000002: order 7 was not checked out"],
    ),
    (
        "issued-bills",
        "UPDATE document_series SET last_number = 5 WHERE series = 'B-2020';
         INSERT INTO bills (series, series_number, bill_number, subtotal, total, date, payment_type, client_id)
         VALUES ('B-2020', 5, 'B-2020-000005', 0, 0, '2020-03-01', 1, 1)",
        &["bill B-2020-000005: no order"],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET last_number = last_number + 1 WHERE series = 'B-2020'",
        &["bill B-2020-000005: missing"],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET last_number = last_number + 1000000000000 WHERE series = 'C-2020'",
        &["credit note C-2020-000003: missing, as are all up to number 1000000000002"],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET last_number = last_number - 1 WHERE series = 'B-2020'",
        &["bill B-2020-000004: not between 1 and 3, the ends of its series"],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET first_number = 2 WHERE series = 'C-2020'",
        &["credit note C-2020-000001: not between 2 and 2, the ends of its series"],
    ),
    (
        "document-numbers",
        "DELETE FROM document_series WHERE series = 'C-2020'",
        &[
            "credit note C-2020-000001: there is no series C-2020 of its kind",
            "credit note C-2020-000002: there is no series C-2020 of its kind",
        ],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET last_number = 6 WHERE series = 'B-2020';
         UPDATE bills SET series_number = 6, bill_number = 'B-2020-000006' WHERE id = 7",
        &["bill B-2020-000002: missing", "bill B-2020-000005: missing"],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET last_number = 5 WHERE series = 'B-2020';
         UPDATE bills SET series_number = 5, bill_number = 'B-2020-000005' WHERE id = 6",
        &["bill B-2020-000001: missing"],
    ),
    (
        "document-numbers",
        "UPDATE bills SET series_number = 9, bill_number = 'B-2020-000009' WHERE id = 7",
        &["bill B-2020-000002: missing", "bill B-2020-000009: not between 1 and 4, the ends of its series"],
    ),
    (
        "document-numbers",
        "UPDATE document_series SET first_number = 4, last_number = 5 WHERE series = 'B-2020';
         UPDATE bills SET series_number = 5, bill_number = 'B-2020-000005' WHERE id = 7",
        &[
            "bill B-2020-000001: not between 4 and 5, the ends of its series",
            "bill B-2020-000003: not between 4 and 5, the ends of its series",
        ],
    ),
    (
        "document-numbers",
        "ALTER TABLE bills DROP CONSTRAINT bills_bill_number_key;
         UPDATE bills SET series_number = 1, bill_number = 'B-2020-000001' WHERE id = 7",
        &["bill B-2020-000001: number 1 of B-2020 was given 2 times", "bill B-2020-000002: missing"],
    ),
    (
        "document-numbers",
        "ALTER TABLE bills DROP CONSTRAINT bills_issued_number;
         UPDATE bills SET bill_number = 'B-2020-000077' WHERE id = 7",
        &["bill B-2020-000077: has number 2 of B-2020"],
    ),
    (
        "document-numbers",
        "UPDATE credit_notes SET series = 'B-2020', credit_note_number = 'B-2020-000002' WHERE order_id = 9",
        &[
            "credit note B-2020-000002: there is no series B-2020 of its kind",
            "credit note C-2020-000002: missing",
        ],
    ),
    (
        "credit-notes",
        "UPDATE document_series SET last_number = 1 WHERE series = 'C-2020';
         DELETE FROM credit_notes WHERE order_id = 9",
        &["order 9: cancelled without a credit note"],
    ),
    (
        "credit-notes",
        "ALTER TABLE credit_notes DROP CONSTRAINT credit_notes_order_id_key;
         UPDATE credit_notes SET order_id = 8 WHERE order_id = 9;
         DELETE FROM order_events WHERE order_id = 9 AND to_status = 4;
         UPDATE order_events SET to_status = 4 WHERE order_id = 9;
         UPDATE orders SET checked_out = false WHERE id = 9;
         UPDATE bills SET series = NULL, series_number = NULL, subtotal = NULL, bill_number = 'X' WHERE id = 9;
         UPDATE document_series SET last_number = 3 WHERE series = 'B-2020'",
        &["order 8: 2 credit notes"],
    ),
    (
        "credit-notes",
        "UPDATE document_series SET last_number = 3 WHERE series = 'C-2020';
         INSERT INTO credit_notes (series, series_number, credit_note_number, order_id, bill_number, client_id, date, total)
         VALUES ('C-2020', 3, 'C-2020-000003', 7, 'B-2020-000002', 1, '2020-03-01', 5000)",
        &["order 7: C-2020-000003, but it was never cancelled"],
    ),
    (
        "credit-notes",
        "UPDATE document_series SET last_number = 3 WHERE series = 'C-2020';
         INSERT INTO credit_notes (series, series_number, credit_note_number, order_id, bill_number, client_id, date, total)
         VALUES ('C-2020', 3, 'C-2020-000003', 4, 'A-4', 4, '2020-03-01', 2000)",
        &["order 4: C-2020-000003, but it was never cancelled"],
    ),
    (
        "credit-notes",
        "UPDATE credit_notes SET total = total + 1 WHERE order_id = 9",
        &["order 9: C-2020-000002; total 61.51, order 62.50, bill 61.50"],
    ),
    (
        "credit-notes",
        "UPDATE credit_notes SET client_id = 2 WHERE order_id = 9",
        &["order 9: C-2020-000002; client 1 of the order, 2 of the credit note"],
    ),
    (
        "credit-notes",
        "UPDATE credit_notes SET bill_number = 'B-2020-000003' WHERE order_id = 9",
        &["order 9: C-2020-000002; bill B-2020-000004 of the order, B-2020-000003 of the credit note"],
    ),
    ("order-history", "DELETE FROM order_events WHERE order_id = 1", &["order 1: no events"]),
    (
        "order-history",
        "INSERT INTO order_events (order_id, from_status, to_status) VALUES (1, NULL, 1)",
        &["order 1: placed 2 times"],
    ),
    (
        "order-history",
        "UPDATE order_events SET from_status = 1 WHERE order_id = 1",
        &["order 1: placed 0 times"],
    ),
    (
        "order-history",
        "UPDATE orders SET status = 2 WHERE id = 7;
         INSERT INTO order_events (id, order_id, from_status, to_status) OVERRIDING SYSTEM VALUE VALUES (99, 7, 3, 2)",
        &["order 7: event 99 is no move from the status before it"],
    ),
    (
        "order-history",
        "UPDATE orders SET status = 3 WHERE id = 1;
         INSERT INTO order_events (id, order_id, from_status, to_status) OVERRIDING SYSTEM VALUE VALUES (99, 1, 2, 3)",
        &["order 1: event 99 is no move from the status before it"],
    ),
    (
        "order-history",
        "INSERT INTO order_events (id, order_id, from_status, to_status) OVERRIDING SYSTEM VALUE VALUES (99, 1, 1, 1)",
        &["order 1: event 99 is no move from the status before it"],
    ),
    (
        "order-history",
        "UPDATE orders SET status = 2 WHERE id = 1",
        &["order 1: status 2, last event to 1"],
    ),
    (
        "order-history",
        "UPDATE orders SET status = 2 WHERE id = 6; UPDATE order_events SET to_status = 2 WHERE order_id = 6",
        &["order 6: checked out as 2"],
    ),
    (
        "idempotency-keys",
        "UPDATE idempotency_keys SET answer = '' WHERE key = 'key-6'",
        &["key key-6: POST /checkout: no answer"],
    ),
    (
        "idempotency-keys",
        "INSERT INTO idempotency_keys (key, operation, caller, fingerprint)
         VALUES ('lost', 'POST /orders', 'anonymous', sha256('{}'))",
        &["key lost: POST /orders: no answer"],
    ),
    (
        "idempotency-keys",
        "UPDATE idempotency_keys SET order_id = NULL WHERE key = 'key-6'",
        &["key key-6: names no order"],
    ),
    (
        "idempotency-keys",
        "UPDATE idempotency_keys SET order_id = 99 WHERE key = 'key-6'",
        &["key key-6: order 99 does not exist"],
    ),
    (
        "idempotency-keys",
        "UPDATE idempotency_keys SET order_id = 1, resource_id = 1 WHERE key = 'key-6'",
        &["key key-6: order 1 was not checked out"],
    ),
    (
        "idempotency-keys",
        "UPDATE idempotency_keys SET order_id = 8, resource_id = 8 WHERE key = 'key-6'",
        &["key key-6: order 8 has 2 keys", "key key-8: order 8 has 2 keys"],
    ),
    (
        "idempotency-keys",
        "UPDATE idempotency_keys SET resource = 'bills' WHERE key = 'key-6'",
        &["key key-6: order 6, shows bills 6"],
    ),
    (
        "references",
        "UPDATE order_details SET order_id = 99 WHERE id = 1",
        &["line 1: order 99 does not exist"],
    ),
    (
        "references",
        "DELETE FROM products WHERE id = 1; DELETE FROM product_search WHERE product_id = 1;
         INSERT INTO stock_movements (product_id, delta, reason) VALUES (1, -92, 'product_delete')",
        &[
            "line 1: product 1 does not exist",
            "line 2: product 1 does not exist",
            "line 4: product 1 does not exist",
            "line 5: product 1 does not exist",
            "line 10: product 1 does not exist",
            "line 13: product 1 does not exist",
        ],
    ),
    ("references", "UPDATE orders SET client_id = 99 WHERE id = 1", &["order 1: client 99 does not exist"]),
    ("references", "UPDATE orders SET bill_id = 99 WHERE id = 1", &["order 1: bill 99 does not exist"]),
    (
        "references",
        "INSERT INTO order_events (id, order_id, to_status) OVERRIDING SYSTEM VALUE VALUES (99, 3, 1)",
        &["event 99: order 3 does not exist"],
    ),
    (
        "references",
        "UPDATE bills SET client_id = 99, bill_number = 'A' WHERE id = 1",
        &["bill A: client 99 does not exist"],
    ),
    (
        "references",
        "UPDATE products SET category_id = 99 WHERE id = 1;
         UPDATE product_search SET category_id = 99 WHERE product_id = 1",
        &["product 1: category 99 does not exist"],
    ),
    (
        "references",
        "INSERT INTO addresses (client_id) VALUES (99)",
        &["address 1: client 99 does not exist"],
    ),
    (
        "references",
        "INSERT INTO reviews (rating, product_id, client_id) VALUES (4, 3, NULL), (4, 1, 99);
         UPDATE product_search SET rating_count = 1, rating_sum = 4000 WHERE product_id = 1;
         UPDATE products SET rating_count = 1, rating_sum = 4000 WHERE id = 1",
        &["review 1: product 3 does not exist", "review 2: client 99 does not exist"],
    ),
];
