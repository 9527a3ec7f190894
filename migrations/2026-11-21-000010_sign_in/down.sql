DROP TABLE signing_keys;
DROP TABLE password_resets;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
ALTER TABLE clients DROP COLUMN is_admin;
ALTER TABLE clients ADD COLUMN is_admin boolean NOT NULL DEFAULT false;
UPDATE clients SET is_admin = true WHERE role = 'admin';
ALTER TABLE clients DROP COLUMN role;
