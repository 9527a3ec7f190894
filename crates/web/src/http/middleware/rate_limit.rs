//! Which limits a request is counted under, and how the client is told how it stands.

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    web::Data,
};
use stockroom_domain::ApiKeyId;
use stockroom_limits::{Check, Policy, Subject, Verdict};
use stockroom_service::Shop;

use crate::http::{
    client_address::client_address,
    limits::{EndpointLimits, RateLimit},
    problem::{LIMIT, Problem, standing},
    route_policy::{EndpointLimit, RoutePolicy},
};

const POLICIES: &str = "ratelimit-policy";
/// An API key and how often it may be used in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyInUse {
    pub(super) id: ApiKeyId,
    pub(super) calls_per_minute: Option<u32>,
}

/// The limits of requests.
#[derive(Debug)]
pub(crate) struct RateLimits {
    default: Option<Policy>,
    checkout: Option<Policy>,
    registration: Option<Policy>,
    reviews: Option<Policy>,
    login: Option<Policy>,
    lines: Option<Policy>,
}

impl RateLimits {
    pub(crate) fn new(default: Option<RateLimit>, endpoints: &EndpointLimits) -> Self {
        let policy = |name, limit: Option<RateLimit>| {
            limit.map(|RateLimit { calls, period }| Policy::new(name, calls, period))
        };
        let EndpointLimits { checkout, registration, reviews, login, lines } = *endpoints;
        Self {
            default: policy("default", default),
            checkout: policy("checkout", checkout),
            registration: policy("registration", registration),
            reviews: policy("reviews", reviews),
            login: policy("login", login),
            lines: policy("lines", lines),
        }
    }

    /// Whether requests are limited at all.
    pub(super) const fn are_on(&self) -> bool {
        self.default.is_some()
    }

    /// The limit of an endpoint, beside the one of all requests.
    const fn of_endpoint(&self, limit: EndpointLimit) -> Option<Policy> {
        match limit {
            EndpointLimit::Checkout => self.checkout,
            EndpointLimit::Registration => self.registration,
            EndpointLimit::Reviews => self.reviews,
            EndpointLimit::Login => self.login,
            EndpointLimit::Lines => self.lines,
        }
    }
}

/// Counts a request: for the API key that it brings, where that has a limit of its
/// own, else for its address. OPTIONS and what asks for the service's health are never limited. `None` when no limit
/// concerns the request.
pub(super) async fn count(
    request: &ServiceRequest,
    policy: RoutePolicy,
    key: Option<KeyInUse>,
) -> Option<Verdict> {
    let handling = policy.handling;
    if request.method() == Method::OPTIONS || handling.probe {
        return None;
    }
    let limiter = request.app_data::<Data<Shop>>()?.limiter();
    if let Some((key, limit)) =
        key.and_then(|key| Some((key.id, RateLimit::per_minute(key.calls_per_minute?))))
    {
        let policy = Policy::new("api-key", limit.calls, limit.period);
        let subject = Subject::named("key", &key.0.to_be_bytes());
        return Some(limiter.check_all(&[Check { policy, subject }]).await);
    }
    let limits = request.app_data::<Data<RateLimits>>()?;
    let policies = [handling.limit.and_then(|limit| limits.of_endpoint(limit)), limits.default];
    if policies.iter().all(Option::is_none) {
        return None;
    }
    let subject = Subject::address(client_address(request.request())?);
    let checks: Vec<Check> = policies.into_iter().flatten().map(|policy| Check { policy, subject }).collect();
    Some(limiter.check_all(&checks).await)
}

/// The refusal of what exceeds a limit.
pub(super) fn refusal(verdict: &Verdict) -> Option<Problem> {
    verdict.nearest().filter(|decision| !decision.allowed).map(Problem::rate_limited)
}

/// Tells the client how it stands: all policies, and of the one that is nearest to its limit what is left. Of a refusal the
/// headers tell already.
pub(super) fn tell<B>(verdict: Option<&Verdict>, response: &mut ServiceResponse<B>) {
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    let refusing = problem.and_then(|problem| problem.refused_by.as_deref()).map(quota);
    let decisions = verdict.map(Verdict::decisions).unwrap_or_default();
    let mut policies: Vec<String> = decisions.iter().map(|decision| quota(&decision.policy)).collect();
    if let Some(refusing) = refusing
        && !policies.contains(&refusing)
    {
        policies.insert(0, refusing);
    }
    let headers = response.headers_mut();
    if !policies.is_empty() {
        insert(headers, POLICIES, policies.join(", "));
    }
    if let Some(nearest) = verdict.and_then(Verdict::nearest)
        && !headers.contains_key(LIMIT)
    {
        for (name, value) in standing(nearest) {
            insert(headers, name, value);
        }
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A policy as a structured field.
fn quota(policy: &Policy) -> String {
    format!("\"{}\";q={};w={}", policy.name(), policy.calls(), policy.period().as_secs())
}
