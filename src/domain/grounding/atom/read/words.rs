//! Number words in the languages written with spaces: compounds, fractions, ordinals and vague
//! amounts. A word counts only in the language of the text.

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Reading;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::lexicon::number_morphemes;
use crate::domain::grounding::atom::read::MIN_COMPOUND_BYTES;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::read::digits::Core;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::lang::Lang;

/// Longest word that is taken apart.
const MAX_COMPOUND_BYTES: usize = 80;
/// Most words in one spelled number.
const MAX_WORDS: usize = 16;

impl Reader<'_> {
    /// A spelled number, fraction, ordinal or vague amount at token `i`.
    pub(super) fn words_core(&self, i: usize) -> Option<Core> {
        if !matches!(self.text.kind(i), Some(TokenKind::Word | TokenKind::Cjk)) {
            return None;
        }
        let phrase = self.phrase_core(i);
        let counted = self.spelled(i);
        match (phrase, counted) {
            (Some(phrase), Some((_, end))) if phrase.end >= end => Some(phrase),
            (Some(phrase), None) => Some(phrase),
            (_, Some((value, end))) => Some(Core {
                readings: vec![Reading { value: Decimal::from(value), decimals: 0 }],
                ordinal: false,
                spelled: true,
                vague: None,
                share: false,
                end,
            }),
            (None, None) => None,
        }
    }

    fn phrase_core(&self, i: usize) -> Option<Core> {
        let (meaning, end) = self.phrase(i, |meaning| match meaning {
            Meaning::Fraction(..) | Meaning::Vague(..) | Meaning::Ordinal(_) => Some(meaning),
            _ => None,
        })?;
        let mut core = Core { readings: Vec::new(), ordinal: false, spelled: true, vague: None, share: false, end };
        let (value, decimals) = match meaning {
            Meaning::Fraction(over, under) => {
                core.share = true;
                let hundredths = over * 10_000 / under;
                (Decimal::new(i128::from(hundredths), 4)?, 4)
            }
            Meaning::Vague(low, high) => {
                core.vague = Some((Decimal::from(low), Decimal::from(high)));
                (Decimal::from(low), 0)
            }
            Meaning::Ordinal(value) => {
                let before = self.text.before(i).map_or("", |at| self.text.lower(at));
                if matches!(before, "a" | "per" | "each" | "every" | "une" | "un") {
                    return None;
                }
                core.ordinal = true;
                (Decimal::from(value), 0)
            }
            _ => return None,
        };
        core.readings.push(Reading { value, decimals });
        Some(core)
    }

    /// The value of spelled-out words from token `i`, and the token after them.
    fn spelled(&self, i: usize) -> Option<(u64, usize)> {
        let mut sum = Sum::new(self.lang);
        let mut best: Option<(u64, usize)> = None;
        let mut at = i;
        for _ in 0..MAX_WORDS {
            let Some(morphemes) = self.morphemes(at) else {
                break;
            };
            let mut next = sum;
            if !morphemes.iter().all(|morpheme| next.push(*morpheme)) {
                break;
            }
            sum = next;
            at += 1;
            if !sum.open {
                best = Some((sum.value(), at));
            }
            let gap = at + usize::from(self.text.raw(at) == " " || self.text.is(at, '-'));
            if gap == at {
                break;
            }
            at = gap;
        }
        let (value, end) = best.filter(|_| !sum.weak)?;
        if value == 1 && end == i + 1 && self.is_pronoun(i) {
            return None;
        }
        Some((value, end))
    }

    fn is_pronoun(&self, i: usize) -> bool {
        let before = self.text.before(i);
        before.is_some_and(|at| self.is_phrase(at, Meaning::NotOne).is_some())
    }

    /// The number morphemes that make up the whole word at token `i`.
    fn morphemes(&self, i: usize) -> Option<Vec<Meaning>> {
        let token = self.text.tokens.get(i).filter(|token| token.kind == TokenKind::Word)?;
        let counts = |meaning: Meaning| {
            matches!(meaning, Meaning::Num(_) | Meaning::Mult(_) | Meaning::Connector | Meaning::Article)
        };
        let own = token.phrases.iter().filter(|p| p.lang == self.lang && p.rest.is_empty());
        if let Some(phrase) = own.into_iter().find(|phrase| counts(phrase.meaning)) {
            return Some(vec![phrase.meaning]);
        }
        let compounds = matches!(self.lang, Lang::De | Lang::Nb | Lang::Sv | Lang::Da);
        let word = self.text.lower(i);
        if !compounds || !(MIN_COMPOUND_BYTES..=MAX_COMPOUND_BYTES).contains(&word.len()) {
            return None;
        }
        take_apart(self.lang, word)
    }
}

