//! The user that runs `PostgreSQL`, and the commands run as that user.
//!
//! `PostgreSQL` refuses root. A root caller therefore runs every binary as the owner of the existing cluster,
//! else as the user `postgres`; any other caller runs them as itself.

use std::{
    env,
    ffi::OsStr,
    fs, io,
    os::unix::{
        fs::{MetadataExt, lchown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Error;

const SERVICE_USER: &str = "postgres";

/// Who runs the server.
#[derive(Debug)]
pub(crate) struct Account {
    switched: Option<User>,
}

/// A user that a root caller switches to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// Chooses the account for a cluster that may not exist yet.
    pub(crate) fn choose(cluster: &Path) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { switched: None });
        }
        let owner = cluster.metadata().ok().filter(|metadata| metadata.uid() != 0).map(|metadata| User {
            name: format!("user {}", metadata.uid()),
            uid: metadata.uid(),
            gid: metadata.gid(),
        });
        let user = owner.or_else(service_user).ok_or(Error::NoUnprivilegedUser)?;
        Ok(Self { switched: Some(user) })
    }

    /// The user to switch to; `None` if the server runs as the caller.
    pub(crate) fn switched(&self) -> Option<&User> {
        self.switched.as_ref()
    }

    /// The user id the server runs with.
    pub(crate) fn uid(&self) -> u32 {
        self.switched().map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid)
    }

    /// A command run as this account inside `directory`, without input and untouched by `PG*` variables.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env("LC_ALL", "C").stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Some(user) = self.switched() {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// Hands a file or directory made by the caller to this account.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        match self.switched() {
            Some(user) => lchown(path, Some(user.uid), Some(user.gid)).map_err(Error::at(path)),
            None => Ok(()),
        }
    }

    /// Fails unless this account can enter `directory`, naming the directory that blocks.
    pub(crate) fn require_reach(&self, directory: &Path) -> Result<(), Error> {
        let Some(user) = self.switched() else { return Ok(()) };
        // Trying is the only answer that takes access control lists into account.
        match self.command("/bin/sh", directory).args(["-c", ":"]).status() {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(Error::Unreachable {
                blocker: user.first_closed(directory).unwrap_or_else(|| directory.to_owned()),
                target: directory.to_owned(),
                user: user.name.clone(),
            }),
            Err(error) => Err(Error::at(directory)(error)),
        }
    }
}

impl User {
    /// The outermost directory on the way to `path` whose mode keeps this user out.
    fn first_closed(&self, path: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        way.into_iter().find(|directory| !self.may_enter(directory)).map(Path::to_owned)
    }

    fn may_enter(&self, directory: &Path) -> bool {
        let Ok(metadata) = directory.metadata() else { return false };
        let execute = if metadata.uid() == self.uid {
            0o100
        } else if metadata.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        metadata.mode() & execute != 0
    }
}

fn service_user() -> Option<User> {
    let listed = fs::read_to_string("/etc/passwd").ok().and_then(|passwd| find_user(&passwd));
    // Users from a directory service are not in the file.
    listed.or_else(|| {
        let output = Command::new("getent").args(["passwd", SERVICE_USER]).output().ok()?;
        find_user(&String::from_utf8_lossy(&output.stdout))
    })
}

fn find_user(passwd: &str) -> Option<User> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| *name == SERVICE_USER)?;
        let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
        let gid = fields.next()?.parse().ok()?;
        Some(User { name: name.to_owned(), uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_user_is_read_from_a_passwd_file() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresql:x:7:7::/:/\npostgres:x:101:104:a:/b:/bin/sh\n";
        let found = find_user(passwd);
        assert_eq!(found, Some(User { name: "postgres".to_owned(), uid: 101, gid: 104 }));
    }

    #[test]
    fn no_service_user_is_found_where_there_is_none() {
        assert_eq!(find_user("root:x:0:0::/root:/bin/sh\n"), None);
    }
}
