SELECT id AS place,
       'movement ' || id AS offender,
       reason || coalesce(' of line ' || order_detail_id, ' without a line') AS detail
FROM stock_movements
WHERE (reason IN ('sale', 'line_change', 'line_delete', 'cancel', 'order_delete')) <> (order_detail_id IS NOT NULL)
