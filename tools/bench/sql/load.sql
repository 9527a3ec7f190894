-- A shop to measure on: bench.products products in ten categories with more stock than any run can sell, 1,000 clients,
-- and a past of as many orders, one of each product. The past matters: on empty tables PostgreSQL plans the checks of foreign
-- keys as scans of the whole table, and keeps to that while they grow. Everything adds up, as `stockroom check` demands.

INSERT INTO categories (name)
SELECT 'Category ' || number FROM generate_series(1, 10) AS number;

INSERT INTO products (name, price, stock, category_id, sku)
-- Prices from 1 to 100, however few products there are.
SELECT 'Product ' || number, 100 + number * greatest(10000 / count, 1) % 9900, 1999999999, 1 + number % 10,
       'SKU-' || lpad(number::text, 5, '0')
FROM (SELECT current_setting('bench.products')::bigint AS count) AS settings, generate_series(1, count) AS number;

INSERT INTO stock_movements (product_id, delta, reason)
SELECT id, 2000000000, 'initial' FROM products ORDER BY id;

INSERT INTO clients (name, lastname, email)
SELECT 'Client', 'Number ' || number, 'client-' || number || '@shop.invalid'
FROM generate_series(1, 1000) AS number;

-- The ids of bills, orders and lines follow those of the products, so that number, bill, order, line and product agree.
INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id, series, series_number, subtotal)
SELECT to_char(now(), '"B-"YYYY-') || lpad(id::text, 6, '0'), 0, current_date, price, 2, 1 + id % 1000,
       to_char(now(), '"B-"YYYY'), id, price
FROM products ORDER BY id;

INSERT INTO document_series (series, last_number)
SELECT series, max(series_number) FROM bills GROUP BY series;

INSERT INTO orders (total, delivery_method, status, client_id, bill_id, checked_out)
SELECT total, 3, 1, client_id, id, true FROM bills ORDER BY id;

INSERT INTO order_details (quantity, price, order_id, product_id)
SELECT 1, total, id, id FROM orders ORDER BY id;

INSERT INTO stock_movements (product_id, delta, reason, order_detail_id)
SELECT product_id, -quantity, 'sale', id FROM order_details ORDER BY id;

INSERT INTO order_events (order_id, from_status, to_status, at)
SELECT id, NULL, 1, date FROM orders ORDER BY id;

INSERT INTO idempotency_keys (key, operation, caller, fingerprint, location, answer, order_id)
SELECT gen_random_uuid()::text, 'POST /checkout', 'anonymous', sha256(id::text::bytea), '/orders/' || id,
       rpad('{', 440, ' ') || '}', id
FROM orders ORDER BY id;
