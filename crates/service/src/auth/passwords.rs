//! Password hashing (argon2id, RFC 9106) on threads of its own, which yield to those that serve requests.
//!
//! Work waits in a bounded queue; what is left there by a caller who is gone is not done. How strong hashes are is
//! configured, and a hash of another strength is replaced when its owner signs in.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use stockroom_domain::Password;
use tokio::sync::oneshot;

use crate::{Error, Result};

/// How much less than others the threads that hash get of a busy machine: little.
const NICENESS: i32 = 10;

/// How passwords are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordSettings {
    /// Memory for one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes of the memory.
    pub parallelism: u32,
    /// Passwords that may wait; one more is refused at once.
    pub queue: usize,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1, queue: 256 }
    }
}

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    queue: SyncSender<Work>,
    hasher: Arc<Hasher>,
}

/// What comes of a password that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is not the account's.
    Wrong,
    /// It is.
    Right,
    /// It is, and this hash is as strong as is wanted now, which the account's is not.
    Outdated(String),
}

type Work = Box<dyn FnOnce(&Hasher) + Send>;

struct Hasher {
    argon2: Argon2<'static>,
    /// A hash of nobody's password.
    nobody: OnceLock<Option<String>>,
    runs: AtomicU64,
    waiting: AtomicUsize,
}

impl Passwords {
    /// Starts as many threads as there are cores. They end when this is dropped and the queue is empty.
    ///
    /// # Errors
    /// [`Error::InvalidSettings`] when there are no such hashes; [`Error::Internal`] when no thread can be started.
    pub(crate) fn start(settings: PasswordSettings) -> Result<Self> {
        let PasswordSettings { memory_kib, iterations, parallelism, queue } = settings;
        let params = Params::new(memory_kib, iterations, parallelism, None)
            .map_err(|error| Error::InvalidSettings(format!("argon2 parameters: {error}")))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hasher = Arc::new(Hasher {
            argon2,
            nobody: OnceLock::new(),
            runs: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
        });
        let (queue, work) = sync_channel(queue.max(1));
        let work = Arc::new(Mutex::new(work));
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for _ in 0..cores {
            let (work, hasher) = (Arc::clone(&work), Arc::clone(&hasher));
            let thread = thread::Builder::new().name("passwords".to_owned());
            thread.spawn(move || serve(&work, &hasher)).map_err(Error::internal)?;
        }
        let passwords = Self { queue, hasher };
        // Computed before anybody asks. When the queue has no room for it, the first who asks computes it.
        let _ = passwords.queue.try_send(Box::new(|hasher| {
            hasher.nobody();
        }));
        Ok(passwords)
    }

    /// The argon2id hash of a password, in PHC format.
    pub(crate) async fn hash(&self, password: Password) -> Result<String> {
        self.run(move |hasher| hasher.hash(password.reveal())).await?
    }

    /// Whether a password belongs to a hash. Without a hash the same work is done in vain, so that neither time nor load
    /// tells whether an account exists.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> Result<Verdict> {
        self.run(move |hasher| hasher.verify(password.reveal(), hash.as_deref())).await?
    }

    /// How many hashes were computed until now.
    pub(crate) fn runs(&self) -> u64 {
        self.hasher.runs.load(Ordering::Relaxed)
    }

    /// How many passwords wait to be hashed.
    pub(crate) fn waiting(&self) -> usize {
        self.hasher.waiting.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Hasher) -> T + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(move |hasher: &Hasher| {
            hasher.waiting.fetch_sub(1, Ordering::Relaxed);
            if !reply.is_closed() {
                // Whoever has gone meanwhile misses nothing.
                let _ = reply.send(work(hasher));
            }
        });
        // Counted first: a thread may take it before this one goes on.
        self.hasher.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(work).map_err(|error| {
            self.hasher.waiting.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => {
                    Error::Unavailable("too many passwords wait to be hashed".to_owned())
                }
                TrySendError::Disconnected(_) => Error::internal("the threads that hash passwords are gone"),
            }
        })?;
        answer.await.map_err(Error::internal)
    }
}

