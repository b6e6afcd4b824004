//! The word lists compiled for one pass over a message: whole words, `word*`,
//! `*word`, phrases, and substrings for Japanese. Says which marks a text carries
//! and which language it is in; what the marks mean together is not known here.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::IsNormalized;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfkc_quick;

use crate::domain::lang::Lang;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::PolicyError;
use crate::domain::policy::settings::Words;
use crate::domain::policy::spans::Spans;

/// Longest text that is read, in bytes of the original message.
const MAX_TEXT: usize = 16 * 1024;

/// Shortest affix of a `word*` or `*word` entry, in characters.
const MIN_AFFIX: usize = 3;

/// Flat word lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Function words.
    Stop,
    /// Greetings.
    Greeting,
    /// Thanks.
    Thanks,
    /// What can you do.
    Capabilities,
    /// Ok, great.
    Acknowledge,
    /// Present state, news, changes.
    Freshness,
    /// Format, shorten, translate.
    Rework,
    /// Explain, compare, reason.
    Explain,
    /// Pronouns.
    Refers,
    /// The result, the table above.
    Shown,
    /// The case.
    Definite,
    /// Skip rules.
    SkipRules,
    /// Make data up.
    MakeUp,
    /// What is a.
    Definition,
    /// What is.
    WhatIs,
    /// Show, list.
    Ask,
    /// Operational nouns.
    Operational,
    /// Ransomware, sign-ins.
    Topic,
    /// We, our.
    Ours,
    /// Weather.
    Outside,
    /// Close, delete.
    Change,
    /// Please.
    Polite,
    /// Last.
    Last,
    /// Since.
    Since,
    /// Older than.
    Subtle,
    /// Latest, top.
    Limit,
    /// For, at.
    BeforeCustomer,
    /// Number.
    Number,
    /// Per, for each: counts are asked by group.
    Per,
    /// By: before the name of a group it may mean the same.
    By,
    /// Most, top: the largest groups are asked for.
    Most,
    /// And, or.
    Joins,
}

/// What a stretch of text stands for. Numbers index the tables of [`Lexicon`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A word of a flat list.
    List(List),
    /// Points at a tool group.
    Group(u16),
    /// A position: 0 for the first, -1 for the last.
    Position(i32),
    /// A unit of time.
    Unit(u16),
    /// A weekday, Monday 0.
    Weekday(u16),
    /// A named time range.
    Time(u16),
    /// A value word: list and value.
    Value(u16, u16),
    /// An aspect.
    Aspect(u16),
    /// A number in words.
    Numeral(u16),
    /// Words that may mean several kinds of data.
    Ambiguity(u16),
}

/// One stretch of the normalised text with its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// First byte in the normalised text.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// What it stands for.
    pub mark: Mark,
    /// Language of the entry.
    pub lang: Lang,
}

/// One word of the normalised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Chinese or Japanese script, where a token is a run of characters.
    pub cjk: bool,
}

/// A message made ready for matching: NFKC, lower case, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// NFKC, original case.
    pub original: String,
    /// NFKC, lower case.
    pub lower: String,
    /// Words of `lower`.
    pub tokens: Vec<Token>,
}

impl Text {
    /// Normalises a message; what lies beyond 16 KiB is not read.
    pub fn new(message: &str) -> Self {
        let mut end = message.len().min(MAX_TEXT);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let original = normal(&message[..end]).replace(['’', '‘'], "'");
        let lower = original.to_lowercase();
        let tokens = tokens(&lower);
        Self { original, lower, tokens }
    }

    /// The words of a token.
    pub fn word(&self, token: &Token) -> &str {
        &self.lower[token.start..token.end]
    }
}

/// NFKC; nearly all text is so already.
fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().collect())
}

/// Kana and Han.
pub fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{3005}')
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut open: Option<Token> = None;
    for (at, c) in text.char_indices() {
        let cjk = is_cjk(c);
        if !(cjk || c.is_alphanumeric()) {
            found.extend(open.take());
            continue;
        }
        match &mut open {
            Some(token) if token.cjk == cjk => token.end = at + c.len_utf8(),
            _ => {
                found.extend(open.take());
                open = Some(Token { start: at, end: at + c.len_utf8(), cjk });
            }
        }
    }
    found.extend(open);
    found
}

