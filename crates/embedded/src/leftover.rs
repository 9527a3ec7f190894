//! Finds the server that an earlier, killed owner of the data directory left running.
//!
//! The caller holds the lock, so whatever serves this cluster has no living owner. It is used only after it
//! has said itself that it serves this cluster; one that is still starting or stopping is waited for.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Pid;

use crate::{
    Error, Settings,
    account::Account,
    pid_file::{PidFile, Process, identify},
    session::{Failure, Session},
    socket,
};

const POLL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(5);

/// What serves a cluster whose lock has just been taken.
#[derive(Debug)]
pub(crate) enum Leftover {
    /// Nothing.
    None,
    /// A server that runs as the settings ask.
    Usable { pid: Pid, socket_dir: PathBuf },
    /// A server that runs with other settings or cannot be reached: to be stopped.
    Unusable { pid: Pid },
}

/// Looks until the answer is clear; `None` at the deadline if it never is.
pub(crate) fn find(
    cluster: &Path,
    account: &Account,
    settings: &Settings,
    deadline: Instant,
) -> Result<Option<Leftover>, Error> {
    while Instant::now() < deadline {
        let Some(file) = PidFile::read(cluster) else { return Ok(Some(Leftover::None)) };
        let process = identify(file.pid, cluster);
        match process {
            Process::Gone => return Ok(Some(Leftover::None)),
            Process::Stranger => {
                // A new server would take whoever has the number now for a living server, and refuse to start.
                // Processes of the old one that have not ended yet it finds by their shared memory.
                let path = PidFile::path(cluster);
                fs::remove_file(&path).map_err(Error::at(&path))?;
                return Ok(Some(Leftover::None));
            }
            Process::Postgres | Process::PostgresOfCluster => {}
        }
        match ask(&file, cluster) {
            Ok(Some(answer)) => {
                let private = socket::is_private(&file.socket_dir, account);
                return Ok(Some(if private && settings.accept(&answer.fsync, &answer.max_connections) {
                    Leftover::Usable { pid: file.pid, socket_dir: file.socket_dir }
                } else {
                    Leftover::Unusable { pid: file.pid }
                }));
            }
            // It serves another cluster, or does not answer and never said it serves this one.
            Ok(None) => return Ok(Some(Leftover::None)),
            Err(Failure::Connection(_)) if process == Process::Postgres => return Ok(Some(Leftover::None)),
            Err(Failure::Connection(_)) if file.ready && !socket::file(&file.socket_dir).exists() => {
                // Ready yet without socket: something has cleaned the temporary directory.
                return Ok(Some(Leftover::Unusable { pid: file.pid }));
            }
            Err(_) => thread::sleep(POLL),
        }
    }
    Ok(None)
}

struct Answer {
    fsync: String,
    max_connections: String,
}

/// What the server says about itself; `None` if it serves another cluster.
fn ask(file: &PidFile, cluster: &Path) -> Result<Option<Answer>, Failure> {
    let mut session = Session::open(&file.socket_dir, "postgres", PATIENCE)?;
    let mut show = |name: &str| Ok::<_, Failure>(session.query(&format!("SHOW {name}"))?.unwrap_or_default());
    let served = PathBuf::from(show("data_directory")?);
    if served.canonicalize().ok().as_deref() != Some(cluster) {
        return Ok(None);
    }
    Ok(Some(Answer { fsync: show("fsync")?, max_connections: show("max_connections")? }))
}
