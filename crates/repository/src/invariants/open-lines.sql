-- What a line has taken and what it holds cancel out, product by product: one of another product stands alone.
WITH taken AS (
    SELECT line_id, product_id, sum(moved) AS moved, sum(held) AS held
    FROM (
        SELECT order_detail_id AS line_id, product_id, delta AS moved, 0 AS held
        FROM stock_movements WHERE order_detail_id IS NOT NULL
        UNION ALL
        SELECT id, product_id, 0, quantity FROM order_details
    ) AS entry
    GROUP BY line_id, product_id
    HAVING sum(moved) + sum(held) <> 0
)
SELECT line.id AS place,
       'line ' || line.id AS offender,
       string_agg(
           format('product %s: quantity %s, movements %s', taken.product_id, taken.held, taken.moved), '; '
           ORDER BY taken.product_id
       ) AS detail
FROM taken
JOIN order_details AS line ON line.id = taken.line_id
JOIN orders ON orders.id = line.order_id AND orders.status <> 4
GROUP BY line.id
