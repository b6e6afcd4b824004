//! Calendar days: ISO, numeric, with month names in either order, weekdays, "yesterday".

use jiff::civil;

use crate::domain::grounding::atom::Day;
use crate::domain::grounding::atom::WeekdaySide;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::lang::Lang;

/// Month names that are short without being cut: a dot after them ends the sentence.
const SHORT_MONTHS: [&str; 11] = ["may", "june", "july", "mars", "mai", "juni", "juli", "maj", "juin", "août", "märz"];

/// A day as printed, in every reading.
#[derive(Debug, Clone)]
pub(super) struct DayRead {
    pub(super) days: Vec<Day>,
    pub(super) weekday: Option<civil::Weekday>,
    pub(super) end: usize,
    /// The first day of a range with a shared month ("5–7 March"), and the token after it.
    pub(super) from: Option<(Day, usize)>,
}

fn full(year: i32, month: i32, day: i32) -> Option<Day> {
    let part = |value: i32| i8::try_from(value).ok();
    let year = i16::try_from(year).ok()?;
    civil::Date::new(year, part(month)?, part(day)?).ok().map(Day::Full)
}

fn day_of(year: Option<i32>, month: i8, day: i32) -> Option<Day> {
    match year {
        Some(year) => full(year, i32::from(month), day),
        // A leap year stands for the unknown one.
        None => full(2024, i32::from(month), day).and(i8::try_from(day).ok()).map(|day| Day::NoYear { month, day }),
    }
}

impl DayRead {
    fn one(day: Day, end: usize) -> Self {
        Self { days: vec![day], weekday: None, end, from: None }
    }
}

