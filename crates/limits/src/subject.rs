//! Whose calls are counted together. Only a hash of it is kept, here and in Redis.

use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest, Sha256};

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject(pub(crate) u128);

impl Subject {
    /// A client address. Whoever has an IPv6 address has the 2^64 of its network, so these are counted together; an IPv4
    /// address that is written as an IPv6 one is the IPv4 one.
    pub fn address(address: IpAddr) -> Self {
        match network(address) {
            IpAddr::V4(address) => Self::named("address", &address.octets()),
            IpAddr::V6(address) => Self::named("address", &address.octets()),
        }
    }

    /// Something else of this kind, by what tells it from others of the kind.
    pub fn named(kind: &str, name: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(u128::from_be_bytes(half))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_subject_and_a_mapped_address_is_the_one_it_maps() {
        let subject = |text: &str| Subject::address(text.parse().unwrap());
        assert_eq!(subject("2001:db8::1"), subject("2001:db8::ffff:2"));
        assert_ne!(subject("2001:db8::1"), subject("2001:db8:0:1::1"));
        assert_eq!(subject("::ffff:192.0.2.1"), subject("192.0.2.1"));
        assert_ne!(subject("192.0.2.1"), subject("192.0.2.2"));
        assert_ne!(Subject::named("account", b"1"), Subject::named("key", b"1"));
    }
}
