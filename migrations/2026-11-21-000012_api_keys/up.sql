-- Keys of scripts and of other systems. What is kept of a key proves it and cannot be used as one.

CREATE TABLE api_keys (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT api_keys_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT api_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    prefix text NOT NULL CONSTRAINT api_keys_prefix_length CHECK (char_length(prefix) <= 20),
    key_hash bytea NOT NULL CONSTRAINT api_keys_key_hash_length CHECK (octet_length(key_hash) = 32),
    scopes text[] NOT NULL CONSTRAINT api_keys_scopes_some CHECK (cardinality(scopes) > 0),
    calls_per_minute integer CONSTRAINT api_keys_calls_per_minute_positive CHECK (calls_per_minute > 0),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash)
);
COMMENT ON COLUMN api_keys.prefix IS 'what the key begins with, so that people know it again';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the whole key, which is random enough to need no slow hash';
COMMENT ON COLUMN api_keys.scopes IS 'names of permissions, such as orders:read';
COMMENT ON COLUMN api_keys.calls_per_minute IS 'null: counts for the address that it is used from';
COMMENT ON COLUMN api_keys.last_used_at IS 'to the minute';

CREATE TRIGGER api_keys_audited
    AFTER INSERT OR UPDATE OR DELETE ON api_keys
    FOR EACH ROW WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_change('', '{}', '{key_hash}', '{last_used_at}');
CREATE TRIGGER api_keys_audited_truncate
    AFTER TRUNCATE ON api_keys
    FOR EACH STATEMENT WHEN (current_setting('stockroom.actor', true) IS DISTINCT FROM '-')
    EXECUTE FUNCTION audit_truncate();
