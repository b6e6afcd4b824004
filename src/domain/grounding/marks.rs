//! Everything recognisable in a draft, found once: atoms, words, units, spoken forms,
//! and the evidence values that are printed in it. The evidence is read in one pass,
//! and only what the draft mentions is indexed, so the index is small however large
//! the evidence.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

use serde_json::Value;

use crate::domain::grounding::atom;
use crate::domain::grounding::atom::Atom;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Identifier;
use crate::domain::grounding::atom::IdentifierClass;
use crate::domain::grounding::atom::Partial;
use crate::domain::grounding::atom::form_of;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence;
use crate::domain::grounding::sentence::Units;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Langs;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::spoken::Spot;
use crate::domain::grounding::words;
use crate::domain::grounding::words::Word;
use crate::domain::grounding::words::WordMap;
use crate::domain::lang::Lang;

/// Longest value, in words, that is looked for word by word in the draft.
const MAX_PHRASE_WORDS: usize = 24;

/// A draft with all that is recognisable in it without evidence.
#[derive(Debug)]
pub struct Draft<'t> {
    /// The text.
    pub text: &'t str,
    /// Its words.
    pub words: Vec<Word>,
    /// Its atoms, by place.
    pub atoms: Vec<Atom>,
    /// Its units.
    pub units: Units,
    /// Spoken forms in it, by place.
    pub spots: Vec<Spot>,
}

impl<'t> Draft<'t> {
    /// Reads a text written in `language` (English forms are always known).
    pub fn read(text: &'t str, language: Lang) -> Self {
        let atoms = atom::scan(text, atom_lang(language));
        let words: Vec<Word> = words::words(text).collect();
        let spots = spoken::find(text, &words, Langs::with(language));
        let units = sentence::split(text, &atoms);
        Self { text, words, atoms, units, spots }
    }

    /// The text of a span.
    pub fn slice(&self, span: &Range<usize>) -> &'t str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// Atoms inside a span.
    pub fn atoms_in(&self, span: &Range<usize>) -> &[Atom] {
        let start = self.atoms.partition_point(|atom| atom.span.start < span.start);
        let end = self.atoms.partition_point(|atom| atom.span.start < span.end);
        self.atoms.get(start..end.max(start)).unwrap_or_default()
    }

    /// Spoken forms inside a span.
    pub fn spots_in(&self, span: &Range<usize>) -> impl Iterator<Item = &Spot> {
        let start = self.spots.partition_point(|spot| spot.start < span.start);
        let end = span.end;
        self.spots[start..].iter().take_while(move |spot| spot.start < end).filter(move |spot| spot.end <= end)
    }

    /// Words inside a span.
    pub fn words_in(&self, span: &Range<usize>) -> &[Word] {
        let start = self.words.partition_point(|word| word.start < span.start);
        let end = self.words.partition_point(|word| word.start < span.end);
        self.words.get(start..end.max(start)).unwrap_or_default()
    }

    /// Whether a cue stands in a span.
    pub fn has(&self, span: &Range<usize>, cue: spoken::Cue) -> bool {
        self.spots_in(span).any(|spot| spot.meaning == Meaning::Cue(cue))
    }

    /// Whether a cue stands anywhere.
    pub fn has_anywhere(&self, cue: spoken::Cue) -> bool {
        self.spots.iter().any(|spot| spot.meaning == Meaning::Cue(cue))
    }
}

/// The scanner's name for a language.
pub fn atom_lang(language: Lang) -> Option<Lang> {
    (language != Lang::Other).then_some(language)
}

/// A value of the evidence that the draft prints word by word.
#[derive(Clone, Debug)]
pub struct Phrase {
    /// Where the draft prints it.
    pub span: Range<usize>,
    /// Number of words.
    pub words: usize,
    /// The facts that hold it.
    pub facts: Vec<FactId>,
    /// Rows that are called so by their key in a map.
    pub rows: Vec<RowId>,
}

