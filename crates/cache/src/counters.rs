//! What a cache has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What a cache has done since it was made.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Counters { $($(#[$doc])* pub $name: u64,)+ }

        #[derive(Debug, Default)]
        pub(crate) struct Tally { $(pub(crate) $name: Count,)+ }

        impl Tally {
            pub(crate) fn read(&self) -> Counters {
                Counters { $($name: self.$name.0.load(Ordering::Relaxed),)+ }
            }
        }

        impl Counters {
            /// Every counter with its name.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }
    };
}

counters! {
    /// Reads answered by a value in this process.
    local_hits,
    /// Reads answered by a value in Redis.
    redis_hits,
    /// Reads that found nothing at once and waited for a load, their own or another's.
    misses,
    /// Loads that were started.
    loads,
    /// Loads that failed or were abandoned.
    failed_loads,
    /// Reads that waited for a load that another read had started.
    coalesced,
    /// Loads that waited for another process to load.
    lease_waits,
    /// Waits that ended without a value: the other process was too slow.
    lease_timeouts,
    /// Reads answered with a value past its time to live.
    stale_served,
    /// Loads started because a value is about to expire.
    early_refreshes,
    /// Loads whose value was not kept, because it was invalidated meanwhile.
    voided_loads,
    /// Changes made here.
    invalidations,
    /// Changes that other processes told of.
    remote_invalidations,
    /// Times that everything in this process was dropped: changes may have been missed.
    flushes,
    /// Values in Redis that were not of the format, and were dropped.
    redis_garbage,
    /// Times that Redis did not answer, not in time, or with an error.
    redis_faults,
    /// Reads that left Redis out.
    redis_bypassed,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
