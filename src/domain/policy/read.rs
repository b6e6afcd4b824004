//! Reads arguments off a message: ids, addresses, names, customers, value words,
//! times, row limits. Values are in the form that sources take. Which tool takes
//! them, and whether they are needed, is not known here.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::Map;
use serde_json::Value;
use unicode_normalization::char::is_combining_mark;

use crate::domain::lang::Lang;
use crate::domain::policy::lexicon::Hit;
use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::lexicon::Token;
use crate::domain::policy::lexicon::UNITS;
use crate::domain::policy::lexicon::is_cjk;
use crate::domain::policy::router::ReadPattern;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::ToolGroup;
use crate::domain::policy::spans::Hits;
use crate::domain::policy::spans::Spans;

/// Values kept per argument.
const MAX_VALUES: usize = 20;

/// The longest look-back whose course is told hour by hour where the message does not say.
const MAX_HOURLY: u64 = 72;

/// The resolution that depends on how far the time range looks back.
const AS_FITS: &str = "as_fits";

/// The longest look-back that a scope in hours can say.
const MAX_SCOPE_HOURS: u64 = 336;

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

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"#?\d{1,12}").expect("a constant pattern"));

/// What was read, and where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// Values by argument name; lists are JSON arrays.
    pub arguments: Map<String, Value>,
    /// Byte spans in the normalised text that values were read from.
    pub spans: Spans,
    /// A number that may be a position: "number 2".
    pub small_number: Option<u64>,
    /// Two or more values name objects of one kind.
    pub several: bool,
    /// The message names an object: an id, an address, a host.
    pub target: bool,
    /// Where it names what counts are grouped by.
    pub group_spans: Spans,
    /// Hours that the time range looks back.
    hours: Option<u64>,
}

impl Read {
    fn push(&mut self, argument: &str, value: Value) {
        let entry = self.arguments.entry(argument).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = entry
            && values.len() < MAX_VALUES
            && !values.contains(&value)
        {
            values.push(value);
        }
    }

    fn push_target(&mut self, argument: &str, value: Value) {
        self.push(argument, value);
        self.target = true;
        let many = self.arguments.get(argument).and_then(Value::as_array).is_some_and(|values| values.len() > 1);
        self.several |= many;
    }

