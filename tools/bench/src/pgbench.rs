//! Runs `pgbench` and reads the log it keeps of every transaction.
//!
//! What its connections do at first, preparing statements and filling caches, is left out, as it is for the service: a
//! window of the log counts, which begins when the warm-up is over.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    failure::Failure,
    interrupt,
    latencies::Latencies,
    measurement::{Measured, rate},
    postgres::Postgres,
    processes::Watched,
};

/// Longer than the window, so that the window ends before the callers do.
const MARGIN_SECONDS: u64 = 1;
/// How long connecting takes, about.
const CONNECTING: Duration = Duration::from_millis(200);
const THREADS: u32 = 2;
const SAMPLING: &str = "--sampling-rate=0.05";

/// What each caller runs again and again.
pub(crate) struct Script {
    pub(crate) path: PathBuf,
    /// Variables that it uses.
    pub(crate) variables: Vec<(String, String)>,
    /// Whether so many transactions are to be expected that writing down each of them would slow them down: then one of
    /// twenty is, for the latencies, and the rate is what pgbench tells every second.
    pub(crate) is_fast: bool,
}

/// The program and the server it works on.
pub(crate) struct Pgbench<'a> {
    postgres: &'a Postgres,
    program: PathBuf,
}

impl<'a> Pgbench<'a> {
    pub(crate) fn new(postgres: &'a Postgres) -> Self {
        Self { postgres, program: postgres.program("pgbench") }
    }

    /// Lets so many callers run a script on a database.
    pub(crate) fn measure(
        &self,
        database: &str,
        script: &Script,
        callers: u32,
        (warm_up, seconds): (u64, u64),
    ) -> Result<Measured, Failure> {
        let logs =
            TempDir::new_in(self.postgres.directory()).map_err(Failure::because("cannot keep logs"))?;
        let mut command = self.command(script, callers, warm_up + seconds + MARGIN_SECONDS);
        command.arg(format!("--log-prefix={}", logs.path().join("log").display()));
        let child = command.arg(self.postgres.url(database)).spawn();
        let mut running = Running(child.map_err(Failure::at(&self.program))?);

        let watched =
            Watched { postmaster: self.postgres.pid()?, service: None, pgbench: Some(running.0.id()) };
        interrupt::sleep(CONNECTING + Duration::from_secs(warm_up))?;
        let before = watched.sample()?;
        interrupt::sleep(Duration::from_secs(seconds))?;
        let after = watched.sample()?;
        let memory = watched.memory()?;
        let said = running.finish()?;

        let window = Window::of(read_logs(logs.path())?, warm_up, seconds)?;
        let (count, per_second) = if script.is_fast {
            told_rate(&said, warm_up, seconds)?
        } else {
            let count = window.latencies.count();
            (count, rate(count, Duration::from_secs(seconds)))
        };
        Ok(Measured {
            callers,
            seconds: Duration::from_secs(seconds).as_secs_f64(),
            count,
            per_second,
            latency: window.latencies.percentiles(),
            refused: window.failed,
            first_refusal: None,
            cores: before.until(&after),
            memory,
        })
    }

