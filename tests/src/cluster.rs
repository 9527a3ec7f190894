//! The PostgreSQL of a test run, and the databases of its tests.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use stockroom_embedded::{Durability, Server, Settings};
use stockroom_repository::migrations;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

const TEMPLATE: &str = "template_shop";

struct Cluster {
    server: Server,
    _undertaker: Child,
}

/// The URL of a new database with the newest schema and no rows.
pub async fn database() -> String {
    static MIGRATED: OnceCell<()> = OnceCell::const_new();
    let cluster = cluster();
    MIGRATED
        .get_or_init(|| async {
            execute("postgres", &format!("CREATE DATABASE {TEMPLATE}")).await;
            migrations::run(&cluster.server.url(TEMPLATE)).await.expect("the migrations run");
        })
        .await;
    create(&format!("TEMPLATE {TEMPLATE}")).await
}

/// The URL of a new database without any schema.
pub async fn empty_database() -> String {
    create("").await
}

async fn create(options: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    execute("postgres", &format!("CREATE DATABASE {name} {options}")).await;
    cluster().server.url(&name)
}

async fn execute(database: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(&cluster().server.url(database), NoTls)
        .await
        .expect("PostgreSQL accepts connections");
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
    drop(client);
    driver.await.expect("the connection's task ends").expect("the connection closes cleanly");
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let root = tempfile::Builder::new()
            .prefix("stockroom-tests-")
            .tempdir()
            .expect("a temporary directory")
            .keep();
        // The unprivileged user that PostgreSQL runs as, when the tests run as root, must be able to enter it.
        std::fs::set_permissions(&root, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("permissions");
        let settings = Settings {
            durability: Durability::Disposable,
            max_connections: 500,
            ..Settings::new(root.join("data"))
        };
        let server = Server::start(&settings).expect("a private PostgreSQL starts");
        let undertaker = undertaker(&root, &server);
        Cluster { server, _undertaker: undertaker }
    })
}

/// Statics are never dropped, and a test run may be killed: a small process waits for the end of this one, whichever
/// way it comes, then stops PostgreSQL and removes its files.
fn undertaker(root: &Path, server: &Server) -> Child {
    let script = r#"cat; kill -QUIT "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; rm -rf "$2""#;
    let pid_file = server.data_dir().join("cluster/postmaster.pid");
    let pid = std::fs::read_to_string(pid_file).expect("a running server has a pid file");
    Command::new("sh")
        .args(["-c", script, "sh", pid.lines().next().expect("the pid is in the first line")])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell starts")
}