    /// All values of an argument.
    pub fn values(&self, argument: &str) -> &[Value] {
        self.arguments.get(argument).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Typed values by shape. Done before the word lists, so that words inside a host name do not count.
pub(crate) fn entities(text: &Text, policy_patterns: &[ReadPattern], lexicon: &Lexicon) -> Read {
    let mut read = Read::default();
    // Lower-casing keeps byte positions for nearly all text; where it does not, spans fall back to the lower text.
    let haystack = if text.original.len() == text.lower.len() { &text.original } else { &text.lower };
    for pattern in policy_patterns {
        for captures in pattern.regex.captures_iter(haystack).take(MAX_VALUES) {
            let Some(found) = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0)) else { continue };
            let taken = !pattern.target && read.spans.overlap(found.start(), found.end());
            let word = pattern.not_a_word && lexicon.knows(found.as_str());
            let small = pattern.not_a_small_word && lexicon.is_small(found.as_str());
            if taken || word || small {
                continue;
            }
            let value = Value::String(found.as_str().to_owned());
            if pattern.target {
                read.push_target(&pattern.argument, value);
            } else {
                read.push(&pattern.argument, value);
            }
            read.spans.add(found.start(), found.end());
        }
    }
    let haystack = in_ascii(haystack);
    for (name, pattern) in ENTITIES.iter() {
        for found in pattern.find_iter(&haystack) {
            let (start, end) = (found.start(), found.end());
            if !read.spans.overlap(start, end) && take_entity(&mut read, name, found.as_str()) {
                read.spans.add(start, end);
            }
        }
    }
    read
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

/// Reads everything that needs the word lists: numbers, values, times, customers.
pub fn words(read: &mut Read, text: &Text, hits: &Hits, router: &Router, input: &RouteInput<'_>) {
    let (policy, lexicon) = (router.policy(), router.lexicon());
    numbers(read, text, hits, policy);
    values(read, hits, policy, lexicon);
    times(read, text, hits, policy, lexicon, input.now);
    let customers = known_customers(read, text, policy);
    if speaks_of_work(read, hits, lexicon) || !input.shown.is_empty() {
        written_customers(read, text, hits, policy, lexicon, &customers);
    }
    groups(read, text, hits, policy, lexicon);
    // "Le plus de" is the most, and holds "plus de", which is more than.
    let most = |mark| mark == Mark::List(List::Most);
    if hits.iter().any(|hit| hit.mark == Mark::List(List::Subtle) && !hits.cover(hit, most)) {
        read.arguments.insert("subtle".to_owned(), Value::Bool(true));
    }
}

/// A number is an id, a duration, a row limit or a position, by its size and its neighbours.
fn numbers(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy) {
    let found: Vec<(usize, usize)> = NUMBER
        .find_iter(&text.lower)
        .map(|found| (found.start(), found.end()))
        .filter(|(start, end)| !read.spans.overlap(*start, *end) && stands_alone(&text.lower, *start, *end))
        .take(MAX_VALUES)
        .collect();
    for (start, end) in found {
        let digits = text.lower[start..end].trim_start_matches('#');
        let hashed = text.lower[start..end].starts_with('#');
        let Ok(number) = digits.parse::<u64>() else { continue };
        let before = |list: List| near_before(text, hits, start, 0).any(|hit| hit.mark == Mark::List(list));
        if let Some(unit) = unit_after(text, hits, end) {
            duration(read, number, unit);
            read.spans.add(start, end);
            continue;
        }
        let kind = near_before(text, hits, start, 2).find_map(|hit| match hit.mark {
            Mark::Group(group) => policy.groups.get(usize::from(group)).and_then(id_argument),
            _ => None,
        });
        let limit = before(List::Limit)
            || next_after(text, hits, end).any(|hit| hit.mark == Mark::List(List::Limit))
            || next_after(text, hits, end).any(|hit| matches!(hit.mark, Mark::Group(_)) && kind.is_none());
        if limit && number > 0 && number <= 100 && !hashed {
            read.arguments.insert("limit".to_owned(), Value::from(number));
        } else if digits.len() >= 5
            || (kind.is_some() && digits.len() >= 2)
            || (hashed && digits.len() >= 3)
            || lone(text, start, end)
        {
            read.push_target(kind.unwrap_or("case_id"), Value::from(number));
        } else if (1..=50).contains(&number) && (hashed || before(List::Number) || kind.is_some()) {
            read.small_number = Some(number);
        } else {
            continue;
        }
        read.spans.add(start, end);
    }
}

/// What counts are grouped by, and into which stretches of time. That groups are asked for at all
/// is a fact of its own: where none of them is known, a plain list would be no answer.
fn groups(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy, lexicon: &Lexicon) {
    let mut last = None;
    for hit in hits.iter() {
        let Mark::Value(list, value) = hit.mark else { continue };
        let Some((list, names)) = lexicon.values.get(usize::from(list)) else { continue };
        let readings = || policy.readings.iter().filter(|reading| reading.groups_by && &reading.from == list);
        let covered = hits.cover(hit, |mark| matches!(mark, Mark::Value(..)));
        let asked = last.is_some_and(|end| goes_on(text, hits, end, hit)) || asks_groups(read, text, hits, hit);
        let Some(value) = names.get(usize::from(value)).filter(|_| !covered && readings().next().is_some() && asked)
        else {
            continue;
        };
        for reading in readings() {
            for source in reading.values.get(value).into_iter().flatten() {
                read.push(&reading.argument, Value::from(source.as_str()));
            }
        }
        read.group_spans.add(hit.start, hit.end);
        last = Some(hit.end);
    }
    if last.is_some() || hits.has(List::Per) || read.arguments.contains_key("resolution") {
        read.arguments.insert("grouped".to_owned(), Value::Bool(true));
    }
    if read.values("resolution").first().and_then(Value::as_str) == Some(AS_FITS) {
        let unit = if read.hours.is_none_or(|hours| hours <= MAX_HOURLY) { "hours" } else { "days" };
        read.arguments.insert("resolution".to_owned(), Value::from(vec![unit]));
    }
}

/// "Per source", "by source", "the top sources", "which sources have the most events".
fn asks_groups(read: &Read, text: &Text, hits: &Hits, hit: &Hit) -> bool {
    let before = |list: List, skip: usize| near_before(text, hits, hit.start, skip).any(|b| b.mark == Mark::List(list));
    let says = |other: &Hit| [List::Per, List::By].map(Mark::List).contains(&other.mark);
    let after = hits.starting(hit.end, hit.end).iter().any(|other| other.lang == Lang::Ja && says(other));
    if before(List::Per, 1) || after {
        return true;
    }
    // "By customer Nordfjord" names a value, "by customer" what to group by.
    let next = text.tokens.partition_point(|token| token.start < hit.end);
    let named = text.tokens.get(next).is_some_and(|token| read.spans.overlap(token.start, token.end));
    if before(List::By, 1) && !named {
        return true;
    }
    // "The top 5 cases" are cases; "the cases with the most events" are counted by case.
    let group = |other: &&Hit| matches!(other.mark, Mark::Group(_));
    let inside = |other: &&Hit| other.start < hit.end && hit.start < other.end;
    let free = !hits.iter().filter(group).any(|other| inside(&other));
    let counted = free || hits.iter().filter(group).any(|other| !inside(&other));
    // "Most recent" asks for the latest and not for the largest.
    let mut most = hits.iter().filter(|other| {
        other.mark == Mark::List(List::Most) && !hits.cover(other, |mark| mark == Mark::List(List::Limit))
    });
    let soon = text.tokens.get(next + 2).map_or(usize::MAX, |token| token.start);
    counted && most.any(|most| before(List::Most, 2) || before(List::Ask, 0) || (hit.end..=soon).contains(&most.start))
}

/// "Per customer and severity": nothing but a small word stands between two names.
fn goes_on(text: &Text, hits: &Hits, end: usize, hit: &Hit) -> bool {
    let mut between = text.tokens.iter().filter(|token| token.start >= end && token.end <= hit.start);
    let small = |at: usize| hits.starting(at, at).iter().any(|other| other.mark == Mark::List(List::Stop));
    hit.start > end && between.next().is_none_or(|token| small(token.start)) && between.next().is_none()
}

/// The argument that a bare number near a word of this group fills.
fn id_argument(group: &ToolGroup) -> Option<&'static str> {
    match group.name.as_str() {
        "cases" => Some("case_id"),
        "alarms" => Some("alarm_id"),
        "filters" => Some("filter_id"),
        _ => None,
    }
}

