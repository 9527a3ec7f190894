//! The directory of the server's Unix socket: short enough for a socket address, and closed to other users.
//!
//! It lies in the data directory if its path is short enough, else in the temporary directory under a name
//! derived from the data directory. `PostgreSQL` records the choice in its `postmaster.pid`.

use std::{
    env,
    fmt::Write as _,
    fs::{self, DirBuilder},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use crate::{Error, account::Account, layout::Layout, session::USER};

/// Part of the socket's file name; nothing listens on a network port.
pub(crate) const PORT: u16 = 5432;

/// Longest socket path in bytes that every supported system accepts: 104 on macOS, less the closing zero.
const LONGEST: usize = 103;

/// The socket file in a socket directory.
pub(crate) fn file(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// Chooses and creates the directory for a new server. No server of this cluster may be running.
pub(crate) fn prepare(layout: &Layout, account: &Account) -> Result<PathBuf, Error> {
    let mut hasher = DefaultHasher::new();
    layout.root.hash(&mut hasher);
    let name = format!("stockroom-{:016x}", hasher.finish());

    let mut tried = Vec::new();
    for dir in [layout.socket_dir(), env::temp_dir().join(&name), Path::new("/tmp").join(&name)] {
        match usable(&dir, account) {
            Ok(()) => return remove_stale(&dir).map(|()| dir),
            Err(reason) => tried.push(format!("{}: {reason}", dir.display())),
        }
    }
    Err(Error::NoSocketDirectory { tried: tried.join("; ") })
}

/// Removes a directory outside the data directory once its server has stopped.
pub(crate) fn clean(dir: &Path, layout: &Layout) {
    if dir != layout.socket_dir() && fs::remove_dir(dir).is_err() {
        tracing::debug!(dir = %dir.display(), "left the socket directory behind");
    }
}

/// Whether only `account` (and root) can enter the directory.
pub(crate) fn is_private(dir: &Path, account: &Account) -> bool {
    dir.symlink_metadata()
        .is_ok_and(|found| found.is_dir() && found.uid() == account.uid() && found.mode() & 0o777 == 0o700)
}

/// URL of a database behind the socket, for any `PostgreSQL` client.
pub(crate) fn url(dir: &Path, database: &str) -> String {
    // The port is named because libpq would otherwise take it from PGPORT.
    format!("postgres://{USER}@{}:{PORT}/{}", encode(dir.as_os_str().as_bytes()), encode(database.as_bytes()))
}

fn usable(dir: &Path, account: &Account) -> Result<(), String> {
    if file(dir).as_os_str().len() > LONGEST {
        return Err("path too long for a socket".to_owned());
    }
    if dir.as_os_str().as_bytes().contains(&b'"') {
        return Err("a quote in the path cannot be given to PostgreSQL".to_owned());
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => account.give(dir).map_err(|error| error.to_string())?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.to_string()),
    }
    // In a directory that all users share, somebody may have made this one first, to read what we write.
    if !is_private(dir, account) {
        return Err("belongs to or is open to somebody else".to_owned());
    }
    account.require_reach(dir).map_err(|error| error.to_string())
}

/// A killed server leaves its claim on the socket. The next one would honour it for as long as any process has
/// the number written there, be it a new one or the dead server that nobody has waited for.
fn remove_stale(dir: &Path) -> Result<(), Error> {
    let mut claim = file(dir).into_os_string();
    claim.push(".lock");
    let claim = PathBuf::from(claim);
    match fs::remove_file(&claim) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::at(&claim)(error)),
        _ => Ok(()),
    }
}

fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut encoded, &byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_url_carries_the_socket_directory_as_its_host() {
        let url = url(Path::new("/var/my data/run"), "a/b");
        assert_eq!(url, "postgres://stockroom@%2Fvar%2Fmy%20data%2Frun:5432/a%2Fb");
    }

    #[test]
    fn a_directory_open_to_others_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        let account = Account::choose(&dir).unwrap();
        assert!(usable(&dir, &account).unwrap_err().contains("somebody else"));
    }
}
