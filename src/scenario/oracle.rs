//! A second opinion on a delivered text, independent of the checker: every token with a
//! digit must stand in the tool payloads, the arguments or the user's words, be a time of
//! the payload in another form, or be a count that the payload has; and a state, priority
//! or customer printed next to a case number must be that case's. Crude on purpose: it
//! shares no code with `domain::grounding`, so that a fault there shows here.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::Value;

use crate::sim::world::CUSTOMERS;

/// Deepest JSON that is walked; simulators stay far below.
const MAX_DEPTH: usize = 64;

/// One token or value that nothing supports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// State, priority and customer of a case at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    status: String,
    priority: String,
    customer: String,
    subject: String,
}

/// What a text may rest on.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// All scalars and words, lower case, between blanks.
    corpus: String,
    tokens: BTreeSet<String>,
    times: BTreeSet<String>,
    instants: BTreeSet<i64>,
    counts: BTreeSet<u64>,
    rows: u64,
    cases: BTreeMap<u64, Vec<CaseFacts>>,
    now: Option<Timestamp>,
}

static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9][A-Za-z0-9_.:/@+\-]*").expect("the pattern is a constant"));
static THOUSANDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(\d{1,3}),(\d{3})\b").expect("the pattern is a constant"));
static NUMBERING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*(?:\d{1,3}[.)]\s|#+ )").expect("the pattern is a constant"));
static CASE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b4\d{6}\b").expect("the pattern is a constant"));

impl Allowed {
    /// Nothing yet; `now` is the moment of the reply.
    pub fn at(now: Timestamp) -> Self {
        let mut allowed = Self { now: Some(now), ..Self::default() };
        allowed.add_time(now);
        allowed
    }

    /// The user's words.
    pub fn add_words(&mut self, text: &str) {
        self.corpus.push(' ');
        self.corpus.push_str(&text.to_lowercase());
        self.tokens.extend(tokens(text));
    }

    /// A moment, in all its usual forms.
    pub fn add_time(&mut self, at: Timestamp) {
        self.instants.insert(at.as_second());
        for zone in ["UTC", "Europe/Oslo"] {
            let Ok(zone) = TimeZone::get(zone) else { continue };
            let zoned = at.to_zoned(zone);
            for form in [
                "%Y-%m-%d",
                "%H:%M",
                "%H:%M:%S",
                "%d.%m.%Y",
                "%d/%m/%Y",
                "%H.%M",
                "%Y-%m-%dt%H:%M",
                "%Y-%m-%dt%H:%M:%S",
            ] {
                self.times.insert(zoned.strftime(form).to_string());
            }
            // `9 February 2026` and its like.
            for form in ["%-d", "%Y", "%-d."] {
                self.times.insert(zoned.strftime(form).to_string());
            }
        }
    }

    /// A result with the arguments it came from.
    pub fn add_result(&mut self, content: &Value, arguments: &Value, observed_at: Timestamp) {
        self.add_time(observed_at);
        self.walk(arguments, 0);
        self.walk(content, 0);
        self.rows += rows(content);
        self.counts.insert(self.rows);
    }

    /// A case as a backend has it now.
    pub fn add_case(&mut self, case: &Value) {
        if let Some((id, facts)) = case_facts(case) {
            let known = self.cases.entry(id).or_default();
            if !known.contains(&facts) {
                known.push(facts);
            }
        }
    }

