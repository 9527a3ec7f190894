//! Faults of the search table.

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
        "INSERT INTO reviews (rating, product_id) VALUES (4.5, 1)",
        &["product 1: 1 reviews of 4500 in all, searched as 0 of 0"],
    ),
    (
        "product-search",
        "UPDATE product_search SET rating_sum = 1 WHERE product_id = 2",
        &["product 2: 0 reviews of 0 in all, searched as 0 of 1"],
    ),
];
