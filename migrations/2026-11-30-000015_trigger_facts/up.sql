-- What a trigger refuses is told by CONSTRAINT, and about what by DETAIL: a JSON object. MESSAGE is for people; its texts stay
-- as they were, because the program before reads them.

CREATE OR REPLACE FUNCTION stock_movements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock_movements is append-only: % is not allowed', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stock_movements_append_only',
              DETAIL = json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP)::text;
END
$$;

CREATE OR REPLACE FUNCTION bills_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'bill % is issued: % is not allowed', OLD.bill_number, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bills_issued_immutable',
              DETAIL = json_build_object('bill_number', OLD.bill_number, 'operation', TG_OP)::text;
END
$$;

CREATE OR REPLACE FUNCTION bills_refuse_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'bill number % is reserved for the series of the shop', NEW.bill_number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'bills_number_not_reserved',
              DETAIL = json_build_object('bill_number', NEW.bill_number)::text;
END
$$;

CREATE OR REPLACE FUNCTION credit_notes_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'credit_notes is append-only: % is not allowed', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'credit_notes_append_only',
              DETAIL = json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP)::text;
END
$$;

CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is not allowed', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only',
              DETAIL = json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP)::text;
END
$$;

CREATE OR REPLACE FUNCTION audit_refuse_silent_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'audit_personal is append-only: values are forgotten by audit_forget, not by DELETE'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_personal_append_only',
                  DETAIL = json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP)::text;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION clients_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'client % was erased', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'clients_erased_final',
              DETAIL = json_build_object('client_id', OLD.id)::text;
END
$$;

CREATE OR REPLACE FUNCTION clients_refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased timestamptz;
BEGIN
    -- Waits for whoever is erasing the client. A condition on the column would be met or not before that wait.
    SELECT erased_at INTO erased FROM clients WHERE id = NEW.client_id FOR KEY SHARE;
    IF erased IS NOT NULL THEN
        RAISE EXCEPTION 'client % was erased', NEW.client_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'clients_erased_final',
                  DETAIL = json_build_object('client_id', NEW.client_id)::text;
    END IF;
    RETURN NEW;
END
$$;
