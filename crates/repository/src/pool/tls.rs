//! Whether connections are encrypted and what is verified of a server: `sslmode` and `sslrootcert` of a URL, with the meaning
//! that libpq gives them.
//!
//! The driver knows only `disable`, `prefer` and `require`, so both parameters are taken out of the URL before the driver
//! reads it.

mod roots;
mod verifier;

use std::{fmt, sync::Arc};

use percent_encoding::percent_decode_str;
use rustls::{ClientConfig, client::WebPkiServerVerifier, crypto::ring};
use tokio_postgres::{
    Config,
    config::{Host, SslMode as DriverSslMode, SslNegotiation},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use verifier::{AnyCertificate, AnyHost};

/// The protocol that libpq names in the handshake; servers demand it when TLS begins without a request.
const ALPN: &[u8] = b"postgresql";
/// The value of `sslrootcert` that names the roots of the operating system.
const SYSTEM: &str = "system";

/// How much security a connection has to have (`sslmode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS only when the server refuses a connection without.
    Allow,
    /// TLS when the server offers it, else none.
    Prefer,
    /// TLS. Verifies the chain of certificates only when `sslrootcert` is given.
    Require,
    /// TLS, with a certificate of a trusted authority for whichever host.
    VerifyCa,
    /// TLS, with a certificate of a trusted authority for this host.
    VerifyFull,
}

const MODES: [(SslMode, &str); 6] = [
    (SslMode::Disable, "disable"),
    (SslMode::Allow, "allow"),
    (SslMode::Prefer, "prefer"),
    (SslMode::Require, "require"),
    (SslMode::VerifyCa, "verify-ca"),
    (SslMode::VerifyFull, "verify-full"),
];

impl fmt::Display for SslMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MODES.iter().find(|(mode, _)| mode == self).map_or("", |(_, name)| name))
    }
}

/// TLS of the connections to one URL.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) mode: SslMode,
    /// Whether TLS begins at once, without asking whether the server offers it (`sslnegotiation=direct`).
    pub(super) direct: bool,
    pub(super) connector: Option<MakeRustlsConnect>,
}

/// The configuration of the driver and the TLS of a URL. The reason when there is none names the parameter and its value, and
/// never the password.
pub(super) fn read_url(url: &str) -> Result<(Config, Tls), String> {
    let (rest, parameters) = Parameters::taken_from(url)?;
    let config: Config = rest.parse().map_err(|error: tokio_postgres::Error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })?;
    let system = parameters.root.as_deref() == Some(SYSTEM);
    let mode = parameters.mode.unwrap_or(match config.get_ssl_mode() {
        // The driver has read a connection string that is no URL.
        DriverSslMode::Disable => SslMode::Disable,
        DriverSslMode::Require => SslMode::Require,
        _ if system => SslMode::VerifyFull,
        _ => SslMode::Prefer,
    });
    if system && mode != SslMode::VerifyFull {
        return Err(format!("sslmode={mode} is too weak for sslrootcert={SYSTEM}, which needs verify-full"));
    }
    let direct = config.get_ssl_negotiation() == SslNegotiation::Direct;
    if direct && matches!(mode, SslMode::Disable | SslMode::Allow | SslMode::Prefer) {
        return Err(format!("sslmode={mode} is too weak for sslnegotiation=direct, which needs require"));
    }
    if mode == SslMode::VerifyFull && config.get_hosts().is_empty() {
        return Err("sslmode=verify-full needs the name of a host to verify".to_owned());
    }
    // Connections over Unix sockets have no TLS, whatever the URL says.
    let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
    let local = local && !config.get_hosts().is_empty();
    let used = mode != SslMode::Disable && !local;
    let connector = if used { Some(connector(mode, parameters.root.as_deref())?) } else { None };
    Ok((config, Tls { mode, direct, connector }))
}

