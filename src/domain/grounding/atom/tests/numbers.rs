//! Numbers: formats, words, bounds, units, and what is no number.

use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::scan;
use crate::domain::grounding::atom::tests::decimal;
use crate::domain::grounding::atom::tests::numbers;
use crate::domain::grounding::atom::tests::printed;
use crate::domain::lang::Lang;

/// Text, language, a stored value it supports, one it does not.
const SUPPORT: &[(&str, Lang, &str, &str)] = &[
    ("1,904 alerts", Lang::En, "1904", "1905"),
    ("1 904 varsler", Lang::Nb, "1904", "1"),
    ("1\u{a0}904 varsler", Lang::Nb, "1904", "904"),
    ("1\u{2009}904 alertes", Lang::Fr, "1904", "1914"),
    ("1.904 Alarme", Lang::De, "1904", "1905"),
    ("1.904 is the score", Lang::En, "1.904", "1.905"),
    ("1,904,233 events", Lang::En, "1904233", "1904234"),
    ("1.904,25 Punkte", Lang::De, "1904.25", "1904.26"),
    ("1,9 tusen varsler", Lang::Nb, "1904", "1990"),
    ("1.9k alerts", Lang::En, "1904", "1960"),
    ("3.5M rows", Lang::En, "3512000", "3560000"),
    ("１２３ 件", Lang::Ja, "123", "124"),
    ("約1万2千件", Lang::Ja, "12300", "14000"),
    ("三百二十一件", Lang::Ja, "321", "320"),
    ("1万件以上", Lang::Ja, "10400", "9999"),
    ("-5 degrees", Lang::En, "-5", "5"),
    ("\u{2212}5 degrees", Lang::En, "-5", "5"),
    ("45 % of them", Lang::En, "0.45", "0.46"),
    ("45.2% of them", Lang::En, "45.23", "45.3"),
    ("45 percent", Lang::En, "45", "46"),
    ("45 prosent", Lang::Nb, "45", "54"),
    ("twenty-three hosts", Lang::En, "23", "24"),
    ("two hundred and five hosts", Lang::En, "205", "206"),
    ("one million rows", Lang::En, "1000000", "999999"),
    ("tjuetre varsler", Lang::Nb, "23", "32"),
    ("treogtyve varsler", Lang::Nb, "23", "32"),
    ("tjugotre larm", Lang::Sv, "23", "22"),
    ("femoghalvtreds alarmer", Lang::Da, "55", "54"),
    ("zweihundertdreiundzwanzig Alarme", Lang::De, "223", "232"),
    ("dreizehn Alarme", Lang::De, "13", "3"),
    ("einundzwanzig Alarme", Lang::De, "21", "20"),
    ("quatre-vingt-dix-sept alertes", Lang::Fr, "97", "87"),
    ("vingt et un hôtes", Lang::Fr, "21", "20"),
    ("treinta y tres alertas", Lang::Es, "33", "30"),
    ("doscientos cinco casos", Lang::Es, "205", "200"),
    ("about 1,900 alerts", Lang::En, "2050", "2200"),
    ("nearly 2,000 alerts", Lang::En, "1904", "2001"),
    ("over 1,900 alerts", Lang::En, "1904", "1900"),
    ("at least 5 hosts", Lang::En, "5", "4"),
    ("100+ hosts", Lang::En, "140", "99"),
    ("rundt 50 saker", Lang::Nb, "47", "40"),
    ("über 50 Fälle", Lang::De, "51", "50"),
    ("environ 50 cas", Lang::Fr, "53", "60"),
    ("casi 50 casos", Lang::Es, "48", "50"),
    ("約50件", Lang::Ja, "52", "60"),
    ("3–5 hosts", Lang::En, "4", "6"),
    ("3-5 hosts", Lang::En, "3", "2"),
    ("between 3 and 5 hosts", Lang::En, "5", "6"),
    ("mellom 3 og 5 saker", Lang::Nb, "4", "6"),
    ("dozens of alerts", Lang::En, "60", "6"),
    ("a couple of alerts", Lang::En, "2", "5"),
    ("half of the alerts", Lang::En, "0.5", "0.6"),
    ("en tredjedel av sakene", Lang::Nb, "0.34", "0.5"),
    ("the 3rd alert", Lang::En, "3", "4"),
    ("den tredje saken", Lang::Nb, "3", "2"),
];

#[test]
fn each_language_prints_numbers_its_own_way() {
    for (text, lang, right, wrong) in SUPPORT {
        let found = numbers(text, *lang);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].supports(&decimal(right), None), "{text} for {right}: {found:?}");
        assert!(!found[0].supports(&decimal(wrong), None), "{text} for {wrong}: {found:?}");
    }
}

#[test]
fn an_ambiguous_mark_keeps_both_readings() {
    for lang in [Lang::En, Lang::De] {
        let found = numbers("1.904", lang);
        assert!(found[0].supports(&decimal("1904"), None));
        assert!(found[0].supports(&decimal("1.904"), None));
    }
}

