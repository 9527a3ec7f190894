CREATE INDEX stock_movements_order_detail_id_idx ON stock_movements (order_detail_id)
    WHERE order_detail_id IS NOT NULL;

DROP TABLE idempotency_keys;
DROP TABLE order_events;
DROP TABLE credit_notes;
DROP FUNCTION credit_notes_refuse_change;

DROP TRIGGER bills_issued_not_updated ON bills;
DROP TRIGGER bills_issued_not_deleted ON bills;
DROP FUNCTION bills_refuse_change;
DROP TRIGGER bills_number_not_reserved_by_insert ON bills;
DROP TRIGGER bills_number_not_reserved_by_update ON bills;
DROP FUNCTION bills_refuse_number;
ALTER TABLE bills
    DROP COLUMN series,
    DROP COLUMN series_number,
    DROP COLUMN subtotal;
DROP TABLE document_series;

ALTER TABLE orders
    DROP COLUMN checked_out,
    DROP COLUMN address_street,
    DROP COLUMN address_number,
    DROP COLUMN address_city;

ALTER TABLE products RESET (fillfactor);
ALTER TABLE products DROP COLUMN active;
