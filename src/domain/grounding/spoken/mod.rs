//! Spoken forms: which words of a text stand for a code, an attribute, an object of
//! operational data, or turn a value into a statement. The tables are data, in the
//! supported languages; this file compiles them once and finds them in a text.

mod codes;
mod cues;
mod kinship;
mod measures;
mod nouns;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use self::cues::Cue;
pub use self::kinship::Kin;
pub use self::kinship::says_as;
pub use self::kinship::says_kin;
pub use self::measures::Kinds;
pub use self::measures::Measure;
pub use self::measures::OTHER;
pub use self::measures::Quantity;
pub use self::measures::THINGS;
pub use self::measures::first_kind;
pub use self::measures::kinds_of;
pub use self::measures::measure;
pub use self::measures::measured_objects;
pub use self::measures::none_found_tells;
pub use self::measures::only_lists;

use crate::domain::grounding::words;
use crate::domain::grounding::words::Word;
use crate::domain::grounding::words::WordMap;
use crate::domain::lang::Lang;

/// Whether a word has a form of the tables: a beginning, or with `=` the whole word.
fn is_form(word: &str, form: &str) -> bool {
    match form.strip_prefix('=') {
        Some(whole) => word == whole,
        None => word.starts_with(form),
    }
}

/// What a phrase stands for; indexes are into the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A coded value.
    Code(usize),
    /// An attribute.
    Noun(usize),
    /// An object of operational data.
    Object(usize),
    /// A cue.
    Cue(Cue),
    /// A kind of look-up.
    Service(usize),
}

/// A phrase found in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it stands for.
    pub meaning: Meaning,
}

/// Set of languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Langs(u8);

impl Langs {
    /// Every language with tables.
    pub const ALL: Langs = Langs(0xff);

    /// English and `lang`; every language for one without tables.
    pub fn with(lang: Lang) -> Self {
        position(lang).map_or(Self::ALL, |at| Langs(1 | 1 << at))
    }

    /// Adds a language.
    #[must_use]
    pub fn and(self, lang: Lang) -> Self {
        position(lang).map_or(self, |at| Langs(self.0 | 1 << at))
    }
}

fn position(lang: Lang) -> Option<usize> {
    Lang::KNOWN.iter().position(|known| *known == lang)
}

struct Phrase {
    words: Vec<u64>,
    prefix: Option<String>,
    lang: u8,
    meaning: Meaning,
}

struct Tables {
    by_word: WordMap<Vec<Phrase>>,
    by_prefix: WordMap<Vec<Phrase>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(compile);

const PREFIX_CHARS: usize = 3;

fn compile() -> Tables {
    let mut tables = Tables { by_word: WordMap::default(), by_prefix: WordMap::default() };
    let codes = codes::CODES.iter().enumerate().map(|(at, row)| (Meaning::Code(at), &row.2));
    let nouns = nouns::NOUNS.iter().enumerate().map(|(at, row)| (Meaning::Noun(at), &row.2));
    let objects = nouns::OBJECTS.iter().enumerate().map(|(at, row)| (Meaning::Object(at), &row.2));
    let cues = cues::CUES.iter().map(|(cue, forms)| (Meaning::Cue(*cue), forms));
    let services = nouns::SERVICES.iter().enumerate().map(|(at, row)| (Meaning::Service(at), &row.2));
    for (meaning, forms) in codes.chain(nouns).chain(objects).chain(cues).chain(services) {
        for (at, form) in forms.iter().enumerate() {
            for phrase in form.split('|') {
                add(&mut tables, phrase, 1 << at, meaning);
            }
        }
    }
    tables
}

fn add(tables: &mut Tables, phrase: &str, lang: u8, meaning: Meaning) {
    let open = phrase.ends_with('*');
    let found: Vec<Word> = words::words(phrase).collect();
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return };
    let prefix = open.then(|| words::fold(phrase.get(last.range()).unwrap_or_default()));
    let entry = Phrase { words: found.iter().map(|word| word.hash).collect(), prefix, lang, meaning };
    if open && found.len() == 1 {
        tables.by_prefix.entry(prefix_hash(phrase)).or_default().push(entry);
    } else {
        tables.by_word.entry(first.hash).or_default().push(entry);
    }
}

fn prefix_hash(word: &str) -> u64 {
    let end = word.char_indices().nth(PREFIX_CHARS).map_or(word.len(), |(at, _)| at);
    words::hash(word.get(..end).unwrap_or(word))
}

