//! English words.

use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::WeekdaySide;
use crate::domain::grounding::atom::lexicon::Bound;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::lexicon::Table;
use crate::domain::lang::Lang;

pub(super) static TABLE: Table = Table {
    lang: Lang::En,
    numbers: &[
        ("zero", 0),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("eleven", 11),
        ("twelve", 12),
        ("thirteen", 13),
        ("fourteen", 14),
        ("fifteen", 15),
        ("sixteen", 16),
        ("seventeen", 17),
        ("eighteen", 18),
        ("nineteen", 19),
        ("twenty", 20),
        ("thirty", 30),
        ("forty", 40),
        ("fifty", 50),
        ("sixty", 60),
        ("seventy", 70),
        ("eighty", 80),
        ("ninety", 90),
    ],
    ordinals: &[
        (
            1,
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
        ),
        (20, "twentieth"),
    ],
    months: [
        "january jan",
        "february feb",
        "march mar",
        "april apr",
        "may",
        "june jun",
        "july jul",
        "august aug",
        "september sep sept",
        "october oct",
        "november nov",
        "december dec",
    ],
    weekdays: [
        "monday mondays mon",
        "tuesday tuesdays tue",
        "wednesday wednesdays wed",
        "thursday thursdays thu",
        "friday fridays fri",
        "saturday saturdays sat",
        "sunday sundays sun",
    ],
    phrases: &[
        (Meaning::Article, &["a", "an"]),
        (Meaning::Mult(100), &["hundred"]),
        (Meaning::Mult(1_000), &["thousand"]),
        (Meaning::Mult(1_000_000), &["million", "mn"]),
        (Meaning::Mult(1_000_000_000), &["billion", "bn"]),
        (Meaning::Connector, &["and"]),
        (Meaning::Fraction(1, 2), &["half"]),
        (
            Meaning::Fraction(1, 3),
            &["a third", "one third", "one-third"],
        ),
        (Meaning::Fraction(2, 3), &["two thirds", "two-thirds"]),
        (
            Meaning::Fraction(1, 4),
            &["a quarter", "one quarter", "one-quarter", "a fourth"],
        ),
        (
            Meaning::Fraction(3, 4),
            &["three quarters", "three-quarters"],
        ),
        (Meaning::Fraction(1, 5), &["a fifth", "one fifth"]),
        (Meaning::Fraction(1, 10), &["a tenth", "one tenth"]),
        (
            Meaning::Vague(2, 3),
            &["a couple of", "a couple", "couple of"],
        ),
        (
            Meaning::Vague(2, 9),
            &["a few", "a handful of", "a handful"],
        ),
        (Meaning::Vague(3, 99), &["several"]),
        (Meaning::Vague(12, 12), &["a dozen", "one dozen"]),
        (Meaning::Vague(24, 24), &["two dozen"]),
        (Meaning::Vague(24, 199), &["dozens of", "dozens"]),
        (Meaning::Vague(200, 1_999), &["hundreds of", "hundreds"]),
        (
            Meaning::Vague(2_000, 999_999),
            &["thousands of", "thousands"],
        ),
        (Meaning::Num(1), &["a single"]),
        (
            Meaning::Approx(Bound::About),
            &[
                "about",
                "around",
                "approximately",
                "approx",
                "approx.",
                "roughly",
                "circa",
                "ca",
                "ca.",
                "some",
                "close to",
                "in the region of",
                "an estimated",
            ],
        ),
        (
            Meaning::Approx(Bound::Nearly),
            &["nearly", "almost", "just under", "just short of"],
        ),
        (
            Meaning::Approx(Bound::JustOver),
            &[
                "just over",
                "slightly over",
                "slightly more than",
                "a little over",
                "a bit over",
            ],
        ),
        (
            Meaning::Approx(Bound::Over),
            &[
                "over",
                "more than",
                "above",
                "exceeding",
                "greater than",
                "upwards of",
                "in excess of",
            ],
        ),
        (
            Meaning::Approx(Bound::AtLeast),
            &["at least", "no fewer than", "no less than", "minimum"],
        ),
        (
            Meaning::Approx(Bound::Under),
            &["under", "fewer than", "less than", "below"],
        ),
        (
            Meaning::Approx(Bound::AtMost),
            &[
                "at most",
                "up to",
                "no more than",
                "not more than",
                "maximum",
            ],
        ),
        (
            Meaning::ApproxAfter(Bound::AtLeast),
            &["or more", "or above", "and above", "and up"],
        ),
        (
            Meaning::ApproxAfter(Bound::AtMost),
            &["or less", "or fewer"],
        ),
        (
            Meaning::Unit(Unit::Percent),
            &["percent", "per cent", "pct"],
        ),
        (
            Meaning::Unit(Unit::PercentagePoint),
            &["percentage points", "percentage point", "pp"],
        ),
        (Meaning::Unit(Unit::Byte), &["bytes", "byte"]),
        (
            Meaning::Unit(Unit::Kilobyte),
            &["kb", "kilobytes", "kilobyte"],
        ),
        (
            Meaning::Unit(Unit::Megabyte),
            &["mb", "megabytes", "megabyte"],
        ),
        (
            Meaning::Unit(Unit::Gigabyte),
            &["gb", "gigabytes", "gigabyte"],
        ),
        (
            Meaning::Unit(Unit::Terabyte),
            &["tb", "terabytes", "terabyte"],
        ),
        (Meaning::Unit(Unit::Kibibyte), &["kib", "ki"]),
        (Meaning::Unit(Unit::Mebibyte), &["mib", "mi"]),
        (Meaning::Unit(Unit::Gibibyte), &["gib", "gi"]),
        (Meaning::Unit(Unit::Tebibyte), &["tib", "ti"]),
        (
            Meaning::Unit(Unit::Nanosecond),
            &["ns", "nanoseconds", "nanosecond"],
        ),
        (
            Meaning::Unit(Unit::Microsecond),
            &["us", "µs", "μs", "microseconds", "microsecond"],
        ),
        (
            Meaning::Unit(Unit::Millisecond),
            &["ms", "msec", "milliseconds", "millisecond"],
        ),
        (
            Meaning::Unit(Unit::Second),
            &["seconds", "second", "secs", "sec", "s"],
        ),
        (
            Meaning::Unit(Unit::Minute),
            &["minutes", "minute", "mins", "min", "m"],
        ),
        (
            Meaning::Unit(Unit::Hour),
            &["hours", "hour", "hrs", "hr", "h"],
        ),
        (Meaning::Unit(Unit::Day), &["days", "day", "d"]),
        (Meaning::Unit(Unit::Week), &["weeks", "week", "wk", "w"]),
        (Meaning::Unit(Unit::Month), &["months", "month"]),
        (Meaning::Unit(Unit::Year), &["years", "year", "yrs", "yr"]),
        (
            Meaning::Offset(0),
            &[
                "today",
                "tonight",
                "this morning",
                "this afternoon",
                "this evening",
            ],
        ),
        (Meaning::Offset(-1), &["yesterday", "last night"]),
        (Meaning::Offset(1), &["tomorrow"]),
        (Meaning::Offset(-2), &["the day before yesterday"]),
        (Meaning::Now, &["just now", "moments ago", "a moment ago"]),
        (Meaning::Ago, &["ago", "earlier"]),
        (Meaning::In, &["in"]),
        (Meaning::Meridiem(false), &["am", "a.m.", "a.m"]),
        (Meaning::Meridiem(true), &["pm", "p.m.", "p.m"]),
        (Meaning::Clock, &["at"]),
        (Meaning::Oclock, &["o'clock"]),
        (Meaning::LocalZone, &["local time"]),
        (Meaning::To, &["to", "until", "till", "through"]),
        (Meaning::Between, &["between"]),
        (
            Meaning::Side(WeekdaySide::Past),
            &["last", "past", "this past"],
        ),
        (
            Meaning::Side(WeekdaySide::Future),
            &["next", "coming", "this coming"],
        ),
        (
            Meaning::Record,
            &[
                "case", "incident", "ticket", "event", "alert", "alarm", "customer", "port", "pid",
                "id", "rule", "policy", "account", "asset",
            ],
        ),
        (
            Meaning::Running,
            &[
                "step", "table", "figure", "section", "part", "option", "chapter", "appendix",
            ],
        ),
        (
            Meaning::NotOne,
            &[
                "no", "this", "that", "any", "every", "each", "which", "another", "the", "either",
            ],
        ),
        (Meaning::DateGlue, &["of", "on"]),
    ],
    filler: "the is are was were has have with from there these those not of on been which it its this",
};
