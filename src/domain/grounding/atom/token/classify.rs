//! What kind of identifier a token is, and its canonical form. The order of the tests is the
//! order of how much a shape says.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::domain::grounding::atom::IdentifierClass;
use crate::domain::grounding::atom::Partial;
use crate::domain::grounding::atom::identifier::canonical;
use crate::domain::grounding::atom::read::is_known_word;
use crate::domain::grounding::atom::token::refang;
use crate::domain::grounding::atom::token::shape::humps;
use crate::domain::grounding::atom::token::shape::is_alphanumeric;
use crate::domain::grounding::atom::token::shape::is_digits;
use crate::domain::grounding::atom::token::shape::is_hex;
use crate::domain::grounding::atom::token::shape::is_label;
use crate::domain::grounding::atom::token::shape::is_letters;
use crate::domain::grounding::atom::token::shape::is_mac;
use crate::domain::grounding::atom::token::shape::is_mixed;
use crate::domain::grounding::atom::token::shape::is_uuid;
use crate::domain::grounding::atom::token::tables::COMMON_HEADS;
use crate::domain::grounding::atom::token::tables::COMMON_TERMS;
use crate::domain::grounding::atom::token::tables::FILE_EXTENSIONS;
use crate::domain::grounding::atom::token::tables::SCHEMES;
use crate::domain::grounding::atom::token::tables::TOP_LEVEL;

/// Shortest cut form that still says something.
const MIN_PARTIAL: usize = 4;

/// Class and canonical form of a token. `coded` says that it stands between backticks.
pub(super) fn classify(text: &str, partial: Partial, coded: bool) -> Option<(IdentifierClass, String)> {
    let token = refang(text);
    let class = if partial == Partial::Whole { whole(&token, coded)? } else { cut(&token)? };
    let canonical = canonical(class, &token);
    Some((class, canonical))
}

fn cut(token: &str) -> Option<IdentifierClass> {
    if token.len() < MIN_PARTIAL || !token.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hexed = token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if hexed && (is_mixed(token) || token.len() >= 6) {
        return Some(IdentifierClass::HexId);
    }
    whole(token, false).filter(|class| !matches!(class, IdentifierClass::Slug | IdentifierClass::Version))
}

fn whole(token: &str, coded: bool) -> Option<IdentifierClass> {
    let scheme = SCHEMES.iter().find(|(_, scheme)| token.starts_with(scheme));
    if let Some((_, scheme)) = scheme.or_else(|| {
        let lower = token.get(..token.len().min(9)).unwrap_or("").to_ascii_lowercase();
        SCHEMES.iter().find(|(_, scheme)| lower.starts_with(scheme))
    }) {
        return (token.len() > scheme.len()).then_some(IdentifierClass::Url);
    }
    if is_uuid(token) {
        return Some(IdentifierClass::Uuid);
    }
    if is_mac(token) {
        return Some(IdentifierClass::Mac);
    }
    keyed(token)
        .or_else(|| address(token))
        .or_else(|| slashed(token))
        .or_else(|| email(token))
        .or_else(|| digest(token))
        .or_else(|| dotted(token))
        .or_else(|| joined(token, coded))
}

fn address(token: &str) -> Option<IdentifierClass> {
    if token.parse::<Ipv4Addr>().is_ok() {
        return Some(IdentifierClass::Ipv4);
    }
    if token.len() > 3 && token.matches(':').count() >= 2 {
        if token.parse::<Ipv6Addr>().is_ok() {
            let telling = token.bytes().filter(u8::is_ascii_hexdigit).count() >= 2;
            return telling.then_some(IdentifierClass::Ipv6);
        }
        let inside = token.strip_prefix('[')?;
        let (host, port) = inside.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        if port.is_empty() {
            return Some(IdentifierClass::Ipv6);
        }
        return port.strip_prefix(':')?.parse::<u16>().ok().map(|_| IdentifierClass::Socket);
    }
    if let Some((net, bits)) = token.split_once('/') {
        let bits = is_digits(bits).then(|| bits.parse::<u8>().ok()).flatten()?;
        let fits = net.parse::<Ipv4Addr>().is_ok() && bits <= 32;
        return (fits || net.contains("::")).then_some(IdentifierClass::Cidr).filter(|_| fits || is_net6(net, bits));
    }
    let (host, port) = token.rsplit_once(':')?;
    port.parse::<u16>().ok().filter(|_| is_digits(port))?;
    let hosted = host.parse::<Ipv4Addr>().is_ok()
        || matches!(whole_host(host), Some(IdentifierClass::Domain | IdentifierClass::Host));
    hosted.then_some(IdentifierClass::Socket)
}

