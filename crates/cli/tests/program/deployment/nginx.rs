//! nginx: how much it lets through, how long it waits, and when it leaves a server out.

use super::{configuration, ports, read, seconds};

fn text() -> String {
    let files = ["deploy/nginx/stockroom.conf", "deploy/nginx/proxy.conf"].map(read).concat();
    let lines: Vec<&str> = files.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    lines.join("\n")
}

/// The arguments of each directive with this name.
fn directives(name: &str) -> Vec<String> {
    let text = text();
    let lines = text.lines().filter_map(|line| line.trim().strip_suffix(';'));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter(|(other, _)| *other == name)
        .map(|(_, arguments)| arguments.to_owned())
        .collect()
}

fn only(name: &str) -> String {
    let found = directives(name);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0].clone()
}

fn bytes(text: &str) -> usize {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: usize = number.parse().unwrap();
    number
        << match unit {
            "" => 0,
            "k" => 10,
            "m" => 20,
            other => panic!("{other} is no unit of nginx"),
        }
}

/// Servers and their ports.
pub(super) fn upstreams() -> Vec<(String, u16)> {
    let servers = directives("server");
    let addresses = servers.iter().map(|server| server.split(' ').next().unwrap().split_once(':').unwrap());
    addresses.map(|(host, port)| (host.to_owned(), port.parse().unwrap())).collect()
}

/// Files that are included.
pub(super) fn included() -> Vec<String> {
    directives("include")
}

#[test]
fn nginx_lets_through_what_the_service_takes_and_waits_as_long_as_it_works() {
    let production = configuration("production");
    assert_eq!(bytes(&only("client_max_body_size")), production.server.body_limit_bytes);
    let wait = seconds(&only("proxy_read_timeout"));
    let work = production.server.request_timeout_seconds + production.server.response_timeout_seconds;
    assert!(wait > work, "nginx waits {wait} s, the service works for up to {work} s");
    let slow = seconds(&only("client_body_timeout"));
    assert!(slow <= production.server.request_timeout_seconds, "{slow} s between two parts of a body");
}

#[test]
fn nginx_ends_idle_connections_before_the_service_does() {
    let kept = seconds(&only("keepalive_timeout"));
    assert!(kept < configuration("production").server.keep_alive_seconds, "{kept} s");
    assert_eq!(directives("proxy_set_header")[0], "Connection \"\"", "or nothing is kept");
}

#[test]
fn nginx_sends_requests_to_the_configured_port_and_comes_back_before_the_other_server_stops() {
    let production = configuration("production");
    let upstreams = upstreams();
    assert_eq!(upstreams.len(), 2);
    for (host, port) in upstreams {
        assert_eq!(port, ports(&production)[0], "{host}");
    }
    for server in directives("server") {
        let left_out = server.split("fail_timeout=").nth(1).expect("a fail_timeout");
        let left_out = seconds(left_out.split(' ').next().unwrap());
        assert!(left_out < production.server.shutdown_delay_seconds, "{server}");
    }
}

#[test]
fn nginx_tells_who_asks_in_the_header_that_the_service_reads() {
    let header = configuration("production").rate_limit.forwarded_header;
    let told = directives("proxy_set_header");
    assert!(
        told.iter().any(|set| set.to_lowercase() == format!("{} $remote_addr", header.name())),
        "{told:?}"
    );
    // Sent a second time by nginx, an order without a key would be placed twice.
    assert!(!only("proxy_next_upstream").contains("non_idempotent"));
}
