-- One order of one line, each statement sent by itself. Where possible rows are written before the locks that everybody
-- waits for: ids are taken from their sequences first, so the key, the event and the movement need no order or line yet.
-- The row of the series comes as late as the foreign keys allow: the bill must be there before its order, the order
-- before its line. One UPDATE locks the product, checks the stock and takes it.
\set client random(1, :clients)
\set product random(:from1, :to1)
BEGIN;
INSERT INTO idempotency_keys (key, operation, caller, fingerprint, location, answer, order_id) SELECT gen_random_uuid()::text, 'POST /checkout', 'anonymous', :fingerprint, '/orders/' || id, :answer, id FROM nextval('orders_id_seq') AS id RETURNING order_id AS order, nextval('order_details_id_seq') AS detail \gset
INSERT INTO order_events (order_id, from_status, to_status) VALUES (:order, NULL, 1);
UPDATE products SET stock = stock - 1 WHERE id = :product AND active AND stock >= 1 RETURNING price AS total \gset
INSERT INTO stock_movements (product_id, delta, reason, order_detail_id) VALUES (:product, -1, 'sale', :detail);
UPDATE document_series SET last_number = last_number + 1 WHERE series = :series RETURNING last_number AS number, series || '-' || lpad(last_number::text, greatest(6, length(last_number::text)), '0') AS bill_number \gset
INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id, series, series_number, subtotal) VALUES (:bill_number, 0, current_date, :total, 2, :client, :series, :number, :total) RETURNING id AS bill \gset
INSERT INTO orders (id, total, delivery_method, status, client_id, bill_id, checked_out) VALUES (:order, :total, 3, 1, :client, :bill, true);
INSERT INTO order_details (id, quantity, price, order_id, product_id) VALUES (:detail, 1, :total, :order, :product);
COMMIT;
