//! How often something may be done, and what was decided about one who wants to.

use std::time::Duration;

/// So many calls in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    name: &'static str,
    calls: u32,
    period: Duration,
    /// Keeps the windows of one subject under several policies apart.
    pub(crate) tag: u128,
}

impl Policy {
    /// A policy. Windows belong to its name: two policies of the same name share them. The name is shown to clients and
    /// in metrics, and is part of keys in Redis: lower case letters and `-`.
    pub const fn new(name: &'static str, calls: u32, period: Duration) -> Self {
        Self { name, calls, period, tag: tag(name.as_bytes()) }
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Calls at most in one window.
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// How long a window is.
    pub const fn period(&self) -> Duration {
        self.period
    }
}

/// FNV-1a of 128 bits.
const fn tag(name: &[u8]) -> u128 {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut index = 0;
    while index < name.len() {
        hash ^= name[index] as u128;
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        index += 1;
    }
    hash
}

/// How somebody stands with one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The policy.
    pub policy: Policy,
    /// Whether it lets the call through.
    pub allowed: bool,
    /// Calls at most in one window.
    pub limit: u32,
    /// Calls that are left in this window.
    pub remaining: u32,
    /// When this window ends, from now.
    pub reset: Duration,
    /// When to come back, from now; zero for a call that is let through.
    pub retry_after: Duration,
}

impl Decision {
    pub(crate) fn new(policy: Policy, allowed: bool, calls: u32, reset: Duration) -> Self {
        let remaining = if allowed { policy.calls.saturating_sub(calls) } else { 0 };
        let retry_after = if allowed { Duration::ZERO } else { reset };
        Self { policy, allowed, limit: policy.calls, remaining, reset, retry_after }
    }

    /// Seconds until the window ends, rounded up: never too early.
    pub fn reset_seconds(&self) -> u64 {
        self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0)
    }
}

/// What all policies of a call say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    decisions: Vec<Decision>,
}

impl Verdict {
    pub(crate) fn new(decisions: Vec<Decision>) -> Self {
        Self { decisions }
    }

    /// Whether all of them let the call through.
    pub fn allowed(&self) -> bool {
        self.decisions.iter().all(|decision| decision.allowed)
    }

    /// What each says, in the order in which they were asked.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The one that is nearest to its limit: one that refuses, and of those the one that refuses longest; else the one
    /// that leaves the fewest calls, and of those the one that does so longest. `None` when no policy was asked.
    pub fn nearest(&self) -> Option<&Decision> {
        self.decisions
            .iter()
            .min_by_key(|decision| (decision.allowed, decision.remaining, std::cmp::Reverse(decision.reset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_refuses_or_leaves_the_fewest_calls() {
        let decision = |name, allowed, calls, seconds| {
            let policy = Policy::new(name, 10, Duration::from_mins(1));
            Decision::new(policy, allowed, calls, Duration::from_secs(seconds))
        };
        let check = |decisions: &[Decision], expected| {
            let verdict = Verdict::new(decisions.to_vec());
            assert_eq!(verdict.nearest().map(|decision| decision.policy.name()), expected);
        };
        check(&[], None);
        check(&[decision("a", true, 3, 9), decision("b", true, 4, 9)], Some("b"));
        check(&[decision("a", true, 10, 9), decision("b", false, 10, 8)], Some("b"));
        check(&[decision("a", false, 10, 9), decision("b", false, 10, 8)], Some("a"));
        check(&[decision("a", true, 3, 8), decision("b", true, 3, 9)], Some("b"));
    }

    #[test]
    fn names_keep_windows_apart() {
        let tag = |name| Policy::new(name, 1, Duration::from_secs(1)).tag;
        assert_eq!(tag("login"), tag("login"));
        assert_ne!(tag("login"), tag("lines"));
    }
}
