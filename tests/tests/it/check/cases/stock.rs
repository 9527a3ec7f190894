//! Faults of stock, its movements and the lines they are for.

use super::Case;

/// The faults.
pub(super) const CASES: &[Case] = &[
    (
        "stock-ledger",
        "UPDATE products SET stock = stock + 3 WHERE id = 1",
        &["product 1: stock 95, movements 92"],
    ),
    (
        "stock-ledger",
        "INSERT INTO stock_movements (product_id, delta, reason) VALUES (3, 1, 'adjustment')",
        &["product 3: deleted, movements 1"],
    ),
    (
        "stock-ledger",
        "INSERT INTO products (name, price, stock, category_id) VALUES ('Cup', 500, 4, 1);
         INSERT INTO product_search VALUES (4, '', 'cup', 500, 1, true)",
        &["product 4: stock 4, movements 0"],
    ),
    (
        "stock-not-negative",
        "ALTER TABLE products DROP CONSTRAINT products_stock_not_negative;
         UPDATE products SET stock = -1 WHERE id = 1;
         INSERT INTO stock_movements (product_id, delta, reason) VALUES (1, -93, 'adjustment')",
        &["product 1: stock -1"],
    ),
    (
        "movement-lines",
        "UPDATE stock_movements SET reason = 'sale' WHERE id = 1",
        &["movement 1: sale without a line"],
    ),
    (
        "movement-lines",
        "UPDATE stock_movements SET reason = 'adjustment' WHERE id = 4",
        &["movement 4: adjustment of line 1"],
    ),
    (
        "open-lines",
        "UPDATE order_details SET quantity = 4 WHERE id = 1",
        &["line 1: product 1: quantity 4, movements -3"],
    ),
    (
        "open-lines",
        "UPDATE order_details SET product_id = 2 WHERE id = 1",
        &["line 1: product 1: quantity 0, movements -3; product 2: quantity 3, movements 0"],
    ),
    (
        "open-lines",
        "UPDATE products SET stock = stock - 4 WHERE id = 2;
         INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) VALUES (2, -4, 'sale', 12)",
        &["line 12: product 2: quantity 4, movements -8"],
    ),
    (
        "open-lines",
        "UPDATE products SET stock = stock + 2 WHERE id = 1;
         DELETE FROM stock_movements WHERE order_detail_id = 10",
        &["line 10: product 1: quantity 2, movements 0"],
    ),
    (
        "cancelled-lines",
        "UPDATE products SET stock = stock - 4 WHERE id = 1;
         DELETE FROM stock_movements WHERE order_detail_id = 5 AND reason = 'cancel'",
        &["line 5: order 2 is cancelled: cancel movements 0; product 1: movements -4"],
    ),
    (
        "cancelled-lines",
        "UPDATE products SET stock = stock + 5 WHERE id = 2;
         INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) VALUES (2, 5, 'cancel', 14)",
        &["line 14: order 9 is cancelled: cancel movements 2; product 2: movements 5"],
    ),
    (
        "cancelled-lines",
        "INSERT INTO stock_movements (product_id, delta, reason, order_detail_id)
         VALUES (2, 5, 'cancel', 14), (2, -5, 'line_change', 14)",
        &["line 14: order 9 is cancelled: cancel movements 2"],
    ),
    (
        "cancelled-lines",
        "DELETE FROM stock_movements WHERE order_detail_id = 14",
        &["line 14: order 9 is cancelled: cancel movements 0"],
    ),
    (
        "cancelled-lines",
        "UPDATE stock_movements SET delta = 2 WHERE order_detail_id = 14 AND reason = 'cancel';
         INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) VALUES (2, 3, 'cancel', 14)",
        &["line 14: order 9 is cancelled: cancel movements 2"],
    ),
    (
        "cancelled-lines",
        "UPDATE stock_movements SET reason = 'line_change' WHERE order_detail_id = 14 AND reason = 'cancel'",
        &["line 14: order 9 is cancelled: cancel movements 0"],
    ),
    (
        "cancelled-lines",
        "UPDATE stock_movements SET delta = 6 WHERE order_detail_id = 14 AND reason = 'cancel';
         UPDATE stock_movements SET delta = -6 WHERE order_detail_id = 14 AND reason = 'sale'",
        &["line 14: order 9 is cancelled: cancel movements 1; quantity 5, returned 6"],
    ),
    (
        "cancelled-lines",
        "UPDATE products SET stock = stock + (CASE id WHEN 1 THEN 5 ELSE -5 END) WHERE id IN (1, 2);
         UPDATE stock_movements SET product_id = 1 WHERE order_detail_id = 14 AND reason = 'cancel'",
        &["line 14: order 9 is cancelled: cancel movements 1; product 1: movements 5; product 2: movements -5"],
    ),
    (
        "cancelled-lines",
        "INSERT INTO stock_movements (product_id, delta, reason, order_detail_id)
         VALUES (1, 3, 'cancel', 1), (1, -3, 'sale', 1)",
        &["line 1: order 1 is not cancelled: cancel movements 1"],
    ),
    (
        "gone-lines",
        "UPDATE products SET stock = stock - 1 WHERE id = 1;
         DELETE FROM stock_movements WHERE order_detail_id = 3 AND reason = 'line_delete'",
        &["line 3: product 1: movements -1"],
    ),
    (
        "gone-lines",
        "UPDATE products SET stock = stock + (CASE id WHEN 1 THEN 3 ELSE -3 END) WHERE id IN (1, 2);
         UPDATE stock_movements SET product_id = 1 WHERE order_detail_id = 8 AND reason = 'order_delete'",
        &["line 8: product 1: movements 3; product 2: movements -3"],
    ),
];