fn connector(mode: SslMode, root: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: &dyn fmt::Display| format!("sslmode={mode} cannot be used: {error}");
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| failed(&error))?;
    let roots = match (mode, root) {
        (_, Some(path)) if path != SYSTEM => Some(roots::of_file(path)?),
        (SslMode::VerifyCa | SslMode::VerifyFull, _) => Some(roots::of_system(mode)?),
        _ => None,
    };
    let mut config = match roots {
        Some(roots) if mode == SslMode::VerifyFull => {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
            builder.with_webpki_verifier(verifier.map_err(|error| failed(&error))?).with_no_client_auth()
        }
        Some(roots) => {
            let verifier = Arc::new(AnyHost::new(roots, &provider));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        None => {
            let verifier = Arc::new(AnyCertificate::new(&provider));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

/// The parameters of a URL that are not the driver's.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parameters {
    mode: Option<SslMode>,
    root: Option<String>,
}

impl Parameters {
    /// Also returns the URL without them. Of a parameter that is given twice, the last one counts.
    fn taken_from(url: &str) -> Result<(String, Self), String> {
        let mut taken = Self::default();
        // A password may contain a question mark.
        let credentials = url.find('@').unwrap_or(0);
        let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let Some(start) = url[credentials..].find('?').map(|at| credentials + at).filter(|_| is_url) else {
            return Ok((url.to_owned(), taken));
        };
        let mut kept = Vec::new();
        for pair in url[start + 1..].split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
            match decoded(key).as_str() {
                "sslmode" => taken.mode = Some(mode_named(&decoded(value))?),
                "sslrootcert" => taken.root = Some(decoded(value)).filter(|path| !path.is_empty()),
                _ => kept.push(pair),
            }
        }
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        Ok((format!("{}{query}", &url[..start]), taken))
    }
}

fn mode_named(name: &str) -> Result<SslMode, String> {
    let found = MODES.iter().find(|(_, known)| *known == name).map(|(mode, _)| *mode);
    found.ok_or_else(|| {
        let known = MODES.map(|(_, name)| name).join(", ");
        format!("sslmode={name} is unknown; it must be one of {known}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(url: &str) -> (String, Option<SslMode>, Option<String>) {
        let (rest, Parameters { mode, root }) = Parameters::taken_from(url).expect("a mode that is known");
        (rest, mode, root)
    }

    #[test]
    fn what_the_driver_does_not_know_is_taken_out_of_a_url() {
        let root = |path: &str| Some(path.to_owned());
        for (url, rest, mode, path) in [
            ("postgres://a/b", "postgres://a/b", None, None),
            ("postgres://a/b?sslmode=verify-ca", "postgres://a/b", Some(SslMode::VerifyCa), None),
            (
                "postgresql://a?x=1&ssl%6Dode=verify-full&y=2&sslrootcert=%2Fa%20b",
                "postgresql://a?x=1&y=2",
                Some(SslMode::VerifyFull),
                root("/a b"),
            ),
            ("postgres://a?sslmode=disable&sslmode=allow", "postgres://a", Some(SslMode::Allow), None),
            ("postgres://a?sslrootcert=", "postgres://a", None, None),
            // A password is not looked into.
            (
                "postgres://u:p?sslmode=disable&x@a/b?sslmode=require",
                "postgres://u:p?sslmode=disable&x@a/b",
                Some(SslMode::Require),
                None,
            ),
            ("host=a sslmode=require", "host=a sslmode=require", None, None),
        ] {
            assert_eq!(taken(url), (rest.to_owned(), mode, path), "{url}");
        }
    }

    #[test]
    fn the_default_is_that_of_libpq() {
        for (url, mode) in [
            ("postgres://a/b", SslMode::Prefer),
            ("host=a", SslMode::Prefer),
            ("host=a sslmode=require", SslMode::Require),
            ("host=a sslmode=disable", SslMode::Disable),
        ] {
            assert_eq!(read_url(url).map(|(_, tls)| tls.mode), Ok(mode), "{url}");
        }
    }
}
