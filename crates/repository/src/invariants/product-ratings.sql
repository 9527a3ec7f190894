-- Ratings count for products that are there; those of others break `references`.
SELECT product.id AS place, 'product ' || product.id AS offender,
       format(
           '%s published reviews of %s in all, rated as %s of %s',
           coalesce(rated.count, 0), coalesce(rated.sum, 0), product.rating_count, product.rating_sum
       ) AS detail
FROM products AS product
LEFT JOIN (
    SELECT product_id, count(*) AS count, sum(round(rating * 1000)::bigint)::bigint AS sum
    FROM reviews WHERE status = 'published' GROUP BY product_id
) AS rated ON rated.product_id = product.id
WHERE product.rating_count <> coalesce(rated.count, 0) OR product.rating_sum <> coalesce(rated.sum, 0)
