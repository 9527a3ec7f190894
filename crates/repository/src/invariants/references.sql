-- Foreign keys see to all of these but the events; a restored or hand-edited database may have been without them.
SELECT row.id AS place, 'line ' || row.id AS offender, format('order %s does not exist', row.order_id) AS detail
FROM order_details AS row LEFT JOIN orders AS target ON target.id = row.order_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'line ' || row.id, format('product %s does not exist', row.product_id)
FROM order_details AS row LEFT JOIN products AS target ON target.id = row.product_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'order ' || row.id, format('client %s does not exist', row.client_id)
FROM orders AS row LEFT JOIN clients AS target ON target.id = row.client_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'order ' || row.id, format('bill %s does not exist', row.bill_id)
FROM orders AS row LEFT JOIN bills AS target ON target.id = row.bill_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'event ' || row.id, format('order %s does not exist', row.order_id)
FROM order_events AS row LEFT JOIN orders AS target ON target.id = row.order_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'bill ' || row.bill_number, format('client %s does not exist', row.client_id)
FROM bills AS row LEFT JOIN clients AS target ON target.id = row.client_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'product ' || row.id, format('category %s does not exist', row.category_id)
FROM products AS row LEFT JOIN categories AS target ON target.id = row.category_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'address ' || row.id, format('client %s does not exist', row.client_id)
FROM addresses AS row LEFT JOIN clients AS target ON target.id = row.client_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'review ' || row.id, format('product %s does not exist', row.product_id)
FROM reviews AS row LEFT JOIN products AS target ON target.id = row.product_id WHERE target.id IS NULL
UNION ALL
SELECT row.id, 'review ' || row.id, format('client %s does not exist', row.client_id)
FROM reviews AS row LEFT JOIN clients AS target ON target.id = row.client_id
WHERE row.client_id IS NOT NULL AND target.id IS NULL
