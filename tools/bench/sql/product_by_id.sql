-- One product by its id, with all columns that the service shows of it.
\set id random(1, :products)
SELECT id, name, price, stock, category_id, description, image_url, image, sku, active, rating_count, rating_sum FROM products WHERE id = :id;
