//! Numbers in digits: grouping, decimal marks, multiples. Where a mark may be either, both
//! readings are kept.

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Reading;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::lang::Lang;

/// A number without approximator and unit.
#[derive(Debug, Clone)]
pub(super) struct Core {
    pub(super) readings: Vec<Reading>,
    pub(super) ordinal: bool,
    pub(super) spelled: bool,
    /// Inclusive bounds of "dozens", "a couple".
    pub(super) vague: Option<(Decimal, Decimal)>,
    /// "half": a share of something.
    pub(super) share: bool,
    pub(super) end: usize,
}

/// Most groups of digits in one number.
const MAX_GROUPS: usize = 7;
const ORDINAL_SUFFIXES: [&str; 11] = ["st", "nd", "rd", "th", "er", "re", "ère", "ème", "eme", "º", "ª"];

impl Reader<'_> {
    /// A number in digits at token `i`, with sign, multiple and ordinal suffix.
    pub(super) fn digits_core(&self, i: usize) -> Option<Core> {
        let text = self.text;
        let signed = (text.is(i, '-') || text.is(i, '+')) && !text.glued_left(i);
        let first = i + usize::from(signed);
        let (pairs, mut end) = self.grouped(first)?;
        let mut readings: Vec<Reading> = Vec::with_capacity(2);
        for (whole, fraction) in pairs {
            let mut value = Decimal::from_parts(&whole, &fraction)?;
            if signed && text.is(i, '-') {
                value = value.negated();
            }
            let decimals = i8::try_from(fraction.len()).ok()?;
            readings.push(Reading { value, decimals });
        }
        let mut ordinal = false;
        if let Some((zeros, after)) = self.multiple(end) {
            for reading in &mut readings {
                reading.value = reading.value.times(10_i128.pow(u32::from(zeros)))?;
                reading.decimals -= i8::try_from(zeros).ok()?;
            }
            end = after;
        } else if text.kind(end) == Some(TokenKind::Word) {
            let suffix = text.lower(end);
            if ORDINAL_SUFFIXES.contains(&suffix) || (suffix == "e" && self.lang == Lang::Fr) {
                ordinal = true;
                end += 1;
            } else if self.unit(end, true).is_none() {
                return None;
            }
        } else if self.marks_ordinal(end) {
            ordinal = true;
            end += 2;
        }
        ordinal |= text.is(i.wrapping_sub(1), '第');
        Some(Core { readings, ordinal, spelled: false, vague: None, share: false, end })
    }

    /// Swedish `3:e` and Japanese `3番目`, from the mark on.
    fn marks_ordinal(&self, at: usize) -> bool {
        let swedish = self.lang == Lang::Sv && self.text.is(at, ':') && matches!(self.text.lower(at + 1), "a" | "e");
        swedish || (self.text.is(at, '番') && self.text.is(at + 1, '目'))
    }

    /// The multiple written after digits ("k", "M", "tusen", "万"): how many zeros.
    fn multiple(&self, at: usize) -> Option<(u8, usize)> {
        match self.text.raw(at) {
            "k" | "K" => return Some((3, at + 1)),
            "M" if self.lang != Lang::Ja => return Some((6, at + 1)),
            _ => {}
        }
        let word = self.text.skip_space(at);
        let (factor, end) = self.phrase(word, |meaning| match meaning {
            Meaning::Mult(factor) => Some(factor),
            _ => None,
        })?;
        Some((u8::try_from(factor.ilog10()).ok()?, end))
    }

    /// Whole and fraction digits at token `first`, in every reading, likeliest first.
    fn grouped(&self, first: usize) -> Option<(Vec<(String, String)>, usize)> {
        let text = self.text;
        let head = text.digits(first)?;
        let mut groups: Vec<(char, &str)> = Vec::new();
        let mut at = first + 1;
        while groups.len() < MAX_GROUPS {
            let Some(mark) = text.raw(at).chars().next() else {
                break;
            };
            let Some(group) = text.digits(at + 1) else {
                break;
            };
            let blanks_only = groups.iter().all(|(mark, _)| *mark == ' ');
            let grouping = group.len() == 3 && head.len() <= 3;
            let fits = match mark {
                ' ' => text.raw(at) == " " && grouping && blanks_only && self.blank_groups(first, at + 2),
                '\'' | '_' => grouping,
                '.' | ',' => true,
                _ => false,
            };
            if !fits {
                break;
            }
            groups.push((mark, group));
            at += 2;
            if group.len() != 3 && matches!(mark, '.' | ',') {
                break;
            }
        }
        Some(self.split(head, &groups, first))
    }

    /// Whether blanks may group here: not in a row of numbers, not before a clock time.
    fn blank_groups(&self, first: usize, after: usize) -> bool {
        let text = self.text;
        let row = text.before(first).is_some_and(|at| text.digits(at).is_some());
        !row && !text.is(after, ':') && text.kind(after) != Some(TokenKind::Word)
    }

    fn split(&self, head: &str, groups: &[(char, &str)], first: usize) -> (Vec<(String, String)>, usize) {
        let plain = |count: usize| {
            let mut whole = head.to_owned();
            groups.iter().take(count).for_each(|(_, group)| whole.push_str(group));
            whole
        };
        let end = |count: usize| first + 1 + 2 * count;
        let alone = (vec![(head.to_owned(), String::new())], end(0));
        let Some(((last_mark, last), before)) = groups.split_last() else {
            return alone;
        };
        let same = before.windows(2).all(|pair| pair[0].0 == pair[1].0);
        let threes = before.iter().all(|(_, group)| group.len() == 3);
        let groupable = head.len() <= 3 && !head.starts_with('0');
        let count = groups.len();
        let one_mark = same && before.first().is_none_or(|(mark, _)| mark == last_mark);
        if !threes || !same || (count > 1 && !groupable) {
            return alone;
        }
        if one_mark && last.len() == 3 && groupable {
            let thousands = (plain(count), String::new());
            if count > 1 || !matches!(last_mark, '.' | ',') {
                return (vec![thousands], end(count));
            }
            let decimal = (head.to_owned(), (*last).to_owned());
            let thousands_first = (*last_mark == ',') == matches!(self.lang, Lang::En | Lang::Ja | Lang::Other);
            let both = if thousands_first { vec![thousands, decimal] } else { vec![decimal, thousands] };
            return (both, end(count));
        }
        if matches!(last_mark, '.' | ',') && (count == 1 || !one_mark) {
            return (vec![(plain(count - 1), (*last).to_owned())], end(count));
        }
        alone
    }
}
