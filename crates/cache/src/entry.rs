//! A value in this process, with all that decides how long it is good.

use std::time::{Duration, Instant};

/// How much earlier than needed a value may be loaded anew; more is earlier.
const EAGERNESS: f64 = 1.0;
/// Beyond this many load times before the end the lot is not drawn: it would come up once in 10^8 times.
const HOPELESS: u32 = 18;

/// A value, or the knowledge that there is none.
#[derive(Debug, Clone)]
pub(crate) struct Entry<V> {
    pub(crate) value: Option<V>,
    /// The version of its namespace that it was loaded under.
    pub(crate) epoch: u64,
    pub(crate) fresh_until: Instant,
    pub(crate) stale_until: Instant,
    /// How long it took to load.
    pub(crate) cost: Duration,
}

/// What may be done with a value now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    /// Good, but about to expire, and this reader was drawn to load it anew.
    Expiring,
    /// Past its time, but may be served while it is loaded anew.
    Stale,
    Expired,
}

impl<V> Entry<V> {
    pub(crate) fn freshness(&self, now: Instant) -> Freshness {
        let left = self.fresh_until.saturating_duration_since(now);
        if left.is_zero() {
            return if now < self.stale_until { Freshness::Stale } else { Freshness::Expired };
        }
        if left > self.cost * HOPELESS {
            return Freshness::Fresh;
        }
        // 1 - f64() is never 0, whose logarithm is infinite.
        let ahead = self.cost.mul_f64(EAGERNESS * -(1.0 - fastrand::f64()).ln());
        if ahead < left { Freshness::Fresh } else { Freshness::Expiring }
    }
}

/// A time to live, up to a tenth shorter, so that values loaded together do not expire together.
pub(crate) fn jittered(ttl: Duration) -> Duration {
    ttl.mul_f64(1.0 - fastrand::f64() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(100);
    const COST: Duration = Duration::from_secs(1);

    fn entry(now: Instant) -> Entry<()> {
        Entry { value: None, epoch: 0, fresh_until: now + TTL, stale_until: now + TTL * 2, cost: COST }
    }

    #[test]
    fn a_value_is_fresh_then_stale_then_expired() {
        let now = Instant::now();
        let entry = entry(now);
        assert_eq!(entry.freshness(now), Freshness::Fresh);
        assert_eq!(entry.freshness(now + TTL), Freshness::Stale);
        assert_eq!(entry.freshness(now + TTL * 2), Freshness::Expired);
    }

    #[test]
    fn the_nearer_the_end_the_likelier_a_refresh() {
        let now = Instant::now();
        let entry = entry(now);
        let refreshed = |left: Duration| {
            let at = now + TTL.saturating_sub(left);
            (0..10_000).filter(|_| entry.freshness(at) == Freshness::Expiring).count()
        };
        // The share is e^(-left / cost): 0 for a hundred, 37 % for one, 90 % for a tenth.
        assert_eq!(refreshed(TTL), 0);
        assert!((3_300..4_100).contains(&refreshed(COST)));
        assert!((8_700..9_400).contains(&refreshed(COST / 10)));
    }

    #[test]
    fn jitter_only_shortens() {
        for _ in 0..1000 {
            let jittered = jittered(TTL);
            assert!(jittered <= TTL && jittered >= TTL.mul_f64(0.9));
        }
    }
}
