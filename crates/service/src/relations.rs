//! Joins rows to their relatives in memory, after one query for each relation.

use std::{collections::HashMap, hash::Hash};

/// The distinct keys of some rows, in ascending order.
pub(crate) fn keys<T, K: Ord>(rows: &[T], key: impl Fn(&T) -> K) -> Vec<K> {
    let mut keys: Vec<K> = rows.iter().map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The rows by their key.
pub(crate) fn by_key<T, K: Eq + Hash>(rows: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// The rows grouped by the key of their parent, each group in the order given.
pub(crate) fn by_parent<T, K: Eq + Hash>(rows: Vec<T>, parent: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(parent(&row)).or_default().push(row);
    }
    groups
}
