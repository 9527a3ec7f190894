-- The extension stays: other schemas of the database may use it.
DROP TABLE products;
DROP TABLE categories;
