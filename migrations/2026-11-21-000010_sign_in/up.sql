-- Roles of accounts, the sessions that begin with a sign-in, and the keys that sign their access tokens. Of refresh and
-- reset tokens only the SHA-256 is kept: whoever reads these tables can use none of them.

ALTER TABLE clients
    ADD COLUMN role text NOT NULL DEFAULT 'client'
        CONSTRAINT clients_role_known CHECK (role IN ('client', 'operator', 'admin'));
UPDATE clients SET role = 'admin' WHERE is_admin;
ALTER TABLE clients DROP COLUMN is_admin;
ALTER TABLE clients ADD COLUMN is_admin boolean NOT NULL GENERATED ALWAYS AS (role = 'admin') STORED;

CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT sessions_pkey PRIMARY KEY,
    client_id bigint NOT NULL
        CONSTRAINT sessions_client_id_fkey REFERENCES clients (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    user_agent text CONSTRAINT sessions_user_agent_length CHECK (char_length(user_agent) <= 200),
    address text CONSTRAINT sessions_address_length CHECK (char_length(address) <= 45)
);
COMMENT ON COLUMN sessions.last_used_at IS 'when it began or was last refreshed';

CREATE INDEX sessions_client_id_idx ON sessions (client_id, id);
-- When a session ended: least() passes nulls over.
CREATE INDEX sessions_ended_idx ON sessions (least(expires_at, revoked_at));

CREATE TABLE refresh_tokens (
    token_hash bytea CONSTRAINT refresh_tokens_pkey PRIMARY KEY
        CONSTRAINT refresh_tokens_hash_length CHECK (octet_length(token_hash) = 32),
    session_id bigint NOT NULL
        CONSTRAINT refresh_tokens_session_id_fkey REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
COMMENT ON COLUMN refresh_tokens.used_at IS 'a token is good for one use; a second one ends its session';

CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_created_at_idx ON refresh_tokens (created_at);

CREATE TABLE password_resets (
    token_hash bytea CONSTRAINT password_resets_pkey PRIMARY KEY
        CONSTRAINT password_resets_hash_length CHECK (octet_length(token_hash) = 32),
    client_id bigint NOT NULL
        CONSTRAINT password_resets_client_id_fkey REFERENCES clients (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT password_resets_client_id_key UNIQUE (client_id)
);

CREATE INDEX password_resets_expires_at_idx ON password_resets (expires_at);

CREATE TABLE signing_keys (
    kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
    algorithm text NOT NULL CONSTRAINT signing_keys_algorithm_known CHECK (algorithm IN ('EdDSA', 'HS256')),
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE signing_keys IS 'the newest signs; older ones verify until what they have signed is expired';
