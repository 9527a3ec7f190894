//! API keys on the command line: made, listed and revoked, without a running service.

use std::path::Path;

use crate::{directory, program, refused};

/// What a command on keys prints, when it succeeds, and what it tells people beside that.
fn key(data_dir: &Path, arguments: &[&str]) -> (String, String) {
    let output = program(data_dir, 0).arg("key").args(arguments).output().unwrap();
    let (out, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{told}");
    (out.trim_end().to_owned(), told)
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let root = directory();
    let data_dir = root.path().join("data");
    assert_eq!(key(&data_dir, &["list"]).0, "there is no key");

    let wanted = ["--name", "Warehouse", "--scopes", "orders:read,stock:write", "--expires", "90d"];
    let (made, told) = key(&data_dir, &[&["create"], &wanted[..], &["--calls-per-minute", "600"]].concat());
    assert!(made.starts_with("sk_live_") && made.lines().count() == 1, "nothing but the key: {made}");
    assert!(told.contains("Key 1 is made") && !told.contains(&made), "{told}");
    let (other, _) = key(&data_dir, &["create", "--name", "Other", "--scopes", "audit:read"]);
    assert_ne!(made, other);

    let (listed, _) = key(&data_dir, &["list"]);
    let lines: Vec<_> = listed.lines().collect();
    let first = format!("1\t{}...\tWarehouse\tstock:write,orders:read\tuntil ", &made[..16]);
    assert!(lines[0].starts_with(&first) && lines[0].ends_with("\tnever used"), "{listed}");
    let second = format!("2\t{}...\tOther\taudit:read\tuntil revoked\tnever used", &other[..16]);
    assert_eq!(lines[1..], [second]);
    assert!(!listed.contains(&made[16..]));

    let (revoked, _) = key(&data_dir, &["revoke", "1"]);
    assert!(revoked.starts_with("key 1 is revoked"), "{revoked}");
    assert!(key(&data_dir, &["list"]).0.lines().next().unwrap().contains("\trevoked "));

    for (arguments, code, reason) in [
        (&["revoke", "7"][..], 1, "API key with id 7 not found"),
        (&["create", "--name", "", "--scopes", "orders:read"], 2, "--name"),
        (&["create", "--name", "Key", "--scopes", "orders:read,root"], 2, "--scopes"),
    ] {
        // What is told of the private PostgreSQL is no part of the sentence.
        let mut command = program(&data_dir, 0);
        let output = command.env("LOG_LEVEL", "warning").arg("key").args(arguments).output().unwrap();
        assert!(refused(&output, code).contains(reason), "{arguments:?}");
    }
    assert_eq!(key(&data_dir, &["list"]).0.lines().count(), 2);
}