impl Hasher {
    fn hash(&self, password: &str) -> Result<String> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let hash = self.argon2.hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
    }

    fn nobody(&self) -> Option<&str> {
        self.nobody.get_or_init(|| self.hash("nobody").ok()).as_deref()
    }

    fn verify(&self, password: &str, hash: Option<&str>) -> Result<Verdict> {
        let known = hash.is_some();
        let Some(parsed) = hash.or_else(|| self.nobody()).and_then(|hash| PasswordHash::new(hash).ok())
        else {
            return Ok(Verdict::Wrong);
        };
        self.runs.fetch_add(1, Ordering::Relaxed);
        if self.argon2.verify_password(password.as_bytes(), &parsed).is_err() || !known {
            return Ok(Verdict::Wrong);
        }
        if self.is_as_configured(&parsed) {
            return Ok(Verdict::Right);
        }
        self.hash(password).map(Verdict::Outdated)
    }

    fn is_as_configured(&self, hash: &PasswordHash) -> bool {
        let wanted = self.argon2.params();
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        hash.algorithm.as_str() == "argon2id"
            && hash.version == Some(Version::V0x13.into())
            && Params::try_from(hash).is_ok_and(|params| costs(&params) == costs(wanted))
    }
}

/// What a thread does: one piece of work after the other, until the queue is closed.
fn serve(work: &Mutex<Receiver<Work>>, hasher: &Hasher) {
    // Of this thread alone, on Linux. Where that is not so, or not allowed, hashing has the priority of all.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(next) = next else { return };
        next(hasher);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;

    fn cheap(queue: usize) -> Passwords {
        Passwords::start(PasswordSettings { memory_kib: 8, iterations: 1, parallelism: 1, queue }).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    /// Keeps all threads busy until the sender is dropped.
    async fn occupy(passwords: &Arc<Passwords>) -> mpsc::Sender<()> {
        let (finish, finished) = mpsc::channel::<()>();
        let finished = Arc::new(Mutex::new(finished));
        for _ in 0..thread::available_parallelism().unwrap().get() {
            let (started, running) = oneshot::channel();
            let (passwords, finished) = (Arc::clone(passwords), Arc::clone(&finished));
            tokio::spawn(async move {
                passwords
                    .run(move |_| {
                        started.send(()).unwrap();
                        let _ = finished.lock().unwrap().recv();
                    })
                    .await
            });
            running.await.unwrap();
        }
        finish
    }

    #[tokio::test]
    async fn a_hash_of_another_strength_is_replaced_and_nobody_is_never_right() {
        let passwords = cheap(8);
        let hash = passwords.hash(password("secret")).await.unwrap();
        let verify = async |text, hash| passwords.verify(password(text), hash).await.unwrap();
        assert_eq!(verify("secret", Some(hash.clone())).await, Verdict::Right);
        assert_eq!(verify("Secret", Some(hash.clone())).await, Verdict::Wrong);
        assert_eq!(verify("nobody", None).await, Verdict::Wrong);

        let settings = PasswordSettings { memory_kib: 16, iterations: 1, parallelism: 1, queue: 8 };
        let stronger = Passwords::start(settings).unwrap();
        let verdict = stronger.verify(password("secret"), Some(hash)).await.unwrap();
        let Verdict::Outdated(new) = verdict else { panic!("{verdict:?}") };
        assert!(new.starts_with("$argon2id$v=19$m=16,t=1,p=1$"), "{new}");
        assert_eq!(stronger.verify(password("secret"), Some(new)).await.unwrap(), Verdict::Right);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_work_of_a_caller_who_is_gone_is_not_done() {
        let passwords = Arc::new(cheap(1));
        // The hash of nobody may wait in the queue.
        while passwords.verify(password("first"), None).await.is_err() {
            tokio::task::yield_now().await;
        }
        let busy = occupy(&passwords).await;
        let runs = passwords.runs();

        assert!(passwords.hash(password("gone")).now_or_never().is_none());
        let refused = passwords.hash(password("late")).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");

        drop(busy);
        while passwords.hash(password("last")).await.is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.runs(), runs + 1);
    }
}