/// Cuts a compound into number morphemes, longest first, with one step back where the longest
/// one leaves a rest that is none.
fn take_apart(lang: Lang, word: &str) -> Option<Vec<Meaning>> {
    let all = number_morphemes(lang);
    let mut found = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let fits = |(form, _): &&(&str, Meaning)| {
            rest.strip_prefix(form)
                .is_some_and(|after| after.is_empty() || all.iter().any(|(next, _)| after.starts_with(next)))
        };
        let (form, meaning) = all.iter().find(fits)?;
        rest = rest.strip_prefix(form)?;
        found.push(*meaning);
        if found.len() > MAX_WORDS {
            return None;
        }
    }
    (found.len() > 1).then_some(found)
}

/// Adds up number words; refuses a word that cannot follow.
#[derive(Debug, Clone, Copy)]
struct Sum {
    lang: Lang,
    total: u64,
    current: u64,
    last_multiple: u64,
    connected: bool,
    /// Nothing yet, or ends in a connector.
    open: bool,
    /// Nothing but an article.
    weak: bool,
    started: bool,
}

impl Sum {
    fn new(lang: Lang) -> Self {
        Self {
            lang,
            total: 0,
            current: 0,
            last_multiple: u64::MAX,
            connected: false,
            open: true,
            weak: true,
            started: false,
        }
    }

    fn value(self) -> u64 {
        self.total + self.current
    }

    fn push(&mut self, meaning: Meaning) -> bool {
        match meaning {
            Meaning::Num(value) => self.add(value, false),
            Meaning::Article => self.add(1, true),
            Meaning::Mult(factor) => self.multiply(factor),
            Meaning::Connector => {
                let allowed = self.started && !self.connected && !(self.weak && self.lang != Lang::De);
                self.connected = true;
                self.open = true;
                allowed
            }
            _ => false,
        }
    }

    fn add(&mut self, value: u64, article: bool) -> bool {
        let rest = self.current % 100;
        let english = matches!(self.lang, Lang::En | Lang::Sv);
        let fits = if !self.started || (self.current == 0 && self.total > 0 && value > 0) {
            true
        } else if value >= 100 {
            self.current == 0
        } else if value == 0 {
            false
        } else if rest == 0 {
            self.current > 0
        } else if value < 10 {
            rest >= 20 && rest.is_multiple_of(10) && !(self.connected && english)
        } else if self.lang == Lang::Fr && value == 20 && rest == 4 && !self.connected {
            self.current += 76 - value;
            true
        } else if self.lang == Lang::Fr && value < 20 {
            matches!(rest, 60 | 80)
        } else {
            self.connected && rest < 10 && value.is_multiple_of(10) && !english
        };
        self.current += value;
        self.started = true;
        self.weak &= article;
        self.connected = false;
        self.open = false;
        fits
    }

    fn multiply(&mut self, factor: u64) -> bool {
        let fits = !self.connected;
        self.weak = false;
        self.started = true;
        self.open = false;
        if factor == 100 {
            let fits = fits && self.current < 100;
            self.current = self.current.max(1) * 100;
            return fits;
        }
        let fits = fits && factor < self.last_multiple && (self.current > 0 || self.total == 0);
        self.total += self.current.max(1).saturating_mul(factor);
        self.current = 0;
        self.last_multiple = factor;
        fits
    }
}
