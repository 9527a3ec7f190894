//! What is cached under which name, and what a change touches.

use std::{collections::HashSet, fmt::Display, hash::Hash, str::FromStr};

use bytes::Bytes;

/// The name of a value. Its text is its name in Redis, and what other processes are told when it is invalidated: it is
/// read back with [`FromStr`], and has no line breaks.
pub trait Key: Clone + Eq + Hash + Display + FromStr + Send + Sync + 'static {
    /// What it dies with, besides its own invalidation.
    fn namespace(&self) -> Namespace;
}

/// A value. Cheap to clone: every read gets one.
pub trait Value: Clone + Send + Sync + 'static {
    /// Bytes that it takes in memory, about.
    fn weight(&self) -> usize;

    /// Its form in Redis, appended to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads that form; `None` when it is not one.
    fn decode(bytes: Bytes) -> Option<Self>;
}

/// A set of values that can be invalidated together. There are [`Namespace::COUNT`] of them, numbered by their user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Namespace(u8);

impl Namespace {
    /// How many there are.
    pub const COUNT: u8 = 8;

    /// The namespace with this number.
    ///
    /// # Panics
    /// When there is no such namespace; at compile time, in a constant.
    pub const fn new(number: u8) -> Self {
        assert!(number < Self::COUNT, "there are only eight namespaces");
        Self(number)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }
}

/// A set of namespaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Namespaces(u8);

impl Namespaces {
    pub(crate) const ALL: Self = Self(u8::MAX);

    pub(crate) fn iter(self) -> impl Iterator<Item = Namespace> {
        Namespace::all().filter(move |namespace| self.0 & (1 << namespace.0) != 0)
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// What a change has touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation<K: Eq + Hash> {
    /// Each once: many orders of one product touch it once.
    pub(crate) keys: HashSet<K>,
    pub(crate) namespaces: Namespaces,
}

impl<K: Eq + Hash> Default for Invalidation<K> {
    fn default() -> Self {
        Self { keys: HashSet::new(), namespaces: Namespaces::default() }
    }
}

impl<K: Eq + Hash> Invalidation<K> {
    /// Everything.
    pub fn everything() -> Self {
        Self { keys: HashSet::new(), namespaces: Namespaces::ALL }
    }

    /// This value too.
    pub fn key(&mut self, key: K) -> &mut Self {
        self.keys.insert(key);
        self
    }

    /// Everything in this namespace too.
    pub fn namespace(&mut self, namespace: Namespace) -> &mut Self {
        self.namespaces.add(Namespaces(1 << namespace.0));
        self
    }

    /// Whether it touches nothing.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.namespaces == Namespaces::default()
    }
}
