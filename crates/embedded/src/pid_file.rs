//! What `postmaster.pid` says about the server of a cluster, and whether that is still true.
//!
//! The file outlives a killed server, and process numbers are used again, so the number alone proves nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};

/// The lines of a `postmaster.pid` that matter here.
#[derive(Debug)]
pub(crate) struct PidFile {
    pub(crate) pid: Pid,
    pub(crate) socket_dir: PathBuf,
    /// Neither starting up nor shutting down.
    pub(crate) ready: bool,
}

/// What a process number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// Nothing.
    Gone,
    /// Something that is no `PostgreSQL`, or a dead process that nobody has waited for.
    Stranger,
    /// Some `PostgreSQL`, perhaps of another cluster.
    Postgres,
    /// A `PostgreSQL` whose command line names the cluster.
    PostgresOfCluster,
}

impl PidFile {
    pub(crate) fn path(cluster: &Path) -> PathBuf {
        cluster.join("postmaster.pid")
    }

    /// Reads the file of a cluster; `None` if there is none, or none complete enough to name a server.
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        let bytes = fs::read(Self::path(cluster)).ok()?;
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Line 1 is the process, line 5 the socket directory, line 8 the state.
    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(Self {
            pid: lines.first()?.parse().ok().filter(|pid| *pid > 0).and_then(Pid::from_raw)?,
            socket_dir: lines.get(4).copied().unwrap_or_default().into(),
            ready: lines.get(7) == Some(&"ready"),
        })
    }
}

/// Finds out what runs under a process number.
pub(crate) fn identify(pid: Pid, cluster: &Path) -> Process {
    if test_kill_process(pid) == Err(Errno::SRCH) {
        return Process::Gone;
    }
    if pid.as_raw_nonzero().get().unsigned_abs() == process::id() {
        return Process::Stranger;
    }
    match command_line(pid) {
        Some(line) if line.contains(&*cluster.to_string_lossy()) => Process::PostgresOfCluster,
        Some(line) if !line.contains("postgres") && !line.contains("postmaster") => Process::Stranger,
        // Unreadable is no proof of a stranger.
        _ => Process::Postgres,
    }
}

fn command_line(pid: Pid) -> Option<String> {
    let pid = pid.as_raw_nonzero().to_string();
    if let Ok(bytes) = fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    let output = Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid]).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_file_names_process_and_socket() {
        let file = PidFile::parse("42\n/data/cluster\n1700000000\n5432\n/data/run\n\n  1234  5\nready   \n")
            .unwrap();
        assert_eq!(file.pid.as_raw_nonzero().get(), 42);
        assert_eq!(file.socket_dir, Path::new("/data/run"));
        assert!(file.ready);
    }

    #[test]
    fn a_file_just_begun_names_the_process_alone() {
        let file = PidFile::parse("42\n/data/cluster\n1700000000\n5432\n").unwrap();
        assert!(file.socket_dir.as_os_str().is_empty());
        assert!(!file.ready);
    }

    #[test]
    fn a_single_user_server_is_no_server() {
        assert!(PidFile::parse("-42\n/data/cluster\n").is_none());
        assert!(PidFile::parse("").is_none());
    }

    #[test]
    fn this_process_is_a_stranger() {
        let own = rustix::process::getpid();
        assert_eq!(identify(own, Path::new("/nowhere/cluster")), Process::Stranger);
    }
}
