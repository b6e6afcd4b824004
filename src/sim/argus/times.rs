//! Time strings that Argus accepts: milliseconds, ISO text in UTC, and relative
//! text such as `startOfDay -7 days`, resolved in the key user's zone.
//!
//! The zone is Europe/Oslo by its rule (not by the machine's zone files), so that
//! every machine resolves alike.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};
use serde_json::Value;

const MAX_CHARS: usize = 64;

/// The instant that a value means, in milliseconds; the error says what is wrong.
pub fn resolve(value: &Value, now: Timestamp) -> Result<i64, &'static str> {
    match value {
        Value::Number(number) => number.as_i64().ok_or("must be whole milliseconds"),
        Value::String(text) => resolve_text(text.trim(), now),
        _ => Err("must be a time string or milliseconds"),
    }
}

/// The zone of all key users.
#[must_use]
pub fn oslo() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC)
}

/// Milliseconds as ISO text, or none for an unset (0) or impossible time.
#[must_use]
pub fn iso(ms: i64) -> Option<String> {
    let at = Timestamp::from_millisecond(ms).ok()?;
    (ms != 0).then(|| at.to_string())
}

fn resolve_text(text: &str, now: Timestamp) -> Result<i64, &'static str> {
    if text.is_empty() || text.len() > MAX_CHARS {
        return Err("must be a time string of 1 to 64 characters");
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_err(|_| "is out of range");
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return absolute(text);
    }
    relative(text, now)
}

fn absolute(text: &str) -> Result<i64, &'static str> {
    if !text.ends_with('Z') {
        return Err("only UTC times with Z are accepted");
    }
    text.parse::<Timestamp>().map(|at| at.as_millisecond()).map_err(|_| "is not an ISO 8601 time")
}

fn relative(text: &str, now: Timestamp) -> Result<i64, &'static str> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (base, mut rest) = text.split_at(end);
    let mut at = start_of(base, now.to_zoned(oslo()))?;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(at.timestamp().as_millisecond());
        }
        let (span, left) = step(rest)?;
        at = at.checked_add(span).map_err(|_| "is out of range")?;
        rest = left;
    }
}

fn start_of(base: &str, now: Zoned) -> Result<Zoned, &'static str> {
    const FAR: &str = "is out of range";
    let day = || now.start_of_day().map_err(|_| FAR);
    match base {
        "now" => Ok(now),
        "startOfHour" => {
            let time = now.time();
            let whole = Time::new(time.hour(), 0, 0, 0).map_err(|_| FAR)?;
            now.with().time(whole).build().map_err(|_| FAR)
        }
        "startOfDay" => day(),
        "startOfWeek" => {
            let back = i64::from(now.weekday().to_monday_zero_offset());
            day()?.checked_sub(back.days()).map_err(|_| FAR)
        }
        "startOfMonth" => day()?.first_of_month().map_err(|_| FAR),
        "startOfYear" => day()?.first_of_year().map_err(|_| FAR),
        _ => Err("is not a known time string"),
    }
}

/// Reads one `+N unit` or `-N unit`; gives what is left.
fn step(text: &str) -> Result<(Span, &str), &'static str> {
    const SHAPE: &str = "must be a base followed by +N unit or -N unit";
    let negative = match text.as_bytes().first() {
        Some(b'+') => false,
        Some(b'-') => true,
        _ => return Err(SHAPE),
    };
    let text = text[1..].trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(SHAPE)?;
    let number: i64 = text[..digits].parse().map_err(|_| SHAPE)?;
    let number = if negative { -number } else { number };
    let text = text[digits..].trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (unit, left) = text.split_at(end);
    let span = Span::new();
    let span = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => span.try_seconds(number),
        "minute" => span.try_minutes(number),
        "hour" => span.try_hours(number),
        "day" => span.try_days(number),
        "week" => span.try_weeks(number),
        "month" => span.try_months(number),
        "year" => span.try_years(number),
        _ => return Err("is not a known unit of time"),
    };
    Ok((span.map_err(|_| "is out of range")?, left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resolved(text: &str) -> String {
        let now = "2026-07-15T22:30:00Z".parse().unwrap();
        match resolve(&json!(text), now) {
            Ok(ms) => iso(ms).unwrap(),
            Err(problem) => problem.to_owned(),
        }
    }

    #[test]
    fn relative_times_start_at_midnight_in_oslo() {
        // 22:30 UTC in July is 00:30 of the next day in Oslo.
        assert_eq!(resolved("now"), "2026-07-15T22:30:00Z");
        assert_eq!(resolved("startOfDay"), "2026-07-15T22:00:00Z");
        assert_eq!(resolved("startOfHour"), "2026-07-15T22:00:00Z");
        assert_eq!(resolved("startOfWeek"), "2026-07-12T22:00:00Z");
        assert_eq!(resolved("startOfMonth"), "2026-06-30T22:00:00Z");
        assert_eq!(resolved("startOfYear"), "2025-12-31T23:00:00Z");
    }

    #[test]
    fn steps_follow_the_calendar_and_may_be_chained() {
        assert_eq!(resolved("startOfDay -7 days"), "2026-07-08T22:00:00Z");
        assert_eq!(resolved("now -1 day + 30minutes"), "2026-07-14T23:00:00Z");
        // Six months back is winter time.
        assert_eq!(resolved("startOfDay -6 months"), "2026-01-15T23:00:00Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "yesterday",
            "now -",
            "now -3",
            "now -3 blinks",
            "2026-02-09T08:00:00+01:00",
            "2026-02-31T08:00:00Z",
            "",
            "now +9223372036854775807 years",
            "now ÷ 2",
        ] {
            let got = resolved(text);
            assert!(!got.starts_with("20"), "{text}: {got}");
        }
        assert!(resolve(&json!(["now"]), Timestamp::UNIX_EPOCH).is_err());
        assert_eq!(resolve(&json!(1_770_624_000_000_i64), Timestamp::UNIX_EPOCH), Ok(1_770_624_000_000));
        assert_eq!(resolve(&json!("1770624000000"), Timestamp::UNIX_EPOCH), Ok(1_770_624_000_000));
    }
}