#[test]
fn units_convert_within_their_dimension() {
    let size = &numbers("1.5 GB of logs", Lang::En)[0];
    assert!(size.supports(&decimal("1500000000"), Some(Unit::Byte)));
    assert!(size.supports(&decimal("1536"), Some(Unit::Mebibyte)));
    assert!(size.supports(&decimal("1512345678"), None));
    assert!(!size.supports(&decimal("1.5"), Some(Unit::Second)));
    for lang in [Lang::Nb, Lang::De, Lang::Es, Lang::Ja] {
        let size = &numbers("5.22 GB", lang)[0];
        assert!(size.supports(&decimal("5220000000"), None), "{lang:?}");
        assert!(!size.supports(&decimal("6220000000"), None), "{lang:?}");
    }
    let share = &numbers("12 %", Lang::Nb)[0];
    assert!(share.supports(&decimal("0.12"), Some(Unit::Share)));
    assert!(!share.supports(&decimal("0.13"), Some(Unit::Share)));
}

#[test]
fn numbering_is_no_number() {
    for text in [
        "1. Look here\n2. Act now",
        "## 3 Findings",
        "1) Look\n  2) Act",
        "Step 4: close it",
        "as shown [1] and [12].",
        "**1.** Look",
        "24/7 monitoring",
    ] {
        assert!(numbers(text, Lang::En).is_empty(), "{text}: {:?}", numbers(text, Lang::En));
    }
    assert_eq!(numbers("| 14 | 3 |", Lang::En).len(), 2);
    assert_eq!(numbers("1. There are 7 hosts", Lang::En).len(), 1);
}

#[test]
fn articles_and_pronouns_are_no_numbers() {
    for (text, lang) in [
        ("no one saw this one", Lang::En),
        ("det er en sak på et system", Lang::Nb),
        ("c'est un cas", Lang::Fr),
        ("ein Fall", Lang::De),
    ] {
        assert!(numbers(text, lang).is_empty(), "{text}");
    }
}

#[test]
fn a_number_after_a_record_noun_may_be_an_id() {
    for (text, lang) in [
        ("case 4711 is closed", Lang::En),
        ("Case no. 4711 is closed", Lang::En),
        ("sak 4711 er lukket", Lang::Nb),
        ("Fall 4711 ist offen", Lang::De),
    ] {
        let found = numbers(text, lang);
        assert!(found.len() == 1 && found[0].id_candidate, "{text}: {found:?}");
    }
    assert!(!numbers("4711 cases", Lang::En)[0].id_candidate);
}

#[test]
fn a_change_is_not_a_range() {
    assert_eq!(numbers("rose from 5 to 7", Lang::En).len(), 2);
    assert_eq!(numbers("5 to 7 hosts", Lang::En).len(), 1);
}

#[test]
fn lengths_of_time_match_by_printed_precision() {
    let minutes = |value: i128| value * 60_000_000_000;
    for (text, lang, right, wrong) in [
        ("8 h 20 min", Lang::En, minutes(500), minutes(501)),
        ("8h20m", Lang::En, minutes(500), minutes(502)),
        ("PT30M", Lang::En, minutes(30), minutes(31)),
        ("P1DT2H", Lang::En, minutes(26 * 60), minutes(27 * 60)),
        ("2 timer", Lang::Nb, minutes(125), minutes(155)),
        ("45 seconds", Lang::En, 45_000_000_000, 46_000_000_000),
        ("to timer og fem minutter", Lang::Nb, minutes(125), minutes(126)),
        ("zwei Stunden", Lang::De, minutes(120), minutes(200)),
        ("3 heures", Lang::Fr, minutes(180), minutes(240)),
        ("30 minutos", Lang::Es, minutes(30), minutes(31)),
        ("2時間", Lang::Ja, minutes(120), minutes(180)),
        ("a 24-hour window", Lang::En, minutes(1440), minutes(1500)),
        ("1.5 hours", Lang::En, minutes(90), minutes(95)),
        ("half an hour", Lang::En, minutes(30), minutes(40)),
        ("over 8 hours", Lang::En, minutes(485), minutes(480)),
        ("3–5 hours", Lang::En, minutes(240), minutes(301)),
        ("120 ms", Lang::En, 120_000_000, 121_000_000),
    ] {
        let atoms = scan(text, Some(lang));
        let found: Vec<_> = atoms
            .iter()
            .filter_map(|atom| match &atom.kind {
                AtomKind::Duration(length) => Some(*length),
                _ => None,
            })
            .collect();
        assert_eq!(found.len(), 1, "{text}: {:?} {atoms:?}", printed(text, &atoms));
        assert!(found[0].matches_nanos(right), "{text}: {found:?}");
        assert!(!found[0].matches_nanos(wrong), "{text}: {found:?}");
    }
}
