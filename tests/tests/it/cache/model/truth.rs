//! The source of truth, and what each process has been told to be true.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::cache::node::{Item, Name, item};

/// The versions of all values. A value that was never written has version 0 and does not exist.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth(Arc<Mutex<Versions>>);

#[derive(Debug, Default)]
struct Versions {
    committed: HashMap<Name, u64>,
    /// By process: what no read of it may fall behind.
    acknowledged: [HashMap<Name, u64>; 2],
}

impl Truth {
    pub(super) fn committed(&self, name: Name) -> u64 {
        self.0.lock().unwrap().committed.get(&name).copied().unwrap_or_default()
    }

    pub(super) fn load(&self, name: Name) -> Option<Item> {
        match self.committed(name) {
            0 => None,
            version => Some(item(version)),
        }
    }

    /// Writes new versions.
    pub(super) fn commit(&self, names: &[Name]) -> Vec<(Name, u64)> {
        let mut versions = self.0.lock().unwrap();
        let next = |&name| {
            let version = versions.committed.entry(name).or_default();
            *version += 1;
            (name, *version)
        };
        names.iter().map(next).collect()
    }

    pub(super) fn acknowledge(&self, node: usize, written: &[(Name, u64)]) {
        let mut versions = self.0.lock().unwrap();
        for &(name, version) in written {
            let known = versions.acknowledged[node].entry(name).or_default();
            *known = version.max(*known);
        }
    }

    pub(super) fn acknowledged(&self, node: usize, name: Name) -> u64 {
        self.0.lock().unwrap().acknowledged[node].get(&name).copied().unwrap_or_default()
    }
}
