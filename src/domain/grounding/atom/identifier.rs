//! Identifiers as exact tokens and the few variants in which they may be printed.
//!
//! Declared variants: letter case where the class folds it, defanged forms, full-width ASCII,
//! a prefix or suffix with an ellipsis, id type prefixes. Nothing else: one changed character
//! never matches. Letters of other scripts that look alike are not folded.

/// An exact token with its class and the form it is compared in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What kind of token it is.
    pub class: IdentifierClass,
    /// As printed.
    pub text: String,
    /// Refanged, width-folded, case-folded if the class folds; without ellipsis and type prefix.
    pub canonical: String,
    /// Whether the printed form is cut.
    pub partial: Partial,
}

/// Which part of the stored identifier the text prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partial {
    /// All of it.
    Whole,
    /// Its beginning (`5a2f0f6c…`).
    Prefix,
    /// Its end (`…7d11`).
    Suffix,
}

/// Kinds of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierClass {
    /// IPv4 address.
    Ipv4,
    /// IPv6 address.
    Ipv6,
    /// Network in prefix notation.
    Cidr,
    /// Address or host with a port.
    Socket,
    /// Hardware address.
    Mac,
    /// Domain or fully qualified host name.
    Domain,
    /// URL.
    Url,
    /// E-mail address.
    Email,
    /// UUID.
    Uuid,
    /// MD5, SHA-1 or SHA-256 in hex, or an image digest.
    Hash,
    /// Other long hex token: short container id, trace id.
    HexId,
    /// CVE number.
    Cve,
    /// CWE number.
    Cwe,
    /// ATT&CK tactic, technique, group or mitigation.
    Attack,
    /// Case or ticket key: `#4711`, `INC-4711`.
    CaseKey,
    /// Event id of three parts: `timestamp/customer/uuid`, with or without a type prefix.
    EventId,
    /// Single-label host name: `nfk-ws-0417`.
    Host,
    /// User name: `k.solheim`, `DOMAIN\user`.
    Username,
    /// File path.
    Path,
    /// File name with a known extension.
    FileName,
    /// Slug or code: `malware-callback`, `pendingCustomer`, `RUN_AS_ROOT`.
    Code,
    /// Signature id: `SNORT-1:41336`.
    Signature,
    /// Version: `1.2.3`, `v2.4`.
    Version,
    /// Digits too long to be a number.
    LongNumber,
}

impl Identifier {
    /// Whether `stored` is this identifier, allowing the declared variants only.
    pub fn matches(&self, stored: &str) -> bool {
        self.canonical == stored
    }

    /// Host and port of an identifier of class `Socket`.
    pub fn host_and_port(&self) -> Option<(&str, u16)> {
        if self.class != IdentifierClass::Socket {
            return None;
        }
        let (host, port) = self.canonical.rsplit_once(':')?;
        Some((host.trim_start_matches('[').trim_end_matches(']'), port.parse().ok()?))
    }
}
