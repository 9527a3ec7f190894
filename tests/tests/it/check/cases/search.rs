//! Faults of the search table, and of the ratings that products have.

use super::Case;

/// The faults.
pub(super) const CASES: &[Case] = &[
    ("product-search", "DELETE FROM product_search WHERE product_id = 2", &["product 2: is not searched"]),
    (
        "product-search",
        "INSERT INTO product_search VALUES (3, '', 'lamp', 500, 1, true)",
        &["product 3: does not exist"],
    ),
    (
        "product-search",
        "UPDATE products SET name = 'Jug' WHERE id = 1",
        &["product 1: searched by another name"],
    ),
    (
        "product-search",
        "UPDATE product_search SET price = 7 WHERE product_id = 1; UPDATE products SET price = 8 WHERE id = 1",
        &["product 1: price 8, searched as 7"],
    ),
    (
        "product-search",
        "UPDATE product_search SET category_id = 5 WHERE product_id = 1",
        &["product 1: category 1, searched in 5"],
    ),
    (
        "product-search",
        "UPDATE products SET active = false WHERE id = 2",
        &["product 2: active f, searched as t"],
    ),
    (
        "product-search",
        "INSERT INTO reviews (rating, product_id) VALUES (4.5, 1);
        UPDATE products SET rating_count = 1, rating_sum = 4500 WHERE id = 1",
        &["product 1: 1 published reviews of 4500 in all, searched as 0 of 0"],
    ),
    (
        "product-search",
        "UPDATE product_search SET rating_sum = 1 WHERE product_id = 2",
        &["product 2: 0 published reviews of 0 in all, searched as 0 of 1"],
    ),
    (
        "product-search",
        "INSERT INTO reviews (rating, product_id, status) VALUES (4.5, 1, 'pending');
        UPDATE product_search SET rating_count = 1, rating_sum = 4500 WHERE product_id = 1",
        &["product 1: 0 published reviews of 0 in all, searched as 1 of 4500"],
    ),
    (
        "product-ratings",
        "INSERT INTO reviews (rating, product_id) VALUES (4.5, 1);
        UPDATE product_search SET rating_count = 1, rating_sum = 4500 WHERE product_id = 1",
        &["product 1: 1 published reviews of 4500 in all, rated as 0 of 0"],
    ),
    (
        "product-ratings",
        "INSERT INTO reviews (rating, product_id, status) VALUES (4.5, 1, 'rejected');
        UPDATE products SET rating_count = 1, rating_sum = 4500 WHERE id = 1",
        &["product 1: 0 published reviews of 0 in all, rated as 1 of 4500"],
    ),
    (
        "product-ratings",
        "UPDATE products SET rating_sum = 1 WHERE id = 2",
        &["product 2: 0 published reviews of 0 in all, rated as 0 of 1"],
    ),
];
