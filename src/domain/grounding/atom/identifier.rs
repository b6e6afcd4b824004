//! Identifiers as exact tokens and the few variants in which they may be printed.
//!
//! Declared variants: letter case where the class folds it, defanged forms, full-width ASCII,
//! a prefix or suffix with an ellipsis, id type prefixes. Nothing else: one changed character
//! never matches. Letters of other scripts that look alike are not folded.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::domain::grounding::atom::text::fold_char;
use crate::domain::grounding::atom::token::is_event;
use crate::domain::grounding::atom::token::refang;

/// An exact token with its class and the form it is compared in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// Code: `pendingCustomer`, `RUN_AS_ROOT`, `web01`, or a hyphenated word between backticks.
    Code,
    /// A word that may be a slug or ordinary language: `malware-callback`, `real-time`,
    /// `PowerShell`. Only a match says something; its absence from the evidence does not.
    Slug,
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
        let stored = fold(stored);
        let stored = refang(&stored);
        if self.partial == Partial::Whole && stored.is_ascii() && folds_case_only(self.class) {
            // By far the most look-ups, and most of them in vain: nothing needs to be copied.
            return self.canonical.len() == stored.len()
                && self.canonical.bytes().zip(stored.bytes()).all(|(own, byte)| own == byte.to_ascii_lowercase());
        }
        self.has_form(&canonical(self.class, &stored))
    }

    /// Whether the form of a stored value, as [`form_of`] gives it for this class, is this identifier.
    pub fn has_form(&self, form: &str) -> bool {
        match self.partial {
            Partial::Whole => self.canonical == form,
            Partial::Prefix => form.starts_with(&self.canonical),
            Partial::Suffix => form.ends_with(&self.canonical),
        }
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

/// The form in which a stored value is compared with identifiers of a class: to be kept where
/// many of them are looked up. `None`: it is none of the class.
pub fn form_of(class: IdentifierClass, stored: &str) -> Option<String> {
    let mark = match class {
        IdentifierClass::Ipv6 => ":",
        IdentifierClass::Cidr => "/",
        _ => "",
    };
    // Where the mark is missing, the form has none either, and every identifier of the class has one.
    if stored.is_ascii() && !stored.contains(mark) {
        return None;
    }
    Some(canonical(class, &refang(&fold(stored))))
}

/// Width-folded; nothing in ASCII is.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(fold_char).collect()) }
}

/// Whether the canonical form of a class is the token in lower case.
fn folds_case_only(class: IdentifierClass) -> bool {
    use IdentifierClass as Class;
    matches!(
        class,
        Class::Ipv4
            | Class::Email
            | Class::Uuid
            | Class::Cve
            | Class::Cwe
            | Class::Attack
            | Class::Host
            | Class::Username
            | Class::Code
            | Class::Slug
            | Class::Signature
    )
}

/// The form in which identifiers of a class are compared. `token` is folded and refanged.
pub(super) fn canonical(class: IdentifierClass, token: &str) -> String {
    use IdentifierClass as Class;
    match class {
        Class::Ipv6 => address6(token).unwrap_or_else(|| token.to_lowercase()),
        Class::Cidr => match token.split_once('/').and_then(|(net, bits)| Some((address6(net)?, bits))) {
            Some((net, bits)) => format!("{net}/{bits}"),
            None => token.to_lowercase(),
        },
        Class::Socket => match token.rsplit_once(':').and_then(|(host, port)| Some((address6(host)?, port))) {
            Some((host, port)) => format!("[{host}]:{port}"),
            None => token.to_lowercase(),
        },
        Class::Mac => token.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect::<String>().to_lowercase(),
        Class::Hash | Class::HexId => {
            let lower = token.to_lowercase();
            let named = ["sha256:", "sha512:", "sha1:", "md5:"].iter().find_map(|name| lower.strip_prefix(name));
            named.map_or_else(|| lower.clone(), ToOwned::to_owned)
        }
        Class::Domain => token.trim_end_matches('.').to_lowercase(),
        Class::Url => url(token),
        Class::CaseKey => token.strip_prefix('#').unwrap_or(token).to_lowercase(),
        Class::EventId => match token.split_once('/') {
            Some((_, rest)) if is_event(rest) => rest.to_lowercase(),
            _ => token.to_lowercase(),
        },
        Class::Version => token.strip_prefix(['v', 'V']).unwrap_or(token).to_lowercase(),
        Class::Path | Class::FileName | Class::LongNumber => token.to_owned(),
        // The classes of `folds_case_only`.
        _ => token.to_lowercase(),
    }
}

fn address6(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<Ipv6Addr>().ok().map(|address| address.to_string())
}

/// Scheme and host fold; path, query and fragment do not. A bare `/` path counts as none.
fn url(token: &str) -> String {
    let host_from = token.find("://").map_or(0, |at| at + 3);
    let path_from =
        token.get(host_from..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(token.len(), |at| host_from + at);
    let (host, path) = token.split_at(path_from);
    let path = if path == "/" { "" } else { path };
    format!("{}{path}", host.to_lowercase())
}
