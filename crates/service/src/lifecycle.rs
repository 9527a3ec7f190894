//! Where a shop is in its life: starting, serving or stopping. Whoever has to act on it watches it.

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
pub struct Lifecycle(watch::Sender<LifecycleState>);

impl Lifecycle {
    /// The life of a shop whose database is not there yet.
    pub fn starting() -> Self {
        Self(watch::Sender::new(LifecycleState::Starting))
    }

    /// Where it is now.
    pub fn state(&self) -> LifecycleState {
        *self.0.borrow()
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
        self.0.subscribe()
    }

    /// Returns once this state, or a later one, is reached.
    pub async fn reached(&self, state: LifecycleState) {
        // It cannot fail: the sender is this one.
        let _ = self.0.subscribe().wait_for(|now| *now >= state).await;
    }

    fn advance(&self, to: LifecycleState) {
        self.0.send_if_modified(|now| {
            let forward = *now < to;
            *now = to.max(*now);
            forward
        });
    }
}

/// The life of a shop whose database is there.
impl Default for Lifecycle {
    fn default() -> Self {
        Self(watch::Sender::new(LifecycleState::Serving))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
