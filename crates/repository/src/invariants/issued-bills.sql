SELECT 0::bigint AS place,
       'bill ' || bills.bill_number AS offender,
       CASE WHEN paid.orders IS NULL THEN 'no order'
            WHEN paid.orders > 1 THEN format('orders %s', paid.ids)
            ELSE format('order %s was not checked out', paid.ids) END AS detail
FROM bills
LEFT JOIN (
    SELECT bill_id, count(*) AS orders, bool_and(checked_out) AS checked_out,
           string_agg(id::text, ', ' ORDER BY id) AS ids
    FROM orders GROUP BY bill_id
) AS paid ON paid.bill_id = bills.id
WHERE bills.series IS NOT NULL AND (paid.orders IS DISTINCT FROM 1 OR NOT paid.checked_out)
