//! What words mean, from one table per language. Tables are data; the readers decide.
//!
//! A word may mean several things in several languages. The active language goes first; other
//! languages lend only what cannot be mistaken (see [`Phrase::admitted`]).

mod da;
mod de;
mod en;
mod es;
mod fr;
mod ja;
mod nb;
mod sv;
mod zones;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::WeekdaySide;
use crate::domain::lang::Lang;

/// How an approximator bounds the number beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    About,
    Nearly,
    JustOver,
    Over,
    AtLeast,
    Under,
    AtMost,
}

/// One meaning of a word or phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A number below 1000 that adds up ("twenty", "doscientos").
    Num(u64),
    /// An article that is a one only before a unit or multiplier ("a", "ein").
    Article,
    /// Hundred, thousand, million.
    Mult(u64),
    /// "and" inside number words.
    Connector,
    /// "third".
    Ordinal(u64),
    /// "half": numerator and denominator.
    Fraction(u64, u64),
    /// "dozens": inclusive bounds.
    Vague(u64, u64),
    /// Before a number.
    Approx(Bound),
    /// After a number ("100 or more").
    ApproxAfter(Bound),
    Unit(Unit),
    /// 1 to 12.
    Month(i8),
    /// Monday 1 to Sunday 7.
    Weekday(i8),
    /// Today 0, yesterday -1.
    Offset(i8),
    /// "just now".
    Now,
    /// After a length of time: "ago".
    Ago,
    /// Before a length of time: "vor", "il y a".
    AgoBefore,
    /// Before a length of time: "in", "om".
    In,
    /// am (false) or pm (true).
    Meridiem(bool),
    /// Before a time of day: "at", "kl."
    Clock,
    /// After a time of day: "Uhr".
    Oclock,
    /// POSIX time zone text.
    Zone(&'static str),
    /// "local time".
    LocalZone,
    /// Between the ends of a range.
    To,
    /// Opens a range that is closed by a [`Meaning::Connector`].
    Between,
    /// "last", "next" before a weekday.
    Side(WeekdaySide),
    /// A noun that takes a record id ("case").
    Record,
    /// A noun that takes a running number which states nothing ("step").
    Running,
    /// Makes a following "one" a pronoun ("no one").
    NotOne,
    /// Joins day, month and year ("of", "de").
    DateGlue,
    /// Speaks only for the language.
    Filler,
}

/// A phrase with its meaning.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    /// Lower case, after the first word; `.` is a word of its own.
    pub(super) rest: Vec<&'static str>,
    pub(super) lang: Lang,
    pub(super) meaning: Meaning,
    long: bool,
    /// The sign of a size, the same in every language.
    sign: bool,
}

