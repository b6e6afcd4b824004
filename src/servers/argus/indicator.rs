//! Domain names, addresses, networks and ranges as people write them.
//!
//! PassiveDNS takes a name or network and refuses URLs; reputation also takes
//! what was made harmless (`hxxp`, `[.]`) and URLs, out of which the host is
//! taken. Decides what a text stands for; asks nobody.

use std::net::IpAddr;

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::fields::Checked;
use crate::servers::argus::network::address_or_network;
use crate::servers::argus::network::domain_name;

/// Longest text that is looked at, in characters.
const MAX_CHARS: usize = 2_048;

/// What a PassiveDNS query may be: sent in lower case, without a trailing dot.
pub static DNS_NAME_OR_ADDRESS: Checked = Checked {
    schema: || json!({"type": "string", "minLength": 1, "maxLength": 254}),
    check: |value| {
        let text = value.as_str().unwrap_or_default().trim();
        if text.contains("://") || text.contains(['?', '#', '@']) {
            return Err("must not be a URL; pass its host name".to_owned());
        }
        let text = text.strip_suffix('.').unwrap_or(text).to_lowercase();
        if address_or_network(&text).is_ok() || (!text.contains('/') && is_domain(&text)) {
            Ok(json!(text))
        } else {
            Err("must be a domain name, an address or a CIDR network; of a URL pass the host name".to_owned())
        }
    },
    examples: &["cdn-sync.example", "203.0.113.66"],
};

/// A single indicator: checked here, read by [`Indicator::parse`] where it is used.
pub static INDICATOR: Checked = Checked {
    schema: indicator_schema,
    check: |value| checked(value, false),
    examples: &["cdn-sync.example", "203.0.113.66"],
};

/// The same, or a network or a range of addresses.
pub static INDICATOR_OR_RANGE: Checked = Checked {
    schema: indicator_schema,
    check: |value| checked(value, true),
    examples: &["cdn-sync.example", "203.0.113.0/24"],
};

fn indicator_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": MAX_CHARS})
}

fn checked(value: &Value, ranges: bool) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default().trim();
    match Indicator::parse(text) {
        Some(indicator) if ranges || indicator.form == Form::Single => Ok(json!(text)),
        Some(_) => Err("must be a single address or a domain name".to_owned()),
        None if ranges => Err("must be a domain name, an address, a CIDR network or a range of addresses".to_owned()),
        None => Err("must be a domain name or an address".to_owned()),
    }
}

/// What an indicator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndicatorType {
    /// A domain name.
    Domain,
    /// Addresses.
    Ip,
}

impl IndicatorType {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Ip => "ip",
        }
    }
}

/// Whether an indicator stands for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One name or address.
    Single,
    /// A network or a range.
    Range,
}

/// A parsed indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The value that is asked for.
    pub value: String,
    /// What it is.
    pub kind: IndicatorType,
    /// Whether it is one or many.
    pub form: Form,
    /// What was done to the text, if anything but its case changed.
    pub note: Option<String>,
}

impl Indicator {
    /// Reads a text; `None` if it stands for nothing of the kind.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().count() > MAX_CHARS {
            return None;
        }
        let mut done = Vec::new();
        let plain = refanged(text);
        if plain != text {
            done.push("made readable again");
        }
        let host = host_of(&plain);
        if host != plain {
            done.push("reduced to its host");
        }
        let bare = host.strip_suffix('.').unwrap_or(host).to_lowercase();
        let (kind, form) = classified(&bare)?;
        let note = (!done.is_empty()).then(|| format!("The value was {}: {bare} was looked up.", done.join(" and ")));
        Some(Self { value: bare, kind, form, note })
    }
}

