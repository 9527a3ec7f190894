//! The server process: started by us or left over from an earlier owner, and stopped in bounded time.

use std::{
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    Error,
    pid_file::{PidFile, Process, identify},
};

const POLL: Duration = Duration::from_millis(10);
/// A fast shutdown writes everything out; on a slow disk that takes its time.
const FAST: Duration = Duration::from_secs(30);
/// After five of these seconds the server kills those of its processes that remain.
const IMMEDIATE: Duration = Duration::from_secs(10);

/// A running server process.
#[derive(Debug)]
pub(crate) struct Postmaster {
    pid: Pid,
    /// `None` for a server that an earlier owner started.
    child: Option<Child>,
    cluster: PathBuf,
}

impl Postmaster {
    /// Starts the server.
    pub(crate) fn launch(mut command: Command, cluster: PathBuf) -> io::Result<Self> {
        // Ctrl-C reaches the whole group in the foreground, but the owner must finish its work first.
        let child = command.process_group(0).spawn()?;
        Ok(Self { pid: Pid::from_child(&child), child: Some(child), cluster })
    }

    /// Takes responsibility for a server that is running already.
    pub(crate) fn adopt(pid: Pid, cluster: PathBuf) -> Self {
        Self { pid, child: None, cluster }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => !matches!(identify(self.pid, &self.cluster), Process::Gone | Process::Stranger),
        }
    }

    /// Ends all sessions and the server, if need be without writing out what recovery can restore.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        if self.ends_by(Signal::INT, FAST) {
            return Ok(());
        }
        tracing::warn!("PostgreSQL did not stop within {} s, stopping it at once", FAST.as_secs());
        if self.ends_by(Signal::QUIT, IMMEDIATE) {
            return Ok(());
        }
        Err(Error::StopTimeout { pid: self.pid.as_raw_nonzero().get() })
    }

    fn ends_by(&mut self, signal: Signal, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        if self.is_signalable()
            && let Err(error) = kill_process(self.pid, signal)
        {
            tracing::debug!(%error, "could not signal PostgreSQL");
        }
        while self.is_running() {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(POLL);
        }
        true
    }

    /// A process that is not our child may have ended, and its number may be somebody else's by now.
    fn is_signalable(&mut self) -> bool {
        let named = || PidFile::read(&self.cluster).is_some_and(|file| file.pid == self.pid);
        (self.child.is_some() || named()) && self.is_running()
    }
}
