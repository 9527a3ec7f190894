//! What is read, and who answers.

use serde::Serialize;

/// A kind of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Read {
    /// Any product, by its id.
    Product,
    /// Any product, by somebody who has it already.
    Unchanged,
    /// The first 20 products.
    List,
    /// The first 20 products, as the beginning of a walk through all.
    FirstPage,
    /// The 20 products that such a walk comes to late.
    DeepPage,
    /// The first 1,000 products.
    LongList,
    /// Products by words in their names.
    Search,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Server {
    /// The service.
    Service,
    /// The service with its cache switched off.
    Uncached,
    /// The HTTP server alone, with a constant.
    Bare,
    /// `PostgreSQL`, asked by pgbench.
    Pgbench,
}

/// Who answers what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Subject {
    pub(crate) read: Read,
    pub(crate) server: Server,
}

impl Subject {
    /// All there are, those that are compared beside each other.
    pub(crate) const ALL: [Self; 13] = [
        Self::new(Read::Product, Server::Service),
        Self::new(Read::Product, Server::Bare),
        Self::new(Read::Product, Server::Uncached),
        Self::new(Read::Product, Server::Pgbench),
        Self::new(Read::Unchanged, Server::Service),
        Self::new(Read::Unchanged, Server::Bare),
        Self::new(Read::List, Server::Service),
        Self::new(Read::List, Server::Bare),
        Self::new(Read::FirstPage, Server::Uncached),
        Self::new(Read::DeepPage, Server::Uncached),
        Self::new(Read::LongList, Server::Service),
        Self::new(Read::LongList, Server::Uncached),
        Self::new(Read::Search, Server::Uncached),
    ];

    pub(crate) const fn new(read: Read, server: Server) -> Self {
        Self { read, server }
    }
}

impl Read {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Unchanged => "product, unchanged (304)",
            Self::List => "list of 20",
            Self::FirstPage => "page 1",
            Self::DeepPage => "deep page",
            Self::LongList => "list of 1,000",
            Self::Search => "search",
        }
    }
}

impl Server {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Uncached => "service, no cache",
            Self::Bare => "bare server",
            Self::Pgbench => "pgbench",
        }
    }
}
