//! Listens to the signals that ask the program to stop.
//!
//! The first (Ctrl-C or SIGTERM) asks politely, the second asks to drop everything; what has not ended a moment after
//! that, or at the third, is cut off. A private PostgreSQL cut off that way is taken over by the next start.

use std::{process, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::sleep,
};

use crate::failure::Failure;

/// What is left for stopping the private PostgreSQL when the program was told to drop everything.
const LAST_MOMENT: Duration = Duration::from_secs(3);
/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Not,
    Politely,
    AtOnce,
}

/// Tells when the program was asked to stop.
#[derive(Clone)]
pub(crate) struct StopSignals {
    asked: watch::Receiver<Asked>,
}

impl StopSignals {
    /// Starts listening; from now on signals do not end the program by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let failed = |error| Failure::run(format!("cannot listen to signals: {error}"));
        let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let (sender, asked) = watch::channel(Asked::Not);
        tokio::spawn(watch_signals(interrupt, terminate, sender));
        Ok(Self { asked })
    }

    /// Returns once the program was asked to stop.
    pub(crate) async fn politely(&mut self) {
        self.reached(Asked::Politely).await;
    }

    /// Returns once the program was asked to drop everything.
    pub(crate) async fn at_once(&mut self) {
        self.reached(Asked::AtOnce).await;
    }

    async fn reached(&mut self, asked: Asked) {
        // The sender lives until the process ends.
        if self.asked.wait_for(|now| *now >= asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn watch_signals(mut interrupt: Signal, mut terminate: Signal, sender: watch::Sender<Asked>) {
    next(&mut interrupt, &mut terminate).await;
    tracing::info!("stopping; a second signal drops what has not ended yet");
    sender.send_replace(Asked::Politely);
    next(&mut interrupt, &mut terminate).await;
    tracing::warn!("dropping everything");
    sender.send_replace(Asked::AtOnce);
    tokio::select! {
        () = sleep(LAST_MOMENT) => {}
        () = next(&mut interrupt, &mut terminate) => {}
    }
    process::exit(INTERRUPTED);
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
