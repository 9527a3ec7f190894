//! What has become of the parts: the last changes of each, in memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};

/// Changes that are remembered, of all parts together.
const MOST: usize = 100;

/// A part that is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthChange {
    /// The part: `service`, `database`, `migrations` or `redis`.
    pub component: &'static str,
    /// How it was.
    pub from: &'static str,
    /// How it is since then.
    pub to: &'static str,
    /// When that was seen.
    pub at: DateTime<Utc>,
}

/// The last changes.
#[derive(Default)]
pub(super) struct History(Mutex<Changes>);

#[derive(Default)]
struct Changes {
    now: BTreeMap<&'static str, &'static str>,
    changes: VecDeque<HealthChange>,
}

impl History {
    /// Notes how a part is; nothing when it was so before. The first time there is nothing that it was before.
    pub(super) fn note(&self, component: &'static str, to: &'static str) {
        let mut history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(from) = history.now.insert(component, to).filter(|from| *from != to) else { return };
        if history.changes.len() == MOST {
            history.changes.pop_front();
        }
        history.changes.push_back(HealthChange { component, from, to, at: Utc::now() });
    }

    /// The changes, oldest first.
    pub(super) fn list(&self) -> Vec<HealthChange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).changes.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_kept_and_only_the_last() {
        let history = History::default();
        for status in ["up", "up", "down"] {
            history.note("database", status);
        }
        history.note("redis", "up");
        let changes = history.list();
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].component, changes[0].from, changes[0].to), ("database", "up", "down"));

        for _ in 0..MOST {
            history.note("database", "up");
            history.note("database", "down");
        }
        assert_eq!(history.list().len(), MOST);
    }
}
