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
    baselines::Way,
    failure::Failure,
    interrupt,
    latencies::Latencies,
    measurement::{Measurement, rate},
    postgres::Postgres,
    processes::Watched,
    workload::CLIENTS,
};

/// Longer than the window, so that the window ends before the callers do.
const MARGIN_SECONDS: u64 = 1;
/// How long connecting takes, about.
const CONNECTING: Duration = Duration::from_millis(200);
const THREADS: u32 = 2;
/// SHA-256 of a request body.
const FINGERPRINT: &str = r"\x9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// What each caller runs again and again.
pub(crate) struct Script {
    pub(crate) path: PathBuf,
    /// The answer kept with the key of an order.
    pub(crate) answer: String,
}

/// The program and the server it works on.
pub(crate) struct Pgbench<'a> {
    postgres: &'a Postgres,
    program: PathBuf,
    series: String,
}

impl<'a> Pgbench<'a> {
    pub(crate) fn new(postgres: &'a Postgres) -> Result<Self, Failure> {
        Ok(Self { postgres, program: postgres.program("pgbench"), series: postgres.series()? })
    }

    pub(crate) fn measure(
        &self,
        way: Way,
        script: &Script,
        warm_up: u64,
        seconds: u64,
    ) -> Result<Measurement, Failure> {
        let logs =
            TempDir::new_in(self.postgres.directory()).map_err(Failure::because("cannot keep logs"))?;
        let mut command = self.command(way, script, warm_up + seconds + MARGIN_SECONDS);
        command.arg(format!("--log-prefix={}", logs.path().join("log").display()));
        let child = command.arg(self.postgres.url(way.contender.database())).spawn();
        let mut running = Running(child.map_err(Failure::at(&self.program))?);

        let watched =
            Watched { postmaster: self.postgres.pid()?, service: None, pgbench: Some(running.0.id()) };
        interrupt::sleep(CONNECTING + Duration::from_secs(warm_up))?;
        let before = watched.sample()?;
        interrupt::sleep(Duration::from_secs(seconds))?;
        let after = watched.sample()?;
        let memory = watched.memory()?;
        running.finish()?;

        let window = Window::of(read_logs(logs.path())?, warm_up, seconds)?;
        let orders = window.latencies.count();
        Ok(Measurement {
            workload: way.workload,
            contender: way.contender,
            callers: way.callers,
            seconds: Duration::from_secs(seconds).as_secs_f64(),
            orders,
            per_second: rate(orders, Duration::from_secs(seconds)),
            latency: window.latencies.percentiles(),
            refused: window.failed,
            cores: before.until(&after),
            memory,
        })
    }

    fn command(&self, way: Way, script: &Script, seconds: u64) -> Command {
        let mut command = Command::new(&self.program);
        for name in ["PGOPTIONS", "PGSERVICE", "PGSSLMODE"] {
            command.env_remove(name);
        }
        command
            .args(["--no-vacuum", "--protocol=prepared", "--log"])
            .arg(format!("--client={}", way.callers))
            .arg(format!("--jobs={}", THREADS.min(way.callers)))
            .arg(format!("--time={seconds}"))
            .arg("--file")
            .arg(&script.path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut define = |name: &str, value: &str| {
            command.arg(format!("--define={name}={value}"));
        };
        define("clients", &CLIENTS.to_string());
        define("series", &self.series);
        define("fingerprint", FINGERPRINT);
        define("answer", &script.answer);
        for (line, (first, last)) in (1..).zip(way.workload.ranges()) {
            define(&format!("from{line}"), &first.to_string());
            define(&format!("to{line}"), &last.to_string());
        }
        command
    }
}

/// A pgbench at work; killed when the measurement is given up.
struct Running(Child);

impl Running {
    fn finish(&mut self) -> Result<(), Failure> {
        let mut said = String::new();
        if let Some(mut errors) = self.0.stderr.take() {
            errors.read_to_string(&mut said).map_err(Failure::because("cannot read what pgbench says"))?;
        }
        let status = self.0.wait().map_err(Failure::because("cannot wait for pgbench"))?;
        if status.success() {
            return Ok(());
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
