//! Address and network matching: a network contains addresses and smaller networks.

use std::net::IpAddr;

/// An address with a prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads an IPv4 or IPv6 address, alone or with `/bits`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    /// Prefix length.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether `other` lies within this network.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.bits <= other.bits
            && self.prefix(self.address) == self.prefix(other.address)
    }

    fn prefix(&self, address: IpAddr) -> u128 {
        let (number, most) = match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        number.checked_shr(most - u32::from(self.bits)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses_only() {
        let holds = |wide: &str, narrow: &str| Network::parse(wide).unwrap().contains(&Network::parse(narrow).unwrap());
        assert!(holds("10.20.4.0/24", "10.20.4.17"));
        assert!(holds("10.20.4.17", "10.20.4.17"));
        assert!(holds("0.0.0.0/0", "203.0.113.66"));
        assert!(holds("2001:db8::/32", "2001:db8::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(!holds("10.20.4.0/24", "10.20.5.17"));
        assert!(!holds("10.20.4.0/24", "10.20.0.0/16"));
        assert!(!holds("::/0", "10.20.4.17"));
    }

    #[test]
    fn text_that_is_no_network_is_refused() {
        for text in ["", "10.20.4", "10.20.4.0/33", "10.20.4.0/x", "nfk-ws-0417", "::1/129"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
