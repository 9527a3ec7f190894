DROP TRIGGER idempotency_keys_describe_answer ON idempotency_keys;
DROP FUNCTION idempotency_keys_describe_answer();
-- The program before answers a repeated checkout of the program after with what that has stored: the order is not placed twice.
ALTER TABLE idempotency_keys DROP COLUMN client_id, DROP COLUMN resource_id, DROP COLUMN resource;
COMMENT ON COLUMN idempotency_keys.operation IS 'method and path, such as POST /checkout';
COMMENT ON COLUMN idempotency_keys.answer IS 'the body answered; empty only inside the transaction that works on it';
COMMENT ON COLUMN idempotency_keys.location IS NULL;