/// One word of an entry.
#[derive(Clone, Debug)]
enum Part {
    Exact(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
}

impl Part {
    fn matches(&self, word: &str) -> bool {
        match self {
            Part::Exact(text) => word == &**text,
            Part::Prefix(text) => word.starts_with(&**text),
            Part::Suffix(text) => word.ends_with(&**text),
        }
    }

    fn text(&self) -> &str {
        let (Part::Exact(text) | Part::Prefix(text) | Part::Suffix(text)) = self;
        text
    }
}

#[derive(Clone, Debug)]
struct Entry {
    rest: Box<[Part]>,
    mark: Mark,
    lang: Lang,
}

/// Entries whose first word is `word*` or `*word`. One look-up by the characters at the outer end
/// finds all that can fit.
#[derive(Clone, Debug, Default)]
struct Affixes {
    /// By their first or last [`MIN_AFFIX`] characters; the shorter first.
    by_edge: HashMap<Box<str>, Vec<(Part, Vec<Entry>)>>,
}

impl Affixes {
    fn add(&mut self, edge: &str, affix: Part, entry: Entry) {
        let known = self.by_edge.entry(edge.into()).or_default();
        let at = known.partition_point(|(other, _)| other.text().len() < affix.text().len());
        match known[at..].iter_mut().find(|(other, _)| other.text() == affix.text()) {
            Some((_, entries)) => entries.push(entry),
            None => known.insert(at, (affix, vec![entry])),
        }
    }

    /// The entries that fit a word with this edge, those of the shorter affix first.
    fn fitting<'a>(&'a self, edge: &str, word: &'a str) -> impl Iterator<Item = &'a Entry> {
        let known = self.by_edge.get(edge).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter(move |(affix, _)| affix.matches(word)).flat_map(|(_, entries)| entries)
    }
}

/// The first [`MIN_AFFIX`] characters of a word, if it has as many.
fn front(word: &str) -> Option<&str> {
    let (at, c) = word.char_indices().nth(MIN_AFFIX - 1)?;
    Some(&word[..at + c.len_utf8()])
}

/// The last [`MIN_AFFIX`] characters of a word, if it has as many.
fn back(word: &str) -> Option<&str> {
    let (at, _) = word.char_indices().nth_back(MIN_AFFIX - 1)?;
    Some(&word[at..])
}

/// All word lists, ready to match.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    exact: HashMap<Box<str>, Vec<Entry>>,
    prefix: Affixes,
    suffix: Affixes,
    substrings: Vec<(Box<str>, Mark)>,
    /// Places in `substrings` by first character, in order.
    by_first: HashMap<char, Vec<usize>>,
    /// Names of aspects.
    pub aspects: Vec<String>,
    /// Names of time ranges.
    pub times: Vec<String>,
    /// Names of value lists with the names of their values.
    pub values: Vec<(String, Vec<String>)>,
    /// Value lists whose words mean something only where counts are asked for by group.
    grouping: Vec<usize>,
}

/// Units in the order of [`Mark::Unit`].
pub const UNITS: [&str; 5] = ["minute", "hour", "day", "week", "month"];

/// Weekdays in the order of [`Mark::Weekday`].
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const POSITIONS: [(&str, i32); 6] =
    [("first", 0), ("second", 1), ("third", 2), ("fourth", 3), ("fifth", 4), ("last", -1)];