/// The part of the evidence that a draft mentions.
#[derive(Debug)]
pub struct Index {
    /// Printed values, by place; of nested ones only the longest.
    pub phrases: Vec<Phrase>,
    posting: WordMap<Vec<FactId>>,
    aliases: WordMap<Vec<RowId>>,
    heads: WordMap<Vec<FactId>>,
    numbers: OnceCell<Vec<(f64, FactId)>>,
    /// Words that `posting` would hold if some fact had them.
    indexed: WordMap<()>,
    /// Facts that are left out of `posting`.
    bookkeeping: Vec<FactId>,
    /// Where identifiers were found: answers print the same codes and addresses again and again.
    identifiers: RefCell<HashMap<Identifier, Found>>,
    /// Comparable forms of short values, for the classes that were looked for.
    forms: RefCell<HashMap<IdentifierClass, Rc<Forms>>>,
}

/// Facts that hold an identifier, and rows that are called by it.
type Found = (Vec<FactId>, Vec<RowId>);

/// Facts with the comparable form of their value.
type Forms = Vec<(FactId, String)>;

/// First words of orders, which are looked for in every result.
static ORDER_WORDS: LazyLock<Vec<u64>> = LazyLock::new(|| spoken::first_words(spoken::Cue::Injection));

impl Index {
    /// Reads the evidence once against the words of the draft.
    pub fn new(evidence: &Evidence<'_>, draft: &Draft<'_>) -> Self {
        let mut builder = Builder::new(draft);
        for (id, fact) in evidence.facts.iter().enumerate() {
            let id = FactId::try_from(id).unwrap_or(FactId::MAX);
            if is_bookkeeping(fact) {
                builder.bookkeeping.push(id);
                continue;
            }
            match fact.value {
                Value::String(text) => builder.text(text, Target::Fact(id)),
                Value::Number(number) => builder.number(number, id),
                _ => {}
            }
        }
        for (id, row) in evidence.rows.iter().enumerate() {
            if let Some(alias) = row.alias {
                builder.text(alias, Target::Row(RowId::try_from(id).unwrap_or(RowId::MAX)));
            }
        }
        builder.finish()
    }

    /// Facts that hold an identifier, as their whole value or inside a text, and rows called by it.
    pub fn identifier(&self, evidence: &Evidence<'_>, wanted: &Identifier) -> (Vec<FactId>, Vec<RowId>) {
        if let Some(found) = self.identifiers.borrow().get(wanted) {
            return found.clone();
        }
        let found = self.look_up(evidence, wanted);
        self.identifiers.borrow_mut().insert(wanted.clone(), found.clone());
        found
    }

    fn look_up(&self, evidence: &Evidence<'_>, wanted: &Identifier) -> Found {
        let words: Vec<Word> = words::words(&wanted.canonical).collect();
        let rows = words
            .iter()
            .filter_map(|word| self.aliases.get(&word.hash))
            .min_by_key(|rows| rows.len())
            .map(|rows| rows.iter().copied().filter(|row| alias_is(evidence, *row, wanted)).collect())
            .unwrap_or_default();
        let folds = matches!(
            wanted.class,
            IdentifierClass::Ipv6
                | IdentifierClass::Mac
                | IdentifierClass::Cidr
                | IdentifierClass::Url
                | IdentifierClass::Version
        );
        if wanted.partial != Partial::Whole || folds || words.is_empty() {
            return (self.in_any_spelling(evidence, wanted), rows);
        }
        let rarest = words.iter().map(|word| self.posting_hash(word.hash));
        let Some(candidates) = rarest.min_by_key(|ids| ids.len()) else { return (Vec::new(), rows) };
        (candidates.iter().copied().filter(|id| holds(evidence.fact(*id), wanted)).collect(), rows)
    }

