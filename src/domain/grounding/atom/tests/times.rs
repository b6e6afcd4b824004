//! Points in time in eight languages, zones, relative times, ranges.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::RangeRole;
use crate::domain::grounding::atom::TimeAtom;
use crate::domain::grounding::atom::TimeContext;
use crate::domain::grounding::atom::TimeMatch;
use crate::domain::grounding::atom::scan;
use crate::domain::lang::Lang;

fn at(text: &str) -> Timestamp {
    text.parse().expect("test data is a timestamp")
}

fn context() -> TimeContext {
    TimeContext {
        now: at("2026-11-21T22:05:30Z"),
        observed_at: at("2026-11-21T22:04:00Z"),
        default_zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a fixed rule"),
    }
}

fn times(text: &str, lang: Lang) -> Vec<TimeAtom> {
    scan(text, Some(lang))
        .into_iter()
        .filter_map(|atom| match atom.kind {
            AtomKind::Time(time) => Some(time),
            _ => None,
        })
        .collect()
}

/// Text, language, an instant it names, one it does not.
const NAMED: &[(&str, Lang, &str, &str)] = &[
    ("2026-11-21T14:05:00Z", Lang::En, "2026-11-21T14:05:00Z", "2026-11-21T14:05:01Z"),
    ("2026-11-21T14:05:00.123Z", Lang::En, "2026-11-21T14:05:00.1234Z", "2026-11-21T14:05:00.124Z"),
    ("2026-11-21 15:05 +01:00", Lang::En, "2026-11-21T14:05:40Z", "2026-11-21T15:05:00Z"),
    ("20261121T140500Z", Lang::En, "2026-11-21T14:05:00Z", "2026-11-21T14:06:00Z"),
    ("2026-11-21", Lang::En, "2026-11-21T09:00:00Z", "2026-11-23T09:00:00Z"),
    ("1774602113554", Lang::En, "2026-03-27T09:01:53.554Z", "2026-03-27T09:01:53.555Z"),
    ("1774602113", Lang::En, "2026-03-27T09:01:53.9Z", "2026-03-27T09:01:54Z"),
    ("November 21, 2026 at 2:05 pm UTC", Lang::En, "2026-11-21T14:05:10Z", "2026-11-21T02:05:10Z"),
    ("21 November 2026, 14:05 UTC", Lang::En, "2026-11-21T14:05:10Z", "2026-11-20T14:05:10Z"),
    ("14:05 UTC on 21 November", Lang::En, "2026-11-21T14:05:10Z", "2026-11-20T14:05:10Z"),
    ("Nov 21st", Lang::En, "2026-11-21T14:05:10Z", "2026-11-19T14:05:10Z"),
    ("Saturday, 21 November", Lang::En, "2026-11-21T14:05:10Z", "2025-11-21T14:05:10Z"),
    ("8 hours ago", Lang::En, "2026-11-21T14:05:10Z", "2026-11-21T13:05:10Z"),
    ("an hour ago", Lang::En, "2026-11-21T21:05:10Z", "2026-11-21T20:05:10Z"),
    ("about 2 hours and 5 minutes ago", Lang::En, "2026-11-21T20:02:10Z", "2026-11-21T18:05:10Z"),
    ("yesterday at 14:05", Lang::En, "2026-11-20T13:05:10Z", "2026-11-21T13:05:10Z"),
    ("today", Lang::En, "2026-11-21T13:05:10Z", "2026-11-19T13:05:10Z"),
    ("just now", Lang::En, "2026-11-21T22:03:00Z", "2026-11-21T20:03:00Z"),
    ("at 14:05 (Oslo time)", Lang::En, "2026-11-21T13:05:10Z", "2026-11-21T13:06:10Z"),
    ("on Friday", Lang::En, "2026-11-20T13:05:10Z", "2026-11-18T13:05:10Z"),
    ("21. november kl. 14.05", Lang::Nb, "2026-11-21T13:05:10Z", "2026-11-21T13:06:10Z"),
    ("lørdag 21. nov. 2026 klokken 14:05", Lang::Nb, "2026-11-21T13:05:10Z", "2026-11-22T13:05:10Z"),
    ("for 26 timer siden", Lang::Nb, "2026-11-20T20:05:10Z", "2026-11-20T18:05:10Z"),
    ("i går kl. 14", Lang::Nb, "2026-11-20T13:35:10Z", "2026-11-20T15:05:10Z"),
    ("for en time siden", Lang::Nb, "2026-11-21T21:05:10Z", "2026-11-21T20:05:10Z"),
    ("för tre dagar sedan", Lang::Sv, "2026-11-18T21:05:10Z", "2026-11-16T20:05:10Z"),
    ("den 21 november klockan 14:05", Lang::Sv, "2026-11-21T13:05:10Z", "2026-11-21T13:04:10Z"),
    ("for to dage siden", Lang::Da, "2026-11-19T21:05:10Z", "2026-11-16T20:05:10Z"),
    ("den 21. marts 2026", Lang::Da, "2026-03-21T13:05:10Z", "2026-03-23T13:04:10Z"),
    ("vor 3 Tagen", Lang::De, "2026-11-18T21:05:10Z", "2026-11-16T20:05:10Z"),
    ("am 21.11.2026 um 14:05 Uhr", Lang::De, "2026-11-21T13:05:10Z", "2026-11-21T12:05:10Z"),
    ("21. März 2026, 14.05 Uhr MEZ", Lang::De, "2026-03-21T13:05:10Z", "2026-03-21T12:05:10Z"),
    ("gestern", Lang::De, "2026-11-20T12:05:10Z", "2026-11-18T12:05:10Z"),
    ("il y a 3 jours", Lang::Fr, "2026-11-18T21:05:10Z", "2026-11-16T20:05:10Z"),
    ("le 21 novembre 2026 à 14h05", Lang::Fr, "2026-11-21T13:05:10Z", "2026-11-21T12:05:10Z"),
    ("1er mars 2026", Lang::Fr, "2026-03-01T13:05:10Z", "2026-03-04T12:05:10Z"),
    ("hace 3 días", Lang::Es, "2026-11-18T21:05:10Z", "2026-11-16T20:05:10Z"),
    ("el 21 de noviembre de 2026 a las 14:05", Lang::Es, "2026-11-21T13:05:10Z", "2026-11-21T12:05:10Z"),
    ("3日前", Lang::Ja, "2026-11-18T21:05:10Z", "2026-11-16T20:05:10Z"),
    ("2026年11月21日14時05分", Lang::Ja, "2026-11-21T13:05:10Z", "2026-11-21T12:05:10Z"),
    ("昨日の午後2時5分", Lang::Ja, "2026-11-20T13:05:10Z", "2026-11-20T12:05:10Z"),
    ("11月21日", Lang::Ja, "2026-11-21T13:05:10Z", "2026-11-19T12:05:10Z"),
];

