//! How often somebody may try to sign in: for each account, whether it exists or not, and for each address. Counted in this
//! process, before any password is hashed.

use std::{
    hash::BuildHasher,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use foldhash::quality::RandomState;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

use crate::{Error, Result};

/// Tries after which those who have waited long enough are forgotten.
const SWEEP: u64 = 1024;
/// The time that limits are told for.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

type Limiter = RateLimiter<
    u64,
    HashMapStateStore<u64>,
    MonotonicClock,
    NoOpMiddleware<<MonotonicClock as Clock>::Instant>,
>;

/// The limits of those who try.
pub(super) struct Throttle {
    accounts: Option<Limit>,
    addresses: Option<Limit>,
    hasher: RandomState,
}

struct Limit {
    tries: NonZeroU32,
    limiter: Limiter,
    counted: AtomicU64,
}

impl Throttle {
    /// So many tries a minute; 0 is no limit.
    pub(super) fn new(per_account: u32, per_address: u32) -> Self {
        Self {
            accounts: Limit::new(per_account),
            addresses: Limit::new(per_address),
            hasher: RandomState::default(),
        }
    }

    /// Counts a try of an address, where it is known.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) fn count_address(&self, address: Option<IpAddr>) -> Result<()> {
        match (&self.addresses, address) {
            (Some(limit), Some(address)) => limit.count(self.hasher.hash_one(network(address))),
            _ => Ok(()),
        }
    }

    /// Counts a try of an address at an account.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) fn count(&self, address: Option<IpAddr>, email: &str) -> Result<()> {
        self.count_address(address)?;
        match &self.accounts {
            Some(limit) => limit.count(self.hasher.hash_one(email.to_lowercase())),
            None => Ok(()),
        }
    }
}

impl Limit {
    fn new(tries: u32) -> Option<Self> {
        let tries = NonZeroU32::new(tries)?;
        let quota = Quota::per_minute(tries);
        let limiter = Limiter::new(quota, HashMapStateStore::default(), MonotonicClock);
        Some(Self { tries, limiter, counted: AtomicU64::new(0) })
    }

    fn count(&self, key: u64) -> Result<()> {
        // Each try brings one key at most, so there are never many more keys than were tried within a minute.
        if self.counted.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&key).map_err(|refused| Error::Throttled {
            limit: self.tries.get(),
            period: PERIOD,
            retry_after: refused.wait_time_from(MonotonicClock.now()),
        })
    }
}

/// Whoever has an IPv6 address has the 2^64 of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_addresses_have_limits_of_their_own() {
        let throttle = Throttle::new(2, 3);
        let address = |text: &str| Some(text.parse().unwrap());
        throttle.count(address("192.0.2.1"), "ana@example.com").unwrap();
        throttle.count(address("192.0.2.2"), "ANA@example.com").unwrap();
        let refused = throttle.count(address("192.0.2.3"), "Ana@example.com").unwrap_err();
        let Error::Throttled { limit: 2, retry_after, .. } = refused else { panic!("{refused:?}") };
        assert!(retry_after <= Duration::from_secs(30) && !retry_after.is_zero(), "{retry_after:?}");
        throttle.count(address("::ffff:192.0.2.1"), "eve@example.com").unwrap();
        throttle.count_address(address("192.0.2.1")).unwrap();
        assert!(throttle.count_address(address("192.0.2.1")).is_err());
        throttle.count(None, "bob@example.com").unwrap();
    }

    #[test]
    fn a_network_counts_as_one_and_nothing_is_kept_of_those_who_have_waited() {
        let throttle = Throttle::new(0, 1);
        throttle.count_address(Some("2001:db8::1".parse().unwrap())).unwrap();
        assert!(throttle.count_address(Some("2001:db8::2".parse().unwrap())).is_err());
        throttle.count_address(Some("2001:db8:0:1::1".parse().unwrap())).unwrap();

        let often = Limit::new(u32::MAX).unwrap();
        (0..10 * SWEEP).for_each(|key| often.count(key).unwrap());
        assert!(often.limiter.len() <= 2 * usize::try_from(SWEEP).unwrap(), "{}", often.limiter.len());
    }
}
