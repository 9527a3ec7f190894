//! An nginx of a test's own, with the files that are deployed: only their ports and paths are those of the test.

use std::{
    fs::{self, File},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::free_port;
use crate::signal;

const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at a server that is about to listen.
const LOOK: Duration = Duration::from_millis(20);

/// A running nginx; ended when dropped.
pub(crate) struct Nginx {
    process: Child,
    /// Where it listens.
    pub(crate) address: String,
    directory: PathBuf,
}

impl Nginx {
    /// One in front of these servers, with all of its files in this directory.
    pub(crate) fn start(directory: &Path, servers: [u16; 2]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        fs::create_dir_all(directory.join("tls")).unwrap();
        let deployed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx");
        let [proxy, shop] = ["proxy.conf", "stockroom.conf"].map(|name| {
            let path = deployed.join(name);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        });
        fs::write(directory.join("proxy.conf"), proxy).unwrap();
        let own = |path: &str| format!("include {}/{path}", directory.display());
        let shop = [
            ("stockroom-a:8000", format!("127.0.0.1:{}", servers[0])),
            ("stockroom-b:8000", format!("127.0.0.1:{}", servers[1])),
            ("listen 80 ", format!("listen {address} ")),
            ("include /etc/nginx/stockroom/proxy.conf", own("proxy.conf")),
            ("include /etc/nginx/tls/", own("tls/")),
        ]
        .into_iter()
        .fold(shop, |text, (deployed, here)| {
            assert_eq!(text.matches(deployed).count(), 1, "{deployed} in stockroom.conf");
            text.replace(deployed, &here)
        });
        fs::write(directory.join("stockroom.conf"), shop).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", directory.display()))
            .concat();
        let main = format!(
            "pid {root}/nginx.pid;\nworker_processes 1;\nevents {{ worker_connections 512; }}\n\
             http {{\naccess_log off;\n{temporary}include {root}/stockroom.conf;\n}}\n",
            root = directory.display()
        );
        fs::write(directory.join("nginx.conf"), main).unwrap();
        let errors = directory.join("error.log");
        let process = Command::new("nginx")
            .args(["-g", "daemon off;", "-p"])
            .arg(directory)
            .arg("-e")
            .arg(&errors)
            .arg("-c")
            .arg(directory.join("nginx.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(directory.join("stderr.log")).unwrap())
            .spawn()
            .expect("nginx is installed (./dev test installs it)");
        let mut nginx = Self { process, address, directory: directory.to_owned() };
        nginx.wait();
        nginx
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(&self.address).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "nginx: {}", self.told());
            sleep(LOOK);
        }
    }

    /// What it has written about errors.
    pub(crate) fn told(&self) -> String {
        ["error.log", "stderr.log"]
            .map(|name| fs::read_to_string(self.directory.join(name)).unwrap_or_default())
            .concat()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        if matches!(self.process.try_wait(), Ok(None)) {
            signal("TERM", self.process.id());
        }
        let _ = self.process.wait();
    }
}
