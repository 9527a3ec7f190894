//! The windows of this process: a bounded number of them, in shards.
//!
//! A full shard makes room among a few windows taken at random: one that has ended, else the one with the fewest calls. A
//! window without calls left is never given up before it ends. When there is nobody to give up, a new subject shares the
//! window of a crowd.

mod shard;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::shard::Shard;
use crate::{Policy, Subject};

/// Locks, so that threads seldom meet at one.
const SHARDS: usize = 64;

pub(crate) struct Windows {
    shards: Box<[Mutex<Shard>]>,
}

/// A time, since the limiter was made.
pub(crate) type Time = Duration;

/// How a call was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Whether the window had a call left.
    pub(crate) allowed: bool,
    /// Calls in the window, with this one.
    pub(crate) calls: u32,
    /// When it ends.
    pub(crate) ends: Time,
    /// Whether the call was counted, and not only looked at.
    pub(crate) taken: bool,
    /// Whether there was no place for a window of the subject's own.
    pub(crate) crowded: bool,
    /// Which of the windows that its subject has had.
    serial: u32,
}

impl Windows {
    pub(crate) fn new(most: usize) -> Self {
        let each = most.div_ceil(SHARDS).max(1);
        Self { shards: (0..SHARDS).map(|_| Mutex::new(Shard::new(each))).collect() }
    }

    /// Counts a call, if the window has one left.
    pub(crate) fn count(&self, policy: &Policy, subject: Subject, now: Time) -> Counted {
        let key = key(policy, subject);
        self.shard(key).count(key, policy, now)
    }

    /// How a subject stands, without counting.
    pub(crate) fn peek(&self, policy: &Policy, subject: Subject, now: Time) -> Counted {
        let key = key(policy, subject);
        self.shard(key).peek(key, policy, now)
    }

    /// Takes a call back that was counted and then not let through.
    pub(crate) fn give_back(&self, policy: &Policy, subject: Subject, counted: &Counted) {
        let key = key(policy, subject);
        self.shard(key).give_back(key, policy, counted);
    }

    /// Takes over what was counted for all processes, unless more was counted here. The calls and the end that hold now.
    pub(crate) fn follow(
        &self,
        policy: &Policy,
        subject: Subject,
        calls: u32,
        ends: Time,
        now: Time,
    ) -> (u32, Time) {
        let key = key(policy, subject);
        self.shard(key).follow(key, policy, calls, ends, now)
    }

    /// How many windows are remembered.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    fn shard(&self, key: u128) -> MutexGuard<'_, Shard> {
        // A hash: any of its bits will do.
        let index = usize::from(key.to_be_bytes()[0]) % SHARDS;
        lock(&self.shards[index])
    }
}

fn key(policy: &Policy, subject: Subject) -> u128 {
    policy.tag ^ subject.0
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
