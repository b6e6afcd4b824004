//! Drafts as templates with slots: an honest text is the template with the true
//! values, a lie is the same template with one slot replaced, or another template.
//! The places that changed are known, so that a finding elsewhere counts as none.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::grounding::claim::CharSpan;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::lang::Lang;

/// How a lie was made from an honest draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mutation {
    /// The value of another row of the same result.
    SwapWithin,
    /// The value of another result.
    SwapResult,
    /// Another attribute's value of the same row.
    SwapAttribute,
    /// A code, name or word that the row does not have.
    OtherValue,
    /// One more or less; an hour or a day beside.
    OffByOne,
    /// One digit changed.
    Digit,
    /// One character of an identifier changed.
    Character,
    /// The zone label changed, the digits kept.
    Zone,
    /// The unit changed, the number kept.
    Unit,
    /// Yes for no.
    Polarity,
    /// A value told where the record holds null.
    NullTold,
    /// Another filter or customer than was searched.
    WrongScope,
    /// A page told as the whole.
    PageAsTotal,
    /// An old result told as now.
    StaleAsFresh,
    /// A failed call told as an answer.
    HiddenError,
    /// Data told where the search found none.
    HiddenEmpty,
    /// A row that no result has.
    InventedRow,
    /// A call that did not run.
    PhantomCall,
    /// A count, sum, mean or share that does not come out.
    WrongAggregate,
    /// Order or comparison the other way round.
    Reversed,
    /// Not the oldest, not the most.
    WrongExtreme,
    /// What some rows hold, told of all.
    ToldOfAll,
}

impl Mutation {
    /// All, in the order of the report.
    pub const ALL: [Mutation; 22] = [
        Mutation::SwapWithin,
        Mutation::SwapResult,
        Mutation::SwapAttribute,
        Mutation::OtherValue,
        Mutation::OffByOne,
        Mutation::Digit,
        Mutation::Character,
        Mutation::Zone,
        Mutation::Unit,
        Mutation::Polarity,
        Mutation::NullTold,
        Mutation::WrongScope,
        Mutation::PageAsTotal,
        Mutation::StaleAsFresh,
        Mutation::HiddenError,
        Mutation::HiddenEmpty,
        Mutation::InventedRow,
        Mutation::PhantomCall,
        Mutation::WrongAggregate,
        Mutation::Reversed,
        Mutation::WrongExtreme,
        Mutation::ToldOfAll,
    ];

    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Mutation::SwapWithin => "swap_within",
            Mutation::SwapResult => "swap_result",
            Mutation::SwapAttribute => "swap_attribute",
            Mutation::OtherValue => "other_value",
            Mutation::OffByOne => "off_by_one",
            Mutation::Digit => "digit",
            Mutation::Character => "character",
            Mutation::Zone => "zone",
            Mutation::Unit => "unit",
            Mutation::Polarity => "polarity",
            Mutation::NullTold => "null_told",
            Mutation::WrongScope => "wrong_scope",
            Mutation::PageAsTotal => "page_as_total",
            Mutation::StaleAsFresh => "stale_as_fresh",
            Mutation::HiddenError => "hidden_error",
            Mutation::HiddenEmpty => "hidden_empty",
            Mutation::InventedRow => "invented_row",
            Mutation::PhantomCall => "phantom_call",
            Mutation::WrongAggregate => "wrong_aggregate",
            Mutation::Reversed => "reversed",
            Mutation::WrongExtreme => "wrong_extreme",
            Mutation::ToldOfAll => "told_of_all",
        }
    }

    /// Codes that name this fault rightly; several where a reader could argue for each.
    pub fn codes(self) -> &'static [ViolationCode] {
        use ViolationCode as V;
        match self {
            Mutation::SwapWithin | Mutation::SwapResult => &[V::WrongEntity, V::WrongValue, V::WrongTime],
            Mutation::SwapAttribute => &[V::WrongValue, V::WrongTime, V::WrongEntity],
            Mutation::OtherValue => &[V::WrongValue, V::InventedValue, V::WrongEntity],
            Mutation::OffByOne | Mutation::Unit => &[V::WrongTime, V::WrongValue, V::WrongCount, V::InventedValue],
            Mutation::Digit => &[V::InventedValue, V::WrongValue, V::WrongTime, V::WrongEntity, V::WrongCount],
            Mutation::Character => &[V::InventedValue],
            Mutation::Zone => &[V::WrongTime],
            Mutation::Polarity => &[V::WrongValue, V::UnsupportedStatement, V::WrongCount],
            Mutation::NullTold => {
                &[V::WrongValue, V::WrongEntity, V::UnsupportedStatement, V::InventedValue, V::WrongTime]
            }
            Mutation::WrongScope => &[V::UnsupportedStatement, V::WrongEntity, V::InventedValue, V::WrongValue],
            Mutation::PageAsTotal => &[V::PartialAsTotal, V::WrongCount],
            Mutation::StaleAsFresh => &[V::StaleAsFresh],
            Mutation::HiddenError => &[V::HiddenError, V::UnsupportedStatement],
            Mutation::HiddenEmpty => &[V::HiddenEmpty, V::InventedValue, V::WrongCount, V::UnsupportedStatement],
            Mutation::InventedRow => &[V::InventedValue],
            Mutation::PhantomCall => &[V::PhantomCall],
            Mutation::WrongAggregate => &[V::WrongCount, V::WrongValue],
            Mutation::Reversed => &[V::WrongValue, V::WrongEntity, V::UnsupportedStatement],
            Mutation::WrongExtreme => &[V::WrongEntity, V::WrongValue, V::WrongCount, V::WrongTime],
            Mutation::ToldOfAll => &[V::WrongValue, V::WrongTime, V::WrongCount, V::WrongEntity],
        }
    }
}