impl Lexicon {
    /// Compiles the word lists of a policy.
    ///
    /// # Errors
    /// [`PolicyError::Inconsistent`] for a table key that means nothing or an affix that is too short.
    pub fn new(policy: &Policy) -> Result<Self, PolicyError> {
        let mut lexicon = Self::default();
        for (lang, words) in &policy.words {
            lexicon.add_lists(*lang, words)?;
            lexicon.add_tables(*lang, words, policy)?;
        }
        for (index, group) in policy.groups.iter().enumerate() {
            for (lang, words) in &group.words {
                lexicon.add_all(words, Mark::Group(index_u16(index)), *lang)?;
            }
        }
        for (index, ambiguity) in policy.ambiguities.iter().enumerate() {
            for (lang, words) in &ambiguity.words {
                lexicon.add_all(words, Mark::Ambiguity(index_u16(index)), *lang)?;
            }
        }
        let groups = |list: &String| policy.readings.iter().any(|reading| reading.groups_by && &reading.from == list);
        let grouping = lexicon.values.iter().enumerate().filter(|(_, (list, _))| groups(list));
        lexicon.grouping = grouping.map(|(at, _)| at).collect();
        Ok(lexicon)
    }

    fn add_lists(&mut self, lang: Lang, words: &Words) -> Result<(), PolicyError> {
        let lists = [
            (List::Stop, &words.stop),
            (List::Greeting, &words.greeting),
            (List::Thanks, &words.thanks),
            (List::Capabilities, &words.capabilities),
            (List::Acknowledge, &words.acknowledge),
            (List::Freshness, &words.freshness),
            (List::Rework, &words.rework),
            (List::Explain, &words.explain),
            (List::Refers, &words.refers),
            (List::Shown, &words.shown),
            (List::Definite, &words.definite),
            (List::SkipRules, &words.skip_rules),
            (List::MakeUp, &words.make_up),
            (List::Definition, &words.definition),
            (List::WhatIs, &words.what_is),
            (List::Ask, &words.ask),
            (List::Operational, &words.operational),
            (List::Topic, &words.topic),
            (List::Ours, &words.ours),
            (List::Outside, &words.outside),
            (List::Change, &words.change),
            (List::Polite, &words.polite),
            (List::Last, &words.last),
            (List::Since, &words.since),
            (List::Subtle, &words.subtle),
            (List::Limit, &words.limit),
            (List::BeforeCustomer, &words.before_customer),
            (List::Number, &words.number),
            (List::Per, &words.per),
            (List::By, &words.by),
            (List::Most, &words.most),
            (List::Joins, &words.joins),
        ];
        lists.into_iter().try_for_each(|(list, entries)| self.add_all(entries, Mark::List(list), lang))
    }

    fn add_tables(&mut self, lang: Lang, words: &Words, policy: &Policy) -> Result<(), PolicyError> {
        for (name, entries) in &words.groups {
            // A group that the configuration leaves out takes its words along.
            if let Some(index) = policy.groups.iter().position(|group| &group.name == name) {
                self.add_all(entries, Mark::Group(index_u16(index)), lang)?;
            }
        }
        for (name, entries) in &words.positions {
            let found = POSITIONS.iter().find(|(known, _)| known == name);
            let (_, position) = found.ok_or_else(|| unknown("position", name))?;
            self.add_all(entries, Mark::Position(*position), lang)?;
        }
        for (name, entries) in &words.units {
            let index = UNITS.iter().position(|unit| unit == name).ok_or_else(|| unknown("unit", name))?;
            self.add_all(entries, Mark::Unit(index_u16(index)), lang)?;
        }
        for (name, entries) in &words.weekdays {
            let index = WEEKDAYS.iter().position(|day| day == name).ok_or_else(|| unknown("weekday", name))?;
            self.add_all(entries, Mark::Weekday(index_u16(index)), lang)?;
        }
        for (name, entries) in &words.times {
            if !policy.times.contains_key(name) {
                return Err(unknown("time range", name));
            }
            let index = intern(&mut self.times, name);
            self.add_all(entries, Mark::Time(index), lang)?;
        }
        for (name, entries) in &words.aspects {
            let index = intern(&mut self.aspects, name);
            self.add_all(entries, Mark::Aspect(index), lang)?;
        }
        for (number, entries) in &words.numerals {
            let number = number.parse().map_err(|_| unknown("number", number))?;
            self.add_all(entries, Mark::Numeral(number), lang)?;
        }
        for (list, values) in &words.values {
            for (value, entries) in values {
                let mark = self.value_mark(list, value);
                self.add_all(entries, mark, lang)?;
            }
        }
        Ok(())
    }

