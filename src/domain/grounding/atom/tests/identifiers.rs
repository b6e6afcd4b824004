//! Identifiers: classes, variants, and words that only look like one.

use crate::domain::grounding::atom::Identifier;
use crate::domain::grounding::atom::IdentifierClass as Class;
use crate::domain::grounding::atom::Partial;
use crate::domain::grounding::atom::form_of;
use crate::domain::grounding::atom::tests::identifiers_of;

const UUID: &str = "0b6f6f5e-3a53-4c0e-9d7a-2f1f6a1f7d11";
const SHA256: &str = "5a2f0f6c9e1d4b7a8c3e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071827d11";

/// Text, class, a stored form that it names.
const NAMED: &[(&str, Class, &str)] = &[
    ("from 203.0.113.66.", Class::Ipv4, "203.0.113.66"),
    ("from 203[.]0[.]113[.]66", Class::Ipv4, "203.0.113.66"),
    ("to 203.0.113.66:443, then", Class::Socket, "203.0.113.66:443"),
    ("in 198.51.100.0/24", Class::Cidr, "198.51.100.0/24"),
    ("at 2001:DB8::1", Class::Ipv6, "2001:db8:0:0:0:0:0:1"),
    ("at [2001:db8::1]:443", Class::Socket, "[2001:db8::1]:443"),
    ("mac 00-1A-2B-3C-4D-5E", Class::Mac, "00:1a:2b:3c:4d:5e"),
    ("site Login.Example.COM.", Class::Domain, "login.example.com"),
    ("site login[.]example[.]com", Class::Domain, "login.example.com"),
    ("see hxxps://login.example[.]com/a?b=1)", Class::Url, "https://login.example.com/a?b=1"),
    ("[link](https://x.example.com/a)", Class::Url, "https://x.example.com/a"),
    ("mail k.solheim@example.com", Class::Email, "K.Solheim@example.com"),
    ("mail k.solheim[at]example[.]com", Class::Email, "k.solheim@example.com"),
    ("user k.solheim logged in", Class::Username, "k.solheim"),
    ("user NFK\\ksolheim", Class::Username, "nfk\\ksolheim"),
    ("id 0b6f6f5e-3a53-4c0e-9d7a-2f1f6a1f7d11", Class::Uuid, UUID),
    (
        "event AGGR/1774602113554/12/0b6f6f5e-3a53-4c0e-9d7a-2f1f6a1f7d11",
        Class::EventId,
        "1774602113554/12/0b6f6f5e-3a53-4c0e-9d7a-2f1f6a1f7d11",
    ),
    ("hash 5a2f0f6c…", Class::HexId, SHA256),
    ("hash …7d11.", Class::HexId, SHA256),
    ("hash 5a2f0f6c...", Class::HexId, SHA256),
    ("CVE-2024-3094", Class::Cve, "cve-2024-3094"),
    ("CWE-79", Class::Cwe, "CWE-79"),
    ("technique T1059.001", Class::Attack, "T1059.001"),
    ("#4711 is open", Class::CaseKey, "4711"),
    ("INC-4711 is open", Class::CaseKey, "INC-4711"),
    ("on nfk-ws-0417.", Class::Host, "NFK-WS-0417"),
    ("on ip-10-1-2-3", Class::Host, "ip-10-1-2-3"),
    ("file /etc/shadow", Class::Path, "/etc/shadow"),
    ("file C:\\Windows\\Temp\\a.exe", Class::Path, "C:\\Windows\\Temp\\a.exe"),
    ("ran invoice.exe", Class::FileName, "invoice.exe"),
    ("rule malware-callback fired", Class::Slug, "malware-callback"),
    ("status `pendingCustomer`", Class::Code, "pendingCustomer"),
    ("RUN_AS_ROOT", Class::Code, "RUN_AS_ROOT"),
    ("SNORT-1:41336", Class::Signature, "SNORT-1:41336"),
    ("version v1.28.4", Class::Version, "1.28.4"),
    ("ホスト nfk-ws-0417から", Class::Host, "nfk-ws-0417"),
    ("ｎｆｋ－ｗｓ－０４１７", Class::Host, "nfk-ws-0417"),
    ("container 3f4e1a9b2c7d", Class::HexId, "3f4e1a9b2c7d"),
];