    /// Facts that hold an identifier which can be stored in other words than those printed. As a
    /// whole value it is compared by its form; inside a longer text it is one of two spellings,
    /// and their words lead to it.
    fn in_any_spelling(&self, evidence: &Evidence<'_>, wanted: &Identifier) -> Vec<FactId> {
        let forms = self.forms(evidence, wanted.class);
        let mut ids: Vec<FactId> = forms.iter().filter(|(_, form)| wanted.has_form(form)).map(|(id, _)| *id).collect();
        if wanted.partial == Partial::Whole {
            for spelling in [&wanted.canonical, &wanted.text] {
                let holding = |id: &FactId| holds(evidence.fact(*id), wanted);
                match self.with_words_of(spelling) {
                    Some(candidates) => ids.extend(candidates.iter().chain(&self.bookkeeping).copied().filter(holding)),
                    None => ids.extend((0..fact_id(evidence.facts.len())).filter(holding)),
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Facts that have the rarest word of a text; `None` if that is not known of all its words.
    fn with_words_of(&self, text: &str) -> Option<&[FactId]> {
        let words: Vec<Word> = words::words(text).collect();
        if !words.iter().all(|word| self.indexed.contains_key(&word.hash)) {
            return None;
        }
        words.iter().map(|word| self.posting_hash(word.hash)).min_by_key(|ids| ids.len())
    }

    /// The forms of all short values for a class, made when an identifier of the class is first looked up.
    fn forms(&self, evidence: &Evidence<'_>, class: IdentifierClass) -> Rc<Forms> {
        if let Some(forms) = self.forms.borrow().get(&class) {
            return Rc::clone(forms);
        }
        let facts = evidence.facts.iter().zip(0..);
        let forms = facts.filter_map(|(fact, id)| {
            let form = match fact.value {
                Value::Number(number) => form_of(class, &number.to_string()),
                Value::String(text) if text.len() <= MAX_VALUE_BYTES => form_of(class, text),
                _ => None,
            };
            Some((id, form?))
        });
        let forms = Rc::new(forms.collect::<Forms>());
        self.forms.borrow_mut().insert(class, Rc::clone(&forms));
        forms
    }

    /// Facts whose text or digits contain a word of the draft, if it was worth indexing.
    pub fn posting(&self, word: &str) -> &[FactId] {
        self.posting.get(&words::hash(word)).map_or(&[], Vec::as_slice)
    }

    /// The same by the word's hash.
    pub fn posting_hash(&self, word: u64) -> &[FactId] {
        self.posting.get(&word).map_or(&[], Vec::as_slice)
    }

    /// Facts whose text begins with the words (long texts, of which the draft may print the beginning).
    pub fn beginning(&self, words: &[Word]) -> &[FactId] {
        self.heads.get(&head(words.iter().map(|word| word.hash))).map_or(&[], Vec::as_slice)
    }

    /// Facts that are numbers (or numeric texts) within `low..=high`.
    pub fn numbers_between(&self, evidence: &Evidence<'_>, low: f64, high: f64) -> &[(f64, FactId)] {
        let all = self.numbers.get_or_init(|| {
            let mut all: Vec<(f64, FactId)> = evidence
                .facts
                .iter()
                .enumerate()
                .filter_map(|(id, fact)| Some((as_f64(fact.value)?, FactId::try_from(id).ok()?)))
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            all
        });
        let start = all.partition_point(|(value, _)| *value < low);
        let end = all.partition_point(|(value, _)| *value <= high);
        all.get(start..end.max(start)).unwrap_or_default()
    }

    /// Printed values inside a span.
    pub fn phrases_in(&self, span: &Range<usize>) -> impl Iterator<Item = &Phrase> {
        let start = self.phrases.partition_point(|phrase| phrase.span.start < span.start);
        let end = span.end;
        self.phrases[start..]
            .iter()
            .take_while(move |phrase| phrase.span.start < end)
            .filter(move |phrase| phrase.span.end <= end)
    }
}

/// Whether a stored text or number is printed so.
pub fn prints_as(value: &Value, text: &str) -> bool {
    match value {
        Value::String(stored) => stored == text,
        Value::Number(number) => number.to_string() == text,
        _ => false,
    }
}

/// Page and meta data: how the answer was made, not what it says.
pub fn is_bookkeeping(fact: &Fact<'_>) -> bool {
    matches!(fact.group, "page" | "meta" | "paging" | "pagination")
}

/// A number of the evidence, also one stored as text.
pub fn as_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text)
            if text.len() <= 32 && text.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'-') =>
        {
            text.parse().ok()
        }
        _ => None,
    }
    .filter(|value: &f64| value.is_finite())
}

