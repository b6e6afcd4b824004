//! Time ranges: dates, words such as "yesterday", weekdays, durations. Ranges are in the
//! strings that sources take, and in hours where they end now.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::lang::Lang;
use crate::domain::policy::lexicon::Hit;
use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::lexicon::UNITS;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::read::Read;
use crate::domain::policy::read::next_after;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::spans::Hits;

/// The longest look-back that a scope in hours can say.
const MAX_SCOPE_HOURS: u64 = 336;

pub(super) fn times(read: &mut Read, text: &Text, hits: &Hits, policy: &Policy, lexicon: &Lexicon, now: Timestamp) {
    if let Some(date) = read.values("date").first().and_then(Value::as_str).map(str::to_owned) {
        date_range(read, &date, hits, now);
    }
    for hit in hits.iter() {
        let Mark::Time(index) = hit.mark else { continue };
        let since = follows(hits, hit, List::Since);
        if let Some(range) = lexicon.times.get(usize::from(index)).and_then(|name| policy.times.get(name)) {
            let end = if since { "now" } else { range.end.as_str() };
            set_range(read, &range.start, end, range.hours, (hit.start, hit.end));
        }
    }
    for hit in hits.iter() {
        let Mark::Weekday(day) = hit.mark else { continue };
        let today = now.to_zoned(TimeZone::UTC).date().weekday().to_monday_zero_offset();
        let back = i64::from(today).rem_euclid(7) - i64::from(day);
        let back = u64::try_from(back.rem_euclid(7)).unwrap_or(0);
        if follows(hits, hit, List::Since) {
            set_range(read, &days_back(back), "now", (back + 1) * 24, (hit.start, hit.end));
        } else {
            let back = if back == 0 { 7 } else { back };
            set_range(read, &days_back(back), &days_back(back - 1), (back + 1) * 24, (hit.start, hit.end));
        }
    }
    // "The last two weeks" has its number in words.
    for hit in hits.iter() {
        let Mark::Numeral(number) = hit.mark else { continue };
        if let Some(unit) = unit_after(text, hits, hit.end) {
            duration(read, u64::from(number), unit, (hit.start, hit.end));
        }
    }
    // "the last hour" has no number.
    for hit in hits.iter() {
        let Mark::Unit(unit) = hit.mark else { continue };
        if follows(hits, hit, List::Last) && !read.arguments.contains_key("time_start") {
            duration(read, 1, usize::from(unit), (hit.start, hit.end));
        }
    }
}

/// The unit of time after a number; "last" may stand between, as in French.
pub(super) fn unit_after(text: &Text, hits: &Hits, end: usize) -> Option<usize> {
    let unit = |end| {
        next_after(text, hits, end).find_map(|hit| match hit.mark {
            Mark::Unit(unit) => Some(usize::from(unit)),
            _ => None,
        })
    };
    let last = next_after(text, hits, end).find(|hit| hit.mark == Mark::List(List::Last));
    unit(end).or_else(|| unit(last?.end))
}

pub(super) fn duration(read: &mut Read, number: u64, unit: usize, place: (usize, usize)) {
    const HOURS: [u64; 5] = [0, 1, 24, 168, 744];
    let number = number.clamp(1, 10_000);
    let hours = if unit == 0 { number.div_ceil(60) } else { number.saturating_mul(HOURS[unit.min(4)]) };
    let first = !read.arguments.contains_key("time_start");
    set_range(read, &format!("now -{number} {}s", UNITS[unit.min(4)]), "now", hours, place);
    if first && unit == 0 {
        read.arguments.insert("interval".to_owned(), Value::from(format!("{number}m")));
    }
}

/// The first range that is named counts. Another one stays a place that no call says.
fn set_range(read: &mut Read, start: &str, end: &str, hours: u64, place: (usize, usize)) {
    read.at(place.0, place.1, PlaceKind::Narrowing);
    if read.arguments.contains_key("time_start") {
        read.note("further_time");
        return;
    }
    read.hours = Some(hours);
    read.note("time_start");
    read.arguments.insert("time_start".to_owned(), Value::from(start));
    read.arguments.insert("time_end".to_owned(), Value::from(end));
    // A scope in hours always ends now, so a range that ended before cannot be said with it.
    if end == "now" && (1..=MAX_SCOPE_HOURS).contains(&hours) {
        read.note("scope_hours");
        read.note("interval");
        read.arguments.insert("scope_hours".to_owned(), Value::from(hours));
        read.arguments.insert("interval".to_owned(), Value::from(format!("{hours}h")));
    }
}

fn days_back(days: u64) -> String {
    if days == 0 { "startOfDay".to_owned() } else { format!("startOfDay -{days} days") }
}

fn date_range(read: &mut Read, date: &str, hits: &Hits, now: Timestamp) {
    let Ok(day) = date.parse::<jiff::civil::Date>() else { return };
    let Ok(start) = day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()) else { return };
    let since = hits.has(List::Since);
    let place = read.places.iter().find(|place| place.name == "date").map_or((0, 0), |place| (place.start, place.end));
    let hours = u64::try_from(now.duration_since(start).as_hours()).unwrap_or(0) + 1;
    if since {
        set_range(read, &start.to_string(), "now", hours, place);
    } else if let Ok(end) = start.checked_add(jiff::SignedDuration::from_hours(24)) {
        set_range(read, &start.to_string(), &end.to_string(), hours, place);
    }
}

/// Whether a word of `list` stands right before the hit, or right after it (Japanese).
fn follows(hits: &Hits, hit: &Hit, list: List) -> bool {
    let before = hits.near(hit.start.saturating_sub(2), hit.start).iter();
    let after = hits.starting(hit.end, hit.end + 6).iter();
    let before = before.filter(|other| other.end <= hit.start && hit.start - other.end <= 2);
    before.chain(after.filter(|other| other.lang == Lang::Ja)).any(|other| other.mark == Mark::List(list))
}
