SELECT orders.id AS place,
       'order ' || orders.id AS offender,
       CASE WHEN line.order_id IS NULL THEN 'no lines'
            ELSE format('total %s, lines %s', round(orders.total / 100.0, 2), round(line.cost / 100.0, 2)) END AS detail
FROM orders
LEFT JOIN (
    SELECT order_id, sum(quantity::numeric * price) AS cost FROM order_details GROUP BY order_id
) AS line ON line.order_id = orders.id
WHERE orders.checked_out AND line.cost IS DISTINCT FROM orders.total
