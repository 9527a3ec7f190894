//! A limit on the requests of one client address, or one API key, in a fixed window that really ends. Kept in this process.

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
use stockroom_domain::ApiKeyId;

use super::{authenticate::KeyInUse, client_address};
use crate::{
    problem::{Problem, ProblemCode},
    server::RateLimit,
};

/// Addresses remembered at most; beyond that the windows that have ended are forgotten, or else all of them.
const MOST_ADDRESSES: usize = 100_000;

/// Counts the requests of each client address and each API key that has a limit.
pub(crate) struct RateLimiter {
    limit: RateLimit,
    windows: Mutex<HashMap<Counted, Window>>,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Address(IpAddr),
    Key(ApiKeyId),
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
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, windows: Mutex::default() }
    }

    fn count(&self, counted: Counted, limit: RateLimit, now: Instant) -> Verdict {
        let RateLimit { calls, period } = limit;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST_ADDRESSES && !windows.contains_key(&counted) {
            windows.retain(|_, window| now.duration_since(window.started) < period);
            if windows.len() >= MOST_ADDRESSES {
                windows.clear();
            }
        }
        let window = windows.entry(counted).or_insert(Window { started: now, calls: 0 });
        if now.duration_since(window.started) >= period {
            *window = Window { started: now, calls: 0 };
        }
        let allowed = window.calls < calls;
        window.calls += u32::from(allowed);
        Verdict {
            allowed,
            remaining: calls.saturating_sub(window.calls),
            reset: period.saturating_sub(now.duration_since(window.started)),
        }
    }
}

/// How a client stands with the limit.
pub(super) struct Standing {
    limit: RateLimit,
    verdict: Verdict,
}

/// Counts a request, whose path is in its canonical form: for the API key that it brings, where that has a limit of its
/// own, else for its address. OPTIONS and the health check are never limited.
pub(super) fn count(request: &ServiceRequest, key: Option<KeyInUse>) -> Option<Standing> {
    if request.method() == Method::OPTIONS || request.path() == "/health_check" {
        return None;
    }
    let limiter = request.app_data::<Data<RateLimiter>>()?;
    let own = key.and_then(|key| Some((Counted::Key(key.id), RateLimit::per_minute(key.calls_per_minute?))));
    let (counted, limit) = match own {
        Some(own) => own,
        None => (Counted::Address(client_address(request.request())?), limiter.limit),
    };
    Some(Standing { limit, verdict: limiter.count(counted, limit, Instant::now()) })
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
        let limit = RateLimit::per_minute(2);
        let limiter = RateLimiter::new(limit);
        let address = |last| Counted::Address(IpAddr::from([127, 0, 0, last]));
        let (one, other) = (address(1), address(2));
        let start = Instant::now();
        assert_eq!(limiter.count(one, limit, start).remaining, 1);
        assert_eq!(limiter.count(one, limit, start).remaining, 0);
        let refused = limiter.count(one, limit, start + Duration::from_secs(59));
        assert!(!refused.allowed);
        assert_eq!(refused.reset, Duration::from_secs(1));
        assert!(limiter.count(other, limit, start).allowed);
        assert!(limiter.count(one, limit, start + Duration::from_mins(1)).allowed);
    }
}