/// A message that is only a number of three digits or more asks for the case of that number.
fn lone(text: &Text, start: usize, end: usize) -> bool {
    end - start >= 3 && text.lower.trim().trim_end_matches(['?', '.', '!']).len() == end - start
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let decimal = text[end..].starts_with(['.', ',', ':']) && text[end + 1..].starts_with(|c: char| c.is_ascii_digit());
    let unit = after.is_some_and(|c| c == 'h' || c == 'd');
    !word(before) && (unit || !word(after)) && !decimal && !text[..start].ends_with(['.', '-', '/', ':'])
}

/// Hits that end right before `at`, looking past `skip` further words.
fn near_before<'h>(text: &Text, hits: &'h Hits, at: usize, skip: usize) -> impl Iterator<Item = &'h Hit> {
    let before = &text.tokens[..text.tokens.partition_point(|token| token.end <= at)];
    let from = before.get(before.len().saturating_sub(1 + skip)).map_or(0, |token| token.start);
    hits.near(from, at).iter().rev().filter(move |hit| hit.end <= at && hit.end > from)
}

/// Hits that begin with the next word after `at`.
fn next_after<'h>(text: &Text, hits: &'h Hits, at: usize) -> impl Iterator<Item = &'h Hit> {
    let next = text.tokens.partition_point(|token| token.end <= at);
    let next = text.tokens.get(next).map_or(usize::MAX, |token| token.start.max(at));
    hits.starting(next, next).iter()
}

/// The unit of time after a number; "last" may stand between, as in French.
fn unit_after(text: &Text, hits: &Hits, end: usize) -> Option<usize> {
    let unit = |end| {
        next_after(text, hits, end).find_map(|hit| match hit.mark {
            Mark::Unit(unit) => Some(usize::from(unit)),
            _ => None,
        })
    };
    let last = next_after(text, hits, end).find(|hit| hit.mark == Mark::List(List::Last));
    unit(end).or_else(|| unit(last?.end))
}

