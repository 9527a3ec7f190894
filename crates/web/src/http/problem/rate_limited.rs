//! The refusal of what exceeds a rate limit, and the headers that tell how a client stands with one.

use serde_json::json;
use stockroom_limits::Decision;

use super::{Problem, ProblemCode};

const STANDING: &str = "ratelimit";
/// Tells how many requests a policy allows.
pub(crate) const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

impl Problem {
    /// The refusal of what exceeds a limit. Its headers tell of this limit, whichever others there are.
    pub(crate) fn rate_limited(decision: &Decision) -> Self {
        let Decision { policy, limit, .. } = decision;
        let text = format!(
            "Rate limit exceeded. Maximum {limit} requests per {} seconds.",
            policy.period().as_secs()
        );
        let mut problem = Self::new(ProblemCode::RateLimited, text)
            .with_retry_after(decision.reset_seconds().max(1))
            .with_member("policy", json!(policy.name()));
        problem.refused_by = Some(Box::new(*policy));
        for (name, value) in standing(decision) {
            problem = problem.with_header(name, value);
        }
        problem
    }
}

/// The headers that tell how a client stands with a policy.
pub(crate) fn standing(decision: &Decision) -> [(&'static str, String); 4] {
    let Decision { policy, limit, remaining, .. } = decision;
    let seconds = decision.reset_seconds();
    [
        (LIMIT, limit.to_string()),
        (REMAINING, remaining.to_string()),
        (RESET, seconds.to_string()),
        (STANDING, format!("\"{}\";r={remaining};t={seconds}", policy.name())),
    ]
}
