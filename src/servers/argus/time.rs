//! Time strings as Argus takes them: milliseconds, ISO 8601 in UTC, relative.
//!
//! Checks the form and passes relative strings on unchanged, since Argus
//! resolves them in the time zone of the key's user. What is resolved here, in
//! UTC, is good for an estimate only (a warning about a long search).

use jiff::Span;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Longest relative string, in characters.
const MAX_RELATIVE_CHARS: usize = 64;

/// A checked time string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeText {
    /// Stands for one instant.
    Absolute(Timestamp),
    /// Resolved by Argus.
    Relative,
}

/// Brings a JSON value into the text that is sent.
///
/// # Errors
/// A sentence that says which form is expected.
pub fn normalise(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => match number.as_u64() {
            Some(millis) => millis.to_string(),
            None => whole_float(number.as_f64()).ok_or("must be milliseconds since 1970")?,
        },
        _ => return Err("must be a time string or milliseconds since 1970".to_owned()),
    };
    classify(&text).map(|_| text)
}

fn whole_float(number: Option<f64>) -> Option<String> {
    number.filter(|number| number.fract() == 0.0 && (0.0..9.0e15).contains(number)).map(|number| format!("{number:.0}"))
}

/// Tells the form of `text`.
///
/// # Errors
/// A sentence that says which form is expected.
pub fn classify(text: &str) -> Result<TimeText, String> {
    if text.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text
            .parse::<i64>()
            .ok()
            .and_then(|millis| Timestamp::from_millisecond(millis).ok())
            .map(TimeText::Absolute)
            .ok_or_else(|| "is not a time in milliseconds since 1970".to_owned());
    }
    if looks_like_date(text) {
        if !text.ends_with('Z') {
            let problem = "must be ISO 8601 with a time and in UTC with Z, for example \
                           2026-02-09T08:15:00Z; other offsets are not accepted";
            return Err(problem.to_owned());
        }
        return text
            .parse::<Timestamp>()
            .map(TimeText::Absolute)
            .map_err(|_| "is not a valid ISO 8601 time".to_owned());
    }
    let fits = text.chars().count() <= MAX_RELATIVE_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" +-".contains(&byte));
    if fits {
        Ok(TimeText::Relative)
    } else {
        let problem = "must be milliseconds, ISO 8601 in UTC with Z, or a relative string such \
                       as now or startOfDay -7 days (letters, digits, spaces, + and -, at most \
                       64 characters)";
        Err(problem.to_owned())
    }
}

fn looks_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Resolves a relative string of the known grammar in UTC; `None` for any other.
pub fn estimate(text: &str, now: Timestamp) -> Option<Timestamp> {
    match classify(text).ok()? {
        TimeText::Absolute(time) => return Some(time),
        TimeText::Relative => {}
    }
    let split = text.find([' ', '+', '-']).unwrap_or(text.len());
    let mut time = anchor(&text[..split], now.to_zoned(TimeZone::UTC))?;
    let mut rest = text[split..].trim_start();
    while !rest.is_empty() {
        let negative = match rest.as_bytes().first()? {
            b'-' => true,
            b'+' => false,
            _ => return None,
        };
        rest = rest[1..].trim_start();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let amount: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let span = step(&rest[..letters], amount)?;
        time = if negative { time.checked_sub(span).ok()? } else { time.checked_add(span).ok()? };
        rest = rest[letters..].trim_start();
    }
    Some(time.timestamp())
}

/// Length of the range between two time strings in milliseconds, by the time
/// `now`; `None` where one of them is not of the known grammar.
pub fn range_ms(start: &str, end: &str, now: Timestamp) -> Option<i64> {
    let (start, end) = (estimate(start, now)?, estimate(end, now)?);
    Some(end.as_millisecond().saturating_sub(start.as_millisecond()))
}

/// Length of a unit in milliseconds, months and years by their usual length.
pub fn unit_ms(unit: &str) -> Option<i64> {
    const DAY: i64 = 86_400_000;
    Some(match unit.strip_suffix('s').unwrap_or(unit) {
        "millisecond" => 1,
        "second" => 1_000,
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" => DAY,
        "week" => 7 * DAY,
        "month" => 30 * DAY,
        "quarter" => 91 * DAY,
        "year" => 365 * DAY,
        _ => return None,
    })
}

fn anchor(word: &str, now: Zoned) -> Option<Zoned> {
    let day = now.start_of_day().ok()?;
    match word {
        "now" => Some(now),
        "startOfHour" => day.checked_add(i64::from(now.hour()).hours()).ok(),
        "startOfDay" => Some(day),
        "startOfWeek" => {
            let back = day.weekday().since(Weekday::Monday);
            day.checked_sub(i64::from(back).days()).ok()
        }
        "startOfMonth" => day.first_of_month().ok(),
        "startOfYear" => day.first_of_year().ok(),
        _ => None,
    }
}

fn step(unit: &str, amount: i64) -> Option<Span> {
    match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => Span::new().try_seconds(amount).ok(),
        "minute" => Span::new().try_minutes(amount).ok(),
        "hour" => Span::new().try_hours(amount).ok(),
        "day" => Span::new().try_days(amount).ok(),
        "week" => Span::new().try_weeks(amount).ok(),
        "month" => Span::new().try_months(amount).ok(),
        "year" => Span::new().try_years(amount).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;
    use serde_json::json;

    #[test]
    fn numbers_become_digits_and_relative_strings_stay_as_they_are() {
        assert_eq!(normalise(&json!(1_770_595_200_000_u64)).unwrap(), "1770595200000");
        assert_eq!(normalise(&json!(1_770_595_200_000.0)).unwrap(), "1770595200000");
        assert_eq!(normalise(&json!("startOfDay -7 days")).unwrap(), "startOfDay -7 days");
        assert_eq!(normalise(&json!("2026-02-09T08:15:30Z")).unwrap(), "2026-02-09T08:15:30Z");
    }

    #[test]
    fn other_offsets_and_odd_characters_are_refused() {
        for bad in ["2026-02-09T08:15:30+01:00", "2026-02-09", "now; drop", "", "2026-13-40T00:00:00Z"] {
            assert!(normalise(&json!(bad)).is_err(), "{bad}");
        }
        for bad in [json!(-1), json!(1.5), json!(true), json!("a".repeat(65))] {
            assert!(normalise(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn relative_strings_are_estimated_in_utc() {
        let now: Timestamp = "2026-02-11T10:20:30Z".parse().unwrap();
        let rows = [
            ("now", "2026-02-11T10:20:30Z"),
            ("startOfDay -7 days", "2026-02-04T00:00:00Z"),
            ("startOfWeek+1hour", "2026-02-09T01:00:00Z"),
            ("startOfMonth - 1 month + 2 days", "2026-01-03T00:00:00Z"),
            ("startOfHour", "2026-02-11T10:00:00Z"),
            ("startOfYear", "2026-01-01T00:00:00Z"),
        ];
        for (text, expected) in rows {
            assert_eq!(estimate(text, now), Some(expected.parse().unwrap()), "{text}");
        }
        assert_eq!(estimate("yesterday", now), None);
    }

    proptest! {
        #[test]
        fn any_text_is_classified_or_refused_without_a_panic(text in any::<String>()) {
            let _ = normalise(&json!(text));
            let _ = estimate(&text, Timestamp::UNIX_EPOCH);
        }

        #[test]
        fn near_relative_strings_do_not_panic(text in "(now|startOfDay)( ?[+-] ?[0-9]{1,19} ?(day|week|year)s?){0,3}") {
            let _ = estimate(&text, Timestamp::UNIX_EPOCH);
        }
    }
}
