//! The limit of sign-ins: argon2 alone, with the parameters of the service's hashes, on as many threads as there are cores.
//!
//! Each thread has its memory once and for all, so nothing but the hashing itself is measured. All it computes is compared
//! with the hash, as a sign-in does.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, PasswordHash},
};

use crate::{
    arguments::Common, failure::Failure, generator::Outcome, interrupt, measurement::Measured,
    processes::Watched,
};

use super::accounts::PASSWORD;

/// A hash, taken apart.
pub(super) struct Hash {
    params: Params,
    salt: Vec<u8>,
    output: Output,
}

impl Hash {
    /// Reads an argon2id hash in PHC format.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let no_hash = || Failure::run("the hash of the service is none of argon2id");
        let hash = PasswordHash::new(text).map_err(|_| no_hash())?;
        let params = Params::try_from(&hash).map_err(|_| no_hash())?;
        match (hash.algorithm.as_str(), hash.salt, hash.hash) {
            ("argon2id", Some(salt), Some(output)) => Ok(Self { params, salt: salt.to_vec(), output }),
            _ => Err(no_hash()),
        }
    }

    /// Such as `m=19456,t=2,p=1`.
    pub(super) fn parameters(&self) -> String {
        format!("m={},t={},p={}", self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
    }

    /// Computes hashes for a time.
    pub(super) fn measure(&self, watched: &Watched, common: &Common) -> Result<Measured, Failure> {
        let warm_up = self.compute(Duration::from_secs(common.warm_up))?;
        let before = watched.sample()?;
        let outcome = self.compute(Duration::from_secs(common.seconds))?;
        let threads = u32::try_from(threads()).unwrap_or(u32::MAX);
        outcome.after(warm_up).measured(threads, &before, watched)
    }

    fn compute(&self, time: Duration) -> Result<Outcome, Failure> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let working: Vec<_> = (0..threads()).map(|_| scope.spawn(|| self.work(&over))).collect();
            let slept = interrupt::sleep(time);
            over.store(true, Ordering::Relaxed);
            slept?;
            let mut outcome = Outcome::new()?;
            for thread in working {
                let done =
                    thread.join().map_err(|_| Failure::run("a thread that hashed has ended early"))??;
                outcome.add(&done);
            }
            Ok(outcome)
        })
    }

    /// What one thread does.
    fn work(&self, over: &AtomicBool) -> Result<Outcome, Failure> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let mut memory = vec![Block::default(); self.params.block_count()];
        let mut computed = vec![0; self.output.len()];
        let mut outcome = Outcome::new()?;
        while !over.load(Ordering::Relaxed) {
            let started = Instant::now();
            argon2
                .hash_password_into_with_memory(PASSWORD.as_bytes(), &self.salt, &mut computed, &mut memory)
                .map_err(Failure::because("cannot hash"))?;
            if computed != self.output.as_bytes() {
                return Err(Failure::run("the password of the accounts is another one"));
            }
            outcome.latencies.record(started.elapsed());
        }
        Ok(outcome)
    }
}

/// As many as the service has for it.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    #[test]
    fn a_hash_is_computed_as_it_tells() {
        let params = Params::new(8, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let made = |password: &str| argon2.hash_password(password.as_bytes()).unwrap().to_string();
        let hash = Hash::read(&made(PASSWORD)).unwrap();
        assert_eq!(hash.parameters(), "m=8,t=1,p=1");
        assert!(hash.compute(Duration::from_millis(50)).unwrap().latencies.count() > 0);
        assert!(Hash::read(&made("another")).unwrap().compute(Duration::from_millis(50)).is_err());
        assert!(Hash::read("$argon2id$").is_err());
    }
}