/// A number of the evidence, exact.
pub fn as_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Decimal::parse(&number.to_string()),
        Value::String(text) if text.len() <= 32 => Decimal::parse(text),
        _ => None,
    }
}

fn alias_is(evidence: &Evidence<'_>, row: RowId, wanted: &Identifier) -> bool {
    evidence.rows.get(row as usize).and_then(|row| row.alias).is_some_and(|alias| wanted.matches(alias))
}

fn fact_id(at: usize) -> FactId {
    FactId::try_from(at).unwrap_or(FactId::MAX)
}

/// Longer texts are no identifiers; they may hold one.
const MAX_VALUE_BYTES: usize = 512;

/// Whether a fact holds an identifier.
pub fn holds(fact: &Fact<'_>, wanted: &Identifier) -> bool {
    match fact.value {
        Value::Number(number) => wanted.matches(&number.to_string()),
        Value::String(text) => {
            if text.len() <= MAX_VALUE_BYTES && wanted.matches(text) {
                return true;
            }
            text.len() > wanted.canonical.len() && inside(text, wanted)
        }
        _ => false,
    }
}

fn inside(text: &str, wanted: &Identifier) -> bool {
    // A cut identifier inside a longer text: only its printed end is a boundary.
    if wanted.partial != Partial::Whole {
        return false;
    }
    // Most texts do not hold it: look for the bytes before anything is folded.
    if text.is_ascii()
        && wanted.canonical.is_ascii()
        && !holds_bytes(text, &wanted.canonical)
        && !holds_bytes(text, &wanted.text)
    {
        return false;
    }
    let hay = words::fold(text);
    let needle = words::fold(&wanted.canonical);
    words::contains_token(&hay, &needle) || words::contains_token(&hay, &words::fold(&wanted.text))
}

/// Words that name the beginning of a long text.
const HEAD_WORDS: usize = 3;

fn head(words: impl Iterator<Item = u64>) -> u64 {
    words.take(HEAD_WORDS).fold(0, |state: u64, hash| state.rotate_left(17) ^ hash)
}

fn holds_bytes(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first().map(u8::to_ascii_lowercase) else { return false };
    text.windows(wanted.len())
        .any(|window| window[0].to_ascii_lowercase() == first && window.eq_ignore_ascii_case(wanted))
}

#[derive(Clone, Copy)]
enum Target {
    Fact(FactId),
    Row(RowId),
}

struct Builder<'d, 't> {
    draft: &'d Draft<'t>,
    positions: WordMap<Vec<u32>>,
    wanted: WordMap<()>,
    posting: WordMap<Vec<FactId>>,
    aliases: WordMap<Vec<RowId>>,
    heads: WordMap<Vec<FactId>>,
    phrases: std::collections::BTreeMap<(usize, usize), Phrase>,
    bookkeeping: Vec<FactId>,
    buffer: Vec<u64>,
}

