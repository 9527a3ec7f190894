//! What is done, and by whom or how.

use serde::Serialize;

/// Something that is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// Any product is read from the cache, as fast as it goes.
    Product,
    /// An account signs in; or one password is hashed.
    SignIn,
    /// Any product is read from the cache, at a steady rate.
    SteadyProduct,
    /// A list that is in no cache is read, at a steady rate.
    SteadyList,
    /// An order of one line, any product.
    Spread,
    /// An order of one line, always the same product.
    Hot,
}

/// How it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// By nobody in particular.
    Anonymous,
    /// By the bearer of a token that is signed with Ed25519.
    EdDsa,
    /// By nobody in particular, of the service whose tokens are signed with an HMAC.
    AnonymousHs256,
    /// By the bearer of a token that is signed with an HMAC.
    Hs256,
    /// By whoever holds an API key.
    ApiKey,
    /// By the service.
    Service,
    /// By argon2 alone.
    Argon2,
    /// While nobody signs in.
    Calm,
    /// While many sign in.
    Crowded,
    /// Where nobody has to say who they are.
    Open,
    /// By a client who has signed in, for themselves.
    Own,
}

/// What is done how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Subject {
    pub(crate) work: Work,
    pub(crate) way: Way,
}

impl Subject {
    /// All there are, those that are compared beside each other.
    pub(crate) const ALL: [Self; 18] = [
        Self::new(Work::Product, Way::Anonymous),
        Self::new(Work::Product, Way::EdDsa),
        Self::new(Work::Product, Way::AnonymousHs256),
        Self::new(Work::Product, Way::Hs256),
        Self::new(Work::Product, Way::ApiKey),
        Self::new(Work::SignIn, Way::Service),
        Self::new(Work::SignIn, Way::Argon2),
        Self::new(Work::SteadyProduct, Way::Calm),
        Self::new(Work::SteadyProduct, Way::Crowded),
        Self::new(Work::SteadyList, Way::Calm),
        Self::new(Work::SteadyList, Way::Crowded),
        Self::new(Work::SignIn, Way::Crowded),
        Self::new(Work::Spread, Way::Open),
        Self::new(Work::Spread, Way::Own),
        Self::new(Work::Spread, Way::ApiKey),
        Self::new(Work::Hot, Way::Open),
        Self::new(Work::Hot, Way::Own),
        Self::new(Work::Hot, Way::ApiKey),
    ];

    pub(crate) const fn new(work: Work, way: Way) -> Self {
        Self { work, way }
    }
}

impl Work {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::SignIn => "sign-in",
            Self::SteadyProduct => "product, steadily",
            Self::SteadyList => "uncached list, steadily",
            Self::Spread => "order, spread",
            Self::Hot => "order, hot",
        }
    }
}

impl Way {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Anonymous => "no token",
            Self::EdDsa => "token, EdDSA",
            Self::AnonymousHs256 => "no token, HS256",
            Self::Hs256 => "token, HS256",
            Self::ApiKey => "API key",
            Self::Service => "service",
            Self::Argon2 => "argon2 alone",
            Self::Calm => "nobody signs in",
            Self::Crowded => "a crowd signs in",
            Self::Open => "open mode",
            Self::Own => "own token",
        }
    }
}
