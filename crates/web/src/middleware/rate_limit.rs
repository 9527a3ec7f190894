//! A limit on the requests of one client address in a fixed window that really ends. Kept in this process.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    dev::ServiceRequest,
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    web::Data,
};

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

/// How a client stands with the limit.
pub(super) struct Standing {
    limit: RateLimit,
    verdict: Verdict,
}

/// Counts a request, whose path is in its canonical form. OPTIONS and the health check are never limited.
pub(super) fn count(request: &ServiceRequest) -> Option<Standing> {
    let limiter = request.app_data::<Data<RateLimiter>>()?;
    if request.method() == Method::OPTIONS || request.path() == "/health_check" {
        return None;
    }
    let client = limiter.client(request.peer_addr()?.ip(), request.headers());
    Some(Standing { limit: limiter.limit, verdict: limiter.count(client, Instant::now()) })
}

impl Standing {
    /// The refusal of what exceeds the limit.
    pub(super) fn refusal(&self) -> Option<Problem> {
        let RateLimit { calls, period } = self.limit;
        let text =
            || format!("Rate limit exceeded. Maximum {calls} requests per {} seconds.", period.as_secs());
        let refusal = || Problem::new(ProblemCode::RateLimited, text()).with_retry_after(self.seconds());
        (!self.verdict.allowed).then(refusal)
    }

    /// Tells the client how it stands.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let standing = [
            ("x-ratelimit-limit", u64::from(self.limit.calls)),
            ("x-ratelimit-remaining", u64::from(self.verdict.remaining)),
            ("x-ratelimit-reset", self.seconds()),
        ];
        for (name, value) in standing {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }

    fn seconds(&self) -> u64 {
        let reset = self.verdict.reset;
        reset.as_secs() + u64::from(reset.subsec_nanos() > 0)
    }
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
