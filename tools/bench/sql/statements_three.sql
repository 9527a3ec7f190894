-- One order of three lines, each statement sent by itself; see statements_one.sql. The products are locked by ascending
-- id before any of them is changed.
\set client random(1, :clients)
\set product1 random(:from1, :to1)
\set product2 random(:from2, :to2)
\set product3 random(:from3, :to3)
BEGIN;
INSERT INTO idempotency_keys (key, operation, caller, fingerprint, location, answer, order_id) SELECT gen_random_uuid()::text, 'POST /checkout', 'anonymous', :fingerprint, '/orders/' || id, :answer, id FROM nextval('orders_id_seq') AS id RETURNING order_id AS order, nextval('order_details_id_seq') AS detail1, nextval('order_details_id_seq') AS detail2, nextval('order_details_id_seq') AS detail3 \gset
INSERT INTO order_events (order_id, from_status, to_status) VALUES (:order, NULL, 1);
SELECT sum(price) AS total, min(price) FILTER (WHERE id = :product1) AS price1, min(price) FILTER (WHERE id = :product2) AS price2, min(price) FILTER (WHERE id = :product3) AS price3 FROM (SELECT id, price FROM products WHERE id IN (:product1, :product2, :product3) AND active AND stock >= 1 ORDER BY id FOR UPDATE) AS locked \gset
UPDATE products SET stock = stock - 1 WHERE id IN (:product1, :product2, :product3);
INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) VALUES (:product1, -1, 'sale', :detail1), (:product2, -1, 'sale', :detail2), (:product3, -1, 'sale', :detail3);
UPDATE document_series SET last_number = last_number + 1 WHERE series = :series RETURNING last_number AS number, series || '-' || lpad(last_number::text, greatest(6, length(last_number::text)), '0') AS bill_number \gset
INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id, series, series_number, subtotal) VALUES (:bill_number, 0, current_date, :total, 2, :client, :series, :number, :total) RETURNING id AS bill \gset
INSERT INTO orders (id, total, delivery_method, status, client_id, bill_id, checked_out) VALUES (:order, :total, 3, 1, :client, :bill, true);
INSERT INTO order_details (id, quantity, price, order_id, product_id) VALUES (:detail1, 1, :price1, :order, :product1), (:detail2, 1, :price2, :order, :product2), (:detail3, 1, :price3, :order, :product3);
COMMIT;
