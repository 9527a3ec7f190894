//! The promises of the crate, kept against a real `PostgreSQL`.
//!
//! An owner that dies without a word is a second run of this test program (`hold`), killed by the test.
//! As the server of a root user runs as somebody else, every directory made here can be entered by all.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly, and so may what several tests share")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use stockroom_embedded::{Durability, Error, Server, Settings};
use tempfile::TempDir;

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

fn disposable(data_dir: impl Into<PathBuf>) -> Settings {
    Settings { durability: Durability::Disposable, max_connections: 20, ..Settings::new(data_dir) }
}

fn postmaster(data_dir: &Path) -> Pid {
    let file = fs::read_to_string(data_dir.join("cluster/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap()).unwrap()
}

fn psql(url: &str, sql: &str) -> String {
    let output = Command::new("psql").args([url, "-XAtc", sql]).env("PGPORT", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Starts an owner in a process of its own (`examples/hold.rs`) and returns when its server is up.
fn owner(data_dir: &Path) -> Child {
    let test = env::current_exe().unwrap();
    let mut child = Command::new(test.parent().unwrap().with_file_name("examples").join("hold"))
        .arg(data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap().starts_with("holding ")), "the owner did not start");
    child
}

fn kill(mut owner: Child) {
    owner.kill().unwrap();
    owner.wait().unwrap();
}

#[test]
fn a_new_directory_becomes_a_server_that_keeps_its_data_from_start_to_start() {
    let root = directory();
    let data_dir = root.path().join("new/data");

    let server = Server::start(&disposable(&data_dir)).unwrap();
    assert_eq!(server.data_dir(), data_dir.canonicalize().unwrap());
    assert!(psql(&server.url("postgres"), "SHOW server_version").starts_with(server.version()));
    assert!(server.create_database("it's a \"shop\"").unwrap());
    assert!(!server.create_database("it's a \"shop\"").unwrap(), "it exists already");
    assert_eq!(psql(&server.url("it's a \"shop\""), "CREATE TABLE kept (id int)"), "CREATE TABLE");
    let first = postmaster(&data_dir);
    assert_eq!(server.pid(), u32::try_from(first.as_raw_nonzero().get()).ok());
    assert!(server.bin_dir().join("postgres").is_file());
    server.stop().unwrap();
    assert!(test_kill_process(first).is_err(), "the server has ended");

    let server = Server::start(&disposable(&data_dir)).unwrap();
    assert_eq!(psql(&server.url("it's a \"shop\""), "SELECT count(*) FROM kept"), "0");
    let second = postmaster(&data_dir);
    drop(server);
    assert!(test_kill_process(second).is_err(), "dropping stops as well");
}

#[test]
fn a_durable_server_risks_nothing_and_listens_on_no_port() {
    let root = directory();
    let server = Server::start(&Settings::new(root.path().join("data"))).unwrap();
    let show = |name: &str| psql(&server.url("postgres"), &format!("SHOW {name}"));
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(show(name), "on", "{name}");
    }
    assert_eq!(show("listen_addresses"), "");
    assert_eq!(show("max_connections"), "100");
    assert_eq!(show("server_encoding"), "UTF8");
    let socket_dir = show("unix_socket_directories").trim_matches('"').to_owned();
    assert_eq!(fs::metadata(socket_dir).unwrap().permissions().mode() & 0o777, 0o700);
    server.stop().unwrap();
}

#[test]
fn a_server_left_by_a_killed_owner_is_taken_over() {
    let root = directory();
    kill(owner(root.path()));
    let left = postmaster(root.path());

    let server = Server::start(&disposable(root.path())).unwrap();
    assert_eq!(postmaster(root.path()), left, "no restart was needed");
    assert_eq!(psql(&server.url("postgres"), "SELECT 1"), "1");
    server.stop().unwrap();
    assert!(!root.path().join("cluster/postmaster.pid").exists());
}

#[test]
fn a_left_over_server_with_other_settings_is_restarted() {
    let root = directory();
    kill(owner(root.path()));
    let left = postmaster(root.path());

    let server = Server::start(&Settings::new(root.path())).unwrap();
    assert_ne!(postmaster(root.path()), left);
    assert_eq!(psql(&server.url("postgres"), "SHOW fsync"), "on");
    server.stop().unwrap();
}

#[test]
fn a_left_over_server_that_is_shutting_down_is_waited_for() {
    let root = directory();
    kill(owner(root.path()));
    let left = postmaster(root.path());
    kill_process(left, Signal::INT).unwrap();

    let server = Server::start(&disposable(root.path())).unwrap();
    assert_ne!(postmaster(root.path()), left);
    server.stop().unwrap();
}

#[test]
fn a_start_after_both_were_killed_recovers() {
    let root = directory();
    let owner = owner(root.path());
    let server = postmaster(root.path());
    kill(owner);
    kill_process(server, Signal::KILL).unwrap();

    let server = Server::start(&disposable(root.path())).unwrap();
    assert_eq!(psql(&server.url("postgres"), "SELECT 1"), "1");
    server.stop().unwrap();
}

#[test]
fn a_process_number_used_again_does_not_stop_the_start() {
    let root = directory();
    Server::start(&disposable(root.path())).unwrap().stop().unwrap();
    let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
    let stale = format!("{}\n{}\n1\n5432\n/tmp\n\n1 1\nready\n", stranger.id(), root.path().display());
    fs::write(root.path().join("cluster/postmaster.pid"), stale).unwrap();

    let started = Server::start(&disposable(root.path()));
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    started.unwrap().stop().unwrap();
}

#[test]
fn a_second_owner_is_refused_while_the_first_lives() {
    let root = directory();
    let first = Server::start(&disposable(root.path())).unwrap();
    let refused = Server::start(&disposable(root.path())).unwrap_err();
    assert!(
        matches!(refused, Error::Locked { pid: Some(pid), .. } if pid == std::process::id()),
        "{refused}"
    );
    assert_eq!(psql(&first.url("postgres"), "SELECT 1"), "1");
    first.stop().unwrap();
}

#[test]
fn an_unfinished_cluster_is_made_anew() {
    let root = directory();
    fs::create_dir_all(root.path().join("initdb-1/base")).unwrap();
    Server::start(&disposable(root.path())).unwrap().stop().unwrap();
    assert!(!root.path().join("initdb-1").exists());
}

#[test]
fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let root = directory();
    let data_dir = root.path().join("long".repeat(30));
    let server = Server::start(&disposable(&data_dir)).unwrap();
    assert_eq!(psql(&server.url("postgres"), "SELECT 1"), "1");
    let socket_dir =
        psql(&server.url("postgres"), "SHOW unix_socket_directories").trim_matches('"').to_owned();
    server.stop().unwrap();
    assert!(!Path::new(&socket_dir).exists(), "nothing stays in the temporary directory");
}

#[test]
fn a_cluster_of_another_major_version_is_refused() {
    let root = directory();
    fs::create_dir(root.path().join("cluster")).unwrap();
    fs::write(root.path().join("cluster/PG_VERSION"), "9.6\n").unwrap();
    let refused = Server::start(&disposable(root.path())).unwrap_err();
    assert!(matches!(refused, Error::WrongMajor { made_by: 9, .. }), "{refused}");
}

#[test]
fn a_directory_with_other_content_is_refused_untouched() {
    let root = directory();
    fs::write(root.path().join("letter.txt"), "dear").unwrap();
    let refused = Server::start(&disposable(root.path())).unwrap_err();
    assert!(matches!(refused, Error::NotOurs { .. }), "{refused}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn missing_binaries_are_named() {
    let root = directory();
    let empty = root.path().join("bin");
    fs::create_dir(&empty).unwrap();
    let settings = Settings { bin_dir: Some(empty), ..disposable(root.path().join("data")) };
    let refused = Server::start(&settings).unwrap_err();
    assert!(
        matches!(&refused, Error::BinariesNotFound { looked_in } if looked_in.ends_with("/bin")),
        "{refused}"
    );
}

#[test]
fn a_failed_start_reports_the_log() {
    let root = directory();
    Server::start(&disposable(root.path())).unwrap().stop().unwrap();
    fs::write(root.path().join("cluster/postgresql.conf"), "no_such_option = 1\n").unwrap();
    let failed = Server::start(&disposable(root.path())).unwrap_err();
    assert!(
        matches!(&failed, Error::StartFailed { tail, .. } if tail.contains("no_such_option")),
        "{failed}"
    );
}

#[test]
fn a_start_that_takes_too_long_is_given_up_and_leaves_nothing_running() {
    let root = directory();
    Server::start(&disposable(root.path())).unwrap().stop().unwrap();
    let hurried = Settings { start_timeout: Duration::ZERO, ..disposable(root.path()) };
    let failed = Server::start(&hurried).unwrap_err();
    assert!(matches!(failed, Error::StartTimeout { .. }), "{failed}");
    assert!(!root.path().join("cluster/postmaster.pid").exists());
}

#[test]
fn root_is_told_which_directory_keeps_the_server_out() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let root = directory();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let refused = Server::start(&disposable(root.path().join("data"))).unwrap_err();
    let closed = root.path().canonicalize().unwrap();
    assert!(matches!(&refused, Error::Unreachable { blocker, .. } if *blocker == closed), "{refused}");
}
