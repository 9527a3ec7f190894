//! Numbers that look random, and the seed that makes them come again.
//!
//! A run takes a new seed, and a test that fails prints it. `STOCKROOM_TEST_SEED` sets it.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    thread,
};

/// Numbers that look random and are the same for the same seed (splitmix64).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same way.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `sides` - 1.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits fit") % sides
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    /// A number of pieces from 1 to `most`.
    pub fn pieces(&mut self, most: usize) -> i64 {
        i64::try_from(self.roll(most)).expect("few pieces") + 1
    }
}

/// The seed of a test, printed when the test fails.
#[derive(Debug)]
pub struct Seed(u64);

impl Seed {
    /// The seed of this run.
    pub fn of_this_run() -> Self {
        let given = env::var("STOCKROOM_TEST_SEED").ok();
        let given = given.map(|text| text.parse().expect("STOCKROOM_TEST_SEED is a number"));
        Self(given.unwrap_or_else(|| RandomState::new().hash_one(0)))
    }

    /// The dice of one of those who act in the test.
    pub fn dice(&self, actor: usize) -> Dice {
        let mut mixed = Dice(self.0 ^ u64::try_from(actor).expect("few actors"));
        Dice(mixed.next())
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("STOCKROOM_TEST_SEED={} plays the same dice again", self.0);
        }
    }
}
