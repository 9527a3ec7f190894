//! The authorities whose certificates are trusted: those of a file, or those of the operating system.

use std::sync::{Arc, OnceLock};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::SslMode;

/// The certificates of a PEM file, named by `sslrootcert`.
pub(super) fn of_file(path: &str) -> Result<Arc<RootCertStore>, String> {
    let unusable = |reason: &dyn std::fmt::Display| format!("sslrootcert={path} cannot be used: {reason}");
    let text = std::fs::read(path).map_err(|error| unusable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"the file has no certificate in PEM format"));
    }
    Ok(Arc::new(roots))
}

/// The roots of the operating system, or of the file that the environment variable `SSL_CERT_FILE` names. They are read once.
pub(super) fn of_system(mode: SslMode) -> Result<Arc<RootCertStore>, String> {
    static ROOTS: OnceLock<Result<Arc<RootCertStore>, String>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            return Err(if reasons.is_empty() { "there are none".to_owned() } else { reasons.join("; ") });
        }
        Ok(Arc::new(roots))
    });
    roots.clone().map_err(|reason| {
        format!(
            "sslmode={mode} without sslrootcert needs the root certificates of the operating system: {reason}"
        )
    })
}
