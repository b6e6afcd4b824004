//! Words of three languages: which language a text is in, and what a message asks
//! about (ids, customers, priorities, states, times, aspects). Small tables, enough
//! for the simulated world; the router of the gateway has its own, larger ones.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Map;
use serde_json::Value;

use crate::sim::world::CUSTOMERS;
use crate::sim::world::HOSTS;

/// A language the simulator can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tongue {
    En,
    Nb,
    De,
}

impl Tongue {
    /// The language for an ISO 639-1 code; English where we have no sentences.
    pub(super) fn of_code(code: &str) -> Self {
        match code {
            "nb" | "nn" | "no" => Tongue::Nb,
            "de" => Tongue::De,
            _ => Tongue::En,
        }
    }

    /// The language of a text, by its small words.
    pub(super) fn of_text(text: &str) -> Self {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let score = |list: &[&str]| words.iter().filter(|word| list.contains(word)).count();
        let nb = score(&[
            "vis",
            "meg",
            "hva",
            "er",
            "saken",
            "sak",
            "saker",
            "åpne",
            "hvor",
            "mange",
            "siste",
            "den",
            "på",
            "og",
            "hei",
            "takk",
            "hendelser",
            "fortsatt",
            "kritiske",
            "har",
        ]);
        let de = score(&[
            "zeig",
            "zeige",
            "mir",
            "was",
            "ist",
            "der",
            "die",
            "das",
            "fall",
            "fälle",
            "offene",
            "wie",
            "viele",
            "und",
            "hallo",
            "danke",
            "ereignisse",
            "noch",
            "kritische",
            "hat",
        ]);
        let en = score(&[
            "show", "me", "what", "is", "the", "case", "cases", "open", "how", "many", "and", "hello", "thanks",
            "events", "still", "critical", "has", "of", "any", "are",
        ]);
        if nb > en && nb >= de {
            Tongue::Nb
        } else if de > en {
            Tongue::De
        } else {
            Tongue::En
        }
    }

    /// One of three texts.
    pub(super) fn pick<'a>(self, en: &'a str, nb: &'a str, de: &'a str) -> &'a str {
        match self {
            Tongue::En => en,
            Tongue::Nb => nb,
            Tongue::De => de,
        }
    }
}

/// What a message asks about.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) case_ids: Vec<u64>,
    pub(super) customers: Vec<String>,
    pub(super) priorities: Vec<String>,
    pub(super) statuses: Vec<String>,
    pub(super) start: Option<String>,
    pub(super) hours: Option<u64>,
    pub(super) cluster: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) event_identifier: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) host: Option<String>,
    pub(super) limit: Option<u64>,
    pub(super) keywords: Vec<String>,
    pub(super) data_store: Option<String>,
    /// A filter that the gateway has read off the message.
    filter: Option<u64>,
    /// The message as it was written.
    pub(super) text: String,
    /// Words of the message in lower case, between blanks.
    pub(super) lower: String,
    hints: Map<String, Value>,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant and is compiled by the tests")
}

static CASE_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(\d{4,9})\b"));
static FILTER_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"filter(?:et)?\s+#?(\d{4,9})\b"));
static STORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:datastore|datalageret)\s+([a-z][a-z0-9]*-[a-z0-9-]*[a-z])\b"));
static EVENT_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([0-9a-f]{32})\b"));
static EVENT_IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:[A-Z]+/)?\d{10,16}/\d+/[0-9a-fA-F-]{36}\b"));
static IP: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"));
static DOMAIN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:[a-z0-9-]+\.)+(?:example|net|com|org|no|de|io)\b"));
static HOURS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(\d{1,3})\s*(?:h|hours?|timer?|timene|stunden?)\b"));
static DAYS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(\d{1,2})\s*(?:days?|dager?|dagene|tagen?|tage)\b"));
static CLUSTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b((?:prod|staging|dev)-[a-z0-9-]+|cluster[0-9]+)\b"));

const OPEN: [&str; 6] =
    ["pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose"];
const STATUSES: [&str; 7] =
    ["pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose", "closed"];

