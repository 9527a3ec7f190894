//! The service under measurement: built, started as a process of its own, and stopped the way an operator does.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::failure::Failure;

/// What the service is set to, besides its production defaults.
const SETTINGS: [(&str, &str); 6] = [
    ("STOCKROOM_ENV", "production"),
    ("STOCKROOM__SERVER__HOST", "127.0.0.1"),
    ("STOCKROOM__SERVER__PORT", "0"),
    ("STOCKROOM__RATE_LIMIT__ENABLED", "false"),
    ("STOCKROOM__REDIS__ENABLED", "false"),
    ("STOCKROOM__LOG__LEVEL", "warn"),
];
const PASSED_ON: &str = "STOCKROOM__";
const START: Duration = Duration::from_secs(30);
/// The service gives requests in flight 30 s.
const STOP: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(10);

/// The program and what it is run with.
pub(crate) struct Program {
    path: PathBuf,
    pub(crate) settings: BTreeMap<String, String>,
}

/// A running service. Dropping it stops it.
pub(crate) struct Service {
    process: Child,
    pub(crate) address: SocketAddr,
    /// Kept open: the service may print more.
    _output: BufReader<ChildStdout>,
}

impl Program {
    /// The given program, or the release build of this workspace, made now.
    pub(crate) fn find(given: Option<&Path>, workspace: &Path) -> Result<Self, Failure> {
        let path = match given {
            Some(path) => path.canonicalize().map_err(Failure::at(path))?,
            None => build(workspace)?,
        };
        let mut settings: BTreeMap<String, String> =
            SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings.extend(env::vars().filter(|(name, _)| name.starts_with(PASSED_ON)));
        Ok(Self { path, settings })
    }

    /// Starts the service on a database and waits until it is healthy.
    pub(crate) fn serve(&self, url: &str) -> Result<Service, Failure> {
        let mut process = self
            .command(url)
            .arg("serve")
            .stdout(Stdio::piped())
            // Ctrl-C reaches the whole group in the foreground, but what runs here is stopped in order.
            .process_group(0)
            .spawn()
            .map_err(Failure::at(&self.path))?;
        let output = process.stdout.take().map(BufReader::new);
        let address = output.and_then(|mut output| Some((read_address(&mut output)?, output)));
        let Some((address, output)) = address else {
            let _ = process.kill();
            let _ = process.wait();
            return Err(Failure::run("the service did not start; it says why above"));
        };
        let service = Service { process, address, _output: output };
        service.wait_until_healthy()?;
        Ok(service)
    }

    /// Runs another command of the program on a database, to its end.
    pub(crate) fn run(&self, command: &str, url: &str) -> Result<Output, Failure> {
        self.command(url).arg(command).stderr(Stdio::piped()).output().map_err(Failure::at(&self.path))
    }

    /// With the settings reported and no others.
    fn command(&self, url: &str) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().envs(&self.settings).env("DATABASE_URL", url).stdin(Stdio::null());
        command
    }
}

impl Service {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks the service to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        self.terminate().map_or_else(|| Err(Failure::run("the service did not stop by itself")), |()| Ok(()))
    }

    fn terminate(&mut self) -> Option<()> {
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let deadline = Instant::now() + STOP;
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                let _ = self.process.kill();
                let _ = self.process.wait();
                return None;
            }
            thread::sleep(POLL);
        }
        Some(())
    }

    fn wait_until_healthy(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + START;
        while !self.is_healthy() {
            if Instant::now() >= deadline {
                return Err(Failure::run("the service is not healthy"));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn is_healthy(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(START))?;
            write!(stream, "GET /health_check HTTP/1.1\r\nHost: stockroom\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.terminate();
        }
    }
}

/// The address in the lines that a started service prints.
fn read_address(output: &mut impl BufRead) -> Option<SocketAddr> {
    let mut lines = output.lines().map_while(Result::ok);
    lines.find_map(|line| line.trim().strip_prefix("API ")?.trim().strip_prefix("http://")?.parse().ok())
}

/// Builds the service and returns where cargo put it.
fn build(workspace: &Path) -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(workspace)
        .args(["build", "--release", "--locked", "--package", "stockroom-cli"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(Failure::because("cannot run cargo"))?;
    if !output.status.success() {
        return Err(Failure::run("the service does not build"));
    }
    let built = String::from_utf8_lossy(&output.stdout).lines().find_map(executable);
    built.ok_or_else(|| Failure::run("cargo does not tell where it put the service"))
}

/// The program that a message of cargo tells of.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let named = message["target"]["name"] == "stockroom";
    named.then(|| message["executable"].as_str().map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_banner() {
        let banner = "\nStockroom 0.1.0 (production) listens on 127.0.0.1:4711\n\n  API         http://127.0.0.1:4711\n";
        assert_eq!(read_address(&mut banner.as_bytes()), Some(([127, 0, 0, 1], 4711).into()));
        assert_eq!(read_address(&mut "nothing\n".as_bytes()), None);
    }

    #[test]
    fn only_the_program_itself_is_taken() {
        let program =
            r#"{"reason":"compiler-artifact","target":{"name":"stockroom"},"executable":"/t/stockroom"}"#;
        assert_eq!(executable(program), Some(PathBuf::from("/t/stockroom")));
        let library = r#"{"reason":"compiler-artifact","target":{"name":"stockroom_cli"},"executable":null}"#;
        assert_eq!(executable(library), None);
    }
}
