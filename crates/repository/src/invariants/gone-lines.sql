WITH moved AS (
    SELECT order_detail_id AS line_id, product_id, sum(delta) AS moved
    FROM stock_movements WHERE order_detail_id IS NOT NULL
    GROUP BY order_detail_id, product_id
    HAVING sum(delta) <> 0
)
SELECT moved.line_id AS place,
       'line ' || moved.line_id AS offender,
       string_agg(
           format('product %s: movements %s', moved.product_id, moved.moved), '; ' ORDER BY moved.product_id
       ) AS detail
FROM moved
LEFT JOIN order_details AS line ON line.id = moved.line_id
WHERE line.id IS NULL
GROUP BY moved.line_id
