//! What counting costs in one process: nanoseconds for a check, and memory while a million strangers flood in.
//!
//! `cargo run --release -p stockroom-limits --example cost`
#![expect(clippy::print_stdout, reason = "prints what it has measured")]

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use stockroom_limits::{Check, Limiter, Policy, Settings, Subject};

const CHECKS: u32 = 1_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let policy = Policy::new("default", u32::MAX, Duration::from_mins(1));
    let checkout = Policy::new("checkout", u32::MAX, Duration::from_mins(1));
    let subject = |number: u32| Subject::address(IpAddr::V4(Ipv4Addr::from_bits(number)));
    let limiter = Limiter::alone(Settings::default());

    let begun = Instant::now();
    for number in 0..CHECKS {
        limiter.check_all(&[Check { policy, subject: subject(number % 1000) }]).await;
    }
    tell("one policy, 1,000 addresses that are known", begun);

    let begun = Instant::now();
    for number in 0..CHECKS {
        let subject = subject(number % 1000);
        limiter.check_all(&[Check { policy: checkout, subject }, Check { policy, subject }]).await;
    }
    tell("two policies, 1,000 addresses that are known", begun);

    let spent = Policy::new("default", 1, Duration::from_mins(1));
    let begun = Instant::now();
    for number in 0..CHECKS {
        limiter.check_all(&[Check { policy: spent, subject: subject(number % 1000) }]).await;
    }
    tell("a refusal", begun);

    let limiter = Limiter::alone(Settings::default());
    let before = resident();
    let begun = Instant::now();
    for number in 0..CHECKS {
        limiter.check_all(&[Check { policy, subject: subject(number) }]).await;
    }
    tell("one policy, a million addresses that are not", begun);
    println!("{} windows in {} KiB more than before", limiter.subjects(), resident().saturating_sub(before));
}

fn tell(what: &str, begun: Instant) {
    println!("{:>5} ns  {what}", (begun.elapsed() / CHECKS).as_nanos());
}

/// The resident memory of this process in KiB; 0 where there is no /proc.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
