//! The first administrator: made on the command line, with a password that is nobody else's.

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
};

use crate::{directory, program, refused};

fn create(data_dir: &Path, arguments: &[&str]) -> Output {
    // What is told of the private PostgreSQL is no part of the sentence.
    let mut command = program(data_dir, 0);
    command.env("LOG_LEVEL", "warning").args(["admin", "create"]).args(arguments);
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn an_account_of_staff_is_made_once_with_a_password_of_its_own() {
    let root = directory();
    let data_dir = root.path().join("data");
    let (good, short) = (root.path().join("good"), root.path().join("short"));
    fs::write(&good, "correct horse battery\nnot this line\n").unwrap();
    fs::write(&short, "secret\n").unwrap();
    let (good, short) = (good.to_str().unwrap(), short.to_str().unwrap());

    let made = create(&data_dir, &["--email", "you@shop.example", "--password-file", good]);
    assert_eq!(String::from_utf8_lossy(&made.stdout), "admin 1 may sign in as you@shop.example\n");
    let operator = ["--email", "op@shop.example", "--role", "operator", "--password-file", good];
    let made = create(&data_dir, &operator);
    assert_eq!(String::from_utf8_lossy(&made.stdout), "operator 2 may sign in as op@shop.example\n");

    for (arguments, code, reason) in [
        (
            ["--email", "YOU@shop.example", "--password-file", good],
            1,
            "there is an account with the e-mail address",
        ),
        (
            ["--email", "new@shop.example", "--password-file", short],
            2,
            "password: String should have at least 8",
        ),
        (["--email", "nonsense", "--password-file", good], 2, "--email: "),
        (["--email", "new@shop.example", "--password-file", "/nowhere"], 1, "cannot read /nowhere: "),
    ] {
        let sentence = refused(&create(&data_dir, &arguments), code);
        assert!(sentence.contains(reason), "{sentence}");
    }
    let unasked = refused(&create(&data_dir, &["--email", "new@shop.example"]), 2);
    assert!(unasked.contains("--password-file"), "{unasked}");
}