fn is_net6(net: &str, bits: u8) -> bool {
    net.parse::<Ipv6Addr>().is_ok() && bits <= 128
}

fn whole_host(token: &str) -> Option<IdentifierClass> {
    if token == "localhost" {
        return Some(IdentifierClass::Host);
    }
    dotted(token).or_else(|| joined(token, false))
}

fn slashed(token: &str) -> Option<IdentifierClass> {
    if token.matches('/').count() >= 2 && is_event(token) {
        return Some(IdentifierClass::EventId);
    }
    let named = |part: &str| part.chars().any(char::is_alphanumeric);
    if let Some(rest) = token.strip_prefix('/') {
        return (rest.len() >= 2 && rest.split('/').any(|part| part.len() >= 2 && named(part)))
            .then_some(IdentifierClass::Path);
    }
    let rooted = ["~/", "./", "../"].iter().any(|root| token.starts_with(root));
    let drive = token.as_bytes().get(1..3).is_some_and(|root| root == b":\\" || root == b":/")
        && token.starts_with(|c: char| c.is_ascii_alphabetic());
    let share = token.starts_with("\\\\");
    let hive =
        ["HKLM\\", "HKCU\\", "HKEY_", "HKU\\", "%"].iter().any(|root| token.starts_with(root)) && token.contains('\\');
    if (rooted || drive || share || hive) && token.len() >= 4 && named(token) {
        return Some(IdentifierClass::Path);
    }
    if let Some((domain, user)) = token.split_once('\\') {
        let fits = is_label(&domain.replace('.', "a")) && user.len() >= 2 && is_label(&user.replace(['.', '$'], "a"));
        return fits.then_some(IdentifierClass::Username);
    }
    let (head, tail) = token.split_once('/')?;
    if dotted(head) == Some(IdentifierClass::Domain) && !tail.is_empty() {
        return Some(IdentifierClass::Url);
    }
    let file = token.rsplit('/').next().and_then(dotted) == Some(IdentifierClass::FileName);
    (file && !token.contains("//")).then_some(IdentifierClass::Path)
}

/// `timestamp/customer/uuid`, with an optional `TYPE/` in front.
pub(in crate::domain::grounding::atom) fn is_event(token: &str) -> bool {
    let parts: Vec<&str> = token.split('/').take(5).collect();
    let core = match parts.as_slice() {
        [kind, core @ ..] if core.len() == 3 && kind.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') => core,
        core => core,
    };
    matches!(core, [time, customer, id]
        if is_digits(time) && time.len() >= 10 && is_digits(customer) && (is_uuid(id) || (is_hex(id) && id.len() >= 16)))
}

fn email(token: &str) -> Option<IdentifierClass> {
    let (user, domain) = token.split_once('@')?;
    let user_fits =
        !user.is_empty() && user.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '\''));
    let labels: Vec<&str> = domain.split('.').collect();
    let domain_fits = labels.len() >= 2 && labels.iter().all(|label| is_label(label));
    (user_fits && domain_fits).then_some(IdentifierClass::Email)
}

fn digest(token: &str) -> Option<IdentifierClass> {
    let (named, hex) = match token.split_once(':') {
        Some((name, hex)) => {
            let name = name.to_ascii_lowercase();
            (matches!(name.as_str(), "sha256" | "sha1" | "md5" | "sha512"), hex)
        }
        None => (false, token),
    };
    if hex.len() < 7 || !is_hex(hex) || (hex.len() != token.len() && !named) {
        return None;
    }
    if is_digits(hex) && !named {
        return (hex.len() > 20).then_some(IdentifierClass::LongNumber);
    }
    match hex.len() {
        32 | 40 | 64 | 128 => Some(IdentifierClass::Hash),
        _ if named => Some(IdentifierClass::Hash),
        _ if is_mixed(hex) => Some(IdentifierClass::HexId),
        _ => None,
    }
}