fn classified(text: &str) -> Option<(IndicatorType, Form)> {
    if text.parse::<IpAddr>().is_ok() {
        return Some((IndicatorType::Ip, Form::Single));
    }
    if address_or_network(text).is_ok() {
        return Some((IndicatorType::Ip, Form::Range));
    }
    if let Some((first, last)) = text.split_once('-')
        && let (Ok(first), Ok(last)) = (first.trim().parse::<IpAddr>(), last.trim().parse::<IpAddr>())
    {
        return (first.is_ipv4() == last.is_ipv4() && first <= last).then_some((IndicatorType::Ip, Form::Range));
    }
    is_domain(text).then_some((IndicatorType::Domain, Form::Single))
}

/// Whether a text is a domain name and not an address.
pub fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
    };
    domain_name(text).is_ok()
        && text.parse::<IpAddr>().is_err()
        && text.split('.').all(label)
        && text.rsplit('.').next().is_some_and(|last| last.chars().any(char::is_alphabetic))
}

/// Undoes the usual ways of making an indicator harmless.
fn refanged(text: &str) -> String {
    let mut text = text.to_owned();
    for dot in ["[.]", "(.)", "{.}", "[dot]", "(dot)"] {
        text = text.replace(dot, ".");
    }
    text = text.replace("[:]", ":").replace("[://]", "://");
    match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("hxxp") => format!("http{}", &text[4..]),
        _ => text,
    }
}

/// The host of a URL; any other text as it is.
fn host_of(text: &str) -> &str {
    let Some((_, rest)) = text.split_once("://") else {
        return text;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    match host.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((inside, _)) => inside,
        None => host.split(':').next().unwrap_or(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    fn read(text: &str) -> Option<(String, IndicatorType, Form, bool)> {
        Indicator::parse(text).map(|found| (found.value, found.kind, found.form, found.note.is_some()))
    }

    #[test]
    fn harmless_forms_and_urls_become_the_value_that_is_asked_for() {
        let domain = |value: &str, noted| Some((value.to_owned(), IndicatorType::Domain, Form::Single, noted));
        let ip = |value: &str, form, noted| Some((value.to_owned(), IndicatorType::Ip, form, noted));
        assert_eq!(read("cdn-sync.example"), domain("cdn-sync.example", false));
        assert_eq!(read("CDN-Sync.example."), domain("cdn-sync.example", false));
        assert_eq!(read("cdn-sync[.]example"), domain("cdn-sync.example", true));
        assert_eq!(read("hxxps://user@cdn-sync[.]example:8443/x?y"), domain("cdn-sync.example", true));
        assert_eq!(read("203[.]0[.]113[.]66"), ip("203.0.113.66", Form::Single, true));
        assert_eq!(read("http://[2001:db8::1]:80/"), ip("2001:db8::1", Form::Single, true));
        assert_eq!(read("203.0.113.0/24"), ip("203.0.113.0/24", Form::Range, false));
        assert_eq!(read("203.0.113.1-203.0.113.9"), ip("203.0.113.1-203.0.113.9", Form::Range, false));
        for bad in ["", "two words", "203.0.113.9-203.0.113.1", "203.0.113.999", "x@y", "a..example", "-a.example"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_dns_query_is_a_name_or_network_and_no_url() {
        let check = |text: &str| (DNS_NAME_OR_ADDRESS.check)(&json!(text));
        assert_eq!(check(" CDN-Sync.Example. "), Ok(json!("cdn-sync.example")));
        assert_eq!(check("2001:DB8::/32"), Ok(json!("2001:db8::/32")));
        for bad in ["https://cdn-sync.example/", "cdn-sync.example/x", "two words", ""] {
            assert!(check(bad).unwrap_err().contains("host name"), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            let _ = Indicator::parse(&text);
            let _ = (DNS_NAME_OR_ADDRESS.check)(&json!(text));
        }

        #[test]
        fn what_was_read_once_is_read_again_unchanged(text in "[a-z0-9.:/-]{1,30}") {
            if let Some(found) = Indicator::parse(&text) {
                let again = Indicator::parse(&found.value).unwrap();
                assert_eq!((again.value, again.note), (found.value, None));
            }
        }
    }
}
