//! How often clients may ask, as configured.

use serde::{Deserialize, Serialize};
use stockroom_web::{ForwardedHeader, TrustedProxy};

/// Requests of one client address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Whether they are limited.
    pub enabled: bool,
    /// Requests at most in one period.
    pub calls: u32,
    /// The period.
    pub period_seconds: u64,
    /// Which endpoints have limits of their own.
    pub profile: LimitProfile,
    /// Placing whole orders.
    pub checkout: EndpointLimit,
    /// Making accounts.
    pub registration: EndpointLimit,
    /// Writing reviews.
    pub reviews: EndpointLimit,
    /// Signing in, for each address and for each account.
    pub login: EndpointLimit,
    /// Placing single order lines.
    pub lines: EndpointLimit,
    /// How long Redis may take to count.
    pub redis_budget_milliseconds: u64,
    /// Proxies that are believed whom they speak for.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Where they tell it.
    pub forwarded_header: ForwardedHeader,
}

/// Which endpoints have limits of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum LimitProfile {
    /// None but those that are configured one by one.
    Usual,
    /// Those that are attacked.
    Strict,
}

impl TryFrom<String> for LimitProfile {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "usual" => Ok(Self::Usual),
            "strict" => Ok(Self::Strict),
            _ => Err(format!("{name:?} is none of usual, strict")),
        }
    }
}

/// The limit of one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EndpointLimit {
    /// As the profile has it; written as nothing.
    OfProfile,
    /// None; written `0`.
    Off,
    /// So many calls in so many seconds; written `10/60`.
    Limit {
        /// Calls at most.
        calls: u32,
        /// The period.
        period_seconds: u64,
    },
}

impl TryFrom<String> for EndpointLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (calls, period) = match text.trim() {
            "" => return Ok(Self::OfProfile),
            text => text.split_once('/').unwrap_or((text, "60")),
        };
        let wrong =
            || format!("{text:?} is no limit: write calls/seconds such as \"10/60\", or \"0\" for none");
        let calls: u32 = calls.trim().parse().map_err(|_| wrong())?;
        let period_seconds = period.trim().parse().map_err(|_| wrong())?;
        Ok(if calls == 0 { Self::Off } else { Self::Limit { calls, period_seconds } })
    }
}

impl From<EndpointLimit> for String {
    fn from(limit: EndpointLimit) -> Self {
        match limit {
            EndpointLimit::OfProfile => Self::new(),
            EndpointLimit::Off => "0".to_owned(),
            EndpointLimit::Limit { calls, period_seconds } => format!("{calls}/{period_seconds}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_the_limit_of_the_profile_or_none_or_its_own() {
        let read = |text: &str| EndpointLimit::try_from(text.to_owned());
        assert_eq!(read(" "), Ok(EndpointLimit::OfProfile));
        assert_eq!(read("0"), Ok(EndpointLimit::Off));
        assert_eq!(read("0/60"), Ok(EndpointLimit::Off));
        assert_eq!(read(" 10 / 3600 "), Ok(EndpointLimit::Limit { calls: 10, period_seconds: 3600 }));
        assert_eq!(read("10"), Ok(EndpointLimit::Limit { calls: 10, period_seconds: 60 }));
        for text in ["none", "/", "10/", "/60", "-1/60", "10/60/2", "10/1.5", "5000000000/60"] {
            assert!(read(text).is_err_and(|error| error.contains("is no limit")), "{text}");
        }
        for text in ["", "0", "10/3600"] {
            assert_eq!(String::from(read(text).unwrap()), text);
        }
    }
}
