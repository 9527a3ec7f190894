-- An order that was created as cancelled, or was cancelled before there were credit notes, has no move to CANCELED in
-- its history, and no credit note. Of orders placed by the older requests, amounts and bill may change afterwards.
WITH cancelled AS (
    SELECT DISTINCT order_id FROM order_events WHERE from_status IS NOT NULL AND to_status = 4
), note AS (
    SELECT order_id, count(*) AS notes, min(id) AS id FROM credit_notes GROUP BY order_id
)
SELECT orders.id AS place,
       'order ' || orders.id AS offender,
       CASE WHEN note.id IS NULL THEN 'cancelled without a credit note'
            WHEN note.notes > 1 THEN format('%s credit notes', note.notes)
            WHEN cancelled.order_id IS NULL THEN format('%s, but it was never cancelled', credit.credit_note_number)
            ELSE concat_ws('; ',
                credit.credit_note_number,
                CASE WHEN credit.total <> least(orders.total, bills.total)
                     THEN format('total %s, order %s, bill %s', round(credit.total / 100.0, 2),
                                 round(orders.total / 100.0, 2), round(bills.total / 100.0, 2))
                END,
                CASE WHEN credit.client_id <> orders.client_id
                     THEN format('client %s of the order, %s of the credit note', orders.client_id, credit.client_id)
                END,
                CASE WHEN credit.bill_number <> bills.bill_number
                     THEN format('bill %s of the order, %s of the credit note', bills.bill_number, credit.bill_number)
                END)
       END AS detail
FROM orders
LEFT JOIN cancelled ON cancelled.order_id = orders.id
LEFT JOIN note ON note.order_id = orders.id
LEFT JOIN credit_notes AS credit ON credit.id = note.id
LEFT JOIN bills ON bills.id = orders.bill_id
WHERE (cancelled.order_id IS NULL) <> (note.id IS NULL)
   OR note.notes > 1
   OR (orders.checked_out AND (
       credit.total <> least(orders.total, bills.total)
       OR credit.client_id <> orders.client_id
       OR credit.bill_number <> bills.bill_number))
