//! TLS certificates made inside a test: an authority of its own, and what it issues, as PEM files.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

/// A certificate authority that no system trusts. Its files are removed when it is dropped.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: TempDir,
    certificate: PathBuf,
    issued: AtomicU32,
}

/// A server certificate and its private key.
#[derive(Debug, Clone)]
pub struct IssuedCertificate {
    /// The certificate (PEM).
    pub certificate: PathBuf,
    /// Its private key (PKCS #8, PEM), which only its owner can read.
    pub key: PathBuf,
    /// The certificate of the authority that issued it (PEM).
    pub authority: PathBuf,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new authority with a key of its own, unknown to every other one.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        // The unprivileged user that a server runs as, when the tests run as root, must be able to enter it.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("permissions");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Stockroom test authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let certificate = directory.path().join("authority.pem");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        fs::write(&certificate, pem).expect("the certificate is written");
        Self { issuer: Issuer::new(params, key), directory, certificate, issued: AtomicU32::new(0) }
    }

    /// The file of its own certificate (PEM), which a client that trusts it is given.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// A valid certificate for these host names and IP addresses.
    pub fn issue(&self, hosts: &[&str]) -> IssuedCertificate {
        self.issue_until(2124, hosts)
    }

    /// A certificate for these hosts that is no longer valid.
    pub fn issue_expired(&self, hosts: &[&str]) -> IssuedCertificate {
        self.issue_until(2024, hosts)
    }

    fn issue_until(&self, year: i32, hosts: &[&str]) -> IssuedCertificate {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("host names and addresses");
        params.distinguished_name.push(DnType::CommonName, "Stockroom test server");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(2023, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");

        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let path = |name: &str| self.directory.path().join(format!("{number}-{name}.pem"));
        let issued = IssuedCertificate {
            certificate: path("certificate"),
            key: path("key"),
            authority: self.certificate.clone(),
        };
        fs::write(&issued.certificate, certificate.pem()).expect("the certificate is written");
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&issued.key);
        file.expect("a new file").write_all(key.serialize_pem().as_bytes()).expect("the key is written");
        issued
    }
}

impl IssuedCertificate {
    /// Gives the key to whoever owns the file or directory at this path, such as the data directory of a server that runs as
    /// another user. Servers refuse a key that others can read.
    pub fn give_to_owner_of(&self, path: &Path) {
        let owner = fs::metadata(path).expect("an owner");
        chown(&self.key, Some(owner.uid()), Some(owner.gid())).expect("a new owner");
    }
}
