//! Statements written by hand that the connection keeps prepared, which those of `sql_query` are not.

/// Declares a statement as a struct: pieces of SQL with the parameters between them, and the types of its columns.
macro_rules! statement {
    ($(#[$attribute:meta])* $name:ident -> $columns:ty { $($sql:literal $($field:ident: $kind:ty as $type:ty,)?)+ }) => {
        $(#[$attribute])*
        #[derive(Debug, diesel::query_builder::QueryId)]
        pub(crate) struct $name { $($(pub(crate) $field: $type,)?)+ }

        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                $(
                    out.push_sql($sql);
                    $(out.push_bind_param::<$kind, _>(&self.$field)?;)?
                )+
                Ok(())
            }
        }

        impl diesel::query_builder::Query for $name {
            type SqlType = $columns;
        }
    };
}
pub(crate) use statement;