fn keyed(token: &str) -> Option<IdentifierClass> {
    if let Some(number) = token.strip_prefix('#') {
        return is_digits(number).then_some(IdentifierClass::CaseKey);
    }
    let upper = token.to_ascii_uppercase();
    if let Some(rest) = upper.strip_prefix("CVE-") {
        let (year, number) = rest.split_once('-')?;
        return (year.len() == 4 && is_digits(year) && is_digits(number)).then_some(IdentifierClass::Cve);
    }
    if let Some(rest) = upper.strip_prefix("CWE-") {
        return is_digits(rest).then_some(IdentifierClass::Cwe);
    }
    if is_attack(token) {
        return Some(IdentifierClass::Attack);
    }
    let (head, number) = token.split_once('-')?;
    let head_fits = head.len() >= 2 && head.starts_with(|c: char| c.is_ascii_alphabetic());
    let capital = head.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if let Some((first, second)) = number.split_once(':') {
        let numbers = is_digits(first) && second.split(':').all(is_digits);
        return (head_fits && capital && numbers).then_some(IdentifierClass::Signature);
    }
    let common = COMMON_HEADS.contains(&head.to_ascii_lowercase().as_str());
    (head_fits && capital && is_digits(number) && !common).then_some(IdentifierClass::CaseKey)
}

/// `T1059`, `T1059.001`, `TA0001`, `G0016`, `M1036`, `S0154`.
fn is_attack(token: &str) -> bool {
    let letters = token.bytes().take_while(u8::is_ascii_uppercase).count();
    let (head, rest) = token.split_at(letters);
    let (main, sub) = rest.split_once('.').map_or((rest, None), |(main, sub)| (main, Some(sub)));
    let known = matches!(head, "T" | "TA" | "G" | "M" | "S" | "DS") && main.len() == 4 && is_digits(main);
    known && sub.is_none_or(|sub| head == "T" && sub.len() == 3 && is_digits(sub))
}

fn dotted(token: &str) -> Option<IdentifierClass> {
    if !token.contains('.') {
        let version = token.strip_prefix('v').is_some_and(is_digits);
        return version.then_some(IdentifierClass::Version);
    }
    if is_version(token) {
        return Some(IdentifierClass::Version);
    }
    let labels: Vec<&str> = token.split('.').collect();
    if !labels.iter().all(|label| is_label(label)) {
        let hidden =
            labels.first().is_some_and(|first| first.is_empty()) && labels.iter().skip(1).all(|label| is_label(label));
        return (hidden && token.len() >= 4 && !is_digits(token.get(1..)?))
            .then_some(IdentifierClass::FileName)
            .filter(|_| labels.len() <= 3 && labels.iter().skip(1).all(|label| is_letters(label)));
    }
    let last = labels.last().copied().unwrap_or("");
    let lower = last.to_lowercase();
    let numbers_only = labels.iter().all(|label| is_digits(label));
    if numbers_only || token.chars().filter(|c| c.is_alphanumeric()).count() < 5 {
        return None;
    }
    // "done.Next": a sentence without its blank.
    let sentence = last.starts_with(char::is_uppercase) && last.chars().any(char::is_lowercase);
    if FILE_EXTENSIONS.contains(&lower.as_str()) && !sentence {
        return Some(IdentifierClass::FileName);
    }
    if TOP_LEVEL.contains(&lower.as_str()) && !sentence {
        let worded = labels.len() == 2 && is_known_word(&labels[0].to_lowercase());
        return (!worded).then_some(IdentifierClass::Domain);
    }
    let person = labels.len() == 2 && is_letters(last) && last.len() >= 3 && is_label(labels[0]);
    if person && labels[0].chars().count() == 1 && !last.starts_with(char::is_uppercase) {
        return Some(IdentifierClass::Username);
    }
    let short = labels.iter().any(|label| label.chars().count() < 2);
    (!sentence && !short && !labels[0].bytes().all(|b| b.is_ascii_digit())).then_some(IdentifierClass::Code)
}

