//! The catalog: products, categories, reviews and search, and the cache of what is read most.

pub(crate) mod cache;
pub(crate) mod categories;
pub(crate) mod product_reads;
pub(crate) mod product_search;
pub(crate) mod products;
pub(crate) mod reviews;