/// What a check needs besides the text.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The user's message.
    pub user_message: String,
    /// Results that may support.
    pub results: Vec<EvidenceResult>,
    /// Results that may not.
    pub stale: Vec<EvidenceResult>,
    /// The moment.
    pub now: Timestamp,
    /// Zone of times without a label.
    pub zone: TimeZone,
    /// Kind of turn.
    pub stance: Stance,
}

impl Scene {
    /// The check of one text against this scene.
    pub fn input<'a>(&'a self, draft: &'a str, language: Lang) -> CheckInput<'a> {
        CheckInput {
            user_message: &self.user_message,
            draft,
            now: self.now,
            zone: self.zone.clone(),
            results: &self.results,
            stale: &self.stale,
            stance: self.stance,
            language,
        }
    }
}

/// A false draft.
#[derive(Clone, Debug)]
pub struct Variant {
    /// How it was made.
    pub mutation: Mutation,
    /// The text.
    pub text: String,
    /// The changed place.
    pub changed: CharSpan,
    /// The sentence or line around it.
    pub around: CharSpan,
}

/// An honest draft with its lies.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Rule that made it.
    pub rule: &'static str,
    /// Language of the text.
    pub language: Lang,
    /// Whether its phrasing is held out.
    pub held_out: bool,
    /// The honest text.
    pub text: String,
    /// What it stands on.
    pub scene: Scene,
    /// Its lies.
    pub variants: Vec<Variant>,
}

/// A rendered template: text and the place of each slot.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Slot name and place.
    pub places: Vec<(String, CharSpan)>,
}

/// Fills a template. Unknown names are an error of the phrase file.
///
/// # Errors
/// The name that no slot has.
pub fn render(template: &str, slots: &BTreeMap<&str, &str>) -> Result<Rendered, String> {
    let mut text = String::new();
    let mut places = Vec::new();
    let mut length = 0;
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        let Some(close) = after.find('}') else { return Err(format!("a brace stays open in {template:?}")) };
        let name = &after[1..close];
        let value = slots.get(name).ok_or_else(|| format!("no slot {name} for {template:?}"))?;
        length += before.chars().count();
        let end = length + value.chars().count();
        places.push((name.to_owned(), [length, end]));
        text.push_str(before);
        text.push_str(value);
        length = end;
        rest = &after[close + 1..];
    }
    text.push_str(rest);
    Ok(Rendered { text, places })
}

/// The sentence or line around a place. Full stops inside numbers, addresses and
/// names do not end a sentence: it takes a blank behind them, or an ideographic one.
pub fn around(text: &str, [start, end]: CharSpan) -> CharSpan {
    let chars: Vec<char> = text.chars().collect();
    let ends = |at: usize| match chars.get(at) {
        Some('\n' | '。') => true,
        Some('.' | '!' | '?') => chars.get(at + 1).is_none_or(|next| next.is_whitespace()),
        _ => false,
    };
    let from = (0..start.min(chars.len())).rev().find(|at| ends(*at)).map_or(0, |at| at + 1);
    let to = (end.min(chars.len())..chars.len()).find(|at| ends(*at)).map_or(chars.len(), |at| at + 1);
    [from, to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_bad_templates_are_named() {
        let slots = BTreeMap::from([("a", "ø1"), ("b", "x")]);
        let made = render("å {a} og {b}.", &slots).unwrap();
        assert_eq!(made.text, "å ø1 og x.");
        assert_eq!(made.places, [("a".to_owned(), [2, 4]), ("b".to_owned(), [8, 9])]);
        assert!(render("{c}", &slots).is_err());
        assert!(render("{a", &slots).is_err());
    }

    #[test]
    fn a_sentence_ends_at_a_stop_before_a_blank() {
        let text = "One 10.0.0.1 here. Two. Three";
        assert_eq!(around(text, [4, 12]), [0, 18]);
        assert_eq!(around(text, [19, 22]), [18, 23]);
        assert_eq!(around("一。二。", [2, 3]), [2, 4]);
    }
}
