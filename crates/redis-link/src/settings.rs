//! Where Redis is, and which certificate authority its certificate must come from.

use std::{fmt, fs, path::PathBuf};

use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, TlsCertificates};

use crate::Error;

/// Where Redis is, and which certificate authority its certificate must come from.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// URL of the server: `redis://`, `rediss://` (TLS), `redis+unix://` or `unix://`.
    pub url: String,
    /// PEM file with the certificates of the authorities that are trusted instead of those of the system. Only with
    /// `rediss://`.
    pub root_certificate: Option<PathBuf>,
}

impl Settings {
    /// The server at this URL; with TLS, the authorities of the system are trusted.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), root_certificate: None }
    }

    /// Checks the URL and reads the root certificate, without connecting.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`], [`Error::RootCertificate`].
    pub fn validate(&self) -> Result<(), Error> {
        self.client().map(|_| ())
    }

    pub(crate) fn client(&self) -> Result<Client, Error> {
        let invalid = |error: redis::RedisError| Error::InvalidUrl(error.to_string());
        let info = self.url.as_str().into_connection_info().map_err(invalid)?;
        // Push messages need RESP3.
        let resp3 = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let info = info.set_redis_settings(resp3);
        let has_tls = match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                let reason = "certificates are always verified, #insecure is not supported";
                return Err(Error::InvalidUrl(reason.to_owned()));
            }
            ConnectionAddr::TcpTls { .. } => true,
            _ => false,
        };
        if has_tls {
            // The redis crate uses the provider of the process. Another one that is installed already is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        match &self.root_certificate {
            None => Client::open(info).map_err(invalid),
            Some(path) => {
                let refuse = |reason: String| Error::RootCertificate { path: path.clone(), reason };
                if !has_tls {
                    return Err(refuse(
                        "it has no use without TLS; the URL must start with rediss://".to_owned(),
                    ));
                }
                let pem = fs::read(path).map_err(|error| refuse(error.to_string()))?;
                trusting(info, pem).map_err(refuse)
            }
        }
    }
}

/// A client that trusts these authorities alone.
fn trusting(info: ConnectionInfo, pem: Vec<u8>) -> Result<Client, String> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    // A file without a certificate is no error to the redis crate, and no server could be trusted.
    if CertificateDer::pem_slice_iter(&pem).next().is_none() {
        return Err("it has no certificate in PEM format".to_owned());
    }
    let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem) };
    Client::build_with_tls(info, certificates).map_err(|error| error.to_string())
}

impl From<&str> for Settings {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may have a password.
        f.debug_struct("Settings").field("root_certificate", &self.root_certificate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn refusal(url: &str, root_certificate: Option<&str>) -> String {
        let settings =
            Settings { url: url.to_owned(), root_certificate: root_certificate.map(PathBuf::from) };
        let shown = settings.validate().unwrap_err().to_string();
        for text in [&shown, &format!("{settings:?}")] {
            assert!(!text.contains("secret"), "{text}");
        }
        shown
    }

    #[test]
    fn urls_of_every_scheme_are_read() {
        for url in
            ["redis://:secret@cache:6379/1", "rediss://cache", "redis+unix:///run/redis", "unix:///run/redis"]
        {
            Settings::new(url).validate().unwrap();
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_the_password_is_not() {
        let no_url = "not a URL of a Redis server: ";
        assert!(refusal("nonsense:secret", None).starts_with(no_url));
        assert!(refusal("http://:secret@cache", None).starts_with(no_url));
        assert!(refusal("rediss://:secret@cache/#insecure", None).contains("always verified"));
        let missing = refusal("rediss://:secret@cache", Some("/nowhere/ca.pem"));
        assert!(missing.contains("/nowhere/ca.pem") && missing.contains("No such file"), "{missing}");
        let plain = refusal("redis://:secret@cache", Some("/nowhere/ca.pem"));
        assert!(plain.contains("rediss://"), "{plain}");
    }

    #[test]
    fn a_file_that_is_no_certificate_is_refused() {
        for (text, expected) in [
            ("", "no certificate"),
            ("nonsense", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "trust anchors"),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let shown = refusal("rediss://cache", file.path().to_str());
            assert!(shown.contains(expected), "{shown}");
        }
    }
}
