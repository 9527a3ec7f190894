//! What the figures were measured on.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    process::Command,
    thread,
    time::Instant,
};

use serde::Serialize;

use crate::{failure::Failure, latencies::Latencies, processes::kilobytes};

/// Enough for a median.
const SYNCS: u32 = 200;
/// A page of `PostgreSQL`.
const PAGE: [u8; 8192] = [0; 8192];

/// A machine, the disk below the database, and the version of the code.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    /// Bytes.
    pub(crate) memory: u64,
    pub(crate) kernel: String,
    pub(crate) file_system: String,
    /// Median time to write a page and have it on disk, in milliseconds: what a commit waits for.
    pub(crate) sync_millis: f64,
    pub(crate) commit: String,
}

impl Machine {
    /// Looks around; `directory` is where the database will be.
    pub(crate) fn inspect(directory: &Path, workspace: &Path) -> Result<Self, Failure> {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let memory = kilobytes(&read("/proc/meminfo"), "MemTotal").unwrap_or(0) * 1024;
        Ok(Self {
            cores: thread::available_parallelism().map_or(0, usize::from),
            processor: processor(&read("/proc/cpuinfo")),
            memory,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&read("/proc/self/mounts"), directory),
            sync_millis: sync_millis(directory)?,
            commit: commit(workspace),
        })
    }
}

fn processor(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    line.map_or("unknown processor", |(_, name)| name.trim()).to_owned()
}

/// The kind of file system that holds a directory: that of the longest mount point above it, the last of several.
fn file_system(mounts: &str, directory: &Path) -> String {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let above = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let point = Path::new(fields.nth(1)?);
        directory.starts_with(point).then(|| Some((point.as_os_str().len(), fields.next()?)))?
    });
    above.max_by_key(|(length, _)| *length).map_or("unknown", |(_, kind)| kind).to_owned()
}

fn sync_millis(directory: &Path) -> Result<f64, Failure> {
    let path = directory.join("sync");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&path);
    let mut latencies = Latencies::new()?;
    for _ in 0..SYNCS {
        let started = Instant::now();
        let written = file.as_mut().map_err(|error| std::io::Error::from(error.kind()));
        written
            .and_then(|file| file.write_all(&PAGE).and_then(|()| file.sync_data()))
            .map_err(Failure::at(&path))?;
        latencies.record(started.elapsed());
    }
    fs::remove_file(&path).map_err(Failure::at(&path))?;
    Ok(latencies.percentiles().p50)
}

/// The commit checked out, and whether files differ from it.
fn commit(workspace: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(workspace).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain"]).as_deref() {
        Some("") => commit,
        _ => format!("{commit}, with changes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /proc tmpfs rw 0 0\ntmpfs /proc/self tmpfs2 rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/")), "ext4");
        assert_eq!(file_system(mounts, Path::new("/proc")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/proceedings")), "ext4");
    }

    #[test]
    fn a_processor_has_a_name() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: AMD EPYC\n"), "AMD EPYC");
        assert_eq!(processor(""), "unknown processor");
    }
}
