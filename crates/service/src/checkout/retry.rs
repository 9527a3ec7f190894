//! The decision table of checkout: what becomes of a group of orders after an attempt to place it has failed.

use std::time::{Duration, Instant};

use stockroom_repository::Error;

/// How long a group with an unknown commit is tried again. Its callers cannot be answered before their keys were looked up.
pub(super) const UNKNOWN_COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause before the next attempt.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// Attempts that may lose against other transactions.
const MOST_CONFLICTS: u32 = 4;

/// What to do with a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Try it again; the reason is counted.
    Retry(&'static str),
    /// Refuse the orders of products that are locked elsewhere, and place the others.
    RefuseLocked,
    /// Place its halves separately: the failure may belong to one order alone.
    Split,
    /// Refuse it.
    Refuse,
}

/// What happened to a group before.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// Until when an unknown commit is resolved by trying again.
    unknown_commit_until: Option<Instant>,
    conflicts: u32,
    reconnected: bool,
}

/// What else an action depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub(super) now: Instant,
    /// Orders of the group.
    pub(super) orders: usize,
    /// Whether a new connection may lead to a server that answers, or that takes changes.
    pub(super) reconnecting_helps: bool,
}

impl Attempts {
    /// Whether a commit of this group had an unknown outcome: an order found by its key was placed for the caller who waits.
    pub(super) fn had_unknown_commit(&self) -> bool {
        self.unknown_commit_until.is_some()
    }

    /// Decides on an error, and remembers it.
    pub(super) fn decide(&mut self, error: &Error, circumstances: Circumstances) -> Action {
        let action = self.action(error, circumstances);
        match (action, error) {
            (Action::Retry(_), Error::CommitLost(_)) => {
                self.unknown_commit_until.get_or_insert(circumstances.now + UNKNOWN_COMMIT_TIMEOUT);
            }
            (Action::Retry(_), Error::Conflict(_)) => self.conflicts += 1,
            (Action::Retry(_), Error::Lost(_) | Error::ReadOnly(_)) => self.reconnected = true,
            _ => {}
        }
        action
    }

    fn action(
        &self,
        error: &Error,
        Circumstances { now, orders, reconnecting_helps }: Circumstances,
    ) -> Action {
        let resolving = self.unknown_commit_until.is_some_and(|until| now < until);
        match error {
            // The outcome is unknown. Orders that were committed are found by their keys; the others are placed.
            Error::CommitLost(_) if resolving || self.unknown_commit_until.is_none() => {
                Action::Retry("commit_lost")
            }
            Error::CommitLost(_) => Action::Refuse,
            // A request was answered by another process meanwhile, or a script breaks the lock order.
            Error::Conflict(_) if resolving || self.conflicts < MOST_CONFLICTS => Action::Retry("conflict"),
            Error::Conflict(_) => split_or_refuse(orders),
            error if resolving && error.passes() => Action::Retry("unavailable"),
            // Nothing of it was committed.
            Error::Lost(_) if reconnecting_helps && !self.reconnected => Action::Retry("connection_lost"),
            Error::ReadOnly(_) if reconnecting_helps && !self.reconnected => Action::Retry("read_only"),
            Error::Locked(_) => Action::RefuseLocked,
            // No order of the group would fare better without the others.
            Error::Unavailable(_)
            | Error::NotLetIn(_)
            | Error::Lost(_)
            | Error::ReadOnly(_)
            | Error::OutOfResources(_)
            | Error::TimedOut(_) => Action::Refuse,
            _ => split_or_refuse(orders),
        }
    }
}

pub(super) fn split_or_refuse(orders: usize) -> Action {
    if orders > 1 { Action::Split } else { Action::Refuse }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circumstances(orders: usize) -> Circumstances {
        Circumstances { now: Instant::now(), orders, reconnecting_helps: true }
    }

    fn text() -> String {
        "why".to_owned()
    }

    #[track_caller]
    fn check(error: &Error, of_many: Action, of_one: Action) {
        assert_eq!(Attempts::default().decide(error, circumstances(2)), of_many, "{error}");
        assert_eq!(Attempts::default().decide(error, circumstances(1)), of_one, "{error}");
    }

    fn commit_lost() -> Error {
        Error::CommitLost(text())
    }

    #[test]
    fn the_table() {
        use Action::{Refuse, RefuseLocked, Retry, Split};
        check(&commit_lost(), Retry("commit_lost"), Retry("commit_lost"));
        check(&Error::Conflict(None), Retry("conflict"), Retry("conflict"));
        check(&Error::Lost(text()), Retry("connection_lost"), Retry("connection_lost"));
        check(&Error::ReadOnly(text()), Retry("read_only"), Retry("read_only"));
        check(&Error::Locked(text()), RefuseLocked, RefuseLocked);
        for away in [Error::Unavailable(text()), Error::NotLetIn(text()), Error::OutOfResources(text())] {
            check(&away, Refuse, Refuse);
        }
        check(&Error::TimedOut(text()), Refuse, Refuse);
        check(&Error::KeyReused, Split, Refuse);
    }

    #[test]
    fn what_is_tried_again_has_an_end() {
        let mut attempts = Attempts::default();
        for _ in 0..MOST_CONFLICTS {
            assert_eq!(attempts.decide(&Error::Conflict(None), circumstances(2)), Action::Retry("conflict"));
        }
        assert_eq!(attempts.decide(&Error::Conflict(None), circumstances(2)), Action::Split);
        assert_eq!(attempts.decide(&Error::Conflict(None), circumstances(1)), Action::Refuse);

        let lost = Error::Lost(text());
        assert_eq!(attempts.decide(&lost, circumstances(2)), Action::Retry("connection_lost"));
        assert_eq!(attempts.decide(&lost, circumstances(2)), Action::Refuse);
        let read_only = Error::ReadOnly(text());
        assert_eq!(
            attempts.decide(&read_only, circumstances(2)),
            Action::Refuse,
            "one reconnection for both"
        );
        let helpless = Circumstances { reconnecting_helps: false, ..circumstances(2) };
        assert_eq!(Attempts::default().decide(&lost, helpless), Action::Refuse);
    }

    #[test]
    fn an_unknown_commit_is_resolved_whatever_passes_until_its_time_is_over() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        let at = |seconds| Circumstances { now: now + Duration::from_secs(seconds), ..circumstances(2) };
        assert_eq!(attempts.decide(&commit_lost(), at(0)), Action::Retry("commit_lost"));
        assert!(attempts.had_unknown_commit());
        for passing in [Error::Unavailable(text()), Error::Locked(text()), Error::Lost(text())] {
            assert_eq!(attempts.decide(&passing, at(9)), Action::Retry("unavailable"), "{passing}");
        }
        assert_eq!(attempts.decide(&commit_lost(), at(9)), Action::Retry("commit_lost"));
        assert_eq!(attempts.decide(&commit_lost(), at(10)), Action::Refuse);
        assert_eq!(attempts.decide(&Error::Unavailable(text()), at(10)), Action::Refuse);
    }
}
