//! Takes passwords out of what is shown.

use url::Url;

use super::Configuration;

const MASK: &str = "***";

impl Configuration {
    /// The configuration with every password replaced.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut shown = self.clone();
        shown.database.url = masked(&self.database.url);
        shown.redis.url = masked(&self.redis.url);
        shown
    }
}

/// The URL without its passwords. One that cannot be understood is not shown at all.
pub(crate) fn masked(url: &str) -> String {
    if url.is_empty() {
        return String::new();
    }
    let Ok(mut parsed) = Url::parse(url) else { return MASK.to_owned() };
    if parsed.password().is_some() && parsed.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    let secret = |name: &str| name.to_lowercase().contains("pass");
    if parsed.query_pairs().any(|(name, _)| secret(&name)) {
        let pairs: Vec<_> = parsed.query_pairs().into_owned().collect();
        let mut query = parsed.query_pairs_mut();
        query.clear();
        for (name, value) in &pairs {
            query.append_pair(name, if secret(name) { MASK } else { value });
        }
    }
    parsed.into()
}
