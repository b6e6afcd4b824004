//! Numbers with approximators, units and ranges; lengths of time; "ago".

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::lexicon::Bound;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::read::Found;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::read::digits::Core;
use crate::domain::grounding::atom::read::kanji::COUNTERS;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::grounding::atom::unit::Dimension;

/// A number with everything printed around it.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) core: Core,
    pub(super) high: Option<Core>,
    pub(super) bound: Option<Bound>,
    pub(super) unit: Option<Unit>,
    pub(super) end: usize,
}

/// Words before a range that make it a change ("from 5 to 7"), not an interval.
const FROM_WORDS: [&str; 6] = ["from", "fra", "från", "von", "de", "desde"];

pub(super) fn approx_of(bound: Bound) -> Approx {
    match bound {
        Bound::About => Approx::About,
        Bound::Nearly => Approx::Nearly,
        Bound::JustOver => Approx::JustOver,
        Bound::Over => Approx::Over,
        Bound::AtLeast => Approx::AtLeast,
        Bound::Under => Approx::Under,
        Bound::AtMost => Approx::AtMost,
    }
}

impl Reader<'_> {
    /// A number, a length of time or a relative time at token `i`.
    pub(super) fn quantity(&self, i: usize) -> Option<Found> {
        if let Some(found) = self.led_relative(i) {
            return Some(found);
        }
        let measured = self.measured(i);
        if let Some((length, end)) = self.length(i, measured.as_ref()) {
            if let Some(found) = self.ago(i, &length, end) {
                return Some(found);
            }
            return Some(Found { parts: vec![(i, end, AtomKind::Duration(length))], end });
        }
        if let Some((length, end)) = self.article_length(i) {
            return self.ago(i, &length, end);
        }
        let measured = measured?;
        let end = measured.end;
        let number = self.number(i, measured)?;
        Some(Found { parts: vec![(i, end, AtomKind::Number(number))], end })
    }

    /// A number core of any script at token `i`.
    fn core(&self, i: usize) -> Option<Core> {
        if self.text.glued_left(i) {
            return None;
        }
        match self.text.kind(i)? {
            TokenKind::Digits => {
                let kanji = self.kanji_core(i);
                let digits = self.digits_core(i);
                match (kanji, digits) {
                    (Some(kanji), Some(digits)) if kanji.end <= digits.end => Some(digits),
                    (kanji, digits) => kanji.or(digits),
                }
            }
            TokenKind::Punct => self.digits_core(i),
            TokenKind::Cjk => self.kanji_core(i).or_else(|| self.words_core(i)),
            TokenKind::Word => self.words_core(i),
            _ => None,
        }
    }

    fn bound_before(&self, i: usize) -> (Option<Bound>, usize) {
        let text = self.text;
        let before = text.raw(i.wrapping_sub(1));
        let symbol = match text.raw(i) {
            "~" | "≈" | "∼" => Some((Bound::About, i + 1)),
            "≥" => Some((Bound::AtLeast, i + 1)),
            "≤" => Some((Bound::AtMost, i + 1)),
            ">" if text.is(i + 1, '=') => Some((Bound::AtLeast, i + 2)),
            "<" if text.is(i + 1, '=') => Some((Bound::AtMost, i + 2)),
            ">" if !matches!(before, "-" | "=" | "\n" | "") => Some((Bound::Over, i + 1)),
            "<" => Some((Bound::Under, i + 1)),
            _ => self.phrase(i, |meaning| match meaning {
                Meaning::Approx(bound) => Some(bound),
                _ => None,
            }),
        };
        symbol.map_or((None, i), |(bound, end)| (Some(bound), text.skip_space(end)))
    }

    pub(super) fn measured(&self, i: usize) -> Option<Measured> {
        let (mut bound, mut at) = self.bound_before(i);
        let between = self.is_phrase(at, Meaning::Between).map(|end| self.text.skip_space(end));
        at = between.unwrap_or(at);
        let core = self.core(at)?;
        let mut end = core.end;
        let mut unit = self.unit_after(&core);
        if let Some((_, after)) = unit {
            end = after;
        }
        let mut high = None;
        let from = self.text.before(i).is_some_and(|word| FROM_WORDS.contains(&self.text.lower(word)));
        if let Some(second) = self.range_end(end, between.is_some(), from).filter(|s| rises(&core, s)) {
            end = second.end;
            if let Some((second_unit, after)) = self.unit_after(&second) {
                unit = Some((second_unit, after));
                end = after;
            }
            high = Some(second);
        } else if between.is_some() {
            return None;
        }
        if let Some((after, reached)) = self.bound_after(end) {
            bound = bound.or(Some(after));
            end = reached;
        }
        Some(Measured { core, high, bound, unit: unit.map(|(unit, _)| unit), end })
    }

    fn bound_after(&self, end: usize) -> Option<(Bound, usize)> {
        if self.text.is(end, '+') && self.text.digits(end + 1).is_none() {
            return Some((Bound::AtLeast, end + 1));
        }
        // Japanese puts a counter between: 1万件以上.
        let counted = self.text.raw(end).chars().next().is_some_and(|c| COUNTERS.contains(c));
        let end = end + usize::from(counted);
        self.phrase(self.text.skip_space(end), |meaning| match meaning {
            Meaning::ApproxAfter(bound) => Some(bound),
            _ => None,
        })
    }

    /// The second number of a range whose first one ends before token `end`.
    fn range_end(&self, end: usize, between: bool, from: bool) -> Option<Core> {
        let text = self.text;
        let spaced = text.skip_space(end);
        if text.is(end, '-') || text.is(end, '~') {
            return (!from).then(|| self.digits_core(end + 1)).flatten().filter(|_| text.digits(end + 1).is_some());
        }
        if text.is(spaced, '–') || text.is(spaced, '—') {
            let at = text.skip_space(spaced + 1);
            let tight = spaced == end && at == spaced + 1;
            return (tight || text.is(spaced, '–')).then(|| self.digits_core(at)).flatten();
        }
        let wanted = if between { Meaning::Connector } else { Meaning::To };
        let after = self.is_phrase(spaced, wanted)?;
        if !between && (from || spaced == end && text.kind(spaced) == Some(TokenKind::Word)) {
            return None;
        }
        self.core(text.skip_space(after))
    }

    pub(super) fn unit_after(&self, core: &Core) -> Option<(Unit, usize)> {
        let spaced = self.text.skip_space(core.end);
        let hyphen = self.text.is(core.end, '-');
        let at = if hyphen { core.end + 1 } else { spaced };
        let (unit, end) = self.unit(at, at == core.end && !core.spelled)?;
        // "24-hour" is a unit; "3-d" is not.
        let short = self.text.raw(at).len() < 3;
        (!(hyphen && short)).then_some((unit, end))
    }

    /// The unit at token `at`. One-letter units must touch the number, or be usual apart.
    pub(super) fn unit(&self, at: usize, attached: bool) -> Option<(Unit, usize)> {
        let text = self.text;
        if text.is(at, '%') {
            let points = text.is(at + 1, '-') && text.lower(at + 2).starts_with("point");
            return Some(if points { (Unit::PercentagePoint, at + 3) } else { (Unit::Percent, at + 1) });
        }
        let (unit, end) = self.phrase(at, |meaning| match meaning {
            Meaning::Unit(unit) => Some(unit),
            _ => None,
        })?;
        let raw = text.raw(at);
        let first_upper = raw.starts_with(|c: char| c.is_uppercase());
        let usable = match raw.len() {
            _ if text.kind(at) == Some(TokenKind::Cjk) => self.counts_time(at, end),
            1 => (attached || matches!(raw, "h" | "s" | "d" | "t")) && !(first_upper && raw != "H"),
            2 if unit.dimension() == Dimension::Size => {
                first_upper || raw == "kB" || raw == "ko" || raw.ends_with(['b', 'B'])
            }
            _ => true,
        };
        let glued = matches!(text.kind(end), Some(TokenKind::Digits)) && raw.len() > 3;
        (usable && !glued).then_some((unit, end))
    }

    /// Whether a Japanese unit counts a length: `3日` and `2026年` are dates.
    fn counts_time(&self, at: usize, end: usize) -> bool {
        match self.text.raw(at) {
            "日" | "年" if end == at + 1 => {
                matches!(self.text.raw(end), "前" | "後" | "以" | "間")
            }
            "分" => !self.text.is(end, 'の'),
            _ => true,
        }
    }

    fn number(&self, i: usize, measured: Measured) -> Option<NumberAtom> {
        let Measured { core, high, bound, unit, .. } = measured;
        let first = core.readings.first()?.value;
        let approx = match (&high, core.vague, bound) {
            (Some(high), ..) => Approx::Between { low: first, high: high.readings.first()?.value },
            (None, Some((low, high)), _) => Approx::Between { low, high },
            (None, None, Some(bound)) => approx_of(bound),
            (None, None, None) if core.share => Approx::About,
            (None, None, None) => Approx::Exact,
        };
        let plain = approx == Approx::Exact && unit.is_none() && !core.spelled;
        Some(NumberAtom {
            id_candidate: plain && core.readings.len() == 1 && self.after_record_noun(i),
            readings: core.readings,
            unit: if core.share { Some(Unit::Share) } else { unit },
            approx,
            ordinal: core.ordinal,
            spelled: core.spelled,
        })
    }

    /// Whether the word before token `i` takes a record id ("case 4711", "case no. 4711").
    fn after_record_noun(&self, i: usize) -> bool {
        let mut at = self.text.before(i);
        for _ in 0..4 {
            let Some(here) = at else { return false };
            let skip = matches!(
                self.text.lower(here),
                ":" | "#" | "." | "no" | "nr" | "number" | "nummer" | "id" | "nummeret"
            );
            if self.is_phrase(here, Meaning::Record).is_some() {
                return true;
            }
            if !skip {
                return false;
            }
            at = self.text.before(here);
        }
        false
    }
}

fn rises(low: &Core, high: &Core) -> bool {
    let (Some(first), Some(second)) = (low.readings.first(), high.readings.first()) else {
        return false;
    };
    first.value < second.value && !low.ordinal && !high.ordinal && low.vague.is_none() && !low.share
}
