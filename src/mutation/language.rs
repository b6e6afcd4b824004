//! One language as data: phrases, spoken codes, number words, time formats. The
//! files are embedded; a mistake in one is found by a test, not by a reader.

use std::collections::BTreeMap;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Deserialize;

use crate::domain::lang::Lang;
use crate::mutation::dice::Dice;
use crate::mutation::dice::hash;

/// A language's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// Which.
    pub lang: Lang,
    /// Names of the months.
    pub months: Vec<String>,
    /// Formats of points in time; `{Y} {m} {d} {D} {month} {H} {M} {S} {zone}`.
    pub times: Vec<String>,
    /// Formats of days.
    pub days: Vec<String>,
    /// What people call Oslo's winter time.
    pub local_zone: Vec<String>,
    /// Number words from zero.
    pub words: Vec<String>,
    /// Decimal sign.
    pub decimal: String,
    /// Separators of thousands that are in use.
    pub thousands: Vec<String>,
    /// "5 minutes ago", by unit.
    pub ago: Units,
    /// "5 hours", by unit.
    pub length: Units,
    /// Spoken forms of codes.
    pub codes: BTreeMap<String, Vec<String>>,
    /// Templates by group.
    pub phrases: BTreeMap<String, Vec<String>>,
}

/// Formats by unit, with `{n}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// Minutes.
    pub minutes: Vec<String>,
    /// Hours.
    pub hours: Vec<String>,
    /// Days.
    pub days: Vec<String>,
}

const FILES: [&str; 8] = [
    include_str!("phrases/en.toml"),
    include_str!("phrases/nb.toml"),
    include_str!("phrases/sv.toml"),
    include_str!("phrases/da.toml"),
    include_str!("phrases/de.toml"),
    include_str!("phrases/fr.toml"),
    include_str!("phrases/es.toml"),
    include_str!("phrases/ja.toml"),
];

/// All languages.
///
/// # Errors
/// When an embedded file is not what it should be.
pub fn all() -> anyhow::Result<Vec<Language>> {
    let parse = |text: &&str| toml::from_str(text).context("an embedded phrase file is faulty");
    FILES.iter().map(parse).collect()
}

impl Language {
    /// The templates of a group.
    pub fn group(&self, group: &str) -> &[String] {
        self.phrases.get(group).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether nobody may tune on this phrasing.
    pub fn holds_out(&self, group: &str, template: &str) -> bool {
        hash(&format!("{}/{group}/{template}", self.lang.code())).is_multiple_of(4)
    }

    /// A code as people say it here, or the code itself once in a while.
    pub fn code(&self, dice: &mut Dice, code: &str) -> String {
        let spoken = self.codes.get(code).map(Vec::as_slice).unwrap_or_default();
        if dice.once_in(5) {
            return code.to_owned();
        }
        dice.pick(spoken).cloned().unwrap_or_else(|| code.to_owned())
    }

    /// A count: digits, with or without separators, or a word when small.
    pub fn number(&self, dice: &mut Dice, number: u64) -> String {
        let word = usize::try_from(number).ok().and_then(|at| self.words.get(at));
        if let Some(word) = word
            && number > 1
            && dice.once_in(4)
        {
            return word.clone();
        }
        let digits = number.to_string();
        let Some(mark) = dice.pick(&self.thousands).filter(|_| number >= 1000) else { return digits };
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(mark);
            }
            text.push(digit);
        }
        text
    }

    /// A number with one decimal.
    pub fn decimal(&self, tenths: u64) -> String {
        format!("{}{}{}", tenths / 10, self.decimal, tenths % 10)
    }

    /// A way to write times, kept over a draft and its lies.
    pub fn time_form(&self, dice: &mut Dice) -> TimeForm {
        let format = dice.pick(&self.times).cloned().unwrap_or_default();
        // A format without a label is in UTC, or says so itself.
        let local = format.contains("{zone}") && dice.once_in(3);
        let labels: Vec<&str> = if local {
            self.local_zone.iter().map(String::as_str).chain(["CET", "UTC+1"]).collect()
        } else {
            vec!["UTC", "UTC", "GMT"]
        };
        TimeForm { format, local, label: dice.pick(&labels).map(|label| (*label).to_owned()).unwrap_or_default() }
    }
}

/// One way to write a time.
#[derive(Clone, Debug)]
pub struct TimeForm {
    format: String,
    local: bool,
    label: String,
}

impl TimeForm {
    /// This time.
    pub fn write(&self, language: &Language, at: Timestamp) -> String {
        fill_time(&self.format, language, at, self.local, &self.label)
    }

    /// The same digits under another zone's label; `None` when no label is shown.
    pub fn mislabelled(&self, language: &Language, at: Timestamp) -> Option<String> {
        let label = if self.local { "UTC" } else { "CET" };
        self.format.contains("{zone}").then(|| fill_time(&self.format, language, at, self.local, label))
    }
}

/// Fills a format with a time; `local` is Oslo in winter.
pub fn fill_time(format: &str, language: &Language, at: Timestamp, local: bool, label: &str) -> String {
    let offset = if local { Offset::constant(1) } else { Offset::UTC };
    let shown = offset.to_datetime(at);
    let month = usize::from(shown.month().unsigned_abs()).saturating_sub(1);
    format
        .replace("{Y}", &shown.year().to_string())
        .replace("{m}", &format!("{:02}", shown.month()))
        .replace("{d}", &format!("{:02}", shown.day()))
        .replace("{D}", &shown.day().to_string())
        .replace("{N}", &shown.month().to_string())
        .replace("{month}", language.months.get(month).map_or("", String::as_str))
        .replace("{H}", &format!("{:02}", shown.hour()))
        .replace("{M}", &format!("{:02}", shown.minute()))
        .replace("{S}", &format!("{:02}", shown.second()))
        .replace("{zone}", label)
}
