-- A stored answer says which row it shows and which person it concerns, so that neither is read out of its content.
ALTER TABLE idempotency_keys
    ADD COLUMN resource text,
    ADD COLUMN resource_id bigint,
    ADD COLUMN client_id bigint;
COMMENT ON COLUMN idempotency_keys.operation IS 'the name of what is requested';
COMMENT ON COLUMN idempotency_keys.answer IS 'the content stored; empty only inside the transaction that works on it';
COMMENT ON COLUMN idempotency_keys.resource IS 'the table of the row that the answer shows';
COMMENT ON COLUMN idempotency_keys.resource_id IS 'the id of that row';
COMMENT ON COLUMN idempotency_keys.client_id IS 'the person whom the answer concerns; anonymizing the person deletes the answer';
COMMENT ON COLUMN idempotency_keys.location IS 'written by the program before this migration alone; goes in the next release';

-- The program before this migration writes the path of the row and the rendered answer. This fills the columns for it, and goes
-- in the next release.
CREATE FUNCTION idempotency_keys_describe_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    path text := coalesce(NEW.location, substring(NEW.operation FROM '^POST (/[a-z_]+/[0-9]+)/'));
    answer jsonb := NEW.answer::jsonb;
BEGIN
    NEW.resource := split_part(path, '/', 2);
    NEW.resource_id := split_part(path, '/', 3)::bigint;
    NEW.client_id := coalesce((answer ->> 'client_id')::bigint,
                              CASE WHEN NEW.resource = 'clients' THEN NEW.resource_id END);
    RETURN NEW;
END
$$;

CREATE TRIGGER idempotency_keys_describe_answer BEFORE INSERT OR UPDATE ON idempotency_keys
    FOR EACH ROW WHEN (NEW.answer <> '' AND NEW.resource_id IS NULL)
    EXECUTE FUNCTION idempotency_keys_describe_answer();

UPDATE idempotency_keys SET answer = answer WHERE answer <> '';
