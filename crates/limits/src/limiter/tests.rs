//! Counting in one process, with a clock that tests move.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::*;
use crate::Clock;

const MINUTE: Duration = Duration::from_mins(1);

struct Stage {
    limiter: Limiter,
    now: Arc<Mutex<Instant>>,
}

impl Stage {
    fn new(subjects: usize) -> Self {
        let now = Arc::new(Mutex::new(Instant::now()));
        let shown = now.clone();
        let clock = Clock::new(move || *shown.lock().unwrap());
        let limiter = Limiter::alone(Settings { subjects, clock, ..Settings::default() });
        Self { limiter, now }
    }

    fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }
}

/// Spread as hashes are, for less than one costs without optimization.
fn subject(number: u32) -> Subject {
    Subject(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

#[tokio::test]
async fn a_window_ends_after_its_period_whatever_was_refused_meanwhile() {
    let stage = Stage::new(1000);
    let policy = Policy::new("default", 2, MINUTE);
    let check = async |who| stage.limiter.check(&policy, subject(who)).await;
    let first = check(1).await;
    assert_eq!((first.allowed, first.limit, first.remaining), (true, 2, 1));
    assert_eq!((first.reset, first.retry_after), (MINUTE, Duration::ZERO));
    stage.pass(Duration::from_millis(58_500));
    assert_eq!(check(1).await.remaining, 0);
    let refused = check(1).await;
    assert!(!refused.allowed);
    assert_eq!((refused.retry_after, refused.reset_seconds()), (Duration::from_millis(1500), 2));
    assert!(check(2).await.allowed, "another one has a window of its own");
    stage.pass(Duration::from_millis(1499));
    assert!(!check(1).await.allowed);
    stage.pass(Duration::from_millis(1));
    assert_eq!(check(1).await.remaining, 1);
}

#[tokio::test]
async fn a_call_is_counted_under_all_its_policies_or_under_none() {
    let stage = Stage::new(1000);
    let (wide, narrow) = (Policy::new("wide", 4, MINUTE), Policy::new("narrow", 2, MINUTE));
    for order in [[wide, narrow], [narrow, wide]] {
        let who = subject(u32::from(order[0] == wide));
        let checks = order.map(|policy| Check { policy, subject: who });
        for _ in 0..2 {
            assert!(stage.limiter.check_all(&checks).await.allowed());
        }
        for _ in 0..5 {
            let refused = stage.limiter.check_all(&checks).await;
            assert!(!refused.allowed());
            assert_eq!(refused.nearest().unwrap().policy.name(), "narrow");
            let other = refused.decisions().iter().find(|decision| decision.allowed).unwrap();
            assert_eq!(other.remaining, 2, "{refused:?}");
        }
        assert_eq!(stage.limiter.check(&wide, who).await.remaining, 1);
    }
}

#[tokio::test]
async fn a_million_strangers_free_nobody_and_take_a_bounded_memory() {
    let stage = Stage::new(10_000);
    let policy = Policy::new("default", 3, MINUTE);
    let spent = 0..500;
    for who in spent.clone() {
        for _ in 0..4 {
            stage.limiter.check(&policy, subject(who)).await;
        }
    }
    for stranger in 1_000..1_001_000 {
        assert!(stage.limiter.check(&policy, subject(stranger)).await.allowed);
    }
    let most = 10_000_usize.next_multiple_of(64) + 64;
    assert!(stage.limiter.subjects() <= most, "{}", stage.limiter.subjects());
    for who in spent {
        assert!(!stage.limiter.check(&policy, subject(who)).await.allowed, "{who} was let go");
    }
    stage.pass(MINUTE);
    assert!(stage.limiter.check(&policy, subject(0)).await.allowed);
}

#[tokio::test]
async fn where_all_have_used_up_their_calls_newcomers_share_a_window() {
    let stage = Stage::new(64);
    let policy = Policy::new("default", 2, MINUTE);
    let mut admitted = 0;
    for who in 0..10_000 {
        for _ in 0..2 {
            admitted += u32::from(stage.limiter.check(&policy, subject(who)).await.allowed);
        }
    }
    // A window in each of 64 shards, and a crowd's beside it.
    assert!(admitted <= 2 * 64 * 2, "{admitted}");
    assert!(stage.limiter.subjects() <= 64);
}

#[test]
fn many_threads_let_exactly_as_many_calls_through_as_there_are() {
    let limiter = Limiter::alone(Settings::default());
    let policy = Policy::new("default", 50, MINUTE);
    let allowed = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let decision = block_on(limiter.check(&policy, subject(1)));
                    allowed.fetch_add(u32::from(decision.allowed), std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(allowed.into_inner(), 50);
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn what_was_counted_elsewhere_is_taken_over_unless_more_was_counted_here() {
    let windows = Windows::new(64);
    let policy = Policy::new("default", 10, MINUTE);
    let at = Duration::from_secs;
    let follow = |calls, ends, now| windows.follow(&policy, subject(1), calls, at(ends), at(now));
    windows.count(&policy, subject(1), at(0));
    assert_eq!(follow(7, 40, 1), (7, at(40)), "the window began elsewhere");
    assert_eq!(follow(1, 61, 2), (7, at(40)), "what was elsewhere is lost");
    assert_eq!(follow(10, 41, 3), (10, at(41)));
    assert!(!windows.count(&policy, subject(1), at(40)).allowed);
    assert_eq!(windows.count(&policy, subject(1), at(41)).calls, 1);
}