/// `1.2.3`, `v2.4`, `1.28.4-rc.1`; not `21.11.2026`.
fn is_version(token: &str) -> bool {
    let led = token.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let body = led.unwrap_or(token);
    let core = body.split(['-', '+']).next().unwrap_or("");
    let parts: Vec<&str> = core.split('.').collect();
    let numbers = parts.iter().all(|part| is_digits(part) && part.len() <= 8);
    let tagged = core.len() < body.len();
    let small = |part: &str, most: u32| part.parse::<u32>().is_ok_and(|value| (1..=most).contains(&value));
    let date = parts.len() == 3 && small(parts[0], 31) && small(parts[1], 12) && parts[2].len() == 4;
    let grouped = parts.len() >= 3 && parts.iter().skip(1).all(|part| part.len() == 3) && led.is_none();
    let long_enough = parts.len() >= 3 || (parts.len() == 2 && led.is_some());
    numbers && long_enough && !date && (!grouped || tagged) && parts.len() <= 5
}

fn joined(token: &str, coded: bool) -> Option<IdentifierClass> {
    let lower = token.to_lowercase();
    if COMMON_TERMS.contains(&lower.as_str())
        || !token.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '$'))
    {
        return None;
    }
    if token.trim_matches('_').contains('_') && token.chars().any(char::is_alphabetic) {
        return Some(IdentifierClass::Code);
    }
    if token.contains('-') {
        return hyphenated(token, coded);
    }
    if !is_alphanumeric(token) {
        return None;
    }
    if is_mixed(token) {
        // "1st", "24h", "3x", "10GB": a number with its mark. "T14": part of a time.
        let counts = token.starts_with(|c: char| c.is_ascii_digit())
            && is_letters(token.trim_start_matches(|c: char| c.is_ascii_digit()));
        let measured = token.bytes().take_while(u8::is_ascii_digit).count() > 0
            && !token.bytes().any(|b| b.is_ascii_hexdigit() && b.is_ascii_alphabetic())
            && token.len() < 8;
        return (!counts && !measured && token.len() >= 2)
            .then_some(IdentifierClass::Code)
            .filter(|_| !iso_length(token));
    }
    let first_small = token.starts_with(|c: char| c.is_ascii_lowercase());
    match humps(token) {
        0 => None,
        1.. if first_small || coded => Some(IdentifierClass::Code),
        3.. => Some(IdentifierClass::Code),
        _ => Some(IdentifierClass::Slug),
    }
}

/// `PT30M` is a length of time.
fn iso_length(token: &str) -> bool {
    token.starts_with("PT") || (token.starts_with('P') && token.ends_with(['D', 'W', 'M', 'H', 'S', 'Y']))
}

fn hyphenated(token: &str, coded: bool) -> Option<IdentifierClass> {
    let labels: Vec<&str> = token.split('-').collect();
    if !labels.iter().all(|label| is_alphanumeric(label)) || labels.iter().all(|label| is_digits(label)) {
        return None;
    }
    let first = labels[0].to_lowercase();
    if token.bytes().any(|byte| byte.is_ascii_digit()) {
        // "24-hour", "3-5pm", "top-10", "zero-day2": numbers in ordinary words.
        let led_by_number = labels[0].starts_with(|c: char| c.is_ascii_digit()) && labels.len() < 3;
        let dated = labels[0].len() == 4 && is_digits(labels[0]);
        let common = labels.len() == 2 && (COMMON_HEADS.contains(&first.as_str()) || is_known_word(&first));
        return (!led_by_number && !dated && !common).then_some(IdentifierClass::Host);
    }
    let slug = labels.iter().all(|label| label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_lowercase()));
    match (slug, coded) {
        (_, true) => Some(IdentifierClass::Code),
        (true, false) => Some(IdentifierClass::Slug),
        _ => None,
    }
}
