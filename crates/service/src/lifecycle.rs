//! Where a shop is in its life: starting, serving or stopping. Whoever has to act on it watches it. It also knows how many
//! writes go on, so that a shop that stops ends them first.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::sync::watch;

/// Where a shop is in its life. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LifecycleState {
    /// Its database was not reached yet, or is being prepared.
    Starting,
    /// It does its work.
    Serving,
    /// It was asked to stop, and ends what it has begun.
    Stopping,
}

const STARTING: u8 = LifecycleState::Starting as u8;
const SERVING: u8 = LifecycleState::Serving as u8;

impl LifecycleState {
    /// Its name: `starting`, `serving` or `stopping`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Serving => "serving",
            Self::Stopping => "stopping",
        }
    }
}

/// The life of a shop. Cheap to clone; all clones are the same life.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    state: watch::Sender<LifecycleState>,
    /// The same, as a number. Every request asks for it, and a lock that all threads take would cost each of them more.
    now: Arc<AtomicU8>,
    writes: watch::Sender<Writes>,
}

/// The writes of a shop.
#[derive(Debug, Clone, Copy, Default)]
struct Writes {
    open: usize,
    /// None begins any more.
    ended: bool,
}

/// A write that goes on until this is dropped, whether or not anybody waits for it.
#[derive(Debug)]
pub struct OpenWrite(Lifecycle);

impl Drop for OpenWrite {
    fn drop(&mut self) {
        self.0.writes.send_modify(|writes| writes.open -= 1);
    }
}

impl Lifecycle {
    /// The life of a shop whose database is not there yet.
    pub fn starting() -> Self {
        Self::at(LifecycleState::Starting)
    }

    /// Where it is now.
    pub fn state(&self) -> LifecycleState {
        match self.now.load(Ordering::Acquire) {
            STARTING => LifecycleState::Starting,
            SERVING => LifecycleState::Serving,
            _ => LifecycleState::Stopping,
        }
    }

    /// The shop can do its work from now on, unless it was asked to stop meanwhile.
    pub fn serve(&self) {
        self.advance(LifecycleState::Serving);
    }

    /// The shop is asked to stop.
    pub fn stop(&self) {
        self.advance(LifecycleState::Stopping);
    }

    /// Tells of every change from now on.
    pub fn watch(&self) -> watch::Receiver<LifecycleState> {
        self.state.subscribe()
    }

    /// Returns once this state, or a later one, is reached.
    pub async fn reached(&self, state: LifecycleState) {
        // It cannot fail: the sender is this one.
        let _ = self.state.subscribe().wait_for(|now| *now >= state).await;
    }

    /// A write begins; `None` when none may begin any more.
    pub fn begin_write(&self) -> Option<OpenWrite> {
        let begun = self.writes.send_if_modified(|writes| {
            writes.open += usize::from(!writes.ended);
            !writes.ended
        });
        begun.then(|| OpenWrite(self.clone()))
    }

    /// Returns when no write goes on. None begins after that.
    pub async fn end_writes(&self) {
        let mut writes = self.writes.subscribe();
        loop {
            // It cannot fail: the sender is this one.
            let _ = writes.wait_for(|writes| writes.open == 0).await;
            let ended = self.writes.send_if_modified(|writes| {
                writes.ended |= writes.open == 0;
                writes.ended
            });
            if ended {
                return;
            }
        }
    }

    fn at(state: LifecycleState) -> Self {
        Self {
            state: watch::Sender::new(state),
            now: Arc::new(AtomicU8::new(state as u8)),
            writes: watch::Sender::default(),
        }
    }

    fn advance(&self, to: LifecycleState) {
        self.state.send_if_modified(|now| {
            let forward = *now < to;
            *now = to.max(*now);
            self.now.store(*now as u8, Ordering::Release);
            forward
        });
    }
}

/// The life of a shop whose database is there.
impl Default for Lifecycle {
    fn default() -> Self {
        Self::at(LifecycleState::Serving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn writes_end_before_a_life_does() {
        let life = Lifecycle::default();
        let write = life.begin_write();
        let other = life.clone();
        let ending = tokio::spawn(async move { other.end_writes().await });
        assert!(life.begin_write().is_some(), "until all have ended, others may begin");
        assert!(!ending.is_finished());
        drop(write);
        ending.await.unwrap();
        assert!(life.begin_write().is_none());
    }

    #[test]
    fn a_life_only_goes_forward() {
        let life = Lifecycle::starting();
        let other = life.clone();
        life.stop();
        other.serve();
        assert_eq!(life.state(), LifecycleState::Stopping);
        assert_eq!(Lifecycle::default().state(), LifecycleState::Serving);
    }
}
