//! Lets a signal end the run in order: what was started is stopped and what was made is removed.
//!
//! A signal only sets a flag; whatever takes long asks for it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
};

use crate::failure::Failure;

static REQUESTED: AtomicBool = AtomicBool::new(false);
const POLL: Duration = Duration::from_millis(20);

/// Listens for signals from now on.
pub(crate) fn listen() -> Result<(), Failure> {
    let failed = "cannot listen for signals";
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::because(failed))?;
    let guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::because(failed))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::because(failed))?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(Failure::because(failed))?;
    drop(guard);
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
        });
        REQUESTED.store(true, Ordering::Relaxed);
    });
    Ok(())
}

/// Fails once a signal has come.
pub(crate) fn check() -> Result<(), Failure> {
    if REQUESTED.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
}

/// Sleeps, unless a signal comes.
pub(crate) fn sleep(duration: Duration) -> Result<(), Failure> {
    let end = Instant::now() + duration;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        check()?;
        thread::sleep(left.min(POLL));
    }
    check()
}