impl Reader<'_> {
    /// A day at token `i`.
    pub(super) fn day(&self, i: usize) -> Option<DayRead> {
        match self.text.kind(i)? {
            TokenKind::Digits => {
                let readings = [self.numeric_day(i), self.kanji_day(i), self.day_first(i)];
                readings.into_iter().flatten().max_by_key(|read| read.end)
            }
            TokenKind::Word | TokenKind::Cjk => self.worded_day(i),
            _ => None,
        }
    }

    fn worded_day(&self, i: usize) -> Option<DayRead> {
        let offset = self.phrase(i, |meaning| match meaning {
            Meaning::Offset(days) => Some(days),
            _ => None,
        });
        if let Some((days, end)) = offset {
            // German "morgen" is also the noun.
            let noun = self.text.raw(i).starts_with(char::is_uppercase) && self.text.lower(i) == "morgen";
            return (!noun).then(|| DayRead::one(Day::Offset(days), end));
        }
        self.weekday(i).or_else(|| self.month_first(i))
    }

    fn weekday(&self, i: usize) -> Option<DayRead> {
        let side = self.phrase(i, |meaning| match meaning {
            Meaning::Side(side) => Some(side),
            _ => None,
        });
        let at = side.map_or(i, |(_, end)| self.text.skip_space(end));
        let (number, end) = self.phrase(at, |meaning| match meaning {
            Meaning::Weekday(number) => Some(number),
            _ => None,
        })?;
        let weekday = civil::Weekday::from_monday_one_offset(number).ok()?;
        let mut next = end;
        while matches!(self.text.raw(next), "." | "," | " ") && next < end + 3 {
            next += 1;
        }
        let next = self.is_phrase(next, Meaning::DateGlue).map_or(next, |end| self.text.skip_space(end));
        let dated = match self.text.kind(next) {
            Some(TokenKind::Digits) => self.day(next),
            Some(TokenKind::Word) => self.month_first(next),
            _ => None,
        };
        if let Some(mut read) = dated {
            read.weekday = Some(weekday);
            return Some(read);
        }
        let whole = self.text.lower(at).chars().count() > 4 || self.text.kind(at) == Some(TokenKind::Cjk);
        let side = side.map_or(WeekdaySide::Nearest, |(side, _)| side);
        (whole || side != WeekdaySide::Nearest).then(|| DayRead::one(Day::Weekday { weekday, side }, end))
    }

    /// `2026-11-21`, `21.11.2026`, `11/21/2026`, `21.11.`.
    fn numeric_day(&self, i: usize) -> Option<DayRead> {
        let text = self.text;
        let mark = text.raw(i + 1);
        if !matches!(mark, "-" | "/" | ".") {
            return None;
        }
        let (first, second) = (text.digits(i)?, text.small(i + 2, 2)?);
        let third = text.small(i + 4, 4).filter(|_| text.raw(i + 3) == mark);
        let third_digits = text.digits(i + 4).map_or(0, str::len);
        let longer = |end: usize| text.raw(end) == mark && text.digits(end + 1).is_some();
        match (first.len(), third) {
            (4, Some(day)) if third_digits <= 2 && !longer(i + 5) => {
                Some(DayRead::one(full(first.parse().ok()?, second, day)?, i + 5))
            }
            (4, None) if mark == "-" && text.raw(i + 3) != "-" && text.digits(i + 2)?.len() == 2 => {
                let year = first.parse().ok().filter(|year| (1970..2100).contains(year))?;
                let month = i8::try_from(second).ok().filter(|month| (1..=12).contains(month))?;
                Some(DayRead::one(Day::Month { year: Some(year), month }, i + 3))
            }
            (1 | 2, Some(year)) if matches!(third_digits, 2 | 4) && !longer(i + 5) => {
                let year = if third_digits == 2 { 2_000 + year } else { year };
                if third_digits == 2 && !(2_015..2_045).contains(&year) {
                    return None;
                }
                let first = first.parse().ok()?;
                let day_first = full(year, second, first);
                let month_first = full(year, first, second).filter(|_| mark != ".");
                let ordered = if self.lang == Lang::En { [month_first, day_first] } else { [day_first, month_first] };
                let mut days: Vec<Day> = ordered.into_iter().flatten().collect();
                days.dedup();
                (!days.is_empty()).then_some(DayRead { days, weekday: None, end: i + 5, from: None })
            }
            (1 | 2, None) if mark == "." && text.is(i + 3, '.') && text.digits(i + 4).is_none() => {
                let dotted = matches!(self.lang, Lang::De | Lang::Nb | Lang::Da);
                let month = i8::try_from(second).ok().filter(|month| dotted && (1..=12).contains(month))?;
                Some(DayRead::one(day_of(None, month, first.parse().ok()?)?, i + 4))
            }
            _ => None,
        }
    }

    /// `2026年11月21日`, `11月21日`, `2026年11月`.
    fn kanji_day(&self, i: usize) -> Option<DayRead> {
        let text = self.text;
        let year = text.small(i, 4).filter(|_| text.is(i + 1, '年'));
        let at = if year.is_some() { text.skip_space(i + 2) } else { i };
        let month = i8::try_from(text.small(at, 2)?).ok()?;
        if !text.is(at + 1, '月') || !(1..=12).contains(&month) {
            return None;
        }
        let day_at = text.skip_space(at + 2);
        match text.small(day_at, 2).filter(|_| text.is(day_at + 1, '日')) {
            Some(day) => Some(DayRead::one(day_of(year, month, day)?, day_at + 2)),
            None => {
                let year = year.and_then(|year| i16::try_from(year).ok());
                Some(DayRead::one(Day::Month { year, month }, at + 2))
            }
        }
    }

    /// A month name at token `i`, an abbreviating dot included.
    fn month(&self, i: usize) -> Option<(i8, usize)> {
        let (month, end) = self.phrase(i, |meaning| match meaning {
            Meaning::Month(month) => Some(month),
            _ => None,
        })?;
        let name = self.text.lower(i);
        let short = name.chars().count() <= 4 && !SHORT_MONTHS.contains(&name);
        Some((month, end + usize::from(short && self.text.is(end, '.'))))
    }

    /// A year of four digits after a month, glue words and a comma allowed between.
    fn year(&self, end: usize) -> Option<(i32, usize)> {
        let mut at = end + usize::from(self.text.is(end, ','));
        at = self.text.skip_space(at);
        if let Some(after) = self.is_phrase(at, Meaning::DateGlue) {
            at = self.text.skip_space(after);
        }
        let digits = self.text.digits(at).filter(|digits| digits.len() == 4)?;
        let year = digits.parse().ok().filter(|year| (1_970..2_100).contains(year))?;
        Some((year, at + 1))
    }

    /// A day number with its mark ("21", "21.", "21st", "1er").
    fn day_number(&self, i: usize) -> Option<(i32, usize)> {
        let day = self.text.small(i, 2).filter(|day| (1..=31).contains(day))?;
        let mut end = i + 1;
        if matches!(self.text.lower(end), "." | "st" | "nd" | "rd" | "th" | "er" | "e" | "º") {
            end += 1;
        }
        Some((day, end))
    }

    /// "21 November 2026", "21. nov.", "5–7 March", "21 de noviembre de 2026".
    fn day_first(&self, i: usize) -> Option<DayRead> {
        let (first, first_end) = self.day_number(i)?;
        let mut range = None;
        let mut at = first_end;
        let (mut day, gap) = (first, self.text.skip_space(at));
        let joined = matches!(self.text.raw(gap), "-" | "–" | "—")
            .then_some(gap + 1)
            .or_else(|| self.is_phrase(gap, Meaning::To).or_else(|| self.is_phrase(gap, Meaning::Connector)));
        if let Some((second, end)) = joined.and_then(|next| self.day_number(self.text.skip_space(next))) {
            (range, day, at) = (Some(first), second, end);
        }
        let mut word = self.text.skip_space(at);
        if let Some(after) = self.is_phrase(word, Meaning::DateGlue) {
            word = self.text.skip_space(after);
        }
        let (month, end) = self.month(word)?;
        let year = self.year(end);
        let end = year.map_or(end, |(_, end)| end);
        let year = year.map(|(year, _)| year);
        let mut read = DayRead::one(day_of(year, month, day)?, end);
        read.from = range.and_then(|first| day_of(year, month, first)).map(|day| (day, first_end));
        Some(read)
    }

    /// "November 21, 2026", "Nov 21", "March 2026".
    fn month_first(&self, i: usize) -> Option<DayRead> {
        let (month, end) = self.month(i)?;
        if let Some((year, end)) = self.year(end) {
            let year = i16::try_from(year).ok();
            return Some(DayRead::one(Day::Month { year, month }, end));
        }
        if !matches!(self.lang, Lang::En | Lang::Es | Lang::Ja | Lang::Other) {
            return None;
        }
        let (day, after) = self.day_number(self.text.skip_space(end))?;
        // "may 14:05" and "March 5%" are something else.
        if matches!(self.text.raw(after), ":" | "%") || self.text.kind(after) == Some(TokenKind::Word) {
            return None;
        }
        let dot = usize::from(after > 0 && self.text.is(after - 1, '.'));
        let after = after - dot;
        let year = self.year(after);
        let end = year.map_or(after, |(_, end)| end);
        Some(DayRead::one(day_of(year.map(|(year, _)| year), month, day)?, end))
    }
}
