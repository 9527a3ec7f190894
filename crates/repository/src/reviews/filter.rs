//! Which reviews a list shows.
//!
//! The status is written into the statement and is no parameter: only so does PostgreSQL know that an index of the reviews
//! of that status has all that are wanted, however many others there are.

use diesel::{
    AppearsOnTable, Expression, QueryResult,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::Bool,
};
use stockroom_domain::{ProductId, ReviewStatus};

use crate::schema::reviews;

/// Conditions that all must hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReviewFilter {
    /// Only reviews of this product.
    pub product_id: Option<ProductId>,
    /// Only reviews of this status.
    pub status: Option<ReviewStatus>,
}

impl ReviewFilter {
    /// The reviews that pass, in no order.
    pub(super) fn matching(self) -> reviews::BoxedQuery<'static, Pg> {
        let mut query = reviews::table.into_boxed();
        if let Some(product) = self.product_id {
            query = query.filter(reviews::product_id.eq(product.0));
        }
        if let Some(status) = self.status {
            query = query.filter(HasStatus(status));
        }
        query
    }
}

struct HasStatus(ReviewStatus);

impl QueryFragment<Pg> for HasStatus {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // Names of statuses are words: there is nothing to escape.
        for piece in ["\"reviews\".\"status\" = '", self.0.name(), "'"] {
            out.push_sql(piece);
        }
        Ok(())
    }
}

/// The statement depends on the status, so that its text tells it apart and not its type.
impl QueryId for HasStatus {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for HasStatus {
    type SqlType = Bool;
}

impl<GroupBy> ValidGrouping<GroupBy> for HasStatus {
    type IsAggregate = is_aggregate::No;
}

impl AppearsOnTable<reviews::table> for HasStatus {}
