//! A Redis server of a test's own, which the test may stop, freeze and let come back.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, aio::MultiplexedConnection};
use rustix::process::{Pid, Signal, kill_process};
use stockroom_redis_link::RedisLink;
use tempfile::TempDir;

use crate::IssuedCertificate;

/// A Redis server that keeps nothing on disk; stopped when dropped.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    directory: TempDir,
    /// Its certificate, if it accepts TLS alone.
    certificate: Option<IssuedCertificate>,
    /// None while it is stopped.
    process: Mutex<Option<Child>>,
}

impl RedisServer {
    /// A server on a free port.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// A server on a free port that has this certificate and accepts TLS alone.
    pub fn start_with_tls(certificate: IssuedCertificate) -> Self {
        Self::start_with(Some(certificate))
    }

    fn start_with(certificate: Option<IssuedCertificate>) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("a bound port").port();
        drop(free);
        let directory = tempfile::tempdir().expect("a temporary directory");
        let server = Self { port, directory, certificate, process: Mutex::default() };
        server.start_again();
        server
    }

    /// Its URL, which stays the same when it is started again.
    pub fn url(&self) -> String {
        match &self.certificate {
            None => format!("redis://127.0.0.1:{}", self.port),
            Some(_) => format!("rediss://localhost:{}", self.port),
        }
    }

    /// A link to it, in the runtime that this is called in.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn link(&self) -> RedisLink {
        RedisLink::start(&self.url().as_str().into()).expect("a valid URL")
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Kills it: what it held is lost, and its port refuses connections.
    pub fn stop(&self) {
        if let Some(mut process) = self.process.lock().expect("nobody panics").take() {
            process.kill().expect("redis-server can be stopped");
            process.wait().expect("redis-server ends");
        }
    }

    /// Starts it on the same port, empty, and waits until it answers.
    pub fn start_again(&self) {
        let mut command = Command::new("redis-server");
        let port = self.port.to_string();
        match &self.certificate {
            None => command.args(["--port", &port]),
            Some(IssuedCertificate { certificate, key, authority }) => command
                .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"])
                .arg("--tls-cert-file")
                .arg(certificate)
                .arg("--tls-key-file")
                .arg(key)
                .arg("--tls-ca-cert-file")
                .arg(authority),
        };
        let mut process = command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(self.directory.path())
            .args(["--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed (./dev test installs it)");
        let output = process.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let ready = lines.any(|line| line.contains("eady to accept connections"));
        assert!(ready, "redis-server did not start");
        // Its output is read on, or it would wait for a reader one day.
        std::thread::spawn(move || lines.for_each(drop));
        *self.process.lock().expect("nobody panics") = Some(process);
    }

    /// Freezes it: connections stay open and are even made, but nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on with all that it was sent meanwhile.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &*self.process.lock().expect("nobody panics") {
            let pid = i32::try_from(process.id()).expect("a process id");
            kill_process(Pid::from_raw(pid).expect("a process id"), signal).expect("redis-server is there");
        }
    }

    /// A connection to it.
    pub async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a valid URL");
        // Some commands take their time.
        let patient = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_mins(1)))
            .set_response_timeout(Some(Duration::from_mins(1)));
        let connection = client.get_multiplexed_async_connection_with_config(&patient).await;
        connection.expect("Redis accepts connections")
    }

    /// What it answers to a command, over a connection of its own.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        command.query_async(&mut self.connect().await).await.expect("Redis answers")
    }

    /// Does a command, such as `FLUSHALL`, written as words between blanks.
    pub async fn run(&self, command: &str) {
        let mut words = Cmd::new();
        for word in command.split(' ') {
            words.arg(word);
        }
        self.ask::<redis::Value>(&words).await;
    }

    /// Runs a script over one key.
    pub async fn script(&self, script: &str, key: &str) {
        self.ask::<redis::Value>(redis::cmd("EVAL").arg(script).arg(1).arg(key)).await;
    }

    /// Ends the connection of one of those who listen to messages.
    pub async fn kill_listener(&self, which: usize) {
        let list: String = self.ask(redis::cmd("CLIENT").arg("LIST").arg("TYPE").arg("pubsub")).await;
        let ids: Vec<&str> =
            list.lines().filter_map(|line| line.split(' ').next()?.strip_prefix("id=")).collect();
        if !ids.is_empty() {
            // It may be gone by now.
            let mut kill = redis::cmd("CLIENT");
            kill.arg("KILL").arg("ID").arg(ids[which % ids.len()]);
            self.ask::<i64>(&kill).await;
        }
    }

    /// How many connections listen to messages.
    pub async fn listeners(&self) -> usize {
        let list: String = self.ask(redis::cmd("CLIENT").arg("LIST").arg("TYPE").arg("pubsub")).await;
        list.lines().count()
    }

    /// Makes it a copy of another one, which takes no changes itself, and waits until it has all that the other one has;
    /// or ends that.
    pub async fn replicate(&self, master: Option<&Self>) {
        let Some(master) = master else { return self.run("REPLICAOF NO ONE").await };
        self.run(&format!("REPLICAOF 127.0.0.1 {}", master.port)).await;
        for _ in 0..2_000 {
            let about: String = self.ask(redis::cmd("INFO").arg("replication")).await;
            if about.contains("master_link_status:up") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the copy is not complete");
    }

    /// All keys, with the milliseconds that each has to live; negative for one that never expires.
    pub async fn keys(&self) -> Vec<(String, i64)> {
        let mut connection = self.connect().await;
        let names: Vec<String> =
            redis::cmd("KEYS").arg("*").query_async(&mut connection).await.expect("keys");
        let mut keys = Vec::new();
        for name in names {
            let left = redis::cmd("PTTL").arg(&name).query_async(&mut connection).await.expect("a time");
            keys.push((name, left));
        }
        keys
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
