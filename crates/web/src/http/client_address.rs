//! Which address a request comes from, behind the proxies that are trusted to tell.

pub(crate) mod forwarded;
pub(crate) mod proxies;

use std::net::IpAddr;

use actix_web::{HttpRequest, http::header::HeaderMap, web::Data};

use self::forwarded::{forwarded, x_forwarded_for};
use self::proxies::{ForwardedHeader, TrustedProxy};

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    trusted: Vec<TrustedProxy>,
    header: ForwardedHeader,
}

impl Proxies {
    pub(crate) fn new(trusted: &[TrustedProxy], header: ForwardedHeader) -> Self {
        Self { trusted: trusted.to_vec(), header }
    }

    /// The address that a request comes from: the peer's or, when that is a trusted proxy, the last one that the header
    /// names and that is not one. What stands before it was written by the client and proves nothing. When the last one that
    /// is not trusted is no address, all such requests come from the peer.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let read = match self.header {
            ForwardedHeader::XForwardedFor => x_forwarded_for,
            ForwardedHeader::Forwarded => forwarded,
        };
        let values: Vec<_> = headers.get_all(self.header.name()).collect();
        // Several headers are one list. They are read from the end, and only as far as is needed.
        let named = values.into_iter().rev().flat_map(|value| {
            let named = value.to_str().map_or_else(|_| vec![None], read);
            named.into_iter().rev()
        });
        let client = named.into_iter().find(|named| named.is_none_or(|address| !self.trusts(address)));
        client.flatten().unwrap_or(peer)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|proxy| proxy.covers(address))
    }
}

/// The address that a request comes from; `None` where there is none, as on a unix socket.
pub(crate) fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let proxies = request.app_data::<Data<Proxies>>();
    Some(proxies.map_or(peer, |proxies| proxies.client(peer, request.headers())))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn check(header: ForwardedHeader, peer: &str, forwarded: &[(&'static str, &str)], expected: &str) {
        let trusted = ["10.0.0.1", "10.0.1.0/24", "fd00::/8"].map(|proxy| proxy.parse().unwrap());
        let proxies = Proxies::new(&trusted, header);
        let mut headers = HeaderMap::new();
        for (name, value) in forwarded {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        assert_eq!(proxies.client(peer.parse().unwrap(), &headers), expected.parse::<IpAddr>().unwrap());
    }

    #[track_caller]
    fn check_x(peer: &str, forwarded: &[&str], expected: &str) {
        let named: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        check(ForwardedHeader::XForwardedFor, peer, &named, expected);
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        check_x("203.0.113.9", &["198.51.100.7"], "203.0.113.9");
        check_x("10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check_x("10.0.0.1", &["192.0.2.1, 198.51.100.7, 10.0.1.2"], "198.51.100.7");
        check_x("10.0.0.1", &["192.0.2.1", "198.51.100.7"], "198.51.100.7");
        check_x("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1");
        check_x("10.0.0.1", &["198.51.100.7", "\u{e9}"], "10.0.0.1");
        check_x("10.0.0.1", &["10.0.1.2, 10.0.1.3"], "10.0.0.1");
        check_x("10.0.0.1", &[], "10.0.0.1");
        check_x("::ffff:10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7");
        check_x("fd00::1", &["[2001:db8::1]:99, fd12::7"], "2001:db8::1");
        check_x("::ffff:203.0.113.9", &[], "203.0.113.9");
    }

    #[test]
    fn only_the_header_that_the_proxy_sets_is_read() {
        let both = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=\"[2001:db8::1]:4711\"")];
        check(ForwardedHeader::Forwarded, "10.0.0.1", &both, "2001:db8::1");
        check(ForwardedHeader::XForwardedFor, "10.0.0.1", &both, "192.0.2.1");
        check(ForwardedHeader::Forwarded, "10.0.0.1", &both[..1], "10.0.0.1");
        check(ForwardedHeader::Forwarded, "203.0.113.9", &both, "203.0.113.9");
        let chain = [("forwarded", "for=6.6.6.6, for=192.0.2.1"), ("forwarded", "for=10.0.1.7;proto=http")];
        check(ForwardedHeader::Forwarded, "10.0.0.1", &chain, "192.0.2.1");
        let hidden = [("forwarded", "for=192.0.2.1, for=_hidden")];
        check(ForwardedHeader::Forwarded, "10.0.0.1", &hidden, "10.0.0.1");
    }

    #[test]
    fn of_many_headers_the_last_counts() {
        let many: Vec<_> = (0..5000).map(|_| ("x-forwarded-for", "192.0.2.1, 192.0.2.2, nonsense")).collect();
        let named = [many, vec![("x-forwarded-for", "198.51.100.7")]].concat();
        check(ForwardedHeader::XForwardedFor, "10.0.0.1", &named, "198.51.100.7");
    }
}
