//! Two PostgreSQL servers of a test's own: a primary, and a standby that has every commit before it is acknowledged.

use std::{
    env,
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    process::Command,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use stockroom_embedded::{Server, Settings};
use stockroom_repository::migrations;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls, config::Host};

const DATABASE: &str = "shop";
/// Longer than a standby needs to follow, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The servers. Stopped when dropped.
pub struct Pair {
    primary: Option<Server>,
    standby: Server,
    primary_url: String,
    _root: TempDir,
}

impl Pair {
    /// A primary with a migrated database, and a standby that follows it.
    pub async fn start() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        // The unprivileged user that PostgreSQL runs as, when the tests run as root, must be able to enter it.
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).expect("permissions");
        let place = root.path().join("a");
        let primary = Server::start(&Settings::new(&place)).expect("a primary starts");
        primary.create_database(DATABASE).expect("a database");
        let primary_url = primary.url(DATABASE);
        migrations::run(&primary_url).await.expect("the migrations run");

        let owner = fs::metadata(place.join("cluster")).expect("a cluster");
        let copy = root.path().join("b/cluster");
        fs::create_dir_all(&copy).expect("a directory");
        for (directory, mode) in [(root.path().join("b"), 0o755), (copy.clone(), 0o700)] {
            fs::set_permissions(directory, Permissions::from_mode(mode)).expect("permissions");
        }
        chown(&copy, Some(owner.uid()), Some(owner.gid())).expect("an owner");
        let config: Config = primary_url.parse().expect("a URL");
        let [Host::Unix(socket)] = config.get_hosts() else { panic!("not on a socket: {primary_url}") };
        let mut command = Command::new(primary.bin_dir().join("pg_basebackup"));
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        let port = config.get_ports().first().expect("a port").to_string();
        command.arg("--pgdata").arg(&copy).arg("--host").arg(socket).args(["--port", &port]);
        command.args(["--username", config.get_user().expect("a user"), "--no-password"]);
        command.args(["--checkpoint=fast", "--write-recovery-conf"]).current_dir(&copy);
        if rustix::process::geteuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let output = command.output().expect("PostgreSQL's pg_basebackup runs");
        assert!(output.status.success(), "pg_basebackup: {}", String::from_utf8_lossy(&output.stderr));
        let standby = Server::start(&Settings::new(root.path().join("b"))).expect("a standby starts");

        run(&primary_url, "ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        run(&primary_url, "SELECT pg_reload_conf()").await;
        let follows = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        let client = connect(&primary_url).await;
        let in_step =
            async { while client.query_one(follows, &[]).await.expect(follows).get::<_, i64>(0) == 0 {} };
        timeout(PATIENCE, in_step).await.expect("the standby follows");
        Self { primary: Some(primary), standby, primary_url, _root: root }
    }

    /// The URLs of the database on either: first that of the primary.
    pub fn urls(&self) -> [String; 2] {
        [self.primary_url.clone(), self.standby.url(DATABASE)]
    }

    /// The URL of the database on whichever of them takes changes, past whatever is in the way of the service.
    pub fn url(&self) -> String {
        let [(user, primary), (_, standby)] = self.urls().map(|url| {
            let (user, rest) = url.split_once('@').expect("a user");
            (user.to_owned(), rest.trim_end_matches(&format!("/{DATABASE}")).to_owned())
        });
        format!("{user}@{primary},{standby}/{DATABASE}?target_session_attrs=read-write")
    }

    /// Ends the primary as a crash does: nobody is told, and nothing is written out.
    pub fn stop_primary(&mut self) {
        let server = self.primary.take().expect("it runs");
        let pid = i32::try_from(server.pid().expect("it runs")).expect("a process id");
        kill_process(Pid::from_raw(pid).expect("a process id"), Signal::QUIT).expect("it can be stopped");
        server.stop().expect("it ends");
    }

    /// Makes the standby the primary.
    pub async fn promote(&self) {
        run(&self.standby.url(DATABASE), "SELECT pg_promote()").await;
    }
}

async fn run(url: &str, sql: &str) {
    connect(url).await.batch_execute(sql).await.expect(sql);
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}
