//! Bare numbers: an id, a duration, a row limit or a position, by size and neighbours.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::read::MAX_VALUES;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::read::Read;
use crate::domain::policy::read::near_before;
use crate::domain::policy::read::next_after;
use crate::domain::policy::read::times::duration;
use crate::domain::policy::read::times::unit_after;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::ToolGroup;
use crate::domain::policy::spans::Hits;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"#?\d{1,12}").expect("a constant pattern"));

/// A number is an id, a duration, a row limit or a position, by its size and its neighbours.
pub(super) fn numbers(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy) {
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
        read.at(start, end, PlaceKind::Narrowing);
        let before = |list: List| near_before(text, hits, start, 0).any(|hit| hit.mark == Mark::List(list));
        if let Some(unit) = unit_after(text, hits, end) {
            duration(read, number, unit, (start, end));
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
            read.note("limit");
            read.arguments.insert("limit".to_owned(), Value::from(number));
        } else if digits.len() >= 5
            || (kind.is_some() && digits.len() >= 2)
            || (hashed && digits.len() >= 3)
            || lone(text, start, end)
        {
            read.at(start, end, PlaceKind::Object);
            read.push_target(kind.unwrap_or("case_id"), Value::from(number));
        } else if (1..=50).contains(&number) && (hashed || before(List::Number) || kind.is_some()) {
            read.small_number = Some(number);
        } else {
            continue;
        }
        read.spans.add(start, end);
    }
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
