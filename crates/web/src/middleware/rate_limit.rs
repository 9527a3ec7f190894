//! A limit on the requests of one client address in a fixed window that really ends. Kept in this process.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use super::RequestId;
use crate::{
    problem::{Problem, ProblemCode},
    server::RateLimit,
};

/// Addresses remembered at most; beyond that the windows that have ended are forgotten, or else all of them.
const MOST_ADDRESSES: usize = 100_000;

/// Counts the requests of each client address.
pub(crate) struct RateLimiter {
    limit: RateLimit,
    trusted_proxies: Vec<IpAddr>,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

struct Window {
    started: Instant,
    calls: u32,
}

/// What is left of a client's window.
struct Verdict {
    allowed: bool,
    remaining: u32,
    reset: Duration,
}

impl RateLimiter {
    pub(crate) fn new(limit: RateLimit, trusted_proxies: Vec<IpAddr>) -> Self {
        Self { limit, trusted_proxies, windows: Mutex::default() }
    }

    /// The address that a request counts for: the peer's or, when that is a trusted proxy, the last address in
    /// `X-Forwarded-For` that is not one. What stands before it was written by the client and proves nothing.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusted_proxies.contains(&peer) {
            return peer;
        }
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .collect();
        let addresses = forwarded.iter().rev().map_while(|address| address.trim().parse().ok());
        addresses.into_iter().find(|address| !self.trusted_proxies.contains(address)).unwrap_or(peer)
    }

    fn count(&self, address: IpAddr, now: Instant) -> Verdict {
        let RateLimit { calls, period } = self.limit;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST_ADDRESSES && !windows.contains_key(&address) {
            windows.retain(|_, window| now.duration_since(window.started) < period);
            if windows.len() >= MOST_ADDRESSES {
                windows.clear();
            }
        }
        let window = windows.entry(address).or_insert(Window { started: now, calls: 0 });
        if now.duration_since(window.started) >= period {
            *window = Window { started: now, calls: 0 };
        }
        let allowed = window.calls < calls;
        window.calls += u32::from(allowed);
        Verdict {
            allowed,
            remaining: calls - window.calls,
            reset: period.saturating_sub(now.duration_since(window.started)),
        }
    }
}

/// Refuses with 429 what exceeds the limit. OPTIONS and the health check are never limited.
pub(crate) async fn limit_rate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let limiter = request.app_data::<Data<RateLimiter>>().cloned();
    let exempt = request.method() == Method::OPTIONS || is_health_check(request.path());
    let (Some(limiter), Some(peer), false) = (limiter, request.peer_addr(), exempt) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let verdict = limiter.count(limiter.client(peer.ip(), request.headers()), Instant::now());
    let seconds = verdict.reset.as_secs() + u64::from(verdict.reset.subsec_nanos() > 0);
    let mut response = if verdict.allowed {
        next.call(request).await?.map_into_left_body()
    } else {
        let RateLimit { calls, period } = limiter.limit;
        let text = format!("Rate limit exceeded. Maximum {calls} requests per {} seconds.", period.as_secs());
        let problem = Problem::new(ProblemCode::RateLimited, text).with_retry_after(seconds);
        let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
        request.into_response(problem.response(id.as_deref())).map_into_right_body()
    };
    let standing = [
        ("x-ratelimit-limit", u64::from(limiter.limit.calls)),
        ("x-ratelimit-remaining", u64::from(verdict.remaining)),
        ("x-ratelimit-reset", seconds),
    ];
    for (name, value) in standing {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    Ok(response)
}

/// Whether a path, not yet brought to its canonical form, is the health check's.
fn is_health_check(path: &str) -> bool {
    matches!(path.strip_prefix("/api/v1").unwrap_or(path), "/health_check" | "/health_check/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_and_addresses_do_not_share() {
        let limiter = RateLimiter::new(RateLimit { calls: 2, period: Duration::from_mins(1) }, Vec::new());
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let start = Instant::now();
        assert_eq!(limiter.count(one, start).remaining, 1);
        assert_eq!(limiter.count(one, start).remaining, 0);
        let refused = limiter.count(one, start + Duration::from_secs(59));
        assert!(!refused.allowed);
        assert_eq!(refused.reset, Duration::from_secs(1));
        assert!(limiter.count(other, start).allowed);
        assert!(limiter.count(one, start + Duration::from_mins(1)).allowed);
    }
    #[track_caller]
    fn check(peer: &str, forwarded: &[&'static str], expected: &str) {
        let proxies = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let limiter = RateLimiter::new(RateLimit { calls: 1, period: Duration::from_mins(1) }, proxies);
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(list));
        }
        assert_eq!(limiter.client(peer.parse().unwrap(), &headers), expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        check("203.0.113.9", &["198.51.100.7"], "203.0.113.9");
        check("10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["192.0.2.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7");
        check("10.0.0.1", &["192.0.2.1", "198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1");
        check("10.0.0.1", &[], "10.0.0.1");
    }
}
