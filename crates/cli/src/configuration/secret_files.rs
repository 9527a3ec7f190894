//! Secrets in files, as container platforms mount them: `DATABASE_URL_FILE=/run/secrets/database_url` stands for a
//! `DATABASE_URL` with the file's content, so that it is in no environment that others may see.

use std::{collections::BTreeMap, fs};

use crate::failure::Failure;

const SUFFIX: &str = "_FILE";
/// The variables that hold secrets.
const SECRETS: [&str; 8] = [
    "DATABASE_URL",
    "POSTGRES_PASSWORD",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "STOCKROOM__AUTH__KEYS",
    "STOCKROOM__DATABASE__URL",
    "STOCKROOM__MAIL__SMTP_URL",
    "STOCKROOM__REDIS__URL",
];

/// The variables with those that files stand for. The end of a file's last line is not part of the secret.
pub(super) fn read(variables: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = variables.clone();
    for name in SECRETS {
        let named = format!("{name}{SUFFIX}");
        let Some(path) = all.remove(&named).filter(|path| !path.is_empty()) else { continue };
        if all.get(name).is_some_and(|value| !value.is_empty()) {
            return Err(Failure::usage(format!("both {name} and {named} are set")));
        }
        let text = fs::read_to_string(&path).map_err(|error| {
            Failure::usage(format!("cannot read {path}, which environment variable {named} names: {error}"))
        })?;
        all.insert(name.to_owned(), text.trim_end_matches(['\r', '\n']).to_owned());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_file_stands_for_the_variable() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("password");
        fs::write(&path, " secret\r\n").unwrap();
        let path = path.to_str().unwrap();

        let all = read(&variables(&[("REDIS_PASSWORD_FILE", path), ("REDIS_HOST", "redis")])).unwrap();
        assert_eq!(all, variables(&[("REDIS_PASSWORD", " secret"), ("REDIS_HOST", "redis")]));

        // As Compose passes on what is not set.
        let all = read(&variables(&[("REDIS_PASSWORD_FILE", path), ("REDIS_PASSWORD", "")])).unwrap();
        assert_eq!(all["REDIS_PASSWORD"], " secret");
    }

    #[test]
    fn a_file_beside_the_variable_is_refused_and_so_is_one_that_cannot_be_read() {
        let both = variables(&[("DATABASE_URL", "postgres://a"), ("DATABASE_URL_FILE", "/some/file")]);
        let refused = read(&both).unwrap_err().sentence();
        assert!(refused.contains("both DATABASE_URL and DATABASE_URL_FILE"), "{refused}");

        let missing = variables(&[("DATABASE_URL_FILE", "/no/such/file")]);
        let refused = read(&missing).unwrap_err().sentence();
        assert!(
            refused.contains("/no/such/file, which environment variable DATABASE_URL_FILE names"),
            "{refused}"
        );
    }
}
