//! What lies where in a data directory.
//!
//! The cluster proper is a subdirectory, so that the lock and the log exist before it and outlive it, and so
//! that a finished cluster can be renamed into place even when the data directory is a mount point.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::PathBuf,
};

use crate::{Error, account::Account};

const CLUSTER: &str = "cluster";
const LOCK: &str = "stockroom.lock";
const LOG: &str = "server.log";
const SOCKET: &str = "run";
/// Every file system root of its own has one.
const LOST_AND_FOUND: &str = "lost+found";
/// Prefix of a cluster that `initdb` has not finished.
pub(crate) const PARTIAL: &str = "initdb-";

/// An existing data directory, by its absolute path.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

impl Layout {
    /// Opens the directory, creating it if missing; refuses one that somebody else has filled.
    pub(crate) fn open(root: &std::path::Path) -> Result<Self, Error> {
        if let Some(parent) = root.parent() {
            fs::create_dir_all(parent).map_err(Error::at(parent))?;
        }
        match DirBuilder::new().mode(0o700).create(root) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(Error::at(root)(error)),
            _ => {}
        }
        let layout = Self { root: root.canonicalize().map_err(Error::at(root))? };
        layout.refuse_foreign()?;
        Ok(layout)
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join(CLUSTER)
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join(LOCK)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join(LOG)
    }

    pub(crate) fn socket_dir(&self) -> PathBuf {
        self.root.join(SOCKET)
    }

    /// Lets the server's account through to its own subdirectories, and fails with the directory in its way.
    pub(crate) fn admit(&self, account: &Account) -> Result<(), Error> {
        let Some(user) = account.switched() else { return Ok(()) };
        let metadata = self.root.metadata().map_err(Error::at(&self.root))?;
        if metadata.uid() != user.uid {
            // Passing through is all this grants: what lies inside is closed by its own mode.
            let mode = metadata.permissions().mode() | 0o011;
            fs::set_permissions(&self.root, fs::Permissions::from_mode(mode))
                .map_err(Error::at(&self.root))?;
        }
        account.require_reach(&self.root)
    }

    fn refuse_foreign(&self) -> Result<(), Error> {
        let foreign = || Error::NotOurs { data_dir: self.root.clone() };
        for entry in fs::read_dir(&self.root).map_err(Error::at(&self.root))? {
            let name = entry.map_err(Error::at(&self.root))?.file_name();
            if !is_ours(&name) {
                return Err(foreign());
            }
        }
        let cluster = self.cluster();
        if cluster.exists() && !cluster.join("PG_VERSION").exists() {
            return Err(foreign());
        }
        Ok(())
    }
}

fn is_ours(name: &OsStr) -> bool {
    [CLUSTER, LOCK, LOG, SOCKET, LOST_AND_FOUND].iter().any(|known| name == *known)
        || name.to_string_lossy().starts_with(PARTIAL)
}
