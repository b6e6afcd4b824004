//! Reads arguments off a message: ids, addresses, names, customers, value words,
//! times, row limits. Values are in the form that sources take. Which tool takes
//! them, and whether they are needed, is not known here.

mod customers;
pub(crate) mod entities;
mod groups;
mod numbers;
mod times;

use serde_json::Map;
use serde_json::Value;

use crate::domain::policy::lexicon::Hit;
use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::read::customers::known_customers;
use crate::domain::policy::read::customers::speaks_of_work;
use crate::domain::policy::read::customers::written_customers;
use crate::domain::policy::read::groups::groups;
use crate::domain::policy::read::numbers::numbers;
use crate::domain::policy::read::times::times;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::spans::Hits;
use crate::domain::policy::spans::Spans;

/// Values kept per argument.
const MAX_VALUES: usize = 20;

/// Where in the message a value of an argument was read, or an aspect is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the argument or of the aspect.
    pub name: String,
    /// First byte in the normalised text.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What stands there.
    pub kind: PlaceKind,
}

/// What stands at a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A name or an id, read by its shape.
    Object,
    /// A word, number, time or customer that narrows what is asked for.
    Narrowing,
    /// A word for an aspect. No value, but it may be the same word as one.
    Aspect,
}

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
    /// Each value with its place. A value that several arguments hold stands here for each of them.
    pub places: Vec<Place>,
    /// Hours that the time range looks back.
    hours: Option<u64>,
    /// The place that values are being read from.
    here: Option<(usize, usize, PlaceKind)>,
}

impl Read {
    /// Values from now on are read from this place.
    fn at(&mut self, start: usize, end: usize, kind: PlaceKind) {
        self.here = Some((start, end, kind));
    }

    /// Notes that a value of this argument stands at the place being read.
    fn note(&mut self, argument: &str) {
        let Some((start, end, kind)) = self.here else { return };
        self.places.push(Place { name: argument.to_owned(), start, end, kind });
    }

    fn push(&mut self, argument: &str, value: Value) {
        self.note(argument);
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

fn values(read: &mut Read, hits: &Hits, policy: &Policy, lexicon: &Lexicon) {
    for hit in hits.iter() {
        let Mark::Value(list, value) = hit.mark else { continue };
        // "high priority" holds "high": the longer words say it once.
        if hits.cover(hit, |mark| matches!(mark, Mark::Value(..))) {
            continue;
        }
        let Some((list, names)) = lexicon.values.get(usize::from(list)) else { continue };
        let Some(value) = names.get(usize::from(value)) else { continue };
        // "The most active filters" is one name; "active" narrows nothing there.
        let of_a_name = hits.cover(hit, |mark| matches!(mark, Mark::Group(_)));
        read.here = (!of_a_name).then_some((hit.start, hit.end, PlaceKind::Narrowing));
        for reading in policy.readings.iter().filter(|reading| &reading.from == list && !reading.groups_by) {
            for source in reading.values.get(value).into_iter().flatten() {
                if reading.single {
                    read.note(&reading.argument);
                    read.arguments.insert(reading.argument.clone(), Value::from(source.as_str()));
                } else {
                    read.push(&reading.argument, Value::from(source.as_str()));
                }
            }
        }
    }
    for reading in policy.readings.iter().filter(|reading| reading.either) {
        let conditions: Vec<&str> = read.values(&reading.argument).iter().filter_map(Value::as_str).collect();
        let joined = match conditions.as_slice() {
            [] => continue,
            [only] => (*only).to_owned(),
            several => format!("({})", several.join(" or ")),
        };
        read.arguments.insert(reading.argument.clone(), Value::from(joined));
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
