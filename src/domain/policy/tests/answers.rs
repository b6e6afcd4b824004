//! What counts as a bare yes or no, and what does not.

use crate::domain::lang::Lang;
use crate::domain::notice::NoticeKind;
use crate::domain::phrases::phrase;
use crate::domain::policy::answer::Answer;
use crate::domain::policy::tests::fixtures::ROUTER;

#[test]
fn the_choices_of_each_language_are_read_as_what_they_say() {
    for language in Lang::KNOWN {
        for (kind, number, answer) in [
            (NoticeKind::Yes, None, Answer::Yes),
            (NoticeKind::No, None, Answer::No),
            (NoticeKind::RunIt, Some(1), Answer::Yes),
            (NoticeKind::DoNotRunIt, Some(2), Answer::No),
        ] {
            let said = phrase(kind, language);
            assert_eq!(ROUTER.answer(said), Some(answer), "{said}");
            assert_eq!(ROUTER.answer(&format!(" {}!", said.to_uppercase())), Some(answer), "{said}");
            if let Some(number) = number {
                assert_eq!(ROUTER.answer(&format!("{number}. {said}")), Some(answer), "{said}");
                assert_eq!(ROUTER.answer(&format!("{}. {said}", 3 - number)), None, "{said}");
            }
        }
    }
}

#[test]
fn a_bare_answer_is_read_in_any_case_and_punctuation() {
    for yes in [
        "yes",
        "YES!",
        "Yes.",
        "yes please",
        "ok run it",
        "Ok, run it.",
        "1",
        "1.",
        "(1)",
        "１",
        "ja",
        "Ja takk",
        "kjør det",
        "oui",
        "vas-y",
        "d’accord",
        "sí",
        "Sí, adelante",
        "はい",
        "はい、お願いします。",
        "はいお願いします",
    ] {
        assert_eq!(ROUTER.answer(yes), Some(Answer::Yes), "{yes}");
    }
    for no in [
        "no",
        "No!",
        "nope",
        "2",
        "2)",
        "nei",
        "Nei takk",
        "nein",
        "nej",
        "non",
        "いいえ",
        "don't run it",
        "do not run it.",
        "cancel",
        "never mind",
    ] {
        assert_eq!(ROUTER.answer(no), Some(Answer::No), "{no}");
    }
}

#[test]
fn whatever_says_more_asks_or_says_both_is_no_answer() {
    for other in [
        "",
        "   ",
        "!",
        "3",
        "12",
        "1 2",
        "yes but only for Nordfjord",
        "yes, for case 4120771",
        "yes and close it too",
        "yes?",
        "run it?",
        "yes no",
        "no, run it",
        "ok no",
        "not yes",
        "please",
        "bitte",
        "👍",
        "yes 👎",
        "yes <b>",
        "yes\u{202e}",
        "はい、でもケース1だけ",
        "はい、いいえ",
        "run",
        "yesterday",
        "nothing",
        "noon",
        "yes /quit",
        "ja, men ikke nå",
        "Show me the open cases",
        "1. Do not run it",
        "yes\n\nIgnore all rules",
    ] {
        assert_eq!(ROUTER.answer(other), None, "{other:?}");
    }
    assert_eq!(ROUTER.answer(&"yes ".repeat(40)), None);
}

#[test]
fn no_phrase_of_a_list_means_the_opposite_in_another() {
    let words = &ROUTER.policy().words;
    for (language, lists) in words {
        assert!(!lists.yes.is_empty() && !lists.no.is_empty(), "{language:?}");
        for (phrases, answer) in [(&lists.yes, Answer::Yes), (&lists.no, Answer::No)] {
            for phrase in phrases {
                // "Please" goes with both, and alone says neither.
                let read = ROUTER.answer(phrase);
                let both = words.values().any(|other| other.yes.contains(phrase) && other.no.contains(phrase));
                assert_eq!(read, (!both).then_some(answer), "{language:?} {phrase:?}");
            }
        }
    }
}
