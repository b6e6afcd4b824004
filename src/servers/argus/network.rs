//! Checks of values from networking: addresses, country codes, domain names.

use std::net::IpAddr;

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::fields::Checked;

/// An IPv4 or IPv6 address, or a CIDR network.
pub static ADDRESS: Checked = Checked {
    schema: || json!({"type": "string", "minLength": 2, "maxLength": 49}),
    check: address,
    examples: &["192.0.2.1", "2001:db8::/32"],
};

/// A country code of two upper-case letters.
pub static COUNTRY: Checked =
    Checked { schema: || json!({"type": "string", "pattern": "^[A-Z]{2}$"}), check: country, examples: &["NO", "NL"] };

/// A domain name.
pub static DOMAIN: Checked = Checked {
    schema: || json!({"type": "string", "minLength": 1, "maxLength": 253}),
    check: domain,
    examples: &["cdn-sync.example"],
};

fn address(value: &Value) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default().trim();
    address_or_network(text).map(|()| json!(text))
}

/// Checks that a text is an address or a CIDR network.
///
/// # Errors
/// A sentence saying what is expected.
pub fn address_or_network(text: &str) -> Result<(), String> {
    let (host, bits) = match text.split_once('/') {
        Some((host, bits)) => (host, Some(bits)),
        None => (text, None),
    };
    let most = match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return Err("must be an IPv4 or IPv6 address or CIDR network".to_owned()),
    };
    let fits = |bits: &str| bits.parse::<u8>().is_ok_and(|bits| bits <= most);
    if bits.is_none_or(fits) { Ok(()) } else { Err(format!("must have a prefix length between 0 and {most}")) }
}

fn country(value: &Value) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default();
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(json!(text))
    } else {
        Err("must be a country code of two upper-case letters".to_owned())
    }
}

fn domain(value: &Value) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default().trim();
    domain_name(text).map(|()| json!(text))
}

/// Checks that a text may be a domain name; it does not look at its labels.
///
/// # Errors
/// A sentence saying what is expected.
pub fn domain_name(text: &str) -> Result<(), String> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/:@?#*".contains(c);
    if (1..=253).contains(&text.len()) && !text.contains(odd) {
        Ok(())
    } else {
        Err("must be a fully qualified domain name, without scheme, path or wildcard".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    #[test]
    fn addresses_and_networks_are_told_from_other_text() {
        for good in ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/32"] {
            assert!(address(&json!(good)).is_ok(), "{good}");
        }
        for bad in ["192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "host", ""] {
            assert!(address(&json!(bad)).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_checked_without_a_panic(text in any::<String>()) {
            for check in [address, country, domain] {
                let _ = check(&json!(text));
            }
        }
    }
}