    fn value_mark(&mut self, list: &str, value: &str) -> Mark {
        let at = self.values.iter().position(|(name, _)| name == list).unwrap_or_else(|| {
            self.values.push((list.to_owned(), Vec::new()));
            self.values.len() - 1
        });
        let index = intern(&mut self.values[at].1, value);
        Mark::Value(index_u16(at), index)
    }

    fn add_all(&mut self, entries: &[String], mark: Mark, lang: Lang) -> Result<(), PolicyError> {
        entries.iter().try_for_each(|entry| self.add(entry, mark, lang))
    }

    fn add(&mut self, entry: &str, mark: Mark, lang: Lang) -> Result<(), PolicyError> {
        let entry = entry.nfkc().collect::<String>().to_lowercase();
        if let Some(first) = entry.chars().next().filter(|_| entry.chars().any(is_cjk)) {
            self.by_first.entry(first).or_default().push(self.substrings.len());
            self.substrings.push((entry.into(), mark));
            return Ok(());
        }
        let mut parts = parts_of(&entry)?.into_iter();
        let first = parts
            .next()
            .ok_or_else(|| PolicyError::Inconsistent(format!("empty word in the lists of {}", lang.code())))?;
        let rest = Entry { rest: parts.collect(), mark, lang };
        match &first {
            Part::Exact(text) => self.exact.entry(text.clone()).or_default().push(rest),
            Part::Prefix(text) => self.prefix.add(front(text).unwrap_or(text), first.clone(), rest),
            Part::Suffix(text) => self.suffix.add(back(text).unwrap_or(text), first.clone(), rest),
        }
        Ok(())
    }

    /// All marks of a text, by start, the longer first. Spans of `masked` are passed over.
    pub fn scan(&self, text: &Text, masked: &Spans) -> Vec<Hit> {
        let mut hits = Vec::new();
        let open: Vec<&Token> = text.tokens.iter().filter(|token| !masked.overlap(token.start, token.end)).collect();
        for index in 0..open.len() {
            self.scan_at(text, &open[index..], &mut hits);
        }
        if open.iter().any(|token| token.cjk) {
            self.scan_substrings(text, masked, &mut hits);
        }
        hits.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
        hits
    }

    fn scan_at(&self, text: &Text, tokens: &[&Token], hits: &mut Vec<Hit>) {
        let Some(first) = tokens.first() else { return };
        let word = text.word(first);
        let exact = self.exact.get(word).into_iter().flatten();
        let prefixed = front(word).into_iter().flat_map(|edge| self.prefix.fitting(edge, word));
        let suffixed = back(word).into_iter().flat_map(|edge| self.suffix.fitting(edge, word));
        for entry in exact.chain(prefixed).chain(suffixed) {
            let fits = tokens.len() > entry.rest.len()
                && entry.rest.iter().zip(&tokens[1..]).all(|(part, token)| part.matches(text.word(token)));
            if fits {
                let end = tokens[entry.rest.len()].end;
                hits.push(Hit { start: first.start, end, mark: entry.mark, lang: entry.lang });
            }
        }
    }

    fn scan_substrings(&self, text: &Text, masked: &Spans, hits: &mut Vec<Hit>) {
        // Occurrences of one entry do not overlap each other.
        let mut free_from = vec![0; self.substrings.len()];
        for (start, c) in text.lower.char_indices() {
            for index in self.by_first.get(&c).into_iter().flatten() {
                let (pattern, mark) = &self.substrings[*index];
                if start < free_from[*index] || !text.lower[start..].starts_with(&**pattern) {
                    continue;
                }
                let end = start + pattern.len();
                free_from[*index] = end;
                if !masked.overlap(start, end) {
                    hits.push(Hit { start, end, mark: *mark, lang: Lang::Ja });
                }
            }
        }
    }

    /// Whether this is a word that counts can be grouped by, and no more.
    pub fn groups_by(&self, mark: Mark) -> bool {
        matches!(mark, Mark::Value(list, _) if self.grouping.contains(&usize::from(list)))
    }

