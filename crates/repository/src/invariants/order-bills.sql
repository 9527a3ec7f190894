SELECT orders.id AS place,
       'order ' || orders.id AS offender,
       CASE WHEN bills.series IS NULL THEN format('bill %s is not issued', bills.id)
            ELSE concat_ws('; ',
                bills.bill_number,
                CASE WHEN bills.subtotal <> orders.total
                     THEN format('order %s, subtotal %s', round(orders.total / 100.0, 2),
                                 round(bills.subtotal / 100.0, 2))
                END,
                CASE WHEN bills.total <> bills.subtotal - bills.discount
                     THEN format('subtotal %s, discount %s, total %s', round(bills.subtotal / 100.0, 2),
                                 round(bills.discount / 100.0, 2), round(bills.total / 100.0, 2))
                END,
                CASE WHEN bills.client_id <> orders.client_id
                     THEN format('client %s of the order, %s of the bill', orders.client_id, bills.client_id)
                END)
       END AS detail
FROM orders
JOIN bills ON bills.id = orders.bill_id
WHERE orders.checked_out
  AND (
      bills.series IS NULL
      OR bills.subtotal IS DISTINCT FROM orders.total
      OR bills.total IS DISTINCT FROM bills.subtotal - bills.discount
      OR bills.client_id <> orders.client_id
  )