/// Signs of sizes that are no words of any language; `mi` and `ti` are.
const SIZES: [&str; 10] = ["byte", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib"];

impl Phrase {
    /// Whether the phrase counts in a text whose language is `active`. Names of months, weekdays
    /// and zones are at home everywhere if they are long; units and "ago" words of other
    /// languages are too unless the text is English, where they would be other words.
    pub(super) fn admitted(&self, active: Lang) -> bool {
        if self.lang == active || self.sign || matches!(self.meaning, Meaning::Zone(_)) {
            return true;
        }
        let borrowed = match self.meaning {
            Meaning::Month(_) | Meaning::Weekday(_) => true,
            Meaning::Unit(_) | Meaning::Ago | Meaning::Offset(_) | Meaning::Record => active != Lang::En,
            Meaning::Meridiem(_) | Meaning::Approx(_) => self.lang == Lang::En,
            _ => false,
        };
        borrowed && self.long
    }
}

/// The words of one language.
pub(super) struct Table {
    lang: Lang,
    /// Additive numbers.
    numbers: &'static [(&'static str, u64)],
    /// Ordinals; words separated by blanks, in order from the given number.
    ordinals: &'static [(u64, &'static str)],
    /// January to December; forms separated by blanks.
    months: [&'static str; 12],
    /// Monday to Sunday.
    weekdays: [&'static str; 7],
    /// Everything else.
    phrases: &'static [(Meaning, &'static [&'static str])],
    /// Function words that give the language away.
    filler: &'static str,
}

static TABLES: [&Table; 8] =
    [&en::TABLE, &nb::TABLE, &sv::TABLE, &da::TABLE, &de::TABLE, &fr::TABLE, &es::TABLE, &ja::TABLE];

static BY_FIRST_WORD: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut index: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for table in TABLES {
        let mut add = |text: &'static str, meaning: Meaning| {
            let mut words = split(text, table.lang);
            if words.is_empty() {
                return;
            }
            let first = words.remove(0);
            let long = text.chars().count() >= 4 || table.lang == Lang::Ja;
            let sign = matches!(meaning, Meaning::Unit(_)) && SIZES.contains(&text);
            let phrase = Phrase { rest: words, lang: table.lang, meaning, long, sign };
            index.entry(first).or_default().push(phrase);
        };
        for (word, value) in table.numbers {
            add(word, Meaning::Num(*value));
        }
        for (from, words) in table.ordinals {
            for (word, value) in words.split(' ').zip(*from..) {
                for form in word.split('|') {
                    add(form, Meaning::Ordinal(value));
                }
            }
        }
        for (forms, month) in table.months.iter().zip(1_i8..) {
            forms.split(' ').for_each(|form| add(form, Meaning::Month(month)));
        }
        for (forms, weekday) in table.weekdays.iter().zip(1_i8..) {
            forms.split(' ').for_each(|form| add(form, Meaning::Weekday(weekday)));
        }
        for (meaning, forms) in table.phrases {
            forms.iter().for_each(|form| add(form, *meaning));
        }
        table.filler.split(' ').for_each(|word| add(word, Meaning::Filler));
    }
    for (word, zone) in zones::ZONES {
        let mut words = split(word, Lang::En);
        let first = words.remove(0);
        let phrase = Phrase { rest: words, lang: Lang::En, meaning: Meaning::Zone(zone), long: true, sign: false };
        index.entry(first).or_default().push(phrase);
    }
    for phrases in index.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
    }
    index
});

/// Cuts a table entry into words as the tokenizer does: blanks are dropped, marks stand alone,
/// Japanese goes character by character.
fn split(text: &'static str, lang: Lang) -> Vec<&'static str> {
    let mut words = Vec::new();
    for part in text.split(' ') {
        let mut from = 0;
        for (at, c) in part.char_indices() {
            if at > from && (!c.is_alphabetic() || lang == Lang::Ja) {
                words.push(&part[from..at]);
                from = at;
            }
            if !c.is_alphabetic() {
                words.push(&part[at..at + c.len_utf8()]);
                from = at + c.len_utf8();
            }
        }
        if from < part.len() {
            words.push(&part[from..]);
        }
    }
    words
}

/// Phrases that begin with `word` (lower case), longest first.
pub(super) fn starting_with(word: &str) -> &'static [Phrase] {
    BY_FIRST_WORD.get(word).map_or(&[], Vec::as_slice)
}

/// A part of a number word and what it means.
pub(super) type Morpheme = (&'static str, Meaning);

/// The morphemes of number words in `lang`, for compounds such as `dreiundzwanzig`.
pub(super) fn number_morphemes(lang: Lang) -> &'static [Morpheme] {
    static MORPHEMES: LazyLock<Vec<(Lang, Vec<Morpheme>)>> = LazyLock::new(|| {
        let of = |table: &&Table| {
            let mut all: Vec<(&'static str, Meaning)> =
                table.numbers.iter().map(|(word, value)| (*word, Meaning::Num(*value))).collect();
            for (meaning, forms) in table.phrases {
                if matches!(meaning, Meaning::Mult(_) | Meaning::Connector | Meaning::Article) {
                    all.extend(forms.iter().map(|form| (*form, *meaning)));
                }
            }
            all.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
            (table.lang, all)
        };
        TABLES.iter().map(of).collect()
    });
    MORPHEMES.iter().find(|(of, _)| *of == lang).map_or(&[], |(_, all)| all.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_names_all_months_and_weekdays_once() {
        for table in TABLES {
            for forms in table.months.iter().chain(&table.weekdays) {
                assert!(!forms.is_empty() && !forms.contains("  "), "{:?}", table.lang);
            }
        }
        assert!(starting_with("november").iter().any(|p| p.meaning == Meaning::Month(11)));
    }
}
