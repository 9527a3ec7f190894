//! Reviews of products, and their moderation.

use std::fmt;

use crate::{ClientId, ProductId, Rating, ReviewId, Text, Violation};

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
    /// Whether it is shown.
    pub status: ReviewStatus,
    /// Whether its author had ordered the product when it was written.
    pub verified_purchase: bool,
}

/// A review to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewReview<'a> {
    /// Stars.
    pub rating: Rating,
    /// What the client says.
    pub comment: Option<&'a Comment>,
    /// The product reviewed.
    pub product_id: ProductId,
    /// Who wrote it, where known.
    pub client_id: Option<ClientId>,
    /// Whether its client must not have another review of the product, now and later.
    pub one_per_client: bool,
}

/// Changes of a review; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReviewChanges {
    /// A new number of stars.
    pub rating: Option<Rating>,
    /// A new text, or none.
    pub comment: Option<Option<Comment>>,
    /// Another product.
    pub product_id: Option<ProductId>,
    /// Another author, or none.
    pub client_id: Option<Option<ClientId>>,
}

/// Whether a review is shown. Only what is published counts in the rating of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewStatus {
    /// Somebody has to look at it first.
    Pending,
    /// It is shown.
    Published,
    /// Somebody has looked at it, and it is not shown.
    Rejected,
}

impl ReviewStatus {
    /// Every status.
    pub const ALL: &'static [Self] = &[Self::Pending, Self::Published, Self::Rejected];

    /// The name under which it is stored and told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Rejected => "rejected",
        }
    }

    /// The status with this name.
    ///
    /// # Errors
    /// `enum`, with all names in the sentence.
    pub fn named(name: &str) -> Result<Self, Violation> {
        let named = Self::ALL.iter().find(|status| status.name() == name);
        named.copied().ok_or_else(|| Violation::new("enum", "Input should be pending, published or rejected"))
    }
}

impl fmt::Display for ReviewStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When reviews are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Moderation {
    /// They are shown at once and can be taken back.
    #[default]
    After,
    /// They are shown when somebody has published them.
    Before,
}

impl Moderation {
    /// The status of a new review.
    pub const fn of_new(self) -> ReviewStatus {
        match self {
            Self::After => ReviewStatus::Published,
            Self::Before => ReviewStatus::Pending,
        }
    }

    /// The status of a review after its author has changed what it says.
    pub const fn of_changed(self, status: ReviewStatus) -> ReviewStatus {
        match self {
            Self::After => status,
            Self::Before => ReviewStatus::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_by_its_name() {
        for status in ReviewStatus::ALL {
            assert_eq!(ReviewStatus::named(status.name()), Ok(*status));
        }
        for wrong in ["hidden", "Published", ""] {
            assert_eq!(ReviewStatus::named(wrong).unwrap_err().kind, "enum", "{wrong}");
        }
    }

    #[test]
    fn what_is_moderated_before_is_looked_at_again_when_it_says_something_else() {
        use ReviewStatus::{Pending, Published, Rejected};
        assert_eq!((Moderation::After.of_new(), Moderation::Before.of_new()), (Published, Pending));
        for status in [Pending, Published, Rejected] {
            assert_eq!(Moderation::After.of_changed(status), status);
            assert_eq!(Moderation::Before.of_changed(status), Pending);
        }
    }
}