fn duration(read: &mut Read, number: u64, unit: usize) {
    const HOURS: [u64; 5] = [0, 1, 24, 168, 744];
    let number = number.clamp(1, 10_000);
    let hours = if unit == 0 { number.div_ceil(60) } else { number.saturating_mul(HOURS[unit.min(4)]) };
    set_range(read, &format!("now -{number} {}s", UNITS[unit.min(4)]), "now", hours);
}

fn set_range(read: &mut Read, start: &str, end: &str, hours: u64) {
    if read.arguments.contains_key("time_start") {
        return;
    }
    read.hours = Some(hours);
    read.arguments.insert("time_start".to_owned(), Value::from(start));
    read.arguments.insert("time_end".to_owned(), Value::from(end));
    // A scope in hours always ends now, so a range that ended before cannot be said with it.
    if end == "now" && (1..=MAX_SCOPE_HOURS).contains(&hours) {
        read.arguments.insert("scope_hours".to_owned(), Value::from(hours));
    }
}

fn values(read: &mut Read, hits: &Hits, policy: &Policy, lexicon: &Lexicon) {
    for hit in hits.iter() {
        let Mark::Value(list, value) = hit.mark else { continue };
        // "high priority" holds "high": the longer words say it once.
        if hits.cover(hit, |mark| matches!(mark, Mark::Value(..))) {
            continue;
        }
        let Some((list, names)) = lexicon.values.get(usize::from(list)) else { continue };
        let Some(value) = names.get(usize::from(value)) else { continue };
        for reading in policy.readings.iter().filter(|reading| &reading.from == list && !reading.groups_by) {
            for source in reading.values.get(value).into_iter().flatten() {
                if reading.single {
                    read.arguments.insert(reading.argument.clone(), Value::from(source.as_str()));
                } else {
                    read.push(&reading.argument, Value::from(source.as_str()));
                }
            }
        }
    }
    if !read.values("runtime_severity").is_empty() {
        let quoted: Vec<String> = read
            .values("runtime_severity")
            .iter()
            .filter_map(Value::as_str)
            .map(|value| format!("\"{value}\""))
            .collect();
        read.arguments.insert("runtime_severity".to_owned(), Value::from(quoted.join(",")));
    }
}

fn times(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy, lexicon: &Lexicon, now: Timestamp) {
    if let Some(date) = read.values("date").first().and_then(Value::as_str).map(str::to_owned) {
        date_range(read, &date, hits, now);
    }
    for hit in hits.iter() {
        let Mark::Time(index) = hit.mark else { continue };
        let since = follows(hits, hit, List::Since);
        if let Some(range) = lexicon.times.get(usize::from(index)).and_then(|name| policy.times.get(name)) {
            let end = if since { "now" } else { range.end.as_str() };
            let hours = range.hours;
            set_range(read, &range.start, end, hours);
        }
    }
    for hit in hits.iter() {
        let Mark::Weekday(day) = hit.mark else { continue };
        let today = now.to_zoned(TimeZone::UTC).date().weekday().to_monday_zero_offset();
        let back = i64::from(today).rem_euclid(7) - i64::from(day);
        let back = u64::try_from(back.rem_euclid(7)).unwrap_or(0);
        if follows(hits, hit, List::Since) {
            set_range(read, &days_back(back), "now", (back + 1) * 24);
        } else {
            let back = if back == 0 { 7 } else { back };
            set_range(read, &days_back(back), &days_back(back - 1), (back + 1) * 24);
        }
    }
    // "The last two weeks" has its number in words.
    for hit in hits.iter() {
        let Mark::Numeral(number) = hit.mark else { continue };
        if let Some(unit) = unit_after(text, hits, hit.end) {
            duration(read, u64::from(number), unit);
        }
    }
    // "the last hour" has no number.
    for hit in hits.iter() {
        let Mark::Unit(unit) = hit.mark else { continue };
        if follows(hits, hit, List::Last) {
            duration(read, 1, usize::from(unit));
        }
    }
}

fn days_back(days: u64) -> String {
    if days == 0 { "startOfDay".to_owned() } else { format!("startOfDay -{days} days") }
}