    /// Whether a single word is a function word of some language.
    pub fn is_small(&self, word: &str) -> bool {
        let text = Text::new(word);
        self.scan(&text, &Spans::default()).iter().any(|hit| hit.mark == Mark::List(List::Stop))
    }

    /// Whether a single word stands in any list.
    pub fn knows(&self, word: &str) -> bool {
        let text = Text::new(word);
        self.scan(&text, &Spans::default()).iter().any(|hit| hit.end - hit.start == text.lower.len())
    }
}

fn parts_of(entry: &str) -> Result<Vec<Part>, PolicyError> {
    let mut parts = Vec::new();
    for word in entry.split(|c: char| !(c.is_alphanumeric() || c == '*')).filter(|word| !word.is_empty()) {
        let affix = word.trim_matches('*');
        if affix.len() < word.len() && affix.chars().count() < MIN_AFFIX {
            return Err(PolicyError::Inconsistent(format!("word {entry:?} is too short for a wildcard")));
        }
        parts.push(if word.ends_with('*') {
            Part::Prefix(affix.into())
        } else if word.starts_with('*') {
            Part::Suffix(affix.into())
        } else {
            Part::Exact(affix.into())
        });
    }
    Ok(parts)
}

fn unknown(what: &str, name: &str) -> PolicyError {
    PolicyError::Inconsistent(format!("{what} {name:?} is not known"))
}

fn intern(names: &mut Vec<String>, name: &str) -> u16 {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    index_u16(at)
}

fn index_u16(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Languages whose words count in a message of this language: its own, English as the
/// language of the trade, and the neighbours among the Scandinavian languages.
pub fn speaks(message: Lang, entry: Lang) -> bool {
    const NORDIC: [Lang; 3] = [Lang::Nb, Lang::Sv, Lang::Da];
    message == entry
        || message == Lang::Other
        || entry == Lang::En
        || (NORDIC.contains(&message) && NORDIC.contains(&entry))
}

/// The language of a text from its function words, other known words and letters.
/// `hint` settles a tie, e.g. the language of the message before.
pub fn detect(text: &Text, hits: &[Hit], hint: Option<Lang>) -> Lang {
    let mut score = [0_i32; 8];
    for hit in hits {
        if let Some(at) = Lang::KNOWN.iter().position(|lang| *lang == hit.lang) {
            let weight = if hit.mark == Mark::List(List::Stop) { 4 } else { 2 };
            // A phrase is better proof than a word.
            let words = text.lower[hit.start..hit.end].split(' ').count();
            score[at] += weight + 2 * i32::try_from(words.min(4)).unwrap_or(1) - 2;
        }
    }
    for c in text.lower.chars().take(2_000) {
        let langs: &[Lang] = match c {
            'ß' => &[Lang::De],
            'ä' | 'ö' => &[Lang::De, Lang::Sv],
            'ü' => &[Lang::De],
            'å' => &[Lang::Nb, Lang::Sv, Lang::Da],
            'æ' | 'ø' => &[Lang::Nb, Lang::Da],
            'ñ' | '¿' | '¡' | 'á' | 'í' | 'ó' | 'ú' => &[Lang::Es],
            'ç' | 'œ' | 'è' | 'ê' | 'à' | 'â' | 'î' | 'û' | 'ù' => &[Lang::Fr],
            '\u{3040}'..='\u{30ff}' => &[Lang::Ja],
            _ => &[],
        };
        for lang in langs {
            if let Some(at) = Lang::KNOWN.iter().position(|known| known == lang) {
                score[at] += 3;
            }
        }
    }
    let best = score.iter().copied().max().unwrap_or(0);
    if best == 0 {
        let foreign = text.tokens.len() >= 3 || text.lower.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
        return if foreign { Lang::Other } else { hint.unwrap_or_default() };
    }
    let leads = |lang: Lang| Lang::KNOWN.iter().zip(score).any(|(known, points)| *known == lang && points == best);
    if let Some(hint) = hint.filter(|hint| leads(*hint)) {
        return hint;
    }
    Lang::KNOWN.into_iter().find(|lang| leads(*lang)).unwrap_or_default()
}
