//! CPU time and memory of processes, read from `/proc`. Linux only.
//!
//! The CPU time that none of the watched processes account for was taken by others: a measurement with much of it is
//! worth little, so it is reported.

use std::{fs, path::Path, process, time::Instant};

use rustix::param::clock_ticks_per_second;
use serde::Serialize;

use crate::failure::Failure;

/// The processes that take part in a measurement, besides this one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    /// Its children count with it, the ended ones included.
    pub(crate) postmaster: u32,
    pub(crate) service: Option<u32>,
    pub(crate) pgbench: Option<u32>,
}

/// CPU time used until a moment, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    at: Instant,
    service: f64,
    postgres: f64,
    generator: f64,
    machine: f64,
}

/// Cores in use on average between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Cores {
    pub(crate) service: f64,
    pub(crate) postgres: f64,
    /// Whoever places the orders: this process or pgbench.
    pub(crate) generator: f64,
    /// Everything else on the machine, the kernel's own threads included.
    pub(crate) others: f64,
}

/// Memory of the processes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Memory {
    /// Resident memory of the service.
    pub(crate) service: Option<u64>,
    /// The most it has ever been.
    pub(crate) service_peak: Option<u64>,
    /// Proportional share of all `PostgreSQL` processes: what they share counts once.
    pub(crate) postgres: u64,
}

impl Watched {
    pub(crate) fn sample(&self) -> Result<Sample, Failure> {
        let generator = self.pgbench.unwrap_or(process::id());
        Ok(Sample {
            at: Instant::now(),
            service: self.service.map_or(Ok(0.0), |pid| Stat::read(pid).map(|stat| stat.own))?,
            postgres: self.postgres_time()?,
            generator: Stat::read(generator)?.own,
            machine: machine_time()?,
        })
    }

    pub(crate) fn memory(&self) -> Result<Memory, Failure> {
        let field = |name| self.service.map(|pid| memory(pid, "status", name)).transpose();
        let mut postgres = memory(self.postmaster, "smaps_rollup", "Pss")?;
        for (pid, _) in children(self.postmaster)? {
            // It may have ended meanwhile.
            postgres += memory(pid, "smaps_rollup", "Pss").unwrap_or(0);
        }
        Ok(Memory { service: field("VmRSS")?, service_peak: field("VmHWM")?, postgres })
    }

    /// Resident memory of the service, in bytes.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        self.service.map_or(Ok(0), |pid| memory(pid, "status", "VmRSS"))
    }

    fn postgres_time(&self) -> Result<f64, Failure> {
        let postmaster = Stat::read(self.postmaster)?;
        let children: f64 = children(self.postmaster)?.iter().map(|(_, stat)| stat.own).sum();
        Ok(postmaster.own + postmaster.ended_children + children)
    }
}

impl Sample {
    /// Cores in use from this moment to a later one.
    pub(crate) fn until(&self, later: &Self) -> Cores {
        let seconds = later.at.duration_since(self.at).as_secs_f64();
        let cores = |time: fn(&Self) -> f64| ((time(later) - time(self)) / seconds).max(0.0);
        let (service, postgres, generator) = (
            cores(|sample| sample.service),
            cores(|sample| sample.postgres),
            cores(|sample| sample.generator),
        );
        let others = (cores(|sample| sample.machine) - service - postgres - generator).max(0.0);
        Cores { service, postgres, generator, others }
    }

    pub(crate) fn seconds_until(&self, later: &Self) -> f64 {
        later.at.duration_since(self.at).as_secs_f64()
    }
}

/// What `/proc/PID/stat` tells of a process.
#[derive(Debug, PartialEq)]
struct Stat {
    parent: u32,
    /// CPU time of its own threads, in seconds.
    own: f64,
    /// That of children that have ended and were waited for.
    ended_children: f64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self, Failure> {
        let path = format!("/proc/{pid}/stat");
        let text = read(&path)?;
        Self::parse(&text).ok_or_else(|| Failure::run(format!("{path} cannot be understood")))
    }

    fn parse(text: &str) -> Option<Self> {
        // The name, in parentheses, may itself hold blanks and parentheses.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let seconds = |field: usize| fields.get(field)?.parse::<u32>().ok().map(in_seconds);
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: seconds(11)? + seconds(12)?,
            ended_children: seconds(13)? + seconds(14)?,
        })
    }
}

fn in_seconds(ticks: u32) -> f64 {
    // A hundred, everywhere that matters.
    f64::from(ticks) / f64::from(u32::try_from(clock_ticks_per_second()).unwrap_or(100))
}

fn children(parent: u32) -> Result<Vec<(u32, Stat)>, Failure> {
    let entries = fs::read_dir("/proc").map_err(Failure::at(Path::new("/proc")))?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let stats = pids.filter_map(|pid| Some((pid, Stat::read(pid).ok()?)));
    Ok(stats.filter(|(_, stat)| stat.parent == parent).collect())
}

/// CPU time that the machine has spent working, in seconds.
fn machine_time() -> Result<f64, Failure> {
    let path = "/proc/stat";
    let text = read(path)?;
    busy(&text).ok_or_else(|| Failure::run(format!("{path} cannot be understood")))
}

fn busy(text: &str) -> Option<f64> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<f64> =
        line.split_ascii_whitespace().map(|ticks| ticks.parse().ok()).collect::<Option<Vec<f64>>>()?;
    // User, nice, system, then idle and waiting for disks, then hardware and software interrupts.
    let ticks: f64 = [0, 1, 2, 5, 6].iter().filter_map(|field| times.get(*field)).sum();
    Some(ticks * in_seconds(1))
}

/// A line such as `VmRSS:  1234 kB` of a file of the process, in bytes.
fn memory(pid: u32, file: &str, name: &str) -> Result<u64, Failure> {
    let path = format!("/proc/{pid}/{file}");
    kilobytes(&read(&path)?, name)
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| Failure::run(format!("{path} does not tell {name}")))
}

/// The value of a line such as `MemTotal:  1234 kB`.
pub(crate) fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::at(Path::new(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let text = "7 (a b) c) S 5 7 7 0 -1 4194560 1 2 3 4 150 50 300 100 20 0 64 0 99";
        let expected = Stat { parent: 5, own: in_seconds(200), ended_children: in_seconds(400) };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("7 (cut"), None);
    }

    #[test]
    fn waiting_is_not_working() {
        let text = "cpu  100 0 50 9000 800 20 30 0 0 0\ncpu0 1 2 3\n";
        assert_eq!(busy(text), Some(200.0 * in_seconds(1)));
    }

    #[test]
    fn memory_is_found_by_its_whole_name() {
        let text = "VmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(kilobytes(text, "VmRSS"), Some(1024));
        assert_eq!(kilobytes(text, "Vm"), None);
    }

    #[test]
    fn this_process_has_used_time_and_memory() {
        let watched = Watched { postmaster: process::id(), service: Some(process::id()), pgbench: None };
        let sample = watched.sample().unwrap();
        assert!(sample.machine > 0.0 && sample.machine >= sample.service);
        let memory = watched.memory().unwrap();
        assert!(memory.service <= memory.service_peak && memory.postgres > 0);
    }
}