fn date_range(read: &mut Read, date: &str, hits: &Hits, now: Timestamp) {
    let Ok(day) = date.parse::<jiff::civil::Date>() else { return };
    let Ok(start) = day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()) else { return };
    let since = hits.has(List::Since);
    let hours = u64::try_from(now.duration_since(start).as_hours()).unwrap_or(0) + 1;
    if since {
        set_range(read, &start.to_string(), "now", hours);
    } else if let Ok(end) = start.checked_add(jiff::SignedDuration::from_hours(24)) {
        set_range(read, &start.to_string(), &end.to_string(), hours);
    }
}

/// Whether a word of `list` stands right before the hit, or right after it (Japanese).
fn follows(hits: &Hits, hit: &Hit, list: List) -> bool {
    let before = hits.near(hit.start.saturating_sub(2), hit.start).iter();
    let after = hits.starting(hit.end, hit.end + 6).iter();
    let before = before.filter(|other| other.end <= hit.start && hit.start - other.end <= 2);
    before.chain(after.filter(|other| other.lang == Lang::Ja)).any(|other| other.mark == Mark::List(list))
}

/// Whether a capitalised word after a preposition can be a customer: in a message about
/// operational data, and not in one about the weather in Oslo or the capital of France.
fn speaks_of_work(read: &Read, hits: &Hits, lexicon: &Lexicon) -> bool {
    let has = |marks: fn(Mark) -> bool| hits.iter().any(|hit| !lexicon.groups_by(hit.mark) && marks(hit.mark));
    let named = has(|mark| matches!(mark, Mark::Group(_) | Mark::List(List::Operational)));
    let asked =
        has(|mark| matches!(mark, Mark::List(List::Ask | List::Per | List::Most) | Mark::Value(..) | Mark::Time(_)));
    named || read.target || (asked && !has(|mark| mark == Mark::List(List::Outside)))
}

/// Customers whose names the policy knows, anywhere in the message; says where.
fn known_customers(read: &mut Read, text: &Text, policy: &Policy) -> Spans {
    let mut found = Spans::default();
    for customer in &policy.customers {
        for name in std::iter::once(&customer.short_name).chain(&customer.names) {
            if let Some((start, end)) = find_name(&text.lower, &name.to_lowercase()) {
                read.push("customer", Value::from(customer.short_name.as_str()));
                read.spans.add(start, end);
                found.add(start, end);
            }
        }
    }
    found
}

/// Customers taken as written: a capitalised word right after a preposition or in the genitive, or
/// any word right after the word for customer; and the names that "and" joins to it or to those
/// that the policy knows.
fn written_customers(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy, lexicon: &Lexicon, customers: &Spans) {
    if text.original.len() != text.lower.len() {
        return;
    }
    let known = |token: &Token| customers.overlap(token.start, token.end);
    let mut named: Vec<usize> = (0..text.tokens.len()).filter(|at| known(&text.tokens[*at])).collect();
    if named.is_empty() {
        named.extend(first_written(read, text, hits, policy, lexicon));
    }
    let seeds = named.clone();
    for seed in seeds {
        let free = |at: usize| is_name(read, text, hits, at, lexicon);
        let (mut first, mut last) = (seed, seed);
        while let Some(next) = (last + 1..text.tokens.len().min(last + 4)).find(|at| free(*at)) {
            if !joined(text, hits, last, next) {
                break;
            }
            named.push(next);
            last = next;
        }
        while let Some(next) = (first.saturating_sub(3)..first).rev().find(|at| free(*at)) {
            if !joined(text, hits, next, first) {
                break;
            }
            named.push(next);
            first = next;
        }
    }
    named.sort_unstable();
    named.dedup();
    for token in named.into_iter().map(|at| text.tokens[at]).filter(|token| !known(token)) {
        read.push("customer", Value::from(text.word(&token)));
        read.spans.add(token.start, token.end);
    }
}

/// Whether a word can be the name of a customer that another name points at.
fn is_name(read: &Read, text: &Text, hits: &Hits, at: usize, lexicon: &Lexicon) -> bool {
    let token = &text.tokens[at];
    let written = text.original.get(token.start..token.end).unwrap_or_default();
    !token.cjk
        && !read.spans.overlap(token.start, token.end)
        && written.chars().next().is_some_and(char::is_uppercase)
        && written.chars().count() >= 3
        && is_free(text, hits, at, lexicon)
}