impl<'d, 't> Builder<'d, 't> {
    fn new(draft: &'d Draft<'t>) -> Self {
        let mut positions: WordMap<Vec<u32>> = WordMap::default();
        let mut wanted = WordMap::default();
        for (at, word) in draft.words.iter().enumerate() {
            positions.entry(word.hash).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
            if draft.slice(&word.range()).bytes().any(|b| b.is_ascii_digit()) {
                wanted.insert(word.hash, ());
            }
        }
        for atom in &draft.atoms {
            if let AtomKind::Identifier(identifier) = &atom.kind {
                wanted.extend(words::words(&identifier.canonical).map(|word| (word.hash, ())));
            }
        }
        wanted.extend(ORDER_WORDS.iter().map(|hash| (*hash, ())));
        Self {
            draft,
            positions,
            wanted,
            posting: WordMap::default(),
            aliases: WordMap::default(),
            heads: WordMap::default(),
            phrases: std::collections::BTreeMap::new(),
            bookkeeping: Vec::new(),
            buffer: Vec::new(),
        }
    }

    fn number(&mut self, number: &serde_json::Number, id: FactId) {
        self.text(&number.to_string(), Target::Fact(id));
    }

    fn text(&mut self, text: &str, target: Target) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let mut all_known = true;
        let mut count = 0;
        for word in words::words(text) {
            count += 1;
            if self.wanted.contains_key(&word.hash) {
                match target {
                    Target::Fact(id) => {
                        let ids = self.posting.entry(word.hash).or_default();
                        if ids.last() != Some(&id) {
                            ids.push(id);
                        }
                    }
                    Target::Row(row) => self.aliases.entry(word.hash).or_default().push(row),
                }
            }
            all_known = all_known && count <= MAX_PHRASE_WORDS && self.positions.contains_key(&word.hash);
            if all_known {
                buffer.push(word.hash);
            }
        }
        if !all_known
            && buffer.len() >= HEAD_WORDS
            && let Target::Fact(id) = target
        {
            self.heads.entry(head(buffer.iter().copied())).or_default().push(id);
        }
        if all_known && count > 0 {
            self.phrase(&buffer, target);
        } else if count == 1 && text.len() <= 64 && text.bytes().any(|b| b.is_ascii_uppercase()) {
            self.spelled_out(text, &mut buffer, target);
        }
        self.buffer = buffer;
    }

    /// `pendingCustomer` printed as "pending customer".
    fn spelled_out(&mut self, code: &str, buffer: &mut Vec<u64>, target: Target) {
        buffer.clear();
        buffer.extend(words::name_words(code).iter().map(|part| words::hash(part)));
        if buffer.len() > 1 && buffer.iter().all(|hash| self.positions.contains_key(hash)) {
            self.phrase(buffer, target);
        }
    }

    fn phrase(&mut self, hashes: &[u64], target: Target) {
        let Some(starts) = hashes.first().and_then(|first| self.positions.get(first)) else { return };
        for start in starts {
            let start = *start as usize;
            let Some(window) = self.draft.words.get(start..start + hashes.len()) else { continue };
            if !window.iter().zip(hashes).all(|(word, hash)| word.hash == *hash) {
                continue;
            }
            let (Some(first), Some(last)) = (window.first(), window.last()) else { continue };
            if hashes.len() > 1 && self.draft.slice(&(first.start..last.end)).contains(['\n', '|']) {
                continue;
            }
            let span = first.start..last.end;
            let phrase = self.phrases.entry((span.start, span.end)).or_insert_with(|| Phrase {
                span,
                words: hashes.len(),
                facts: Vec::new(),
                rows: Vec::new(),
            });
            match target {
                Target::Fact(id) => {
                    if phrase.facts.last() != Some(&id) {
                        phrase.facts.push(id);
                    }
                }
                Target::Row(row) => phrase.rows.push(row),
            }
        }
    }

    fn finish(self) -> Index {
        let mut phrases: Vec<Phrase> = Vec::new();
        for phrase in self.phrases.into_values() {
            // Sorted by start, then end: a later one with the same start is longer.
            while phrases.last().is_some_and(|last| last.span.start == phrase.span.start) {
                phrases.pop();
            }
            if phrases.last().is_none_or(|last| last.span.end < phrase.span.end) {
                phrases.push(phrase);
            }
        }
        Index {
            phrases,
            posting: self.posting,
            aliases: self.aliases,
            heads: self.heads,
            numbers: OnceCell::new(),
            indexed: self.wanted,
            bookkeeping: self.bookkeeping,
            identifiers: RefCell::default(),
            forms: RefCell::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::domain::grounding::input::EvidenceResult;
    use crate::domain::outcome::Outcome;

    fn evidence(content: Value) -> Vec<EvidenceResult> {
        vec![EvidenceResult {
            id: "r1".to_owned(),
            tool: "listEvents".to_owned(),
            arguments: json!({"ip": "2001:db8::7"}),
            observed_at: Timestamp::UNIX_EPOCH,
            outcome: Outcome::Ok,
            content: Arc::new(content),
            page: None,
            error: None,
        }]
    }

    /// Values in every spelling that is allowed, whole and inside texts, in records and in page data.
    fn spellings() -> Value {
        json!({
            "data": [
                {"id": 1, "address": "2001:DB8:0:0:0:0:0:7", "net": "2001:db8:0::/48", "mac": "001A.2B3C.4D5E"},
                {"id": 2, "note": "seen at 2001:db8::7, not at 2001:db8::70; mac 00:1a:2b:3c:4d:5e"},
                {"id": 3, "uri": "HXXPS://Login.Example[.]com/a", "text": "it fetched https://login.example.com/a twice"},
                {"id": 4, "text": "it fetched https://login.example.com/abc, then hxxps://login.example[.]com/a"},
                {"id": 5, "digest": "sha256:5a2f0f6c9e1d4b7a", "other": "0b6f6f5e-3a53-4c0e-9d7a-2f1f6a1f7d11"},
                {"id": 6, "status": "pendingCustomer", "text": "It is pendingCustomer now"},
                {"id": 7, "host": "nfk-ws-0417", "text": "顧客nfk-ws-0417の件"},
                {"id": 8, "number": 20_010_417, "flag": true, "nothing": null},
            ],
            "page": {"next": "https://login.example.com/a", "text": "from 2001:db8::7 on", "host": "nfk-ws-0417"},
        })
    }

    #[test]
    fn the_index_finds_what_looking_at_every_fact_finds() {
        let text = "At 2001:db8::7, 2001:0DB8::7 and 2001:db8::/48 (mac 00-1A-2B-3C-4D-5E, 00:1a:2b:3c:4d:5e): \
            https://login.example.com/a, hxxps://login.example[.]com/a and HTTPS://LOGIN.example.com/a; \
            5a2f0f6c… and …7d11, 0b6f6f5e-3a53…, 2001:db8::70, 2001:db8::71, https://login.example.com/ab.";
        let draft = Draft::read(text, Lang::En);
        let results = evidence(spellings());
        let evidence = Evidence::new(&results);
        let index = Index::new(&evidence, &draft);
        let identifiers: Vec<&Identifier> = draft
            .atoms
            .iter()
            .filter_map(|atom| match &atom.kind {
                AtomKind::Identifier(identifier) => Some(identifier),
                _ => None,
            })
            .collect();
        assert!(identifiers.len() >= 13, "{identifiers:?}");
        let mut found = 0;
        for wanted in identifiers {
            let spelled_one_way = wanted.partial == Partial::Whole
                && !matches!(
                    wanted.class,
                    IdentifierClass::Ipv6 | IdentifierClass::Mac | IdentifierClass::Cidr | IdentifierClass::Url
                );
            let every: Vec<FactId> = (0..fact_id(evidence.facts.len()))
                .filter(|id| holds(evidence.fact(*id), wanted))
                .filter(|id| !(spelled_one_way && is_bookkeeping(evidence.fact(*id))))
                .collect();
            for _again in 0..2 {
                assert_eq!(index.identifier(&evidence, wanted).0, every, "{wanted:?}");
            }
            found += every.len();
        }
        assert!(found >= 20, "{found}");
    }
}
