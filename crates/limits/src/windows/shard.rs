//! Some of the windows, behind one lock.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{Counted, Time};
use crate::Policy;

/// Windows that are looked at to find one to give up.
const LOOKED_AT: usize = 16;

pub(super) struct Shard {
    windows: IndexMap<u128, Window, RandomState>,
    most: usize,
    /// The windows that subjects share for whom there was no place, by policy.
    crowds: HashMap<u128, Window, RandomState>,
    serial: u32,
}

#[derive(Clone, Copy)]
struct Window {
    ends: Time,
    calls: u32,
    limit: u32,
    serial: u32,
}

impl Window {
    fn count(&mut self, crowded: bool) -> Counted {
        let allowed = self.calls < self.limit;
        self.calls += u32::from(allowed);
        Counted { taken: allowed, ..self.told(allowed, crowded) }
    }

    const fn told(&self, allowed: bool, crowded: bool) -> Counted {
        Counted { allowed, calls: self.calls, ends: self.ends, taken: false, crowded, serial: self.serial }
    }

    /// How much of the window is used, in some unit; `None` when all of it is.
    fn used(&self) -> Option<u64> {
        (self.calls < self.limit).then(|| (u64::from(self.calls) << 32) / u64::from(self.limit))
    }
}

impl Shard {
    pub(super) fn new(most: usize) -> Self {
        Self { windows: IndexMap::default(), most, crowds: HashMap::default(), serial: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.windows.len()
    }

    pub(super) fn count(&mut self, key: u128, policy: &Policy, now: Time) -> Counted {
        let limit = policy.calls();
        if let Some(window) = self.windows.get_mut(&key)
            && window.ends > now
        {
            window.limit = limit;
            return window.count(false);
        }
        let mut window = self.begin(policy, now);
        let counted = window.count(false);
        if self.put(key, window, now) {
            return counted;
        }
        let fresh = Window { calls: 0, ..window };
        let crowd = self.crowds.entry(policy.tag).or_insert(fresh);
        if crowd.ends <= now {
            *crowd = fresh;
        }
        crowd.count(true)
    }

    pub(super) fn peek(&mut self, key: u128, policy: &Policy, now: Time) -> Counted {
        match self.windows.get(&key) {
            Some(window) if window.ends > now => window.told(window.calls < policy.calls(), false),
            _ => self.begin(policy, now).told(policy.calls() > 0, false),
        }
    }

    pub(super) fn give_back(&mut self, key: u128, policy: &Policy, counted: &Counted) {
        let window =
            if counted.crowded { self.crowds.get_mut(&policy.tag) } else { self.windows.get_mut(&key) };
        if let Some(window) = window
            && window.serial == counted.serial
        {
            window.calls = window.calls.saturating_sub(1);
        }
    }

    pub(super) fn follow(
        &mut self,
        key: u128,
        policy: &Policy,
        calls: u32,
        ends: Time,
        now: Time,
    ) -> (u32, Time) {
        match self.windows.get_mut(&key) {
            Some(window) if window.ends > now => {
                if calls >= window.calls {
                    (window.calls, window.ends) = (calls, ends);
                }
                (window.calls, window.ends)
            }
            _ => {
                let window = Window { ends, calls, ..self.begin(policy, now) };
                self.put(key, window, now);
                (calls, ends)
            }
        }
    }

    fn begin(&mut self, policy: &Policy, now: Time) -> Window {
        self.serial = self.serial.wrapping_add(1);
        Window { ends: now + policy.period(), calls: 0, limit: policy.calls(), serial: self.serial }
    }

    /// Keeps a window, if there is a place for it.
    fn put(&mut self, key: u128, window: Window, now: Time) -> bool {
        if let Some(kept) = self.windows.get_mut(&key) {
            *kept = window;
            return true;
        }
        if self.windows.len() >= self.most && !self.make_room(now) {
            return false;
        }
        self.windows.insert(key, window);
        true
    }

    fn make_room(&mut self, now: Time) -> bool {
        let mut least: Option<(u64, usize)> = None;
        for _ in 0..LOOKED_AT {
            let index = fastrand::usize(..self.windows.len());
            let Some((_, window)) = self.windows.get_index(index) else { continue };
            if window.ends <= now {
                least = Some((0, index));
                break;
            }
            if let Some(used) = window.used()
                && least.is_none_or(|(fewest, _)| used < fewest)
            {
                least = Some((used, index));
            }
        }
        least.is_some_and(|(_, index)| self.windows.swap_remove_index(index).is_some())
    }
}
