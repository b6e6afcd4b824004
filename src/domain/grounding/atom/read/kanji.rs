//! Japanese numerals, also mixed with digits (`1万2千`, `三百二十一`).

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Reading;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::read::digits::Core;

/// Counters that make a single kanji a number.
pub(super) const COUNTERS: &str = "件台人回個つ時分秒日月年本社名歳度割倍番種箇か";
const MAX_CHARACTERS: usize = 24;

fn digit(c: char) -> Option<u64> {
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn multiple(c: char) -> Option<u64> {
    Some(match c {
        '十' => 10,
        '百' => 100,
        '千' => 1_000,
        '万' => 10_000,
        '億' => 100_000_000,
        _ => return None,
    })
}

impl Reader<'_> {
    /// A numeral that holds at least one kanji, at token `i`.
    pub(super) fn kanji_core(&self, i: usize) -> Option<Core> {
        let (mut total, mut section, mut pending) = (0_u64, 0_u64, None::<u64>);
        let (mut kanji, mut multiples, mut end) = (0, 0, i);
        for at in i..i + MAX_CHARACTERS {
            let raw = self.text.raw(at);
            let c = raw.chars().next().unwrap_or(' ');
            if let Some(digits) = self.text.digits(at).filter(|_| pending.is_none()) {
                pending = Some(digits.parse().ok().filter(|value| *value < 100_000)?);
            } else if let Some(value) = digit(c) {
                let shifted = pending.unwrap_or(0).checked_mul(10).filter(|v| *v < 1_000_000)?;
                pending = Some(shifted + value);
                kanji += 1;
            } else if let Some(factor) = multiple(c) {
                multiples += 1;
                kanji += 1;
                if factor >= 10_000 {
                    let base = (section + pending.take().unwrap_or(0)).max(1);
                    total += base.checked_mul(factor)?;
                    section = 0;
                } else {
                    section += pending.take().unwrap_or(1).checked_mul(factor)?;
                }
            } else {
                break;
            }
            end = at + 1;
        }
        let value = total + section + pending.unwrap_or(0);
        let counted = self.text.raw(end).chars().next().is_some_and(|c| COUNTERS.contains(c));
        if kanji == 0 || (!counted && (multiples == 0 || end == i + 1)) {
            return None;
        }
        Some(Core {
            readings: vec![Reading { value: Decimal::from(value), decimals: 0 }],
            ordinal: self.text.is(i.wrapping_sub(1), '第'),
            spelled: true,
            vague: None,
            share: false,
            end,
        })
    }
}