#[test]
fn each_class_is_found_with_its_variants() {
    for (text, class, stored) in NAMED {
        let found = identifiers_of(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].class, *class, "{text}: {found:?}");
        assert!(found[0].matches(stored), "{text} for {stored}: {found:?}");
    }
}

#[test]
fn one_changed_character_never_matches() {
    for (text, _, stored) in NAMED {
        let found = identifiers_of(text);
        for (at, old) in stored.char_indices() {
            let new = if old == '7' { '8' } else { '7' };
            let changed = format!("{}{new}{}", &stored[..at], &stored[at + old.len_utf8()..]);
            let hidden = stored == &SHA256 && !(0..8).contains(&at) && at < 60;
            let type_prefix = stored.starts_with("v1");
            let cut = found[0].canonical.len() < 9 && stored == &SHA256;
            if !hidden && !type_prefix && !cut {
                assert!(!found[0].matches(&changed), "{text} for {changed}: {found:?}");
            }
        }
    }
}

#[test]
fn letters_of_another_script_do_not_match() {
    let found = identifiers_of("site login.example.com");
    assert!(!found[0].matches("lоgin.example.com"));
}

#[test]
fn ordinary_language_holds_no_identifiers() {
    for text in [
        "The SHA-256 and UTF-8 of it, e.g. top-10 or COVID-19.",
        "IPv4 and TLS over HTTP2 on K8s with M365.",
        "f.eks. i dag, bl.a. på norsk.",
        "It has a 24-hour window, 3-5 hosts and 1,904 alerts and/or more...",
        "Wait... what? Done.Next one",
        "21.11.2026 14:05, 2026-11-21T14:05:00Z, 3x, 1st",
        "z. B. am 3.5.",
    ] {
        let found = identifiers_of(text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn a_socket_names_host_and_port() {
    let found = identifiers_of("to 203.0.113.66:443 now");
    assert_eq!(found[0].host_and_port(), Some(("203.0.113.66", 443)));
}

#[test]
fn a_stored_value_is_an_identifier_exactly_if_its_form_is() {
    const CLASSES: [Class; 25] = [
        Class::Ipv4,
        Class::Ipv6,
        Class::Cidr,
        Class::Socket,
        Class::Mac,
        Class::Domain,
        Class::Url,
        Class::Email,
        Class::Uuid,
        Class::Hash,
        Class::HexId,
        Class::Cve,
        Class::Cwe,
        Class::Attack,
        Class::CaseKey,
        Class::EventId,
        Class::Host,
        Class::Username,
        Class::Path,
        Class::FileName,
        Class::Code,
        Class::Slug,
        Class::Signature,
        Class::Version,
        Class::LongNumber,
    ];
    let variants =
        |stored: &str| [stored.to_owned(), stored.to_uppercase(), stored.replace('.', "[.]"), format!("{stored}0")];
    let values: Vec<String> =
        NAMED.iter().flat_map(|(text, _, stored)| variants(stored).into_iter().chain([(*text).to_owned()])).collect();
    for class in CLASSES {
        for printed in &values {
            let Some(canonical) = form_of(class, printed) else { continue };
            // The scanner makes no address without its mark.
            if matches!(class, Class::Ipv6) && !canonical.contains(':')
                || matches!(class, Class::Cidr) && !canonical.contains('/')
            {
                continue;
            }
            for partial in [Partial::Whole, Partial::Prefix, Partial::Suffix] {
                let wanted = Identifier { class, text: printed.clone(), canonical: canonical.clone(), partial };
                for stored in &values {
                    let by_form = form_of(class, stored).is_some_and(|form| wanted.has_form(&form));
                    assert_eq!(wanted.matches(stored), by_form, "{wanted:?} {stored}");
                }
            }
        }
    }
}
