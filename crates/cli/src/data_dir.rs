//! Where the private PostgreSQL keeps its data.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::configuration::Embedded;

/// The configured directory, or the usual one of this user; `None` if the user has no home.
pub(crate) fn choose(embedded: &Embedded, variables: &BTreeMap<String, String>) -> Option<PathBuf> {
    if !embedded.data_dir.is_empty() {
        return Some(PathBuf::from(&embedded.data_dir));
    }
    usual(rustix::process::geteuid().is_root(), variables)
}

fn usual(is_root: bool, variables: &BTreeMap<String, String>) -> Option<PathBuf> {
    if is_root {
        // PostgreSQL runs as another user then, who could not pass through root's home.
        return Some(PathBuf::from("/var/lib/stockroom"));
    }
    // Relative paths are to be ignored, says the XDG specification.
    let absolute = |name: &str| variables.get(name).map(Path::new).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").map(Path::to_owned);
    let data = data.or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("stockroom"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_root: bool, variables: &[(&str, &str)], expected: Option<&str>) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(usual(is_root, &variables.collect()), expected.map(PathBuf::from));
    }

    #[test]
    fn each_kind_of_user_has_a_usual_place() {
        check(true, &[("HOME", "/home/ann")], Some("/var/lib/stockroom"));
        check(false, &[("HOME", "/home/ann")], Some("/home/ann/.local/share/stockroom"));
        check(false, &[("HOME", "/home/ann"), ("XDG_DATA_HOME", "/data")], Some("/data/stockroom"));
        check(
            false,
            &[("HOME", "/home/ann"), ("XDG_DATA_HOME", "data")],
            Some("/home/ann/.local/share/stockroom"),
        );
        check(false, &[], None);
    }

    #[test]
    fn a_configured_directory_wins() {
        let embedded =
            Embedded { data_dir: "/srv/shop".to_owned(), bin_dir: String::new(), max_connections: 100 };
        assert_eq!(choose(&embedded, &BTreeMap::new()), Some(PathBuf::from("/srv/shop")));
    }
}
