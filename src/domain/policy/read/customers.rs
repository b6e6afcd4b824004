//! Customers: those that the policy knows by name, and those that are taken as written because
//! of the words around them.

use serde_json::Value;

use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::lexicon::Token;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::read::Read;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::spans::Hits;
use crate::domain::policy::spans::Spans;

/// Whether a capitalised word after a preposition can be a customer: in a message about
/// operational data, and not in one about the weather in Oslo or the capital of France.
pub(super) fn speaks_of_work(read: &Read, hits: &Hits, lexicon: &Lexicon) -> bool {
    let has = |marks: fn(Mark) -> bool| hits.iter().any(|hit| !lexicon.groups_by(hit.mark) && marks(hit.mark));
    let named = has(|mark| matches!(mark, Mark::Group(_) | Mark::List(List::Operational)));
    let asked =
        has(|mark| matches!(mark, Mark::List(List::Ask | List::Per | List::Most) | Mark::Value(..) | Mark::Time(_)));
    named || read.target || (asked && !has(|mark| mark == Mark::List(List::Outside)))
}

/// Customers whose names the policy knows, anywhere in the message; says where.
pub(super) fn known_customers(read: &mut Read, text: &Text, policy: &Policy) -> Spans {
    let mut found = Spans::default();
    for customer in &policy.customers {
        for name in std::iter::once(&customer.short_name).chain(&customer.names) {
            if let Some((start, end)) = find_name(&text.lower, &name.to_lowercase()) {
                read.at(start, end, PlaceKind::Narrowing);
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
pub(super) fn written_customers(
    read: &mut Read,
    text: &Text,
    hits: &Hits,
    policy: &Policy,
    lexicon: &Lexicon,
    customers: &Spans,
) {
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
        read.at(token.start, token.end, PlaceKind::Narrowing);
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
