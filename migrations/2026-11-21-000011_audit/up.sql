-- Who has changed what: every change of the shop's tables by somebody who works for it, by a script or in psql. Triggers
-- write it, so nothing that is changed can go around it.
--
-- The setting `stockroom.actor` tells who: a name (`admin:7`, `key:3`, `script:reprice`), or `-` for what is not audited,
-- which connections of the service say until a transaction names somebody. Unset or empty, it is a script without a name,
-- logged under the role that has signed in. `stockroom.request` and `stockroom.address` tell where it came from.

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_log_pkey PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    request_id text,
    address text,
    action text NOT NULL,
    resource text NOT NULL,
    resource_id bigint,
    client_id bigint,
    before jsonb,
    after jsonb
);
COMMENT ON COLUMN audit_log.client_id IS 'whom it concerns; no foreign key, the log outlives what it speaks of';
COMMENT ON COLUMN audit_log.before IS 'columns as they were, of an update those that it changed; *** for what is personal or secret';

CREATE INDEX audit_log_actor_idx ON audit_log (actor, id);
CREATE INDEX audit_log_resource_idx ON audit_log (resource, resource_id, id);
CREATE INDEX audit_log_client_id_idx ON audit_log (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX audit_log_at_idx ON audit_log (at);

-- Personal values are here alone, so that they can be forgotten. Each side of a change has an owner of its own: what is
-- moved from one client to another is forgotten with both. There is no foreign key: its check locks the entry, for which
-- the right to update it is needed, and nobody has that.
CREATE TABLE audit_personal (
    audit_id bigint NOT NULL,
    side text NOT NULL CONSTRAINT audit_personal_side_known CHECK (side IN ('before', 'after')),
    client_id bigint,
    cells jsonb NOT NULL,
    CONSTRAINT audit_personal_pkey PRIMARY KEY (audit_id, side)
);
COMMENT ON COLUMN audit_personal.client_id IS 'whose values they are; null: nobody''s, such as a review without a client';

CREATE INDEX audit_personal_client_id_idx ON audit_personal (client_id) WHERE client_id IS NOT NULL;

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is not allowed', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

-- Values are deleted by the trigger of an entry that tells so, and by nobody directly.
CREATE FUNCTION audit_refuse_silent_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'audit_personal is append-only: values are forgotten by audit_forget, not by DELETE'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_personal_append_only
    BEFORE UPDATE OR TRUNCATE ON audit_personal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_personal_not_deleted
    BEFORE DELETE ON audit_personal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_silent_delete();
-- Also for a session that says it is a replica.
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;
ALTER TABLE audit_personal ENABLE ALWAYS TRIGGER audit_personal_append_only;
ALTER TABLE audit_personal ENABLE ALWAYS TRIGGER audit_personal_not_deleted;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM PUBLIC, CURRENT_USER;
REVOKE UPDATE, TRUNCATE ON audit_personal FROM PUBLIC, CURRENT_USER;

CREATE FUNCTION audit_actor() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    name CONSTANT text := coalesce(current_setting('stockroom.actor', true), '');
BEGIN
    RETURN CASE name WHEN '' THEN 'script:' || session_user WHEN '-' THEN 'service' ELSE name END;
END
$$;

-- Of long texts the beginning and their length.
CREATE FUNCTION audit_shortened(cells jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF octet_length(cells::text) <= 1024 THEN
        RETURN cells;
    END IF;
    RETURN (
        SELECT jsonb_object_agg(key, CASE
            WHEN jsonb_typeof(value) = 'string' AND octet_length(value #>> '{}') > 1024 THEN
                to_jsonb(left(value #>> '{}', 200) || '... (' || char_length(value #>> '{}') || ' characters)')
            ELSE value
        END)
        FROM jsonb_each(cells)
    );
END
$$;

-- Of hidden columns only that there was something.
CREATE FUNCTION audit_masked(cells jsonb, hidden text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    cell text;
BEGIN
    FOREACH cell IN ARRAY hidden LOOP
        IF cells ->> cell IS NOT NULL THEN
            cells := jsonb_set(cells, ARRAY[cell], '"***"');
        END IF;
    END LOOP;
    RETURN cells;
END
$$;

-- The personal columns among these, where they are not null.
CREATE FUNCTION audit_kept_apart(cells jsonb, personal text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    kept jsonb;
    cell text;
BEGIN
    FOREACH cell IN ARRAY personal LOOP
        IF cells ->> cell IS NOT NULL THEN
            kept := coalesce(kept, '{}') || jsonb_build_object(cell, cells -> cell);
        END IF;
    END LOOP;
    RETURN audit_shortened(kept);
END
$$;

-- Its arguments: the column that tells whom a row concerns, the personal columns, the secret ones, of which no value is
-- kept anywhere, and those that are derived from other rows, which are no change. With the rights of its owner, so that
-- whoever may change a table is logged and needs no right to the log.
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    owner_column CONSTANT text := TG_ARGV[0];
    personal CONSTANT text[] := TG_ARGV[1];
    secret CONSTANT text[] := TG_ARGV[2];
    derived CONSTANT text[] := TG_ARGV[3];
    hides CONSTANT boolean := personal || secret <> '{}';
    old_row jsonb;
    new_row jsonb;
    was jsonb;
    becomes jsonb;
    same text[];
    entry bigint;
    kept jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        old_row := to_jsonb(OLD) - derived;
        was := old_row;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_row := to_jsonb(NEW) - derived;
        becomes := new_row;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF old_row = new_row THEN
            RETURN NULL;
        END IF;
        same := ARRAY(SELECT key FROM jsonb_each(new_row) WHERE value = old_row -> key);
        was := old_row - same;
        becomes := new_row - same;
    END IF;
    INSERT INTO audit_log
        (actor, request_id, address, action, resource, resource_id, client_id, before, after)
    VALUES (
        audit_actor(),
        nullif(current_setting('stockroom.request', true), ''),
        nullif(current_setting('stockroom.address', true), ''),
        CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END,
        TG_TABLE_NAME,
        (coalesce(new_row, old_row) ->> 'id')::bigint,
        coalesce(new_row ->> owner_column, old_row ->> owner_column)::bigint,
        audit_shortened(CASE WHEN hides THEN audit_masked(was, personal || secret) ELSE was END),
        audit_shortened(CASE WHEN hides THEN audit_masked(becomes, personal || secret) ELSE becomes END)
    ) RETURNING id INTO entry;
    IF personal = '{}' THEN
        RETURN NULL;
    END IF;
    kept := audit_kept_apart(was, personal);
    IF kept IS NOT NULL THEN
        INSERT INTO audit_personal (audit_id, side, client_id, cells)
        VALUES (entry, 'before', (old_row ->> owner_column)::bigint, kept);
    END IF;
    kept := audit_kept_apart(becomes, personal);
    IF kept IS NOT NULL THEN
        INSERT INTO audit_personal (audit_id, side, client_id, cells)
        VALUES (entry, 'after', (new_row ->> owner_column)::bigint, kept);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_truncate() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO audit_log (actor, request_id, address, action, resource)
    VALUES (
        audit_actor(),
        nullif(current_setting('stockroom.request', true), ''),
        nullif(current_setting('stockroom.address', true), ''),
        'truncate',
        TG_TABLE_NAME
    );
    RETURN NULL;
END
$$;

-- Forgets what the log knows of a person. An entry tells that it did; its trigger does it, so that it cannot be done
-- without an entry.
CREATE FUNCTION audit_forget(client bigint) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO audit_log (actor, request_id, address, action, resource, resource_id, client_id)
    VALUES (
        audit_actor(),
        nullif(current_setting('stockroom.request', true), ''),
        nullif(current_setting('stockroom.address', true), ''),
        'forget', 'clients', client, client
    )
$$;
CREATE FUNCTION audit_forget_values() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM audit_personal WHERE client_id = NEW.client_id;
    RETURN NULL;
END
$$;

-- They run with the rights of their owner: nobody else may attach them to a table, or forget.
REVOKE EXECUTE ON FUNCTION audit_change, audit_truncate, audit_forget, audit_forget_values FROM PUBLIC;

CREATE TRIGGER audit_log_forgets
    AFTER INSERT ON audit_log
    FOR EACH ROW WHEN (NEW.action = 'forget') EXECUTE FUNCTION audit_forget_values();

-- What is not audited pays for one comparison for each row.
CREATE TRIGGER categories_audited
    AFTER INSERT OR UPDATE OR DELETE ON categories
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('', '{}', '{}', '{}');
CREATE TRIGGER products_audited
    AFTER INSERT OR UPDATE OR DELETE ON products
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('', '{}', '{}', '{rating_count,rating_sum,rating_average}');
CREATE TRIGGER clients_audited
    AFTER INSERT OR UPDATE OR DELETE ON clients
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('id', '{name,lastname,email,telephone,external_number}', '{password_hash}', '{}');
CREATE TRIGGER addresses_audited
    AFTER INSERT OR UPDATE OR DELETE ON addresses
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('client_id', '{street,number,city}', '{}', '{}');
CREATE TRIGGER bills_audited
    AFTER INSERT OR UPDATE OR DELETE ON bills
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('client_id', '{}', '{}', '{}');
CREATE TRIGGER orders_audited
    AFTER INSERT OR UPDATE OR DELETE ON orders
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('client_id', '{address_street,address_number,address_city}', '{}', '{}');
CREATE TRIGGER order_details_audited
    AFTER INSERT OR UPDATE OR DELETE ON order_details
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('', '{}', '{}', '{}');
CREATE TRIGGER reviews_audited
    AFTER INSERT OR UPDATE OR DELETE ON reviews
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('client_id', '{comment}', '{}', '{}');

CREATE TRIGGER categories_audited_truncate
    AFTER TRUNCATE ON categories
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER products_audited_truncate
    AFTER TRUNCATE ON products
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER clients_audited_truncate
    AFTER TRUNCATE ON clients
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER addresses_audited_truncate
    AFTER TRUNCATE ON addresses
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER bills_audited_truncate
    AFTER TRUNCATE ON bills
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER orders_audited_truncate
    AFTER TRUNCATE ON orders
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER order_details_audited_truncate
    AFTER TRUNCATE ON order_details
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
CREATE TRIGGER reviews_audited_truncate
    AFTER TRUNCATE ON reviews
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
