-- Of the vector only its presence is looked at: to make each again would take longer than all other checks together.
-- Ratings count for products that are there; those of others break `references`.
SELECT coalesce(product.id, searched.product_id) AS place,
       'product ' || coalesce(product.id, searched.product_id) AS offender,
       CASE
           WHEN product.id IS NULL THEN 'does not exist'
           WHEN searched.product_id IS NULL THEN 'is not searched'
           WHEN searched.name_key <> lower(product.name) THEN 'searched by another name'
           WHEN searched.price <> product.price
               THEN format('price %s, searched as %s', product.price, searched.price)
           WHEN searched.category_id <> product.category_id
               THEN format('category %s, searched in %s', product.category_id, searched.category_id)
           WHEN searched.active <> product.active
               THEN format('active %s, searched as %s', product.active, searched.active)
           ELSE format(
               '%s published reviews of %s in all, searched as %s of %s',
               coalesce(rated.count, 0), coalesce(rated.sum, 0), searched.rating_count, searched.rating_sum
           )
       END AS detail
FROM products AS product
FULL JOIN product_search AS searched ON searched.product_id = product.id
LEFT JOIN (
    SELECT product_id, count(*) AS count, sum(round(rating * 1000)::bigint)::bigint AS sum
    FROM reviews WHERE status = 'published' GROUP BY product_id
) AS rated ON rated.product_id = product.id
WHERE product.id IS NULL OR searched.product_id IS NULL
    OR searched.name_key <> lower(product.name) OR searched.price <> product.price
    OR searched.category_id <> product.category_id OR searched.active <> product.active
    OR searched.rating_count <> coalesce(rated.count, 0) OR searched.rating_sum <> coalesce(rated.sum, 0)
