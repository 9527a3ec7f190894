-- One order of one line in one call: the same writes as statements_one.sql, in the same order.
CREATE FUNCTION place_order(
    the_client bigint, the_product bigint, the_series text, the_fingerprint bytea, the_answer text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    the_order bigint := nextval('orders_id_seq');
    the_detail bigint := nextval('order_details_id_seq');
    the_price bigint;
    the_number bigint;
    the_bill bigint;
BEGIN
    INSERT INTO idempotency_keys (key, operation, caller, fingerprint, location, answer, order_id)
    VALUES (gen_random_uuid()::text, 'POST /checkout', 'anonymous', the_fingerprint, '/orders/' || the_order,
            the_answer, the_order);
    INSERT INTO order_events (order_id, from_status, to_status) VALUES (the_order, NULL, 1);
    UPDATE products SET stock = stock - 1 WHERE id = the_product AND active AND stock >= 1
    RETURNING price INTO STRICT the_price;
    INSERT INTO stock_movements (product_id, delta, reason, order_detail_id)
    VALUES (the_product, -1, 'sale', the_detail);
    UPDATE document_series SET last_number = last_number + 1 WHERE series = the_series
    RETURNING last_number INTO STRICT the_number;
    INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id, series, series_number, subtotal)
    VALUES (the_series || '-' || lpad(the_number::text, greatest(6, length(the_number::text)), '0'), 0, current_date,
            the_price, 2, the_client, the_series, the_number, the_price)
    RETURNING id INTO the_bill;
    INSERT INTO orders (id, total, delivery_method, status, client_id, bill_id, checked_out)
    VALUES (the_order, the_price, 3, 1, the_client, the_bill, true);
    INSERT INTO order_details (id, quantity, price, order_id, product_id)
    VALUES (the_detail, 1, the_price, the_order, the_product);
    RETURN the_order;
END
$$;
