//! What counts are grouped by, and into which stretches of time.

use serde_json::Value;

use crate::domain::lang::Lang;
use crate::domain::policy::lexicon::Hit;
use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::read::Read;
use crate::domain::policy::read::near_before;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::spans::Hits;

/// The longest look-back whose course is told hour by hour where the message does not say.
const MAX_HOURLY: u64 = 72;

/// The resolution that depends on how far the time range looks back.
const AS_FITS: &str = "as_fits";

/// What counts are grouped by, and into which stretches of time. That groups are asked for at all
/// is a fact of its own: where none of them is known, a plain list would be no answer.
pub(super) fn groups(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy, lexicon: &Lexicon) {
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
        read.at(hit.start, hit.end, PlaceKind::Narrowing);
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
    counted
        && !named
        && most.any(|most| before(List::Most, 2) || before(List::Ask, 0) || (hit.end..=soon).contains(&most.start))
}

/// "Per customer and severity": nothing but a small word stands between two names.
fn goes_on(text: &Text, hits: &Hits, end: usize, hit: &Hit) -> bool {
    let mut between = text.tokens.iter().filter(|token| token.start >= end && token.end <= hit.start);
    let small = |at: usize| hits.starting(at, at).iter().any(|other| other.mark == Mark::List(List::Stop));
    hit.start > end && between.next().is_none_or(|token| small(token.start)) && between.next().is_none()
}
