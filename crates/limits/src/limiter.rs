//! Decides whether a call is let through: by the windows here, and by those in Redis where it answers in time.

use std::{fmt, time::Instant};

use stockroom_redis_link::RedisLink;

use crate::{
    Decision, Policy, Settings, Subject, Verdict,
    remote_windows::{RemoteWindow, RemoteWindows},
    windows::{Counted, Time, Windows},
};

/// Counts calls. One is shared by all threads of a process.
pub struct Limiter {
    windows: Windows,
    remote: Option<RemoteWindows>,
    settings: Settings,
    started: Instant,
}

/// A policy, and who is counted under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The policy.
    pub policy: Policy,
    /// Who is counted.
    pub subject: Subject,
}

impl Limiter {
    /// Counts in this process alone.
    pub fn alone(settings: Settings) -> Self {
        let started = settings.clock.now();
        Self { windows: Windows::new(settings.subjects), remote: None, settings, started }
    }

    /// Counts together with all processes that share the Redis server of this link, in the runtime that this is called in.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn shared(settings: Settings, link: &RedisLink) -> Self {
        let remote = RemoteWindows::attach(link, &settings);
        Self { remote: Some(remote), ..Self::alone(settings) }
    }

    /// Counts a call under one policy.
    pub async fn check(&self, policy: &Policy, subject: Subject) -> Decision {
        let checks = [Check { policy: *policy, subject }];
        let decisions = self.decide(&checks).await;
        // There is one for each check.
        decisions[0]
    }

    /// Counts a call under all of these policies or, when one of them refuses, under none; in one round trip to Redis.
    pub async fn check_all(&self, checks: &[Check]) -> Verdict {
        Verdict::new(self.decide(checks).await)
    }

    async fn decide(&self, checks: &[Check]) -> Vec<Decision> {
        let now = self.now();
        let counted = self.count_here(checks, now);
        // Whoever has no calls left here has none anywhere, so that a flood of refused calls does not reach Redis.
        let refused = counted.iter().any(|counted| !counted.allowed && !counted.crowded);
        let remote_windows = match &self.remote {
            Some(remote) if !refused && !checks.is_empty() => remote.count(checks).await,
            _ => None,
        };
        let decisions = match remote_windows {
            Some(remote_windows) => self.follow(checks, &counted, &remote_windows),
            None => self.settle(checks, &counted, now),
        };
        for decision in decisions.iter().filter(|decision| !decision.allowed) {
            metrics::counter!("stockroom_rate_limited_total", "policy" => decision.policy.name())
                .increment(1);
        }
        decisions
    }

    /// Whether a subject has no calls left here, without counting one.
    pub fn is_used_up(&self, policy: &Policy, subject: Subject) -> bool {
        !self.windows.peek(policy, subject, self.now()).allowed
    }

    /// Whether Redis decides at present.
    pub fn is_shared(&self) -> bool {
        self.remote.as_ref().is_some_and(RemoteWindows::is_used)
    }

    /// How many windows are remembered in this process.
    pub fn subjects(&self) -> usize {
        self.windows.len()
    }

    /// Counts under each policy until one refuses; from there on only tells.
    fn count_here(&self, checks: &[Check], now: Time) -> Vec<Counted> {
        let mut refused = false;
        let count = |Check { policy, subject }: &Check| {
            let counted = if refused {
                self.windows.peek(policy, *subject, now)
            } else {
                self.windows.count(policy, *subject, now)
            };
            refused |= !counted.allowed && !counted.crowded;
            counted
        };
        checks.iter().map(count).collect()
    }

    /// What is decided in this process alone.
    fn settle(&self, checks: &[Check], counted: &[Counted], now: Time) -> Vec<Decision> {
        let refused = counted.iter().any(|counted| !counted.allowed);
        let decide = |(check, counted): (&Check, &Counted)| {
            let mut calls = counted.calls;
            if refused && counted.taken {
                self.windows.give_back(&check.policy, check.subject, counted);
                calls = calls.saturating_sub(1);
            }
            Decision::new(check.policy, counted.allowed, calls, counted.ends.saturating_sub(now))
        };
        checks.iter().zip(counted).map(decide).collect()
    }

    /// What Redis has decided. The windows here take it over.
    fn follow(
        &self,
        checks: &[Check],
        counted: &[Counted],
        remote_windows: &[RemoteWindow],
    ) -> Vec<Decision> {
        let now = self.now();
        let refused = remote_windows.iter().any(|remote| !remote.allowed);
        let decide = |((check, counted), remote): ((&Check, &Counted), &RemoteWindow)| {
            let Check { policy, subject } = check;
            if refused && counted.taken {
                self.windows.give_back(policy, *subject, counted);
            }
            let ends = now + remote.left.min(policy.period());
            let (calls, ends) = if counted.crowded {
                (remote.calls, ends)
            } else {
                self.windows.follow(policy, *subject, remote.calls, ends, now)
            };
            Decision::new(*policy, remote.allowed, calls, ends.saturating_sub(now))
        };
        checks.iter().zip(counted).zip(remote_windows).map(decide).collect()
    }

    fn now(&self) -> Time {
        self.settings.clock.now().saturating_duration_since(self.started)
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
