//! Which proxies are believed whom they speak for, and where they tell it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// A proxy, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustedProxy(IpNet);

impl TrustedProxy {
    /// Whether this address, in its canonical form, is such a proxy.
    pub(crate) fn covers(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for TrustedProxy {
    type Err = String;

    /// Reads an address such as `10.0.0.2` or a network such as `10.0.0.0/8` or `fd00::/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse::<IpNet>());
        match network {
            Ok(network) => Ok(Self(canonical(network))),
            Err(_) => Err(format!("{text:?} is neither an address nor a network such as 10.0.0.0/8")),
        }
    }
}

/// A network of IPv4 addresses that are written as IPv6 ones is the one of IPv4 addresses.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let mapped = match network {
        IpNet::V6(network) => {
            network.addr().to_ipv4_mapped().zip(network.prefix_len().checked_sub(MAPPED_BITS))
        }
        IpNet::V4(_) => None,
    };
    let narrowed = mapped.and_then(|(address, bits): (Ipv4Addr, u8)| Ipv4Net::new(address, bits).ok());
    narrowed.map_or(network, IpNet::V4)
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

impl TryFrom<String> for TrustedProxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TrustedProxy> for String {
    fn from(proxy: TrustedProxy) -> Self {
        proxy.to_string()
    }
}

/// The header in which a proxy tells whom it speaks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl TryFrom<String> for ForwardedHeader {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = [Self::XForwardedFor, Self::Forwarded];
        let found = known.into_iter().find(|header| header.name().eq_ignore_ascii_case(&name));
        found.ok_or_else(|| format!("{name:?} is none of x-forwarded-for, forwarded"))
    }
}

impl From<ForwardedHeader> for String {
    fn from(header: ForwardedHeader) -> Self {
        header.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_or_networks() {
        let check = |text: &str, inside: &str, outside: &str| {
            let proxy: TrustedProxy = text.parse().unwrap();
            assert!(proxy.covers(inside.parse().unwrap()), "{text}");
            assert!(!proxy.covers(outside.parse().unwrap()), "{text}");
        };
        check("10.0.0.2", "10.0.0.2", "10.0.0.3");
        check("10.0.0.0/8", "10.255.0.1", "11.0.0.1");
        check("fd00::/8", "fdff::1", "fe00::1");
        check("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1");
        check("::ffff:10.0.0.2", "10.0.0.2", "10.0.0.3");
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.1:80", "10.0.0", "/8"] {
            assert!(text.parse::<TrustedProxy>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_proxy_is_shown_as_it_is_written() {
        for text in ["10.0.0.2", "10.0.0.0/8", "fd00::/8", "::1"] {
            assert_eq!(String::from(text.parse::<TrustedProxy>().unwrap()), text);
        }
    }
}
