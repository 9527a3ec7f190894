//! Request headers: lists of entity tags, whom proxies speak for, traces, and idempotency keys.

use std::net::IpAddr;

use actix_web::{
    http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH},
    test::TestRequest,
};

use crate::http::{
    client_address::{
        Proxies,
        forwarded::{forwarded, x_forwarded_for},
        proxies::{ForwardedHeader, TrustedProxy},
    },
    entity_tags::named,
    extract::{IDEMPOTENCY_KEY, read_key},
    telemetry::TraceParent,
};

/// What a proxy adds to what a client has written.
const ADDED: &str = "192.0.2.1";

/// Headers: each line of these bytes is one value of each of them.
///
/// # Panics
/// When what is read from one is not what is read from it once it is written again, or a client can speak for a proxy.
pub fn headers(data: &[u8]) {
    let values: Vec<HeaderValue> =
        data.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    entity_tags(&values);
    trace(&values);
    client(&values);
    for value in &values {
        idempotency_key(value);
        if let Ok(text) = value.to_str() {
            proxies(text);
        }
    }
}

fn map(name: &HeaderName, values: &[HeaderValue]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name.clone(), value.clone());
    }
    headers
}

fn entity_tags(values: &[HeaderValue]) {
    let headers = map(&IF_MATCH, values);
    let Some(tags) = named(&headers, &IF_MATCH) else { return assert!(values.is_empty()) };
    for tag in &tags {
        assert_eq!(tag.trim(), *tag);
        // A tag with a comma has it within quotes.
        assert!(!tag.contains(',') || tag.contains('"'), "{tag}");
        if let Ok(value) = HeaderValue::from_str(tag) {
            let again = map(&IF_MATCH, &[value]);
            assert_eq!(named(&again, &IF_MATCH), Some(vec![*tag]));
        }
    }
}

fn trace(values: &[HeaderValue]) {
    let name = HeaderName::from_static("traceparent");
    let Some(parent) = TraceParent::of(&map(&name, values)) else { return };
    assert!(parent.ids.trace != 0 && parent.ids.span != 0 && values.len() == 1);
    let (trace, span) = (parent.ids.shown_trace(), parent.ids.shown_span());
    let written = format!("00-{trace}-{span}-0{}", u8::from(parent.sampled));
    let written = HeaderValue::from_str(&written).map(|value| map(&name, &[value]));
    assert_eq!(written.ok().and_then(|headers| TraceParent::of(&headers)), Some(parent));
}

/// Whatever the client has written: who is counted is never one of the proxies, unless they are all that is known.
fn client(values: &[HeaderValue]) {
    let trusted: Result<Vec<TrustedProxy>, _> =
        ["10.0.0.0/8", "fd00::/8"].map(str::parse).into_iter().collect();
    let trusted = trusted.unwrap_or_default();
    let peer = IpAddr::from([10, 0, 0, 1]);
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let headers = map(&HeaderName::from_static(header.name()), values);
        let found = Proxies::new(&trusted, header).client(peer, &headers);
        assert!(found == peer || !trusted.iter().any(|proxy| proxy.covers(found)), "{found}");
        let stranger = IpAddr::from([203, 0, 113, 9]);
        assert_eq!(Proxies::new(&trusted, header).client(stranger, &headers), stranger);
    }
}

fn proxies(text: &str) {
    let named = x_forwarded_for(text);
    assert_eq!(named.len(), text.matches(',').count() + 1);
    assert_eq!(x_forwarded_for(&written(&named, ToString::to_string)), named);
    let added = x_forwarded_for(&format!("{text}, {ADDED}"));
    assert_eq!(added.last(), Some(&ADDED.parse().ok()), "{text}");

    let named = forwarded(text);
    assert_eq!(forwarded(&written(&named, node)), named, "{text}");
    // What a client leaves open hides what a proxy adds, and never stands in its place.
    let added = forwarded(&format!("{text}, for={ADDED}"));
    assert!(matches!(added.last(), Some(None)) || added.last() == Some(&ADDED.parse().ok()), "{text}");
}

fn written(named: &[Option<IpAddr>], write: impl Fn(&IpAddr) -> String) -> String {
    let unknown = || write_unknown(&write);
    named.iter().map(|named| named.as_ref().map_or_else(unknown, &write)).collect::<Vec<_>>().join(", ")
}

/// A node that names no address, in the way in which the others are written.
fn write_unknown(write: &impl Fn(&IpAddr) -> String) -> String {
    write(&IpAddr::from([0, 0, 0, 0])).replace("0.0.0.0", "unknown")
}

fn node(address: &IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("for={address}"),
        IpAddr::V6(address) => format!("for=\"[{address}]\""),
    }
}

fn idempotency_key(value: &HeaderValue) {
    let key_of = |value: &HeaderValue| {
        let request =
            TestRequest::default().insert_header((IDEMPOTENCY_KEY, value.clone())).to_http_request();
        read_key(&request)
    };
    if let Ok(key) = key_of(value) {
        let Some(key) = key else { panic!("{value:?} is a key or refused") };
        assert!((1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        let quoted = HeaderValue::from_str(&format!("\"{key}\"")).map(|value| key_of(&value));
        assert!(matches!(quoted, Ok(Ok(Some(again))) if again == key), "{value:?}");
    }
}