impl Reading {
    /// Reads a message, and what a prompt has read off it already.
    pub(super) fn of(message: &str, hints: &Map<String, Value>) -> Self {
        let lower = format!(" {} ", message.to_lowercase());
        let mut reading = Self { text: message.to_owned(), lower, hints: hints.clone(), ..Self::default() };
        reading.read_ids(message);
        reading.read_filters();
        reading.take_hints(hints);
        reading
    }

    /// Whether one of the words is in the message, as the beginning of a word. Japanese writes no
    /// blanks between words, and puts Latin ones among its own.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        let joins = |c: char| c.is_alphanumeric() && !is_japanese(c);
        words.iter().any(|word| {
            let japanese = word.starts_with(is_japanese);
            self.lower
                .match_indices(word)
                .any(|(at, _)| japanese || self.lower[..at].chars().next_back().is_none_or(|before| !joins(before)))
        })
    }

    /// The filter that is meant: the number after the word, where nothing better is known.
    pub(super) fn filter_id(&self) -> Option<u64> {
        self.filter.or_else(|| FILTER_ID.captures(&self.lower)?[1].parse().ok())
    }

    /// What the prompt has read off the message, by its name there.
    pub(super) fn hint(&self, name: &str) -> Option<&Value> {
        self.hints.get(name)
    }

    /// Whether the message names something that a call can be made for.
    pub(super) fn names_something(&self) -> bool {
        !self.case_ids.is_empty()
            || !self.customers.is_empty()
            || self.event_id.is_some()
            || self.event_identifier.is_some()
            || self.ip.is_some()
            || self.domain.is_some()
            || self.host.is_some()
            || self.cluster.is_some()
            || self.data_store.is_some()
            || self.filter_id().is_some()
    }

    fn read_ids(&mut self, message: &str) {
        let lower = self.lower.clone();
        let first = |regex: &Regex| regex.find(&lower).map(|found| found.as_str().to_owned());
        self.event_id = first(&EVENT_ID);
        self.event_identifier = EVENT_IDENTIFIER.find(message).map(|found| found.as_str().to_owned());
        self.ip = first(&IP);
        self.domain = first(&DOMAIN);
        self.cluster = first(&CLUSTER);
        self.host = HOSTS.iter().find(|host| lower.contains(host.name)).map(|host| host.name.to_owned());
        if self.event_identifier.is_none() {
            let bare = IP.replace_all(&lower, " ");
            self.case_ids = CASE_ID
                .captures_iter(&bare)
                .filter_map(|found| found[1].parse().ok())
                .filter(|id| !(1990..=2100).contains(id) && !CUSTOMERS.iter().any(|customer| customer.id == *id))
                .collect();
            self.case_ids.dedup();
            let filter = self.filter_id();
            self.case_ids.retain(|id| Some(*id) != filter);
        }
        self.data_store = STORE.captures(&lower).map(|found| found[1].to_owned());
    }

    fn read_filters(&mut self) {
        self.customers = CUSTOMERS
            .iter()
            .skip(1)
            .filter(|customer| {
                let name = customer.name.to_lowercase();
                self.lower.contains(customer.short_name) || self.lower.contains(&name)
            })
            .map(|customer| customer.short_name.to_owned())
            .collect();
        for (priority, words) in [
            ("critical", ["critical", "kritisk", "kritisch"]),
            ("high", ["high ", "høy ", "hohe"]),
            ("medium", ["medium", "middels", "mittlere"]),
            ("low ", ["low ", "lav ", "niedrig"]),
        ] {
            if self.says(&words) {
                self.priorities.push(priority.trim().to_owned());
            }
        }
        for status in STATUSES {
            if self.lower.contains(&status.to_lowercase()) {
                self.statuses.push(status.to_owned());
            }
        }
        if self.statuses.is_empty() && self.says(&["open ", "åpen", "åpne", "offen", "open?", "unresolved"]) {
            self.statuses = OPEN.iter().map(|status| (*status).to_owned()).collect();
        } else if self.statuses.is_empty() && self.says(&["closed", "lukket", "lukkede", "geschlossen"]) {
            self.statuses.push("closed".to_owned());
        }
        self.read_time();
    }

    fn read_time(&mut self) {
        let number = |regex: &Regex, text: &str| regex.captures(text).and_then(|found| found[1].parse::<u64>().ok());
        let (start, hours) = if let Some(hours) = number(&HOURS, &self.lower) {
            (format!("now -{hours} hours"), hours)
        } else if let Some(days) = number(&DAYS, &self.lower) {
            (format!("now -{days} days"), days * 24)
        } else if self.says(&["today", "i dag", "heute"]) {
            ("startOfDay".to_owned(), 24)
        } else if self.says(&["yesterday", "i går", "gestern"]) {
            ("startOfDay -1 day".to_owned(), 48)
        } else if self.says(&["this week", "denne uken", "denne uka", "diese woche", "dieser woche"]) {
            ("startOfWeek".to_owned(), 168)
        } else if self.says(&["last week", "forrige uke", "siste uken", "letzte woche", "letzten woche"]) {
            ("now -7 days".to_owned(), 168)
        } else if self.says(&["last hour", "siste time", "letzte stunde", "letzten stunde"]) {
            ("now -1 hour".to_owned(), 1)
        } else {
            return;
        };
        self.start = Some(start);
        self.hours = Some(hours.clamp(1, 336));
    }

    /// What the gateway has read weighs more than what we read ourselves.
    fn take_hints(&mut self, hints: &Map<String, Value>) {
        let texts = |key: &str| -> Option<Vec<String>> {
            let found: Vec<String> = match hints.get(key)? {
                Value::Array(items) => items.iter().map(plain).collect(),
                other => vec![plain(other)],
            };
            (!found.is_empty()).then_some(found)
        };
        let text = |key: &str| texts(key).and_then(|found| found.into_iter().next());
        if let Some(ids) = texts("case_id") {
            self.case_ids = ids.iter().filter_map(|id| id.parse().ok()).collect();
        }
        self.filter = text("filter_id").and_then(|id| id.parse().ok());
        self.data_store = text("data_store").or(self.data_store.take());
        if let Some(customers) = texts("customer") {
            self.customers = customers;
        }
        if let Some(statuses) = texts("case_status") {
            self.statuses = statuses;
        }
        if let Some(priorities) = texts("priority") {
            self.priorities = priorities;
        }
        if let Some(keywords) = texts("keyword") {
            self.keywords = keywords;
        }
        self.start = text("time_start").or(self.start.take());
        self.hours = text("scope_hours").or_else(|| text("hours")).and_then(|hours| hours.parse().ok()).or(self.hours);
        self.cluster = text("cluster").or(self.cluster.take());
        self.event_id = text("event_id").or(self.event_id.take());
        self.event_identifier = text("event_identifier").or(self.event_identifier.take());
        self.ip = text("ip").or(self.ip.take());
        self.domain = text("domain").or(self.domain.take());
        self.host = text("host").or(self.host.take());
        self.limit = text("limit").and_then(|limit| limit.parse().ok()).or(self.limit);
    }
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        Reading::of(text, &Map::new())
    }

    #[test]
    fn ids_customers_and_filters_are_read_in_three_languages() {
        let nb = read("Vis meg åpne kritiske saker for Nordfjord Kraft AS siste 24 timer");
        assert_eq!((nb.customers, nb.priorities), (vec!["nordfjord".to_owned()], vec!["critical".to_owned()]));
        assert_eq!((nb.statuses.len(), nb.hours), (6, Some(24)));
        let de = read("Wie ist der Status von Fall 4120771?");
        assert_eq!(de.case_ids, [4_120_771]);
        let en = read("High severity events from 10.20.4.17 in prod-eu-1 in 2026, last 2 hours");
        assert_eq!(
            (en.ip.as_deref(), en.cluster.as_deref(), en.case_ids.len()),
            (Some("10.20.4.17"), Some("prod-eu-1"), 0)
        );
        assert_eq!(en.hours, Some(2));
    }

    #[test]
    fn languages_are_told_apart() {
        assert_eq!(Tongue::of_text("Hva er status på saken?"), Tongue::Nb);
        assert_eq!(Tongue::of_text("Zeig mir die offenen Fälle"), Tongue::De);
        assert_eq!(Tongue::of_text("Montre-moi les dossiers"), Tongue::En);
    }
}
