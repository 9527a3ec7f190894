-- Lines of open orders are looked at only for a return that they must not have.
WITH moved AS (
    SELECT order_detail_id AS line_id, product_id,
           sum(delta) AS moved,
           count(*) FILTER (WHERE reason = 'cancel') AS returns,
           sum(delta) FILTER (WHERE reason = 'cancel') AS returned
    FROM stock_movements WHERE order_detail_id IS NOT NULL
    GROUP BY order_detail_id, product_id
), whole AS (
    SELECT line_id,
           sum(returns) AS returns,
           coalesce(sum(returned), 0) AS returned,
           string_agg(format('product %s: movements %s', product_id, moved), '; ' ORDER BY product_id)
               FILTER (WHERE moved <> 0) AS still_out
    FROM moved
    GROUP BY line_id
)
SELECT line.id AS place,
       'line ' || line.id AS offender,
       CASE WHEN orders.status <> 4
            THEN format('order %s is not cancelled: cancel movements %s', orders.id, whole.returns)
            ELSE concat_ws('; ',
                format('order %s is cancelled: cancel movements %s', orders.id, coalesce(whole.returns, 0)),
                CASE WHEN whole.returns = 1 AND whole.returned <> line.quantity
                     THEN format('quantity %s, returned %s', line.quantity, whole.returned) END,
                whole.still_out)
       END AS detail
FROM order_details AS line
JOIN orders ON orders.id = line.order_id
LEFT JOIN whole ON whole.line_id = line.id
WHERE CASE WHEN orders.status = 4
           THEN coalesce(whole.returns, 0) <> 1 OR whole.returned <> line.quantity OR whole.still_out IS NOT NULL
           ELSE coalesce(whole.returns, 0) <> 0 END