/// Every phrase of the tables in a text whose words are given, in order of place. A phrase inside
/// a longer one of the same kind is left out.
pub fn find(text: &str, found: &[Word], langs: Langs) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for (at, word) in found.iter().enumerate() {
        let whole = tables_at(&TABLES.by_word, word.hash);
        let open = tables_at(&TABLES.by_prefix, prefix_hash(text.get(word.range()).unwrap_or_default()));
        for phrase in whole.iter().chain(open) {
            if phrase.lang & langs.0 != 0 && matches_at(text, found, at, phrase) {
                let end = found[at + phrase.words.len() - 1].end;
                let spot = Spot { start: word.start, end, meaning: phrase.meaning };
                if !spots.contains(&spot) {
                    spots.push(spot);
                }
            }
        }
    }
    longest(spots)
}

fn tables_at(map: &WordMap<Vec<Phrase>>, key: u64) -> &[Phrase] {
    map.get(&key).map_or(&[], Vec::as_slice)
}

fn matches_at(text: &str, found: &[Word], at: usize, phrase: &Phrase) -> bool {
    let Some(window) = found.get(at..at + phrase.words.len()) else { return false };
    let (Some(last_word), Some((last, init))) = (window.last(), phrase.words.split_last()) else { return false };
    if !init.iter().zip(window).all(|(want, word)| *want == word.hash) {
        return false;
    }
    // Words of one phrase stand side by side: no line or sentence break between them.
    let gap = text.get(window[0].start..last_word.end).unwrap_or_default();
    if window.len() > 1 && (gap.contains(['.', '\n', '|', ';']) || gap.contains(": ")) {
        return false;
    }
    match &phrase.prefix {
        None => *last == last_word.hash,
        Some(prefix) => words::fold(text.get(last_word.range()).unwrap_or_default()).starts_with(prefix.as_str()),
    }
}

fn longest(spots: Vec<Spot>) -> Vec<Spot> {
    let covered = |spot: &Spot| {
        spots.iter().any(|other| {
            same_kind(other.meaning, spot.meaning)
                && other.start <= spot.start
                && spot.end <= other.end
                && other.end - other.start > spot.end - spot.start
        })
    };
    let mut kept: Vec<Spot> = spots.iter().filter(|spot| !covered(spot)).copied().collect();
    kept.sort_by_key(|spot| (spot.start, spot.end));
    kept
}

fn same_kind(a: Meaning, b: Meaning) -> bool {
    match (a, b) {
        (Meaning::Cue(a), Meaning::Cue(b)) => a == b,
        _ => std::mem::discriminant(&a) == std::mem::discriminant(&b),
    }
}

/// Hashes of the words that phrases of a cue begin with.
pub fn first_words(cue: Cue) -> Vec<u64> {
    let rows = cues::CUES.iter().filter(|row| row.0 == cue);
    let mut hashes: Vec<u64> = rows
        .flat_map(|row| row.1.iter())
        .flat_map(|forms| forms.split('|'))
        .filter_map(|phrase| words::words(phrase).next())
        .map(|word| word.hash)
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// The code of a table row.
pub fn code(at: usize) -> &'static str {
    codes::CODES.get(at).map_or("", |row| row.0)
}

/// The families of fields that hold a code: `status`, `severity`, …
pub fn code_families(at: usize) -> impl Iterator<Item = &'static str> {
    codes::CODES.get(at).map_or("", |row| row.1).split(' ')
}

/// Whether a stored value is the code, in any letter case; `#open` stands for every state of work
/// that is not closed.
pub fn code_is(at: usize, stored: &str) -> bool {
    let code = code(at);
    if code == "#open" {
        return OPEN.iter().any(|open| same_code(open, stored));
    }
    // "Pending" does not say for whom.
    if code == "pending" && words::fold(stored).starts_with("pending") {
        return true;
    }
    same_code(code, stored)
}

const OPEN: [&str; 13] = [
    "open",
    "new",
    "active",
    "pending",
    "pendingCustomer",
    "pendingSoc",
    "pendingVendor",
    "workingSoc",
    "workingCustomer",
    "pendingClose",
    "inProgress",
    "acknowledged",
    "reopened",
];

/// Whether two codes differ in letter case and separators only.
pub fn same_code(a: &str, b: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().take(80).filter(|c| c.is_alphanumeric()).map(words::fold_char)
    }
    a == b || (a.len().abs_diff(b.len()) < 8 && letters(a).eq(letters(b)))
}

/// Id of an attribute.
pub fn noun(at: usize) -> &'static str {
    nouns::NOUNS.get(at).map_or("", |row| row.0)
}

/// Folded field names of an attribute.
pub fn noun_fields(at: usize) -> impl Iterator<Item = &'static str> {
    nouns::NOUNS.get(at).map_or("", |row| row.1).split(' ')
}