/// "Nordfjord, Bergtun and Havbris": nothing but commas and words such as "and" between two names.
fn joined(text: &Text, hits: &Hits, first: usize, second: usize) -> bool {
    let (first, second) = (&text.tokens[first], &text.tokens[second]);
    let Some(between) = text.lower.get(first.end..second.start) else { return false };
    let between = between.strip_prefix("'s").unwrap_or(between);
    let start = second.start - between.len();
    let joins = |token: &&Token| {
        let starting = hits.starting(token.start, token.start).iter();
        starting.into_iter().any(|hit| hit.mark == Mark::List(List::Joins) && hit.end == token.end)
    };
    let words: Vec<&Token> =
        text.tokens.iter().filter(|token| token.start >= start && token.end <= second.start).collect();
    let marks = between.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || [',', '、', '&'].contains(&c));
    marks && words.iter().all(joins) && (!words.is_empty() || between.contains([',', '、', '&']))
}

/// The first word that its surroundings make a customer.
fn first_written(read: &Read, text: &Text, hits: &Hits, policy: &Policy, lexicon: &Lexicon) -> Option<usize> {
    let customer_group = policy.groups.iter().position(|group| group.name == "customers");
    // Most messages do not speak of customers at all.
    let customer_group = hits
        .iter()
        .map(|hit| hit.mark)
        .find(|mark| matches!(mark, Mark::Group(group) if Some(usize::from(*group)) == customer_group));
    for (index, token) in text.tokens.iter().enumerate() {
        if token.cjk || read.spans.overlap(token.start, token.end) {
            continue;
        }
        // Lower case may move bytes inside a text of the same length (Ⱥ grows, Ƛ may follow).
        let Some(written) = text.original.get(token.start..token.end) else { continue };
        let capital = written.chars().next().is_some_and(char::is_uppercase);
        let before = |mark: Mark, gap: usize| {
            let near = hits.near(token.start.saturating_sub(gap), token.start);
            near.iter().any(|hit| hit.mark == mark && hit.end < token.start && token.start - hit.end <= gap)
        };
        let owns = owner_of(&text.lower, token.end);
        let led = || hits.has(List::BeforeCustomer) && before(Mark::List(List::BeforeCustomer), 1);
        let named = || customer_group.is_some_and(|group| before(group, 2));
        let japanese = text.lower[token.end..].starts_with(['の', 'で', 'に', '社', 'は'])
            && written.chars().all(|c| c.is_ascii_alphanumeric());
        let fits =
            (capital && (japanese || owns || led())) || (!written.chars().all(|c| c.is_ascii_digit()) && named());
        if !fits || written.chars().count() < 3 || !is_free(text, hits, index, lexicon) {
            continue;
        }
        return Some(index);
    }
    None
}

/// Whether the name that ends here is in the genitive: "Bergtun's assets", "Havbris' assets".
/// A bare s may be part of a name that is not known, so it says nothing.
fn owner_of(text: &str, end: usize) -> bool {
    let (name, rest) = text.split_at(end);
    rest.strip_prefix("'s").is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        || (rest.starts_with("' ") && name.ends_with(['s', 'x', 'z']))
}

/// Whether no word list claims this word.
fn is_free(text: &Text, hits: &Hits, index: usize, lexicon: &Lexicon) -> bool {
    let token = &text.tokens[index];
    let word = text.word(token);
    !hits.near(token.start, token.end).iter().any(|hit| hit.start < token.end && token.start < hit.end)
        && !lexicon.knows(word)
}

/// A name in a text, as a whole word, with an optional genitive s.
fn find_name(text: &str, name: &str) -> Option<(usize, usize)> {
    if name.is_empty() {
        return None;
    }
    text.match_indices(name).find_map(|(start, _)| {
        let end = start + name.len();
        let before = text[..start].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-');
        let rest = text[end..].strip_prefix('s').unwrap_or(&text[end..]);
        let after = |rest: &str| rest.chars().next().is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-' && c != '.');
        (before && (after(rest) || after(&text[end..]))).then_some((start, end))
    })
}
