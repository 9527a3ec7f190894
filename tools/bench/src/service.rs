//! A server under measurement: the service, or what it is compared with. Built, started as a process of its own, and stopped the way an operator does.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{client::Client, failure::Failure};

/// What the service is set to, besides its production defaults.
const SETTINGS: [(&str, &str); 6] = [
    ("STOCKROOM_ENV", "production"),
    ("STOCKROOM__SERVER__HOST", "127.0.0.1"),
    ("STOCKROOM__SERVER__PORT", "0"),
    ("STOCKROOM__RATE_LIMIT__ENABLED", "false"),
    ("STOCKROOM__REDIS__ENABLED", "false"),
    ("STOCKROOM__LOG__LEVEL", "warn"),
];
/// Lets everybody do what needs no administrator, without saying who they are.
pub(crate) const OPEN: (&str, &str) = ("STOCKROOM__AUTH__MODE", "open");
/// What programs of this workspace have had for long, but not for ever: one that has not refuses it.
const IF_KNOWN: [(&str, &str); 3] = [
    OPEN,
    // Several services run at the same time.
    ("STOCKROOM__OPERATIONS__PORT", "0"),
    ("STOCKROOM__OPERATIONS__HOST", "127.0.0.1"),
];
/// What the bare server is given too.
const WORKERS: &str = "STOCKROOM__SERVER__WORKERS";
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

/// A running server. Dropping it stops it.
pub(crate) struct Service {
    process: Child,
    pub(crate) address: SocketAddr,
    /// Kept open: the server may print more.
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
        let mut program = Self { path, settings };
        for (name, value) in IF_KNOWN {
            if !program.settings.contains_key(name) && program.knows((name, value))? {
                program.settings.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(program)
    }

    /// Threads that it was told to serve requests with, if it was told.
    pub(crate) fn workers(&self) -> Option<&str> {
        self.settings
            .get(WORKERS)
            .map(String::as_str)
            .filter(|workers| *workers != "0" && !workers.is_empty())
    }

    /// Starts the service on a database, with further settings, and waits until it is healthy.
    pub(crate) fn serve(&self, url: &str, settings: &[(&str, &str)]) -> Result<Service, Failure> {
        let mut command = self.command(url);
        command.envs(settings.iter().copied()).arg("serve");
        let service = Service::start(command)?;
        service.wait_until_healthy()?;
        Ok(service)
    }

    /// Whether the program has this setting; it refuses those that it has not.
    pub(crate) fn knows(&self, (name, value): (&str, &str)) -> Result<bool, Failure> {
        // No database is needed to print the configuration.
        let mut command = self.command("");
        let output = command.env(name, value).arg("config").output().map_err(Failure::at(&self.path))?;
        Ok(output.status.success())
    }

    /// Runs another command of the program on a database, to its end.
    pub(crate) fn run(&self, arguments: &[&str], url: &str) -> Result<Output, Failure> {
        self.command(url).args(arguments).stderr(Stdio::piped()).output().map_err(Failure::at(&self.path))
    }

    /// With the settings reported and no others.
    fn command(&self, url: &str) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().envs(&self.settings).env("DATABASE_URL", url).stdin(Stdio::null());
        command
    }
}

impl Service {
    /// Starts a server and waits until it tells where it listens.
    pub(crate) fn start(mut command: Command) -> Result<Self, Failure> {
        let program = PathBuf::from(command.get_program());
        // Ctrl-C reaches the whole group in the foreground, but what runs here is stopped in order.
        command.stdout(Stdio::piped()).process_group(0);
        let mut process = command.spawn().map_err(Failure::at(&program))?;
        let output = process.stdout.take().map(BufReader::new);
        let address = output.and_then(|mut output| Some((read_address(&mut output)?, output)));
        let Some((address, output)) = address else {
            let _ = process.kill();
            let _ = process.wait();
            return Err(Failure::run(format!("{} did not start; it says why above", program.display())));
        };
        Ok(Self { process, address, _output: output })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        self.terminate().map_or_else(|| Err(Failure::run("a server did not stop by itself")), |()| Ok(()))
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
        let asked = Client::connect(self.address).and_then(|mut client| client.get("/health_check", &[]));
        asked.is_ok_and(|answer| answer.status == 200)
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
