//! Values that a pattern finds by their shape: identifiers, addresses, hashes, dates, names of
//! hosts. What words stand around them is not known here.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Match;
use regex::Regex;
use serde_json::Value;
use unicode_normalization::char::is_combining_mark;

use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::lexicon::is_cjk;
use crate::domain::policy::read::MAX_VALUES;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::read::Read;
use crate::domain::policy::router::ReadPattern;

/// Typed values that a pattern finds, in the order they are tried. Later ones do not read inside earlier ones.
static ENTITIES: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    const UUID: &str = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let event = format!(r"(?:\b[A-Z]{{3,5}}/)?\b\d{{10,16}}/\d{{1,9}}/{UUID}");
    [
        ("event_identifier", event.as_str()),
        ("uuid", &format!(r"\b{UUID}\b")),
        ("hash", r"\b(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})\b"),
        ("ip", r"\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:(?:\[\.\]|\.)(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?:/\d{1,2})?\b"),
        ("ip", r"(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4}\b"),
        ("date", r"\b20\d\d-[01]\d-[0-3]\d\b"),
        ("date", r"\b[0-3]?\d\.[01]?\d\.20\d\d\b"),
        ("cve", r"(?i)\bCVE-\d{4}-\d{4,7}\b"),
        ("domain", r"(?i)\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\[\.\]|\.))+[a-z]{2,24}\b"),
        ("host", r"(?i)\b[a-z][a-z0-9]{0,30}(?:-[a-z0-9]{1,30}){0,5}-[a-z]{0,8}\d{1,6}[a-z]?\b"),
    ]
    .into_iter()
    .map(|(name, pattern)| (name, Regex::new(pattern).expect("the patterns are constants that a test compiles")))
    .collect()
});

/// Typed values by shape. Done before the word lists, so that words inside a host name do not count.
pub(crate) fn entities(text: &Text, policy_patterns: &[ReadPattern], lexicon: &Lexicon) -> Read {
    let mut read = Read::default();
    // Lower-casing keeps byte positions for nearly all text; where it does not, spans fall back to the lower text.
    let haystack = if text.original.len() == text.lower.len() { &text.original } else { &text.lower };
    for pattern in policy_patterns {
        for captures in pattern.regex.captures_iter(haystack).take(MAX_VALUES) {
            let groups = captures.iter().skip(1).flatten();
            let whole = captures.get(0).filter(|_| captures.len() == 1);
            for found in groups.chain(whole) {
                take_pattern(&mut read, pattern, found, lexicon);
            }
        }
    }
    let haystack = in_ascii(haystack);
    for (name, pattern) in ENTITIES.iter() {
        for found in pattern.find_iter(&haystack) {
            let (start, end) = (found.start(), found.end());
            if read.spans.overlap(start, end) {
                continue;
            }
            read.at(start, end, PlaceKind::Object);
            if take_entity(&mut read, name, found.as_str()) {
                read.spans.add(start, end);
            }
        }
    }
    read
}

/// Takes what a capture group of a pattern found, unless it is taken or no value.
fn take_pattern(read: &mut Read, pattern: &ReadPattern, found: Match<'_>, lexicon: &Lexicon) {
    let (start, end, text) = (found.start(), found.end(), found.as_str());
    let taken = !pattern.target && read.spans.overlap(start, end);
    let word = pattern.not_a_word && lexicon.knows(text);
    let small = pattern.not_a_small_word && lexicon.is_small(text);
    if taken || word || small {
        return;
    }
    read.at(start, end, PlaceKind::Object);
    let value = Value::String(text.to_owned());
    if pattern.target {
        read.push_target(&pattern.argument, value);
    } else {
        read.push(&pattern.argument, value);
    }
    read.spans.add(start, end);
}

/// The text with letters beyond ASCII as `_` and all else beyond it as spaces, byte for byte;
/// Japanese puts no blanks between a value and the next word, so its characters end one. The
/// values are ASCII and the edges of words stay where they are; but on other characters the regex
/// engine leaves its fast path, since `\b` is Unicode's.
fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        let stand_in = if c.is_ascii() {
            c
        } else if (c.is_alphanumeric() && !is_cjk(c)) || is_combining_mark(c) {
            '_'
        } else {
            ' '
        };
        ascii.extend(std::iter::repeat_n(stand_in, c.len_utf8()));
    }
    Cow::Owned(ascii)
}

fn take_entity(read: &mut Read, name: &str, found: &str) -> bool {
    let plain = found.replace("[.]", ".");
    let lower = plain.to_lowercase();
    match name {
        "event_identifier" => {
            // Argus wants the canonical form without the type prefix.
            let canonical = match lower.split_once('/') {
                Some((prefix, rest)) if prefix.chars().all(|c| c.is_ascii_alphabetic()) => rest.to_owned(),
                _ => lower,
            };
            read.push_target(name, Value::String(canonical));
        }
        "hash" => {
            if lower.chars().all(|c| c.is_ascii_digit()) {
                return false;
            }
            if lower.len() == 32 {
                read.push_target("event_id", Value::String(lower.clone()));
            }
            read.push_target("hash", Value::String(lower));
            read.several = read.values("hash").len() > 1;
        }
        "ip" => {
            if !plain.contains('/') {
                read.push("indicator", Value::String(lower.clone()));
            }
            read.push_target(name, Value::String(lower));
        }
        // "Is kari.solheim in vip-users? I mean kari.solheim": a user is no name in DNS.
        "domain" if is_key(read, found) => {}
        "domain" => {
            read.push("indicator", Value::String(lower.clone()));
            read.push_target(name, Value::String(lower));
        }
        "cve" => read.push_target(name, Value::String(plain.to_uppercase())),
        "host" => {
            // Names of standards look like hosts: SHA-256, UTF-8, COVID-19, TOP-10.
            const NO_HOST: [&str; 9] = ["sha-", "utf-", "md-", "top-", "iso-", "covid-", "tls-", "aes-", "base-"];
            if NO_HOST.iter().any(|prefix| lower.starts_with(prefix)) {
                return false;
            }
            read.push_target(name, Value::String(lower));
        }
        "date" => {
            let Some(date) = iso_date(&plain) else { return false };
            read.push("date", Value::String(date));
        }
        _ => read.push_target(name, Value::String(lower)),
    }
    true
}

/// Whether these words name an entry of a datastore.
fn is_key(read: &Read, found: &str) -> bool {
    read.values("data_store_key").iter().filter_map(Value::as_str).any(|key| key.eq_ignore_ascii_case(found))
}

fn iso_date(text: &str) -> Option<String> {
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        return Some(date.to_string());
    }
    let mut parts = text.split('.');
    let day: i8 = parts.next()?.parse().ok()?;
    let month: i8 = parts.next()?.parse().ok()?;
    let year: i16 = parts.next()?.parse().ok()?;
    jiff::civil::Date::new(year, month, day).ok().map(|date| date.to_string())
}
