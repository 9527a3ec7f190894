//! Who is measured.

use serde::Serialize;

/// Something that places orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contender {
    /// The service, over HTTP.
    Service,
    /// pgbench: one transaction per order, each statement sent by itself.
    Statements,
    /// pgbench: one statement per order.
    Single,
}

impl Contender {
    pub(crate) const ALL: [Self; 3] = [Self::Service, Self::Statements, Self::Single];

    /// The database that it alone writes to.
    pub(crate) fn database(self) -> &'static str {
        match self {
            Self::Service => "shop_service",
            Self::Statements => "shop_statements",
            Self::Single => "shop_single",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Statements => "statements",
            Self::Single => "single statement",
        }
    }
}
