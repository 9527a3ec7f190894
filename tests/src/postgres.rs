//! A PostgreSQL server of a test's own that listens on TCP: with TLS or without, and with its own `pg_hba.conf`.

use std::{
    env,
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use stockroom_embedded::{Durability, Server, Settings};
use stockroom_repository::migrations;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::certificates::IssuedCertificate;

const DATABASE: &str = "shop";

/// The server. Stopped when dropped.
pub struct TcpPostgres {
    port: u16,
    process: Child,
    _root: TempDir,
}

impl TcpPostgres {
    /// The password of the role `shop`, which may do everything.
    pub const PASSWORD: &str = "s3cret";

    /// A server with the schema, with TLS if there is a certificate, that lets in whom these lines of `pg_hba.conf` do.
    pub async fn start(certificate: Option<&IssuedCertificate>, rules: &[&str]) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        // The unprivileged user that PostgreSQL runs as, when the tests run as root, must be able to enter it.
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).expect("permissions");
        let place = root.path().join("data");
        let settings = Settings { durability: Durability::Disposable, ..Settings::new(&place) };
        let server = Server::start(&settings).expect("a private PostgreSQL starts");
        server.create_database(DATABASE).expect("a database");
        let url = server.url(DATABASE);
        migrations::run(&url).await.expect("the migrations run");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        let role = format!("CREATE ROLE shop LOGIN SUPERUSER PASSWORD '{}'", Self::PASSWORD);
        client.batch_execute(&role).await.expect("a role");
        drop(client);
        let program = server.bin_dir().join("postgres");
        server.stop().expect("it stops");

        let cluster = place.join("cluster");
        fs::write(cluster.join("pg_hba.conf"), rules.join("\n") + "\n").expect("rules");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("a bound port").port();
        drop(free);
        let mut command = Command::new(program);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.arg("-D").arg(&cluster).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        for option in ["unix_socket_directories=", "fsync=off", "lc_messages=C", "log_destination=stderr"] {
            command.args(["-c", option]);
        }
        if let Some(certificate) = certificate {
            certificate.give_to_owner_of(&cluster);
            command.args(["-c", "ssl=on"]);
            command.arg("-c").arg(format!("ssl_cert_file={}", certificate.certificate.display()));
            command.arg("-c").arg(format!("ssl_key_file={}", certificate.key.display()));
        }
        if rustix::process::geteuid().is_root() {
            let owner = fs::metadata(&cluster).expect("a cluster");
            command.uid(owner.uid()).gid(owner.gid());
        }
        let started = command.current_dir(&cluster).env("LC_ALL", "C").stderr(Stdio::piped()).spawn();
        let mut process = started.expect("PostgreSQL starts");
        let log = process.stderr.take().expect("its log");
        let mut lines = BufReader::new(log).lines().map_while(Result::ok);
        let mut told = Vec::new();
        let ready = lines.by_ref().inspect(|line| told.push(line.clone()));
        let ready = { ready }.any(|line| line.contains("ready to accept connections"));
        assert!(ready, "PostgreSQL did not start: {told:?}");
        // Its log is read on, or it would wait for a reader one day.
        std::thread::spawn(move || lines.for_each(drop));
        Self { port, process, _root: root }
    }

    /// Its port, on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of its database under this name of the machine, with these parameters.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://shop:{}@{host}:{}/{DATABASE}?{parameters}", Self::PASSWORD, self.port)
    }
}

impl Drop for TcpPostgres {
    fn drop(&mut self) {
        // A server that is killed leaves its processes behind, so it is asked to end at once.
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = self.process.wait();
    }
}
