-- People whose data was erased. Their orders and bills stay, of nobody in particular.

ALTER TABLE clients ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN clients.erased_at IS 'when what identified the person was erased; the row stays for the orders and bills that name it';

-- The address of somebody who was erased is made up, and takes no real one away.
DROP INDEX clients_email_key;
CREATE UNIQUE INDEX clients_email_key ON clients (lower(email)) WHERE erased_at IS NULL;

CREATE FUNCTION clients_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'client % was erased', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'clients_erased_final';
END
$$;

-- An update that changes nothing is none. Afterwards, when generated columns are there to be compared.
CREATE TRIGGER clients_erased_final
    AFTER UPDATE ON clients
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL AND OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION clients_refuse_change();

-- Nothing new is written about them. Checkout looks by itself.
CREATE FUNCTION clients_refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased timestamptz;
BEGIN
    -- Waits for whoever is erasing the client. A condition on the column would be met or not before that wait.
    SELECT erased_at INTO erased FROM clients WHERE id = NEW.client_id FOR KEY SHARE;
    IF erased IS NOT NULL THEN
        RAISE EXCEPTION 'client % was erased', NEW.client_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'clients_erased_final';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER addresses_of_erased_by_insert
    BEFORE INSERT ON addresses FOR EACH ROW EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER addresses_of_erased_by_update
    BEFORE UPDATE OF client_id ON addresses
    FOR EACH ROW WHEN (OLD.client_id <> NEW.client_id) EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER reviews_of_erased_by_insert
    BEFORE INSERT ON reviews
    FOR EACH ROW WHEN (NEW.client_id IS NOT NULL) EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER reviews_of_erased_by_update
    BEFORE UPDATE OF client_id ON reviews
    FOR EACH ROW WHEN (NEW.client_id IS NOT NULL AND OLD.client_id IS DISTINCT FROM NEW.client_id)
    EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER bills_of_erased_by_insert
    BEFORE INSERT ON bills
    FOR EACH ROW WHEN (NEW.series IS NULL) EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER bills_of_erased_by_update
    BEFORE UPDATE OF client_id ON bills
    FOR EACH ROW WHEN (OLD.client_id <> NEW.client_id) EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER orders_of_erased_by_insert
    BEFORE INSERT ON orders
    FOR EACH ROW WHEN (NOT NEW.checked_out) EXECUTE FUNCTION clients_refuse_erased();
CREATE TRIGGER orders_of_erased_by_update
    BEFORE UPDATE OF client_id ON orders
    FOR EACH ROW WHEN (OLD.client_id <> NEW.client_id) EXECUTE FUNCTION clients_refuse_erased();

-- What is held about a person is told as a whole.
CREATE INDEX credit_notes_client_id_idx ON credit_notes (client_id, id);
