//! The limits of clients, as configured.

use std::time::Duration;

use stockroom_limits::Policy;
use stockroom_service::LimitSettings;
use stockroom_web::EndpointLimits;

use crate::configuration::{Configuration, EndpointLimit, LimitProfile, RateLimit};

/// How limits are counted.
pub(crate) fn limit_settings(configuration: &Configuration) -> LimitSettings {
    let Configuration { cache, rate_limit, .. } = configuration;
    LimitSettings {
        budget: Duration::from_millis(rate_limit.redis_budget_milliseconds),
        prefix: cache.redis_prefix.clone(),
        ..LimitSettings::default()
    }
}

/// The limit of all requests of an address.
pub(crate) fn request_limit(rate_limit: &RateLimit) -> Option<stockroom_web::RateLimit> {
    let RateLimit { enabled, calls, period_seconds, .. } = *rate_limit;
    enabled.then(|| stockroom_web::RateLimit { calls, period: Duration::from_secs(period_seconds) })
}

/// The limits of single endpoints.
pub(crate) fn endpoint_limits(rate_limit: &RateLimit) -> EndpointLimits {
    if !rate_limit.enabled {
        return EndpointLimits::NONE;
    }
    let profile = match rate_limit.profile {
        LimitProfile::Usual => EndpointLimits::NONE,
        LimitProfile::Strict => EndpointLimits::STRICT,
    };
    let of = |limit: EndpointLimit, of_profile| match limit {
        EndpointLimit::OfProfile => of_profile,
        EndpointLimit::Off => None,
        EndpointLimit::Limit { calls, period_seconds } => {
            Some(stockroom_web::RateLimit { calls, period: Duration::from_secs(period_seconds) })
        }
    };
    EndpointLimits {
        checkout: of(rate_limit.checkout, profile.checkout),
        registration: of(rate_limit.registration, profile.registration),
        reviews: of(rate_limit.reviews, profile.reviews),
        login: of(rate_limit.login, profile.login),
        lines: of(rate_limit.lines, profile.lines),
    }
}

/// The limit of signing in holds for each account too.
pub(crate) fn account_limit(rate_limit: &RateLimit) -> Option<Policy> {
    let login = endpoint_limits(rate_limit).login?;
    Some(Policy::new("login-account", login.calls, login.period))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::configuration::{Sources, load};

    fn with(variables: &[(&str, &str)]) -> RateLimit {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| (format!("STOCKROOM__RATE_LIMIT__{name}"), (*value).to_owned()))
            .collect();
        let directory = tempfile::tempdir().unwrap();
        let sources = Sources {
            environment: "production",
            directory: Some(directory.path().to_owned()),
            variables: &variables,
        };
        load(&sources).unwrap().configuration.rate_limit
    }

    #[test]
    fn the_usual_profile_limits_no_endpoint_and_the_strict_one_those_that_are_attacked() {
        let usual = with(&[]);
        assert_eq!(request_limit(&usual), Some(stockroom_web::RateLimit::per_minute(100)));
        assert_eq!(endpoint_limits(&usual), EndpointLimits::NONE);
        assert_eq!(account_limit(&usual), None);
        let strict = with(&[("PROFILE", "strict")]);
        assert_eq!(endpoint_limits(&strict), EndpointLimits::STRICT);
        let login = Policy::new("login-account", 10, Duration::from_mins(1));
        assert_eq!(account_limit(&strict), Some(login));
    }

    #[test]
    fn an_endpoint_has_what_is_configured_for_it() {
        let some = with(&[("PROFILE", "strict"), ("REVIEWS", "0"), ("LINES", "7/30")]);
        let lines = stockroom_web::RateLimit { calls: 7, period: Duration::from_secs(30) };
        let expected = EndpointLimits { reviews: None, lines: Some(lines), ..EndpointLimits::STRICT };
        assert_eq!(endpoint_limits(&some), expected);
        let none = with(&[("PROFILE", "strict"), ("ENABLED", "false")]);
        assert_eq!(endpoint_limits(&none), EndpointLimits::NONE);
        assert_eq!((request_limit(&none), account_limit(&none)), (None, None));
    }
}