    fn walk(&mut self, value: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Object(map) => {
                self.add_case(value);
                map.values().for_each(|value| self.walk(value, depth + 1));
            }
            Value::Array(items) => {
                self.counts.insert(items.len() as u64);
                self.groups(items);
                items.iter().for_each(|value| self.walk(value, depth + 1));
            }
            Value::String(text) => {
                self.add_words(text);
                if let Ok(at) = text.parse::<Timestamp>() {
                    self.add_time(at);
                }
            }
            Value::Number(number) => {
                self.add_words(&number.to_string());
                if let Some(small) = number.as_u64().filter(|n| *n < 10_000_000) {
                    self.counts.insert(small);
                }
                self.epoch(number.as_i64());
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Whole numbers that can be a moment of our days, in s, ms or ns.
    fn epoch(&mut self, number: Option<i64>) {
        let Some(number) = number else { return };
        for unit in [1, 1_000, 1_000_000_000] {
            let seconds = number / unit;
            if (1_400_000_000..2_000_000_000).contains(&seconds)
                && let Ok(at) = Timestamp::from_second(seconds)
            {
                self.add_time(at);
            }
        }
    }

    /// How many rows share a value: a count that a correct answer may give.
    fn groups(&mut self, items: &[Value]) {
        let mut shares: BTreeMap<(&str, String), u64> = BTreeMap::new();
        for (key, value) in items.iter().filter_map(Value::as_object).flatten() {
            if let Value::String(text) = value {
                *shares.entry((key, text.clone())).or_default() += 1;
            }
        }
        self.counts.extend(shares.values());
    }

    /// All that the text says and nothing supports.
    pub fn unsupported(&self, text: &str) -> Vec<Finding> {
        let plain = THOUSANDS.replace_all(text, "$1$2");
        let plain = NUMBERING.replace_all(&plain, "");
        let listed = listed(text);
        let mut findings: BTreeSet<Finding> = tokens_in_place(&plain)
            .filter(|(at, token)| !self.supports(token, &plain[at + token.len()..], listed))
            .map(|(_, token)| Finding { text: token, why: "stands in no payload, argument or question".to_owned() })
            .collect();
        findings.extend(self.wrong_attributes(text));
        findings.into_iter().collect()
    }

    fn supports(&self, token: &str, after: &str, listed: u64) -> bool {
        let token = token.to_lowercase();
        let bare = token.trim_end_matches('z');
        let whole_second = bare.split_once('.').filter(|(_, rest)| rest.bytes().all(|b| b.is_ascii_digit()));
        if self.tokens.contains(&token) || self.times.contains(bare) {
            return true;
        }
        if whole_second.is_some_and(|(head, _)| self.times.contains(head)) {
            return true;
        }
        if let Ok(number) = token.parse::<u64>()
            && (self.counts.contains(&number) || number == listed || self.is_span(number, after))
        {
            return true;
        }
        if let Ok(number) = token.parse::<u64>()
            && number < 10_000
        {
            // A small number inside some longer one supports nothing.
            return false;
        }
        delimited(&self.corpus, &token)
    }

    /// Whether so many minutes, hours or days lie between two known moments.
    fn is_span(&self, number: u64, after: &str) -> bool {
        let word: String = after.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
        let seconds = match word.to_lowercase().get(..2) {
            Some("se" | "sk") => 1.0,
            Some("mi") => 60.0,
            Some("ho" | "ti" | "st" | "h") => 3_600.0,
            Some("da" | "dø" | "ta") => 86_400.0,
            _ => return false,
        };
        let Some(now) = self.now else { return false };
        #[expect(clippy::cast_precision_loss, reason = "seconds and small numbers, far below 2^52")]
        self.instants.iter().any(|at| {
            let span = (now.as_second() - at).abs() as f64 / seconds;
            (span - number as f64).abs() < 1.0
        })
    }

    /// States, priorities and customers next to one case number that are not that case's.
    fn wrong_attributes(&self, text: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for line in text.lines() {
            // The gateway's own basis line repeats filters, not findings.
            if line.contains('`') && line.contains('=') {
                continue;
            }
            let ids: BTreeSet<u64> = CASE.find_iter(line).filter_map(|found| found.as_str().parse().ok()).collect();
            let [id] = ids.iter().copied().collect::<Vec<_>>()[..] else { continue };
            let Some(known) = self.cases.get(&id) else { continue };
            let mut rest = line.to_lowercase();
            for facts in known {
                rest = rest.replace(&facts.subject, " ");
            }
            for (kind, words, of) in ATTRIBUTES {
                let wrong = words
                    .iter()
                    .find(|word| delimited(&rest, &word.to_lowercase()) && !known.iter().any(|facts| of(facts, word)));
                if let Some(word) = wrong {
                    findings
                        .push(Finding { text: format!("{id} {word}"), why: format!("is not the {kind} of case {id}") });
                }
            }
        }
        findings
    }
}

type Matches = fn(&CaseFacts, &str) -> bool;

/// What is printed next to a case, all values it can have, and whether it has one of them.
const ATTRIBUTES: [(&str, &[&str], Matches); 3] = [
    (
        "status",
        &["pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose"],
        |facts, word| facts.status.eq_ignore_ascii_case(word),
    ),
    ("priority", &["low", "medium", "high", "critical"], |facts, word| facts.priority == word),
    ("customer", &["nordfjord", "havbris", "bergtun"], |facts, word| facts.customer.to_lowercase().contains(word)),
];

fn case_facts(value: &Value) -> Option<(u64, CaseFacts)> {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let id = value.get("id")?.as_u64()?;
    let customer = value.get("customer")?;
    let customer = customer.get("shortName").or_else(|| customer.get("name")).and_then(Value::as_str)?;
    let known = CUSTOMERS.iter().find(|known| known.short_name == customer || known.name == customer);
    let facts = CaseFacts {
        status: text("status")?,
        priority: text("priority")?,
        customer: known.map_or(customer, |known| known.short_name).to_owned(),
        subject: text("subject")?.to_lowercase(),
    };
    Some((id, facts))
}

/// Rows of a list payload.
fn rows(content: &Value) -> u64 {
    let list = content
        .as_array()
        .or_else(|| content.as_object()?.values().filter_map(Value::as_array).max_by_key(|list| list.len()));
    list.map_or(0, |list| list.len() as u64)
}

/// Rows that a text lists.
fn listed(text: &str) -> u64 {
    let items = text
        .lines()
        .filter(|line| line.trim_start().starts_with(['-', '*', '•']) && !line.trim_start().starts_with("--"));
    let table = text.lines().filter(|line| line.starts_with('|')).count().saturating_sub(2);
    items.count().max(table) as u64
}

fn tokens(text: &str) -> impl Iterator<Item = String> {
    tokens_in_place(text).map(|(_, token)| token.to_lowercase()).collect::<Vec<_>>().into_iter()
}

/// Tokens with a digit, without the punctuation that ends them.
fn tokens_in_place(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    TOKEN.find_iter(text).filter_map(|found| {
        let token = found.as_str().trim_end_matches(['.', ':', '/', '-', '+', '@', '_']);
        token.bytes().any(|byte| byte.is_ascii_digit()).then(|| (found.start(), token.to_owned()))
    })
}

/// Whether `part` stands in `whole` with no letter or digit on either side.
fn delimited(whole: &str, part: &str) -> bool {
    let open = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    !part.is_empty()
        && whole
            .match_indices(part)
            .any(|(at, _)| open(whole[..at].chars().next_back()) && open(whole[at + part.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allowed() -> Allowed {
        let now: Timestamp = "2026-02-09T08:15:30Z".parse().expect("a time");
        let mut allowed = Allowed::at(now);
        let case = |id: u64, status: &str, customer: &str, at: i64| {
            json!({"id": id, "status": status, "priority": "high", "customer": {"shortName": customer},
                   "subject": format!("Low noise from {id}"), "lastUpdatedTimestamp": at})
        };
        allowed.add_result(
            &json!({"data": [case(4_120_771, "pendingCustomer", "nordfjord", 1_770_622_890_000), case(4_120_790, "workingSoc", "nordfjord", 0)],
                    "page": {"total": 2}}),
            &json!({"request": {"customer": ["nordfjord"]}}),
            now,
        );
        allowed.add_words("How are the cases?");
        allowed
    }

    fn unsupported(text: &str) -> Vec<String> {
        allowed().unsupported(text).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn what_the_payload_holds_passes() {
        let none: Vec<String> = Vec::new();
        assert_eq!(
            unsupported("2 cases.\n- Case 4120771 (Low noise from 4120771): status pendingCustomer, priority high"),
            none
        );
        assert_eq!(
            unsupported("Last updated 2026-02-09 07:41 UTC, 34 minutes ago; observed 2026-02-09T08:15:30.000Z."),
            none
        );
        assert_eq!(unsupported("ケース4120771の状況"), none);
    }

    #[test]
    fn one_wrong_character_is_found() {
        assert_eq!(unsupported("Case 4120772"), ["4120772"]);
        assert_eq!(unsupported("5 cases at 07:42"), ["07:42", "5"]);
        assert_eq!(unsupported("host fin-srv-88 at 203.0.113.217"), ["203.0.113.217", "fin-srv-88"]);
    }

    #[test]
    fn a_value_of_another_case_is_found() {
        assert_eq!(unsupported("Case 4120771: workingSoc"), ["4120771 workingSoc"]);
        assert_eq!(unsupported("Case 4120771 (Low noise from 4120771): priority low"), ["4120771 low"]);
        assert_eq!(unsupported("| 4120790 | workingSoc | havbris |"), ["4120790 havbris"]);
    }
}
