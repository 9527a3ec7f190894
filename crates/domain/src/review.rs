//! Reviews of products.

use crate::{ClientId, ProductId, ReviewId, Text};

/// A review's text: 10 to 1,000 characters.
pub type Comment = Text<10, 1000>;

/// What somebody thinks of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// Identity.
    pub id: ReviewId,
    /// 1.0 to 5.0 stars.
    pub rating: f64,
    /// 10 to 1,000 characters.
    pub comment: Option<String>,
    /// The product reviewed.
    pub product_id: ProductId,
    /// Who wrote it, where known.
    pub client_id: Option<ClientId>,
}
