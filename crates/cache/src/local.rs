//! The values in this process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use foldhash::fast::RandomState;

use crate::{
    Settings,
    counters::Tally,
    entry::{Entry, Freshness},
    epochs::Epochs,
    flight::{Flight, Flights},
    key::{Key, Namespaces, Value},
    settings::LONGEST_TTL,
};

/// What a value costs besides itself: its key, its place in the map, its times.
const OVERHEAD: usize = 256;

/// The values in this process, and the loads that will bring more.
pub(crate) struct Local<K, V, E> {
    entries: moka::sync::Cache<K, Entry<V>, RandomState>,
    epochs: Epochs,
    flights: Flights<K, V, E>,
    /// Whether other processes' changes may go unheard.
    blind: AtomicBool,
    pub(crate) tally: Tally,
}

/// What a reader gets who found no good value at first.
pub(crate) enum Joined<V, E> {
    /// A value that has come meanwhile.
    Found(Entry<V>),
    /// A load that another reader started.
    Waiting(Arc<Flight<V, E>>),
    /// A load that this reader has to do.
    Started(Arc<Flight<V, E>>),
}

impl<K: Key, V: Value, E: Send + Sync + 'static> Local<K, V, E> {
    pub(crate) fn new(settings: &Settings, blind: bool) -> Self {
        let weigh = |_: &K, entry: &Entry<V>| {
            let weight = OVERHEAD + entry.value.as_ref().map_or(0, Value::weight);
            u32::try_from(weight).unwrap_or(u32::MAX)
        };
        let entries = moka::sync::Cache::builder()
            .max_capacity(settings.capacity)
            .weigher(weigh)
            .build_with_hasher(RandomState::default());
        Self {
            entries,
            epochs: Epochs::default(),
            flights: Flights::new(),
            blind: AtomicBool::new(blind),
            tally: Tally::default(),
        }
    }

    /// The value, unless its namespace has ended since it was loaded.
    pub(crate) fn find(&self, key: &K) -> Option<Entry<V>> {
        let entry = self.entries.get(key)?;
        (entry.epoch == self.epochs.of(key.namespace())).then_some(entry)
    }

    pub(crate) fn join(&self, key: &K, now: Instant) -> Joined<V, E> {
        let mut flying = self.flights.lock(key);
        if let Some(entry) = self.find(key)
            && entry.freshness(now) != Freshness::Expired
        {
            return Joined::Found(entry);
        }
        let epoch = self.epochs.of(key.namespace());
        if let Some(flight) = flying.get(key)
            && flight.epoch == epoch
        {
            return Joined::Waiting(flight.clone());
        }
        let flight = Arc::new(Flight::new(epoch));
        flying.insert(key.clone(), flight.clone());
        Joined::Started(flight)
    }

    /// A load for a value that is still there; none when one is under way.
    pub(crate) fn refresh(&self, key: &K) -> Option<Arc<Flight<V, E>>> {
        let mut flying = self.flights.lock(key);
        let epoch = self.epochs.of(key.namespace());
        if flying.get(key).is_some_and(|flight| flight.epoch == epoch) {
            return None;
        }
        let flight = Arc::new(Flight::new(epoch));
        flying.insert(key.clone(), flight.clone());
        Some(flight)
    }

    /// Ends a load and keeps what it brought, unless that was invalidated meanwhile.
    pub(crate) fn end(&self, key: &K, flight: &Arc<Flight<V, E>>, entry: Option<Entry<V>>) {
        let mut flying = self.flights.lock(key);
        let valid = flying.get(key).is_some_and(|current| Arc::ptr_eq(current, flight));
        if valid {
            flying.remove(key);
        }
        let Some(entry) = entry else { return };
        if valid && entry.epoch == self.epochs.of(key.namespace()) {
            self.entries.insert(key.clone(), entry);
        } else {
            self.tally.voided_loads.add();
        }
    }

    /// Until when a value is fresh and until when it may be served stale, given when its load began and its time to live.
    pub(crate) fn deadlines(
        &self,
        begun: Instant,
        ttl: Duration,
        absent: bool,
        settings: &Settings,
    ) -> (Instant, Instant) {
        let fresh_until = settings.clock.now() + ttl;
        if self.blind.load(Ordering::SeqCst) {
            // The load may have found the value at its very beginning.
            let until = fresh_until.min(begun + settings.blind_ttl.min(LONGEST_TTL));
            (until, until)
        } else if absent {
            (fresh_until, fresh_until)
        } else {
            (fresh_until, fresh_until + settings.stale.min(LONGEST_TTL))
        }
    }

    pub(crate) fn invalidate<'a>(&self, keys: impl IntoIterator<Item = &'a K>, namespaces: Namespaces) {
        self.epochs.end(namespaces);
        for key in keys {
            let mut flying = self.flights.lock(key);
            flying.remove(key);
            self.entries.invalidate(key);
        }
    }
}

/// What other processes tell.
pub(crate) trait Listener: Send + Sync {
    /// Another process has invalidated these.
    fn invalidated(&self, names: &[&str], namespaces: Namespaces);
    /// From now on changes are heard, or are not. Either way some may have been missed.
    fn hears(&self, hears: bool);
    fn tally(&self) -> &Tally;
}

impl<K: Key, V: Value, E: Send + Sync + 'static> Listener for Local<K, V, E> {
    fn invalidated(&self, names: &[&str], namespaces: Namespaces) {
        self.tally.remote_invalidations.add();
        let keys: Result<Vec<K>, _> = names.iter().map(|name| name.parse()).collect();
        match keys {
            Ok(keys) => self.invalidate(&keys, namespaces),
            // A newer version knows names that this one does not.
            Err(_) => self.invalidate(&[], Namespaces::ALL),
        }
    }

    fn hears(&self, hears: bool) {
        // In this order: a load that still sees the old state began under an epoch that ends here.
        self.blind.store(!hears, Ordering::SeqCst);
        self.epochs.end(Namespaces::ALL);
        self.tally.flushes.add();
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
