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
        shown.mail.smtp_url = masked(&self.mail.smtp_url);
        shown.tracing.otlp_endpoint = masked(&self.tracing.otlp_endpoint);
        // The name and the algorithm of a key may be seen.
        shown.auth.keys = self.auth.keys.iter().map(|key| masked_key(key)).collect();
        shown
    }
}

fn masked_key(key: &str) -> String {
    match key.rsplit_once(':') {
        Some((public, _)) if public.contains(':') => format!("{public}:{MASK}"),
        _ => MASK.to_owned(),
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
