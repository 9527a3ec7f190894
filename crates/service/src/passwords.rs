//! Password hashing (argon2id, RFC 9106) away from the threads that serve requests, a bounded number at a time.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use stockroom_domain::Password;
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Hashes and verifies passwords. Each takes about 19 MiB and tens of milliseconds, so only as many run at once as
/// there are cores.
pub(crate) struct Passwords {
    slots: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { slots: Arc::new(Semaphore::new(cores)) }
    }
}

impl Passwords {
    /// The argon2id hash of a password, in PHC format.
    pub(crate) async fn hash(&self, password: Password) -> Result<String> {
        self.run(move || hash(password.reveal())).await?
    }

    /// Whether a password belongs to a hash. Without a hash the same work is done in vain, so that the time taken
    /// does not tell whether an account exists.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool> {
        static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| self::hash("nobody").ok());
        self.run(move || {
            let known = hash.is_some();
            let Some(parsed) =
                hash.as_ref().or(NOBODY.as_ref()).and_then(|hash| PasswordHash::new(hash).ok())
            else {
                return false;
            };
            Argon2::default().verify_password(password.reveal().as_bytes(), &parsed).is_ok() && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(Error::internal)?;
        // The slot goes with the work: work goes on when the caller is gone.
        let run = move || {
            let done = work();
            drop(slot);
            done
        };
        tokio::task::spawn_blocking(run).await.map_err(Error::internal)
    }
}

fn hash(password: &str) -> Result<String> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => Err(Error::internal(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_keeps_its_slot_when_its_caller_is_gone() {
        let passwords = Arc::new(Passwords { slots: Arc::new(Semaphore::new(1)) });
        let (started, running) = tokio::sync::oneshot::channel();
        let (finish, finished) = mpsc::channel::<()>();
        let work = move || {
            started.send(()).unwrap();
            finished.recv().unwrap();
        };
        let caller = tokio::spawn({
            let passwords = Arc::clone(&passwords);
            async move { passwords.run(work).await }
        });
        running.await.unwrap();

        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());

        assert_eq!(passwords.slots.available_permits(), 0);
        finish.send(()).unwrap();
        passwords.run(|| ()).await.unwrap();
    }
}
