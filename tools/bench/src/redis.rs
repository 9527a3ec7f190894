//! A Redis of the run's own, which forgets everything when it ends.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::failure::Failure;

const PROGRAM: &str = "redis-server";
const START: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A running server. Dropping it ends it.
pub(crate) struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    pub(crate) fn start(directory: &Path) -> Result<Self, Failure> {
        let port = free_port().map_err(Failure::because("there is no free port for Redis"))?;
        let process = Command::new(PROGRAM)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // Ctrl-C reaches the whole group in the foreground, but what runs here is stopped in order.
            .process_group(0)
            .spawn()
            .map_err(Failure::at(Path::new(PROGRAM)))?;
        let mut redis = Self { process, port };
        redis.wait_until_ready()?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + START;
        while self.ping().is_err() {
            let ended = !matches!(self.process.try_wait(), Ok(None));
            if ended || Instant::now() >= deadline {
                return Err(Failure::run("Redis did not start"));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn ping(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(START))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        if &answer == b"+PONG\r\n" { Ok(()) } else { Err(io::Error::other("it is no Redis")) }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It has nothing to keep.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Free at this moment, which is the best that can be known.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
