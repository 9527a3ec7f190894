//! Finds the installed server binaries.
//!
//! A configured directory is the only one tried. Otherwise the one on `PATH` comes first, then the newest of
//! the usual places; an existing cluster overrules both, as only its own major version can open it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{Error, account::Account};

/// Oldest major version this crate knows the options of.
pub(crate) const OLDEST_MAJOR: u32 = 13;

const USUAL_PLACES: [&str; 5] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
];

/// A directory of server binaries that run.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) dir: PathBuf,
    /// Major and minor version.
    version: (u32, u32),
}

impl Binaries {
    /// Finds the binaries for the cluster in `data_dir`; `made_by` is its major version if it exists.
    pub(crate) fn find(
        configured: Option<&Path>,
        made_by: Option<u32>,
        data_dir: &Path,
        account: &Account,
    ) -> Result<Self, Error> {
        let found = match configured {
            Some(dir) => {
                let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
                if holds_binaries(&dir) {
                    account.require_reach(&dir)?;
                }
                probe(dir, data_dir, account).into_iter().collect()
            }
            None => search(data_dir, account),
        };
        let Some(best) = found.first() else {
            let looked_in = configured.map_or_else(
                || format!("the directories of PATH, {}", USUAL_PLACES.join(", ")),
                |dir| dir.display().to_string(),
            );
            return Err(Error::BinariesNotFound { looked_in });
        };
        let Some(made_by) = made_by else {
            let modern = found.iter().find(|binaries| binaries.version.0 >= OLDEST_MAJOR);
            let too_old = || Error::TooOld { bin_dir: best.dir.clone(), found: best.version.0 };
            return modern.cloned().ok_or_else(too_old);
        };
        let same = found.iter().find(|binaries| binaries.version.0 == made_by);
        same.cloned().ok_or_else(|| Error::WrongMajor {
            data_dir: data_dir.to_owned(),
            made_by,
            installed: found.iter().map(|b| b.version.0.to_string()).collect::<Vec<_>>().join(", "),
        })
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Every usable directory, best first.
fn search(data_dir: &Path, account: &Account) -> Vec<Binaries> {
    let mut known: Vec<PathBuf> = Vec::new();
    let mut usable = |dirs: Vec<PathBuf>| -> Vec<Binaries> {
        let mut found = Vec::new();
        for dir in dirs {
            if !known.contains(&dir) {
                known.push(dir.clone());
                found.extend(probe(dir, data_dir, account));
            }
        }
        found
    };
    let mut found = usable(on_path());
    let mut usual = usable(USUAL_PLACES.iter().flat_map(|pattern| expand(pattern)).collect());
    usual.sort_by_key(|binaries| std::cmp::Reverse(binaries.version));
    found.append(&mut usual);
    found
}

/// Directories that the programs on `PATH` really live in: the entry itself is often a link or a wrapper.
fn on_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .flat_map(|dir| ["postgres", "pg_ctl", "initdb"].map(|program| dir.join(program)))
        .filter_map(|program| Some(program.canonicalize().ok()?.parent()?.to_owned()))
        .collect()
}

/// Replaces the one `*` of a pattern by everything that fits.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return existing(Path::new(pattern)) };
    let Some((parent, prefix)) = before.rsplit_once('/') else { return Vec::new() };
    let Ok(entries) = fs::read_dir(if parent.is_empty() { "/" } else { parent }) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .flat_map(|entry| existing(&entry.path().join(after.trim_start_matches('/'))))
        .collect()
}

fn existing(dir: &Path) -> Vec<PathBuf> {
    dir.canonicalize().into_iter().collect()
}

fn holds_binaries(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| dir.join(program).is_file())
}

/// Asks the binaries of a directory for their version; `None` if they are missing or do not run.
fn probe(dir: PathBuf, data_dir: &Path, account: &Account) -> Option<Binaries> {
    if !holds_binaries(&dir) {
        return None;
    }
    let output = account.command(dir.join("postgres"), data_dir).arg("--version").output().ok()?;
    let version = parse_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { dir, version })
}

/// Reads `postgres (PostgreSQL) 15.4 (Debian 15.4-1)` or `postgres (PostgreSQL) 18beta1`.
fn parse_version(output: &str) -> Option<(u32, u32)> {
    let (_, rest) = output.split_once("(PostgreSQL) ")?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_numbers() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some((15, 14)));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some((18, 0)));
        assert_eq!(parse_version("command not found"), None);
        assert!(parse_version("postgres (PostgreSQL) 9.6.1") < parse_version("postgres (PostgreSQL) 10.3"));
    }

    #[test]
    fn a_pattern_is_replaced_by_what_fits() {
        let root = tempfile::tempdir().unwrap();
        for name in ["pg-9", "pg-17", "other"] {
            fs::create_dir_all(root.path().join(name).join("bin")).unwrap();
        }
        let mut found = expand(&format!("{}/pg-*/bin", root.path().display()));
        found.sort();
        let root = root.path().canonicalize().unwrap();
        assert_eq!(found, [root.join("pg-17/bin"), root.join("pg-9/bin")]);
    }
}