/// Attributes by folded field name.
static FIELDS: LazyLock<HashMap<&'static str, u128>> = LazyLock::new(|| {
    let mut fields = HashMap::new();
    for (at, row) in nouns::NOUNS.iter().enumerate() {
        for name in row.1.split(' ').filter(|name| !name.is_empty()) {
            *fields.entry(name).or_insert(0) |= 1 << at;
        }
    }
    fields
});

/// The attributes that a field is of, as a set of bits by table index.
pub fn nouns_of_field(field: &str) -> u128 {
    let folded = |name: &str| -> String {
        name.chars().take(64).filter(|c| c.is_alphanumeric()).map(words::fold_char).collect()
    };
    let names = [folded(field), folded(field.rsplit('.').next().unwrap_or_default())];
    names.iter().filter_map(|name| FIELDS.get(name.as_str())).fold(0, |set, of| set | of)
}

/// Table index of an attribute id.
pub fn noun_index(id: &str) -> Option<usize> {
    nouns::NOUNS.iter().position(|row| row.0 == id)
}

/// Kind of an operational object.
pub fn object(at: usize) -> &'static str {
    nouns::OBJECTS.get(at).map_or("", |row| row.0)
}

/// Parts of tool and list names that hold such objects.
pub fn object_parts(at: usize) -> impl Iterator<Item = &'static str> {
    nouns::OBJECTS.get(at).map_or("", |row| row.1).split(' ').filter(|part| !part.is_empty())
}

/// Name of a kind of look-up.
pub fn service(at: usize) -> &'static str {
    nouns::SERVICES.get(at).map_or("", |row| row.0)
}

/// Parts of tool and field names that serve a kind of look-up.
pub fn service_parts(at: usize) -> impl Iterator<Item = &'static str> {
    nouns::SERVICES.get(at).map_or("", |row| row.1).split(' ')
}

/// The usual spoken form of a code in a language: what a person would say for `pendingCustomer`.
pub fn say_code(code: &str, lang: Lang) -> Option<&'static str> {
    let row = codes::CODES.iter().find(|row| same_code(row.0, code))?;
    first_form(&row.2, lang)
}

/// The usual noun for a field in a language: `priority` → "prioritet".
pub fn say_field(field: &str, lang: Lang) -> Option<&'static str> {
    let folded: String = field.chars().filter(|c| c.is_alphanumeric()).map(words::fold_char).collect();
    let row = nouns::NOUNS.iter().find(|row| row.1.split(' ').any(|name| name == folded))?;
    first_form(&row.2, lang)
}

fn first_form(forms: &[&'static str; 8], lang: Lang) -> Option<&'static str> {
    let at = position(lang).unwrap_or(0);
    let form = forms.get(at)?.split('|').find(|form| !form.ends_with('*'))?;
    (!form.is_empty()).then_some(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes_in(text: &str, lang: Lang) -> Vec<&'static str> {
        let found: Vec<Word> = words::words(text).collect();
        find(text, &found, Langs::with(lang))
            .into_iter()
            .filter_map(|spot| match spot.meaning {
                Meaning::Code(at) => Some(code(at)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn codes_are_heard_in_every_language() {
        for (text, lang, code) in [
            ("The case is waiting for the customer.", Lang::En, "pendingCustomer"),
            ("Saken venter på kunden.", Lang::Nb, "pendingCustomer"),
            ("Ärendet väntar på kunden.", Lang::Sv, "pendingCustomer"),
            ("Sagen afventer kunden.", Lang::Da, "pendingCustomer"),
            ("Der Fall wartet auf den Kunden.", Lang::De, "pendingCustomer"),
            ("Le cas est en attente du client.", Lang::Fr, "pendingCustomer"),
            ("El caso está pendiente del cliente.", Lang::Es, "pendingCustomer"),
            ("ケースは顧客の対応待ちです。", Lang::Ja, "pendingCustomer"),
            ("Der Fall ist geschlossen.", Lang::De, "closed"),
        ] {
            assert!(codes_in(text, lang).contains(&code), "{text}");
        }
    }

    #[test]
    fn codes_and_fields_can_be_said() {
        assert_eq!(say_code("pendingCustomer", Lang::Nb), Some("venter på kunden"));
        assert_eq!(say_field("priority", Lang::De), Some("priorität"));
        assert_eq!(say_code("noSuchCode", Lang::En), None);
    }

    #[test]
    fn every_row_has_a_form_in_every_language() {
        for row in codes::CODES {
            assert!(row.2.iter().all(|form| !form.is_empty()), "{}", row.0);
        }
        assert!(nouns::NOUNS.len() <= 128, "attributes are bits of a u128");
        for row in nouns::NOUNS.iter().chain(nouns::OBJECTS) {
            assert!(row.2.iter().all(|form| !form.is_empty()), "{}", row.0);
        }
    }
}
