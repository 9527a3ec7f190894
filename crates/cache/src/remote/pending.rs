//! Changes that Redis could not be told of yet. Until it has been, nothing it holds is believed.

use std::collections::HashSet;

use crate::key::Namespaces;

/// Names remembered at most; beyond that everything is invalidated.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Pending {
    names: HashSet<String>,
    namespaces: Namespaces,
    /// Counts the additions, to tell whether there were any while others were delivered.
    additions: u64,
}

/// What is to be delivered.
pub(crate) struct Batch {
    pub(crate) names: Vec<String>,
    pub(crate) namespaces: Namespaces,
    additions: u64,
}

impl Pending {
    pub(crate) fn add(&mut self, names: impl IntoIterator<Item = String>, namespaces: Namespaces) {
        self.additions += 1;
        self.namespaces.add(namespaces);
        self.names.extend(names);
        if self.names.len() > MOST {
            self.add_everything();
        }
    }

    pub(crate) fn add_everything(&mut self) {
        self.additions += 1;
        // Every value dies with its namespace.
        self.namespaces = Namespaces::ALL;
        self.names.clear();
    }

    pub(crate) fn batch(&self) -> Batch {
        Batch {
            names: self.names.iter().cloned().collect(),
            namespaces: self.namespaces,
            additions: self.additions,
        }
    }

    /// Forgets what was delivered. What was added meanwhile may be about the same values, so then all is delivered again.
    pub(crate) fn delivered(&mut self, batch: &Batch) {
        if self.additions == batch.additions {
            self.names.clear();
            self.namespaces = Namespaces::default();
        }
    }
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.namespaces == Namespaces::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_during_a_delivery_are_delivered_again() {
        let mut pending = Pending::default();
        pending.add(["a".to_owned()], Namespaces::default());
        let batch = pending.batch();
        pending.add(["a".to_owned()], Namespaces::default());
        pending.delivered(&batch);
        assert!(!pending.batch().is_empty());
        pending.delivered(&pending.batch());
        assert!(pending.batch().is_empty());
    }

    #[test]
    fn too_many_become_everything() {
        let mut pending = Pending::default();
        pending.add((0..=MOST).map(|number| number.to_string()), Namespaces::default());
        let batch = pending.batch();
        assert!(batch.names.is_empty());
        assert_eq!(batch.namespaces, Namespaces::ALL);
    }
}