    fn command(&self, script: &Script, callers: u32, seconds: u64) -> Command {
        let mut command = Command::new(&self.program);
        for name in ["PGOPTIONS", "PGSERVICE", "PGSSLMODE"] {
            command.env_remove(name);
        }
        command
            .args(["--no-vacuum", "--protocol=prepared", "--log"])
            .arg(format!("--client={callers}"))
            .arg(format!("--jobs={}", THREADS.min(callers)))
            .arg(format!("--time={seconds}"))
            .arg("--file")
            .arg(&script.path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if script.is_fast {
            command.args(["--progress=1", SAMPLING]);
        }
        for (name, value) in &script.variables {
            command.arg(format!("--define={name}={value}"));
        }
        command
    }
}

/// A pgbench at work; killed when the measurement is given up.
struct Running(Child);

impl Running {
    /// What it said until its end.
    fn finish(&mut self) -> Result<String, Failure> {
        let mut said = String::new();
        if let Some(mut errors) = self.0.stderr.take() {
            errors.read_to_string(&mut said).map_err(Failure::because("cannot read what pgbench says"))?;
        }
        let status = self.0.wait().map_err(Failure::because("cannot wait for pgbench"))?;
        if status.success() {
            return Ok(said);
        }
        let error = said.lines().find(|line| line.contains("error")).unwrap_or("it does not say why");
        Err(Failure::run(format!("pgbench failed: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// How many transactions pgbench tells of in the time that counts, and how many in a second, from lines such as
/// `progress: 3.0 s, 41234.5 tps, lat 0.388 ms stddev 0.121, 0 failed`, one for each second since the start.
fn told_rate(said: &str, warm_up: u64, seconds: u64) -> Result<(u64, f64), Failure> {
    let rates = said.lines().filter_map(|line| {
        let (_, told) = line.strip_prefix("progress: ")?.split_once(" s, ")?;
        told.split_once(" tps")?.0.parse::<f64>().ok()
    });
    let length = |seconds| usize::try_from(seconds).unwrap_or(usize::MAX);
    let counted: Vec<f64> = rates.skip(length(warm_up)).take(length(seconds)).collect();
    if counted.is_empty() {
        return Err(Failure::run("pgbench does not tell its rate"));
    }
    // Fewer lines than seconds are possible: the last one may be missing.
    let seconds_told = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let rate = counted.iter().sum::<f64>() / f64::from(seconds_told);
    // A rate is positive and far below 2^52.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of a measurement")]
    let count = (rate * Duration::from_secs(seconds).as_secs_f64()).round() as u64;
    Ok((count, rate))
}

/// A transaction as the log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Transaction {
    /// None if it failed.
    latency: Option<Duration>,
    /// Since 1970.
    ended: Duration,
}

impl Transaction {
    /// Reads `client number latency script seconds microseconds`, the latency in microseconds or `failed`.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ').skip(2);
        let latency = fields.next()?;
        let latency = match latency {
            "failed" => None,
            micros => Some(Duration::from_micros(micros.parse().ok()?)),
        };
        let seconds = fields.nth(1)?.parse().ok()?;
        let micros = fields.next()?.parse().ok()?;
        Some(Self { latency, ended: Duration::from_secs(seconds) + Duration::from_micros(micros) })
    }
}

/// Every thread has a log of its own.
fn read_logs(directory: &Path) -> Result<Vec<Transaction>, Failure> {
    let mut transactions = Vec::new();
    for entry in fs::read_dir(directory).map_err(Failure::at(directory))?.flatten() {
        let path = entry.path();
        for line in BufReader::new(File::open(&path).map_err(Failure::at(&path))?).lines() {
            let line = line.map_err(Failure::at(&path))?;
            let read = Transaction::parse(&line);
            transactions
                .push(read.ok_or_else(|| Failure::run(format!("pgbench's log cannot be read: {line}")))?);
        }
    }
    Ok(transactions)
}

/// What ended in the time that counts.
struct Window {
    latencies: Latencies,
    failed: BTreeMap<String, u64>,
}

impl Window {
    fn of(transactions: Vec<Transaction>, warm_up: u64, seconds: u64) -> Result<Self, Failure> {
        let first = transactions.iter().map(|one| one.ended).min();
        let first = first.ok_or_else(|| Failure::run("pgbench has finished no transaction"))?;
        let start = first + Duration::from_secs(warm_up);
        let end = start + Duration::from_secs(seconds);
        let mut window = Self { latencies: Latencies::new()?, failed: BTreeMap::new() };
        for one in transactions.into_iter().filter(|one| (start..end).contains(&one.ended)) {
            match one.latency {
                Some(latency) => window.latencies.record(latency),
                None => *window.failed.entry("failed".to_owned()).or_default() += 1,
            }
        }
        Ok(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_a_transaction() {
        let ended = Duration::from_micros(1_700_000_000_000_250);
        let line = "12 3 4500 0 1700000000 250";
        let expected = Transaction { latency: Some(Duration::from_micros(4_500)), ended };
        assert_eq!(Transaction::parse(line), Some(expected));
        let failed = Transaction::parse("12 3 failed 0 1700000000 250 0 1");
        assert_eq!(failed, Some(Transaction { latency: None, ended }));
        assert_eq!(Transaction::parse("12 3"), None);
    }

    #[test]
    fn the_rate_is_that_of_the_seconds_that_count() {
        let line =
            |second, rate| format!("progress: {second}.0 s, {rate}.5 tps, lat 0.4 ms stddev 0.1, 0 failed\n");
        let said: String =
            [100, 200, 10, 210, 900].iter().zip(1..).map(|(rate, second)| line(second, rate)).collect();
        assert_eq!(told_rate(&said, 1, 3).unwrap(), (422, 140.5));
        assert!(told_rate("pgbench (15.18)\n", 1, 3).is_err());
    }

    #[test]
    fn the_warm_up_and_the_rest_do_not_count() {
        let at = |millis| Transaction {
            latency: Some(Duration::from_millis(1)),
            ended: Duration::from_millis(millis),
        };
        let transactions = [500, 2_499, 2_500, 3_000, 12_499, 12_500].map(at).to_vec();
        let window = Window::of(transactions, 2, 10).unwrap();
        assert_eq!(window.latencies.count(), 3);
        assert!(Window::of(Vec::new(), 2, 10).is_err());
    }
}
