-- A deleted product has no row, but its movements stay and add up to 0.
SELECT coalesce(product.id, ledger.product_id) AS place,
       'product ' || coalesce(product.id, ledger.product_id) AS offender,
       CASE WHEN product.id IS NULL THEN 'deleted' ELSE 'stock ' || product.stock END
           || ', movements ' || coalesce(ledger.moved, 0) AS detail
FROM products AS product
FULL JOIN (
    SELECT product_id, sum(delta) AS moved FROM stock_movements GROUP BY product_id
) AS ledger ON ledger.product_id = product.id
WHERE coalesce(product.stock, 0) <> coalesce(ledger.moved, 0)
