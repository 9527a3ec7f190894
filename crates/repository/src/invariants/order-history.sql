-- The legal moves are those of the domain's order status; a test compares them. A second placement, or none, breaks the chain.
WITH step AS (
    SELECT order_id, id, from_status, to_status,
           lag(to_status) OVER history AS before,
           row_number() OVER history AS nth,
           lead(id) OVER history IS NULL AS is_last
    FROM order_events WINDOW history AS (PARTITION BY order_id ORDER BY id)
), history AS (
    SELECT order_id,
           count(*) FILTER (WHERE from_status IS NULL) AS placements,
           min(to_status) FILTER (WHERE nth = 1) AS first_status,
           min(to_status) FILTER (WHERE is_last) AS last_status,
           min(id) FILTER (WHERE CASE
               WHEN nth = 1 THEN from_status IS NOT NULL
               ELSE from_status IS DISTINCT FROM before
                   OR (from_status, to_status) NOT IN (VALUES (1, 2), (1, 3), (1, 4), (2, 3), (2, 4))
           END) AS broken_at
    FROM step
    GROUP BY order_id
)
SELECT orders.id AS place,
       'order ' || orders.id AS offender,
       CASE WHEN history.order_id IS NULL THEN 'no events'
            WHEN history.placements <> 1 THEN format('placed %s times', history.placements)
            WHEN history.broken_at IS NOT NULL
                THEN format('event %s is no move from the status before it', history.broken_at)
            WHEN history.last_status <> orders.status
                THEN format('status %s, last event to %s', orders.status, history.last_status)
            ELSE format('checked out as %s', history.first_status) END AS detail
FROM orders
LEFT JOIN history ON history.order_id = orders.id
WHERE history.order_id IS NULL
   OR history.broken_at IS NOT NULL
   OR history.last_status <> orders.status
   OR (orders.checked_out AND history.first_status <> 1)
