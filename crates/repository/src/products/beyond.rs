//! The condition that a product comes after a place in an order by price or name, as a comparison of rows.
//!
//! PostgreSQL answers it from the index of that order, beginning at the place. The same said with OR would read the
//! index from its beginning.

use diesel::{
    AppearsOnTable, Expression, QueryResult,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Text},
};

use crate::schema::products;

/// Compares what a list is sorted by, and the id, with the same of a place in the list.
pub(super) enum Beyond<'a> {
    /// Dearer than this price, or as dear with a higher id.
    Price(i64, i64),
    /// Cheaper than this price, or as cheap with a lower id.
    PriceBackwards(i64, i64),
    /// Of a name, regardless of case, that comes after this one, or of the same and a higher id.
    Name(&'a str, i64),
    /// Of a name, regardless of case, that comes before this one, or of the same and a lower id.
    NameBackwards(&'a str, i64),
}

impl QueryFragment<Pg> for Beyond<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (columns, sign) = match self {
            Self::Price(..) => ("\"products\".\"price\"", ">"),
            Self::PriceBackwards(..) => ("\"products\".\"price\"", "<"),
            Self::Name(..) => ("lower(\"products\".\"name\")", ">"),
            Self::NameBackwards(..) => ("lower(\"products\".\"name\")", "<"),
        };
        for piece in ["(", columns, ", \"products\".\"id\") ", sign, " ("] {
            out.push_sql(piece);
        }
        let id = match self {
            Self::Price(price, id) | Self::PriceBackwards(price, id) => {
                out.push_bind_param::<BigInt, _>(price)?;
                id
            }
            Self::Name(name, id) | Self::NameBackwards(name, id) => {
                // The index holds lower cases as PostgreSQL makes them, which are not always those that Rust makes.
                out.push_sql("lower(");
                out.push_bind_param::<Text, _>(*name)?;
                out.push_sql(")");
                id
            }
        };
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(id)?;
        out.push_sql(")");
        Ok(())
    }
}

/// The statement depends on the variant, so that its text tells it apart and not its type.
impl QueryId for Beyond<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Beyond<'_> {
    type SqlType = Bool;
}

impl<GroupBy> ValidGrouping<GroupBy> for Beyond<'_> {
    type IsAggregate = is_aggregate::No;
}

impl AppearsOnTable<products::table> for Beyond<'_> {}