#[test]
fn each_language_prints_times_its_own_way() {
    for (text, lang, right, wrong) in NAMED {
        let found = times(text, *lang);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].matches(at(right), &context()), TimeMatch::Yes, "{text} for {right}: {found:?}");
        assert_ne!(found[0].matches(at(wrong), &context()), TimeMatch::Yes, "{text} for {wrong}: {found:?}");
    }
}

#[test]
fn a_zone_label_is_part_of_the_claim() {
    let found = times("at 14:05 UTC", Lang::En);
    assert_eq!(found[0].matches(at("2026-11-21T13:05:00Z"), &context()), TimeMatch::WrongZone);
    assert_eq!(found[0].matches(at("2026-11-21T13:35:00Z"), &context()), TimeMatch::No);
    let found = times("21.11.2026 kl. 14:05 CET", Lang::Nb);
    assert_eq!(found[0].matches(at("2026-11-21T14:05:00Z"), &context()), TimeMatch::WrongZone);
    assert_eq!(found[0].matches(at("2026-11-21T13:05:00Z"), &context()), TimeMatch::Yes);
}

#[test]
fn a_slashed_date_keeps_both_orders() {
    let found = times("03/04/2026", Lang::En);
    assert_eq!(found[0].readings.len(), 2);
    assert_eq!(found[0].matches(at("2026-03-04T12:00:00Z"), &context()), TimeMatch::Yes);
    assert_eq!(found[0].matches(at("2026-04-03T12:00:00Z"), &context()), TimeMatch::Yes);
}

#[test]
fn a_date_without_a_year_far_away_is_unclear() {
    let found = times("21 November", Lang::En);
    assert_eq!(found[0].matches(at("2023-11-21T12:00:00Z"), &context()), TimeMatch::Unclear);
}

#[test]
fn both_ends_of_a_range_share_day_and_zone() {
    for (text, lang, first, last) in [
        ("21 November 2026 14:05–14:20 UTC", Lang::En, "2026-11-21T14:05:00Z", "2026-11-21T14:20:00Z"),
        ("5–7 March 2026", Lang::En, "2026-03-05T12:00:00Z", "2026-03-07T12:00:00Z"),
        ("14:05 til 14:20", Lang::Nb, "2026-11-21T13:05:00Z", "2026-11-21T13:20:00Z"),
    ] {
        let found = times(text, lang);
        assert_eq!(found.len(), 2, "{text}: {found:?}");
        assert_eq!((found[0].range, found[1].range), (RangeRole::Start, RangeRole::End));
        assert_eq!(found[0].matches(at(first), &context()), TimeMatch::Yes, "{text}: {found:?}");
        assert_eq!(found[1].matches(at(last), &context()), TimeMatch::Yes, "{text}: {found:?}");
        assert_ne!(found[0].matches(at(last), &context()), TimeMatch::Yes, "{text}");
    }
}

#[test]
fn words_that_look_like_times_are_none() {
    for text in ["it may take 5 hosts", "3:1 ratio", "mar a lago", "10:443"] {
        assert!(times(text, Lang::En).is_empty(), "{text}: {:?}", times(text, Lang::En));
    }
}
