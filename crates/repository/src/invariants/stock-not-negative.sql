SELECT id AS place, 'product ' || id AS offender, 'stock ' || stock AS detail FROM products WHERE stock < 0
