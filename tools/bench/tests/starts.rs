//! Every benchmark starts, measures each of its subjects on a small shop, and prints its figures.
//!
//! How fast anything is says nothing here: the builds are those of the tests, and measurements last a second.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken expectation must fail the test")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

const BENCH: &str = env!("CARGO_BIN_EXE_stockroom-bench");
/// Hashes that cost next to nothing, as hundreds of people sign in before anything is measured, and services that stop without
/// waiting for a load balancer.
const QUICK: [(&str, &str); 3] = [
    ("STOCKROOM__AUTH__ARGON2_MEMORY_KIB", "8"),
    ("STOCKROOM__AUTH__ARGON2_ITERATIONS", "1"),
    ("STOCKROOM__SERVER__SHUTDOWN_DELAY_SECONDS", "0"),
];

/// The service, from the same build: `cargo test --workspace` makes it before any test runs. It is built here only where
/// it is missing, because the features of one package alone would compile its dependencies again.
fn service() -> PathBuf {
    let folder = Path::new(BENCH).parent().unwrap();
    let program = folder.join("stockroom");
    if !program.is_file() {
        let profile = match folder.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--package", "stockroom-cli", "--profile", profile, "--target-dir"])
            .arg(folder.parent().unwrap())
            .status()
            .unwrap();
        assert!(built.success(), "the service does not build");
    }
    program
}

/// The subjects that a benchmark prints figures of: the cells of their rows before the number of callers, and their rate.
fn figures(report: &str) -> Vec<(String, u64)> {
    let mut lines = report.lines().skip_while(|line| !line.starts_with("Medians")).skip(2);
    let cells = |line: &str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(ToOwned::to_owned).collect()
    };
    let head = cells(lines.next().expect("a table of medians"));
    let callers = head.iter().position(|cell| cell == "Callers").expect("a column of callers");
    assert_eq!(head[callers + 1], "Rate/s");
    lines
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let cells = cells(line);
            (cells[..callers].join(", "), cells[callers + 1].parse().unwrap())
        })
        .collect()
}

#[track_caller]
fn check(benchmark: &str, options: &[&str], expected: &[&str]) {
    let output = Command::new(BENCH)
        .arg(benchmark)
        .args(["--rounds", "1", "--seconds", "1", "--warm-up", "0", "--products", "200"])
        .args(options)
        .arg("--program")
        .arg(service())
        .envs(QUICK)
        .output()
        .unwrap();
    let (report, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{report}\n{told}");
    let figures = figures(&report);
    let subjects: Vec<&str> = figures.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(subjects, expected, "{report}");
    assert!(figures.iter().all(|(_, rate)| *rate > 0), "{report}");
    assert!(!report.contains("Left out"), "{report}");
}

#[test]
fn checkout_starts_and_measures_the_service_and_its_limits() {
    let expected = [
        "one line, spread, service",
        "one line, spread, service",
        "one line, spread, statements",
        "one line, spread, single statement",
        "one line, hot, service",
        "one line, hot, statements",
        "one line, hot, single statement",
        "three lines, spread, service",
        "three lines, spread, statements",
        "three lines, hot, service",
        "three lines, hot, statements",
    ];
    check("checkout", &["--callers", "2"], &expected);
}

#[test]
fn reads_start_and_measure_three_services_at_a_time() {
    let expected = [
        "product, service",
        "product, service",
        "product, bare server",
        "product, service, no cache",
        "product, pgbench",
        "product, unchanged (304), service",
        "product, unchanged (304), bare server",
        "list of 20, service",
        "list of 20, bare server",
        "page 1, service, no cache",
        "deep page, service, no cache",
        "list of 1,000, service",
        "list of 1,000, service, no cache",
        "search, service, no cache",
    ];
    check("reads", &["--callers", "2", "--catalogue", "1000", "--redis"], &expected);
}

#[test]
fn mixed_starts_and_measures_users_who_think_and_users_who_do_not() {
    check("mixed", &["--users", "2"], &["thinking", "at once"]);
}

#[test]
fn sign_in_starts_and_measures_four_services_at_a_time() {
    let expected = [
        "product, no token",
        "product, token, EdDSA",
        "product, no token, HS256",
        "product, token, HS256",
        "product, API key",
        "sign-in, service",
        "sign-in, argon2 alone",
        "product, steadily, nobody signs in",
        "product, steadily, a crowd signs in",
        "uncached list, steadily, nobody signs in",
        "uncached list, steadily, a crowd signs in",
        "sign-in, a crowd signs in",
        "order, spread, open mode",
        "order, spread, own token",
        "order, spread, API key",
        "order, hot, open mode",
        "order, hot, own token",
        "order, hot, API key",
    ];
    check("sign-in", &["--callers", "2", "--crowd", "2"], &expected);
}
