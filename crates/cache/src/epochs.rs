//! The versions of the namespaces as this process knows them. A value carries the one that its load began under, and is
//! good for as long as that is still the one.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::key::{Namespace, Namespaces};

#[derive(Debug, Default)]
pub(crate) struct Epochs([AtomicU64; Namespace::COUNT as usize]);

impl Epochs {
    pub(crate) fn of(&self, namespace: Namespace) -> u64 {
        self.0[namespace.index()].load(Ordering::SeqCst)
    }

    pub(crate) fn end(&self, namespaces: Namespaces) {
        for namespace in namespaces.iter() {
            self.0[namespace.index()].fetch_add(1, Ordering::SeqCst);
        }
    }
}
