//! Creates the database cluster, once.
//!
//! `initdb` works in a directory of its own that is renamed into place when it has finished,
//! so a cluster either exists whole or not at all, however the making of it was interrupted.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process,
};

use crate::{
    Durability, Error, account::Account, binaries::Binaries, layout::Layout, layout::PARTIAL, session::USER,
};

const LOCALE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
const REPORTED_LINES: usize = 10;

/// Major version that made the cluster; `None` if there is no cluster yet.
pub(crate) fn major(layout: &Layout) -> Result<Option<u32>, Error> {
    let path = layout.cluster().join("PG_VERSION");
    if !layout.cluster().exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(Error::at(&path))?;
    // Before version 10 this was `9.6`.
    let major = text.trim().split('.').next().and_then(|major| major.parse().ok());
    major.map(Some).ok_or_else(|| Error::NotOurs { data_dir: layout.root.clone() })
}

/// Makes the cluster. The caller holds the lock of the data directory.
pub(crate) fn create(
    layout: &Layout,
    binaries: &Binaries,
    account: &Account,
    durability: Durability,
) -> Result<(), Error> {
    // An initdb orphaned by the death of an earlier owner may still be writing: never share its directory.
    let partial = layout.root.join(format!("{PARTIAL}{}", process::id()));
    DirBuilder::new().mode(0o700).create(&partial).map_err(Error::at(&partial))?;
    account.give(&partial)?;

    let program = binaries.program("initdb");
    let mut command = account.command(&program, &partial);
    command
        .arg("--pgdata")
        .arg(&partial)
        .arg(format!("--username={USER}"))
        // Whoever reaches the socket is trusted: its directory is closed to everybody else.
        .args(["--auth=trust", "--encoding=UTF8"])
        .arg(format!("--locale={LOCALE}"));
    if durability == Durability::Disposable {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(Error::at(&program))?;
    if !output.status.success() {
        remove_partial(layout);
        let output = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Initdb { data_dir: layout.root.clone(), output: last_lines(&output) });
    }
    fs::rename(&partial, layout.cluster()).map_err(Error::at(&partial))?;
    if durability == Durability::Durable {
        File::open(&layout.root).and_then(|root| root.sync_all()).map_err(Error::at(&layout.root))?;
    }
    Ok(())
}

/// The end of a program's output or of a log, enough to see why it failed.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(REPORTED_LINES)..].join("\n")
}

/// Removes what an interrupted `initdb` has left. The caller holds the lock of the data directory.
///
/// Best effort: what an orphaned `initdb` still keeps alive is in nobody's way and goes with a later start.
pub(crate) fn remove_partial(layout: &Layout) {
    let Ok(entries) = fs::read_dir(&layout.root) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path) {
        tracing::warn!(path = %path.display(), %error, "could not remove an unfinished cluster");
    }
}
