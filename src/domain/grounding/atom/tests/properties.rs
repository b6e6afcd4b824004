//! What holds for any text.

use proptest::prelude::prop;
use proptest::prelude::proptest;
use proptest::prop_assert;

use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::scan;
use crate::domain::lang::Lang;

/// Pieces that readers react to, to be strung together at random.
const PIECES: &[&str] = &[
    "1",
    "12",
    "904",
    "2026",
    "1774602113554",
    " ",
    " ",
    "\n",
    ".",
    ",",
    ":",
    "-",
    "–",
    "/",
    "(",
    ")",
    "[.]",
    "[",
    "]",
    "…",
    "#",
    "%",
    "+",
    "T",
    "Z",
    "h",
    "k",
    "PT",
    "kl. ",
    "um ",
    "Uhr",
    "ago",
    "siden",
    "for ",
    "november ",
    "mars ",
    "half ",
    "twenty",
    "zwei",
    "hundert",
    "und",
    "時",
    "分",
    "月",
    "日",
    "前",
    "万",
    "三",
    "百",
    "約",
    "http://",
    "a.b",
    "@",
    "\\",
    "case ",
    "from ",
    " to ",
    "é",
    "İ",
    "ß",
    "１",
    "\u{a0}",
    "😀",
    "UTC",
    "+01:00",
    "in ",
    "a ",
    "over ",
    "between ",
    " and ",
];

fn holds(text: &str) -> bool {
    Lang::KNOWN.into_iter().map(Some).chain([None]).all(|lang| {
        let mut last = 0;
        scan(text, lang).into_iter().all(|atom| {
            let span = atom.span;
            let fits = span.start >= last && span.end > span.start && text.get(span.start..span.end).is_some();
            last = span.end;
            fits
        })
    })
}

proptest! {
    #[test]
    fn spans_of_any_text_are_inside_sorted_and_apart(text in "\\PC{0,80}") {
        prop_assert!(holds(&text));
    }

    #[test]
    fn spans_of_likely_text_are_inside_sorted_and_apart(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30),
    ) {
        prop_assert!(holds(&pieces.concat()));
    }

    #[test]
    fn one_changed_digit_is_another_number(value in 0_i64..100_000_000, at in 0_usize..9, by in 1_u8..10) {
        let text = value.to_string();
        let mut changed = text.clone().into_bytes();
        let at = at % changed.len();
        changed[at] = b'0' + (changed[at] - b'0' + by) % 10;
        let changed = String::from_utf8(changed).expect("digits are text");
        let other: i64 = changed.parse().expect("digits are a number");
        for (printed, stored) in [(&changed, value), (&text, other)] {
            for atom in scan(&format!("there were {printed} of them"), Some(Lang::En)) {
                if let AtomKind::Number(number) = atom.kind {
                    prop_assert!(!number.supports(&Decimal::from(stored), None), "{printed} {stored}");
                }
            }
        }
    }

    #[test]
    fn one_changed_character_is_another_identifier(id in "[a-z]{2,4}-[a-z]{2}-[0-9]{4}", at in 0_usize..12, to in "[a-z0-9]") {
        let at = at % id.len();
        let changed = format!("{}{to}{}", &id[..at], &id[at + 1..]);
        for atom in scan(&format!("host {id} is down"), Some(Lang::En)) {
            if let AtomKind::Identifier(identifier) = atom.kind {
                prop_assert!(identifier.matches(&id));
                prop_assert!(changed == id || !identifier.matches(&changed));
            }
        }
    }
}

#[test]
fn hostile_repetition_is_read_in_one_pass() {
    for piece in
        ["1 ", "1,", "1.", "a.", "[", "[.]", "…", "for ", "1-", "hundert", "三", "((", "http://", "1:1:", "twenty "]
    {
        assert!(holds(&piece.repeat(5_000)), "{piece}");
    }
}
