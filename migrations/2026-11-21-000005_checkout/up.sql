-- Whole orders: what checkout writes, beside the tables that are there already.

ALTER TABLE products ADD COLUMN active boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN products.active IS 'false: no longer sold; stays for the orders that name it';
-- Every sale rewrites the row; with room left on its page the new version needs no new index entries.
ALTER TABLE products SET (fillfactor = 80);

ALTER TABLE orders
    ADD COLUMN checked_out boolean NOT NULL DEFAULT false,
    ADD COLUMN address_street text,
    ADD COLUMN address_number text,
    ADD COLUMN address_city text;
COMMENT ON COLUMN orders.checked_out IS 'placed by checkout: its bill is issued, so its lines and its total are final';
COMMENT ON COLUMN orders.address_street IS 'where it goes, copied from the address book when the order was placed';

-- Numbers of documents, without gaps: whoever issues documents locks the row of their series last, takes the next
-- numbers, and gives them back by rolling back.
CREATE TABLE document_series (
    series text CONSTRAINT document_series_pkey PRIMARY KEY,
    first_number bigint NOT NULL DEFAULT 1,
    last_number bigint NOT NULL,
    CONSTRAINT document_series_known CHECK (series ~ '^[BC]-[0-9]{4}$'),
    CONSTRAINT document_series_range CHECK (first_number >= 1 AND last_number >= first_number - 1)
) WITH (fillfactor = 10);
COMMENT ON TABLE document_series IS 'B-<year>: bills, C-<year>: credit notes';

ALTER TABLE bills
    ADD COLUMN series text,
    ADD COLUMN series_number bigint,
    ADD COLUMN subtotal bigint,
    ADD CONSTRAINT bills_issued_whole CHECK (
        (series IS NULL) = (series_number IS NULL) AND (series IS NULL) = (subtotal IS NULL)
    ),
    ADD CONSTRAINT bills_issued_number CHECK (
        series IS NULL
        OR bill_number = series || '-' || lpad(series_number::text, greatest(6, length(series_number::text)), '0')
    ),
    ADD CONSTRAINT bills_issued_total CHECK (series IS NULL OR total = subtotal - discount);
COMMENT ON COLUMN bills.series IS 'null: the number was given by a client';
COMMENT ON COLUMN bills.subtotal IS 'what the order''s lines cost, before the discount; null: the number was given by a client';

INSERT INTO document_series (series, first_number, last_number)
SELECT substr(bill_number, 1, 6), max(substr(bill_number, 8)::bigint) + 1, max(substr(bill_number, 8)::bigint)
FROM bills
WHERE bill_number ~ '^[BC]-[0-9]{4}-[0-9]{6,12}$'
GROUP BY 1;

CREATE FUNCTION bills_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'bill % is issued: % is not allowed', OLD.bill_number, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_issued_immutable';
END
$$;

-- An update that changes nothing is none: clients put whole objects back.
CREATE TRIGGER bills_issued_not_updated
    BEFORE UPDATE ON bills
    FOR EACH ROW WHEN (OLD.series IS NOT NULL AND OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION bills_refuse_change();
CREATE TRIGGER bills_issued_not_deleted
    BEFORE DELETE ON bills
    FOR EACH ROW WHEN (OLD.series IS NOT NULL) EXECUTE FUNCTION bills_refuse_change();

CREATE FUNCTION bills_refuse_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'bill number % is reserved for the series of the shop', NEW.bill_number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'bills_number_not_reserved';
END
$$;

-- Numbers of the form that the shop issues are not for clients to give. Those given before this rule stay, and their
-- bills can be changed like any other; a check constraint would forbid that, whatever the change.
CREATE TRIGGER bills_number_not_reserved_by_insert
    BEFORE INSERT ON bills
    FOR EACH ROW WHEN (NEW.series IS NULL AND NEW.bill_number ~ '^[BC]-[0-9]{4}-[0-9]{6,}$')
    EXECUTE FUNCTION bills_refuse_number();
CREATE TRIGGER bills_number_not_reserved_by_update
    BEFORE UPDATE OF bill_number ON bills
    FOR EACH ROW WHEN (
        NEW.series IS NULL AND NEW.bill_number ~ '^[BC]-[0-9]{4}-[0-9]{6,}$' AND NEW.bill_number <> OLD.bill_number
    ) EXECUTE FUNCTION bills_refuse_number();

-- What is owed back for a cancelled order. There are no foreign keys on purpose: a document outlives what it speaks of.
CREATE TABLE credit_notes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT credit_notes_pkey PRIMARY KEY,
    credit_note_number text NOT NULL,
    series text NOT NULL,
    series_number bigint NOT NULL,
    order_id bigint NOT NULL,
    bill_number text NOT NULL,
    client_id bigint NOT NULL,
    date date NOT NULL,
    total bigint NOT NULL CONSTRAINT credit_notes_total_not_negative CHECK (total >= 0),
    CONSTRAINT credit_notes_number CHECK (
        credit_note_number
        = series || '-' || lpad(series_number::text, greatest(6, length(series_number::text)), '0')
    ),
    CONSTRAINT credit_notes_credit_note_number_key UNIQUE (credit_note_number),
    CONSTRAINT credit_notes_order_id_key UNIQUE (order_id)
);

CREATE FUNCTION credit_notes_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'credit_notes is append-only: % is not allowed', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER credit_notes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_notes
    FOR EACH STATEMENT EXECUTE FUNCTION credit_notes_refuse_change();

-- The history of an order: its placement and every move of its status. It goes with the order; the foreign key that
-- would see to it costs every order that is placed, so the code that deletes orders does.
CREATE TABLE order_events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    order_id bigint NOT NULL,
    from_status smallint CONSTRAINT order_events_from_status_known CHECK (from_status BETWEEN 1 AND 4),
    to_status smallint NOT NULL CONSTRAINT order_events_to_status_known CHECK (to_status BETWEEN 1 AND 4),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT order_events_pkey PRIMARY KEY (order_id, id)
);
COMMENT ON COLUMN order_events.from_status IS 'null: the order was placed';

INSERT INTO order_events (order_id, from_status, to_status, at)
SELECT id, NULL, status, date FROM orders ORDER BY id;

-- Answers to requests that carried an Idempotency-Key, kept so that a repeated request gets the same answer.
CREATE TABLE idempotency_keys (
    key text NOT NULL CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) BETWEEN 1 AND 255),
    operation text NOT NULL CONSTRAINT idempotency_keys_operation_length CHECK (char_length(operation) <= 100),
    caller text NOT NULL,
    fingerprint bytea NOT NULL CONSTRAINT idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32),
    location text,
    answer text NOT NULL DEFAULT '',
    order_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key, operation, caller)
);
COMMENT ON COLUMN idempotency_keys.operation IS 'method and path, such as POST /checkout';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the request body, secrets left out';
COMMENT ON COLUMN idempotency_keys.answer IS 'the body answered; empty only inside the transaction that works on it';
COMMENT ON COLUMN idempotency_keys.order_id IS 'the order that a checkout placed';

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- Nothing looks movements up by their line, and every sale would pay for the index.
DROP INDEX stock_movements_order_detail_id_idx;
