//! Which addresses give most trouble at present: bounded memory, in this process, for minutes. When there are more addresses
//! than are kept, the one with the least trouble makes room, and whoever comes inherits its count: an address that gives
//! much trouble is never missed, and one that gives little may be shown with too much.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Addresses that are kept at most.
const MOST: usize = 512;
/// How long is remembered: between this and twice as long.
const HALF: Duration = Duration::from_secs(150);

/// What an address has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Trouble {
    refused: u64,
    failed: u64,
    slow: u64,
}

impl Trouble {
    fn sum(self) -> u64 {
        self.refused + self.failed + self.slow
    }

    fn and(self, other: Self) -> Self {
        Self {
            refused: self.refused + other.refused,
            failed: self.failed + other.failed,
            slow: self.slow + other.slow,
        }
    }
}

/// An address that gives trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Offender {
    /// The address.
    pub address: IpAddr,
    /// Requests that were answered with a status from 400 to 499.
    pub refused: u64,
    /// Requests that were answered with a status from 500.
    pub failed: u64,
    /// Requests that were slow.
    pub slow: u64,
}

/// Notes the addresses that give trouble.
#[derive(Debug, Default)]
pub struct Offenders(Mutex<Halves>);

#[derive(Debug, Default)]
struct Halves {
    since: Option<Instant>,
    now: HashMap<IpAddr, Trouble>,
    before: HashMap<IpAddr, Trouble>,
}

/// Whoever has an IPv6 address usually has all of its /64 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl Offenders {
    /// Notes a request; one that is no trouble costs nothing.
    pub(crate) fn note(&self, address: Option<IpAddr>, status: u16, slow: bool) {
        let trouble = Trouble {
            refused: u64::from((400..500).contains(&status)),
            failed: u64::from(status >= 500),
            slow: u64::from(slow),
        };
        if let Some(address) = address.filter(|_| trouble.sum() > 0) {
            self.note_at(network(address), trouble, Instant::now());
        }
    }

    fn note_at(&self, address: IpAddr, trouble: Trouble, at: Instant) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        halves.turn(at);
        let known = halves.now.get(&address).copied();
        let inherited = match known {
            Some(known) => known,
            None if halves.now.len() < MOST => Trouble::default(),
            None => halves.least(),
        };
        halves.now.insert(address, inherited.and(trouble));
    }

    /// The addresses that gave most trouble in the last minutes, most first.
    pub fn worst(&self, count: usize) -> Vec<Offender> {
        self.worst_at(count, Instant::now())
    }

    fn worst_at(&self, count: usize, at: Instant) -> Vec<Offender> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        halves.turn(at);
        let mut sums = halves.now.clone();
        for (address, trouble) in &halves.before {
            let sum = sums.entry(*address).or_default();
            *sum = sum.and(*trouble);
        }
        drop(halves);
        let mut worst: Vec<_> = sums.into_iter().collect();
        worst.sort_by_key(|(address, trouble)| (std::cmp::Reverse(trouble.sum()), *address));
        worst.truncate(count);
        let offender =
            |(address, Trouble { refused, failed, slow })| Offender { address, refused, failed, slow };
        worst.into_iter().map(offender).collect()
    }
}

impl Halves {
    fn turn(&mut self, at: Instant) {
        let age = at.saturating_duration_since(*self.since.get_or_insert(at));
        if age < HALF {
            return;
        }
        let now = std::mem::take(&mut self.now);
        self.before = if age < 2 * HALF { now } else { HashMap::new() };
        self.since = Some(at);
    }

    /// Takes out what gave least trouble.
    fn least(&mut self) -> Trouble {
        let least = self.now.iter().min_by_key(|(_, trouble)| trouble.sum()).map(|(address, _)| *address);
        least.and_then(|address| self.now.remove(&address)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    const REFUSED: Trouble = Trouble { refused: 1, failed: 0, slow: 0 };

    #[test]
    fn whoever_gives_much_trouble_is_found_among_many_who_give_little() {
        let offenders = Offenders::default();
        let now = Instant::now();
        for number in 0..20_000 {
            offenders.note_at(address(number), REFUSED, now);
            if number % 10 == 0 {
                offenders.note_at(address(1_000_000), REFUSED, now);
            }
        }
        let worst = offenders.worst_at(20, now);
        assert_eq!(worst.len(), 20);
        assert_eq!(worst[0].address, address(1_000_000));
        assert!(worst[0].refused >= 2000, "{worst:?}");
        assert_eq!(offenders.0.lock().unwrap().now.len(), MOST);
    }

    #[test]
    fn trouble_is_forgotten_after_minutes() {
        let offenders = Offenders::default();
        let now = Instant::now();
        offenders.note_at(address(1), REFUSED, now);
        assert_eq!(offenders.worst_at(20, now + HALF).len(), 1);
        assert_eq!(offenders.worst_at(20, now + 3 * HALF).len(), 0);
    }

    #[test]
    fn what_is_answered_well_and_in_time_is_no_trouble() {
        let offenders = Offenders::default();
        offenders.note(Some(address(1)), 200, false);
        assert_eq!(offenders.worst(20), []);
        offenders.note(Some(address(1)), 200, true);
        offenders.note(Some(address(1)), 429, false);
        offenders.note(Some(address(1)), 503, true);
        let expected = Offender { address: address(1), refused: 1, failed: 1, slow: 2 };
        assert_eq!(offenders.worst(20), [expected]);
    }
}
