WITH claim AS (
    SELECT order_id, count(*) AS keys FROM idempotency_keys
    WHERE operation = 'POST /checkout' AND order_id IS NOT NULL
    GROUP BY order_id
)
SELECT 0::bigint AS place,
       'key ' || given.key AS offender,
       CASE WHEN given.answer = '' THEN format('%s: no answer', given.operation)
            WHEN given.order_id IS NULL THEN 'names no order'
            WHEN orders.id IS NULL THEN format('order %s does not exist', given.order_id)
            WHEN NOT orders.checked_out THEN format('order %s was not checked out', orders.id)
            WHEN claim.keys > 1 THEN format('order %s has %s keys', orders.id, claim.keys)
            ELSE format('order %s, shows %s %s', orders.id, coalesce(given.resource, 'none'),
                        coalesce(given.resource_id::text, '')) END AS detail
FROM idempotency_keys AS given
LEFT JOIN orders ON orders.id = given.order_id
LEFT JOIN claim ON claim.order_id = given.order_id
WHERE given.answer = ''
   OR (given.operation = 'POST /checkout' AND (
       orders.id IS NULL
       OR NOT orders.checked_out
       OR claim.keys > 1
       OR (given.resource, given.resource_id) IS DISTINCT FROM ('orders', given.order_id)))
