//! Whom proxies say that they speak for: the values of `X-Forwarded-For`, and of `Forwarded` (RFC 7239).
//!
//! Each proxy adds to the end, so what counts is read from there. `None` stands for whatever names no address: a name that
//! hides one, or what cannot be read.

use std::net::{IpAddr, SocketAddr};

/// The addresses of one `X-Forwarded-For`.
pub(crate) fn x_forwarded_for(value: &str) -> Vec<Option<IpAddr>> {
    value.split(',').map(|node| address(node.trim())).collect()
}

/// The addresses of one `Forwarded`. What follows something that cannot be read is one `None`: a client that leaves a quote
/// open must not decide how what a proxy adds behind it is read.
pub(crate) fn forwarded(value: &str) -> Vec<Option<IpAddr>> {
    let mut found = Vec::new();
    let mut rest = value;
    loop {
        let Some((node, left)) = element(rest) else {
            found.push(None);
            return found;
        };
        found.extend(node);
        match left {
            Some(left) => rest = left,
            None => return found,
        }
    }
}

/// What the element at the beginning names (nothing, where it is empty), and what comes after its comma.
type Element<'a> = (Option<Option<IpAddr>>, Option<&'a str>);

fn element(text: &str) -> Option<Element<'_>> {
    let mut rest = text.trim_start();
    let mut named = None;
    let mut empty = true;
    loop {
        if !rest.starts_with([',', ';']) && !rest.is_empty() {
            empty = false;
            let (name, value, left) = pair(rest)?;
            if name.eq_ignore_ascii_case("for") {
                if named.is_some() {
                    return None;
                }
                named = Some(address(&value));
            }
            rest = left;
        }
        rest = rest.trim_start();
        if let Some(left) = rest.strip_prefix(';') {
            rest = left.trim_start();
            continue;
        }
        let left = rest.strip_prefix(',');
        return (left.is_some() || rest.is_empty()).then(|| ((!empty).then(|| named.flatten()), left));
    }
}

/// A name, its value, and what comes after them.
fn pair(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    if name.is_empty() || !name.bytes().all(is_token) {
        return None;
    }
    if let Some(quoted) = rest.strip_prefix('"') {
        let mut value = String::new();
        let mut letters = quoted.char_indices();
        while let Some((index, letter)) = letters.next() {
            match letter {
                '"' => return Some((name, value, &quoted[index + 1..])),
                '\\' => value.push(letters.next()?.1),
                letter => value.push(letter),
            }
        }
        return None;
    }
    // Proxies are known to write IPv6 addresses and ports without the quotes that they should be in.
    let is_plain = |c: char| c.is_ascii() && (is_token(c as u8) || matches!(c, ':' | '[' | ']'));
    let end = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
    (end > 0).then(|| (name, rest[..end].to_owned(), &rest[end..]))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// An address, with or without a port; an IPv6 one with or without brackets.
fn address(node: &str) -> Option<IpAddr> {
    let bare = node.parse::<IpAddr>().ok();
    let bracketed = || node.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || node.parse::<SocketAddr>().ok().map(|address| address.ip());
    // The port may be a name that hides it.
    let hidden_port = || {
        let (node, port) = node.rsplit_once(':')?;
        let bracketed = || node.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
        port.starts_with('_').then(|| bracketed().or_else(|| node.parse().ok().map(IpAddr::V4))).flatten()
    };
    bare.or_else(bracketed).or_else(with_port).or_else(hidden_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: fn(&str) -> Vec<Option<IpAddr>>, value: &str, expected: &[&str]) {
        let expected: Vec<Option<IpAddr>> = expected.iter().map(|text| text.parse().ok()).collect();
        assert_eq!(read(value), expected, "{value}");
    }

    #[test]
    fn x_forwarded_for_names_addresses_with_and_without_ports() {
        check(x_forwarded_for, "192.0.2.1", &["192.0.2.1"]);
        check(x_forwarded_for, " 192.0.2.1:80 ,2001:db8::1", &["192.0.2.1", "2001:db8::1"]);
        check(x_forwarded_for, "[2001:db8::1]:80, [2001:db8::2]", &["2001:db8::1", "2001:db8::2"]);
        check(x_forwarded_for, "::ffff:192.0.2.1, unknown", &["192.0.2.1", "?"]);
        check(x_forwarded_for, "", &["?"]);
        check(x_forwarded_for, "192.0.2.1,,", &["192.0.2.1", "?", "?"]);
        check(x_forwarded_for, "192.0.2.1:port", &["?"]);
    }

    #[test]
    fn forwarded_names_addresses_in_pairs() {
        check(forwarded, "for=192.0.2.1", &["192.0.2.1"]);
        check(forwarded, "For=\"[2001:db8::1]:4711\"", &["2001:db8::1"]);
        check(forwarded, "by=10.0.0.1 ; FOR=192.0.2.1;proto=https", &["192.0.2.1"]);
        check(forwarded, "for=192.0.2.1, for=\"192.0.2.2:80\"", &["192.0.2.1", "192.0.2.2"]);
        check(forwarded, "for=\"192.0.2.1:_port\"", &["192.0.2.1"]);
        check(forwarded, "for=\"[2001:db8::1]:_p\",for=[2001:db8::2]:80", &["2001:db8::1", "2001:db8::2"]);
        check(forwarded, "for=\"\\1\\92.0.2.1\"", &["192.0.2.1"]);
        check(forwarded, "for=unknown, for=_hidden, for=192.0.2.1", &["?", "?", "192.0.2.1"]);
        check(forwarded, "proto=https", &["?"]);
        check(forwarded, "host=\"a,b;for=6.6.6.6\";for=192.0.2.1", &["192.0.2.1"]);
        check(forwarded, "for=192.0.2.1,", &["192.0.2.1"]);
        check(forwarded, "", &[]);
    }

    #[test]
    fn what_cannot_be_read_ends_the_list() {
        check(forwarded, "for=192.0.2.1;for=192.0.2.2", &["?"]);
        check(forwarded, "for=\"6.6.6.6, for=192.0.2.1", &["?"]);
        check(forwarded, "for=6.6.6.6, for=\", for=\"[2001:db8::1]\"", &["6.6.6.6", "?"]);
        check(forwarded, "for=6.6.6.6;x=\", for=192.0.2.1;host=\"a\"", &["?"]);
        check(forwarded, "for=6.6.6.6 for=192.0.2.1", &["?"]);
        check(forwarded, "for", &["?"]);
        check(forwarded, "=", &["?"]);
        check(forwarded, "for=", &["?"]);
        check(forwarded, "for=é", &["?"]);
        check(forwarded, "for=aé", &["?"]);
        check(forwarded, "for=\"\\", &["?"]);
    }
}
