//! Numbers that a result holds as such: of the named attribute, of the subject, of a
//! sibling, or printed in a text. Counts and other figures that are worked out are for
//! `numbers` and its helpers.

use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Unit as Measure;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::Index;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::marks::is_bookkeeping;
use crate::domain::grounding::spoken;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::times::is_time_key;
use crate::domain::grounding::words;
use std::ops::Range;

impl<'c, 'a> Checker<'c, 'a> {
    /// The number at the same place of another owner.
    pub(super) fn sibling_number(&self, number: &NumberAtom, about: &Subject) -> Option<Finding> {
        if about.strength < Strength::Named || number.approx.is_open() {
            return None;
        }
        let rows: Vec<RowId> = about.rows().take(16).collect();
        let own = facts_of(self.evidence, &rows, is_figure);
        let own_at = |fact: &Fact<'_>| {
            own.iter().copied().find(|id| {
                let mine = self.evidence.fact(*id);
                mine.key == fact.key && mine.group == fact.group
            })
        };
        ranges(number).into_iter().find_map(|(low, high)| {
            let near = self.index.numbers_between(self.evidence, low, high).iter().take(2000);
            near.map(|(_, id)| *id).find_map(|id| {
                let fact = self.evidence.fact(id);
                let mine = (is_figure(fact) && supports(number, fact)).then(|| own_at(fact))??;
                (mine != id).then_some(())?;
                Some(Finding::WrongEntity(id, Some(mine), self.says(mine)))
            })
        })
    }

    /// A value of the named attribute.
    pub(super) fn attribute_number(&self, number: &NumberAtom, nouns: &[usize], about: &Subject) -> Option<Finding> {
        if nouns.is_empty() {
            return None;
        }
        let is_attribute = |fact: &Fact<'_>| nouns.iter().all(|noun| Self::is_of(fact, *noun)) && is_figure(fact);
        let is_attribute: &dyn Fn(&Fact<'_>) -> bool = if self.evidence.facts.iter().take(50_000).any(is_attribute) {
            &is_attribute
        } else {
            &|fact: &Fact<'_>| nouns.iter().any(|noun| Self::is_of(fact, *noun)) && is_figure(fact)
        };
        if about.is_none() || about.strength < Strength::Near {
            let hit = self.evidence.facts.iter().position(|fact| is_attribute(fact) && supports(number, fact))?;
            return Some(Finding::Supported(vec![FactId::try_from(hit).ok()?], "as stored".to_owned()));
        }
        let mut support = Vec::new();
        let mut own_value = None;
        for group in &about.groups {
            let own = facts_of(self.evidence, group, |fact| is_attribute(fact));
            match own.iter().find(|id| supports(number, self.evidence.fact(**id))) {
                Some(id) => support.push(*id),
                None => own_value = own_value.or(own.first().copied()),
            }
        }
        let Some(own) = own_value else {
            return (support.len() == about.groups.len()).then(|| Finding::Supported(support, "as stored".to_owned()));
        };
        let there =
            self.evidence.facts.iter().position(|fact| {
                is_attribute(fact) && fact.key == self.evidence.fact(own).key && supports(number, fact)
            });
        Some(match there.and_then(|id| FactId::try_from(id).ok()) {
            Some(there) => Finding::WrongEntity(there, Some(own), self.says(own)),
            None => Finding::WrongValue(own, self.says(own)),
        })
    }

    /// A stored number without a noun: of the subject, or of anything when there is no subject.
    pub(super) fn stored_number(
        &self,
        number: &NumberAtom,
        about: &Subject,
        object: Option<usize>,
        nouns: &[usize],
        counted: bool,
        may: &dyn Fn(&Fact<'_>) -> bool,
    ) -> Option<FactId> {
        if number.approx.is_open() && nouns.is_empty() && object.is_none() {
            return None;
        }
        let named_row =
            about.strength >= Strength::Near && about.rows().all(|row| !self.evidence.rows[row as usize].envelope);
        let fits = |fact: &Fact<'_>| {
            is_figure(fact)
                && supports(number, fact)
                && may(fact)
                && object.is_none_or(|object| {
                    let typed = spoken::object_parts(object).any(|part| fact.key.to_ascii_lowercase().contains(part));
                    is_count_of(fact, object) && !is_bookkeeping(fact) && (typed || !counted || named_row)
                })
        };
        if !about.is_none() {
            let rows: Vec<RowId> = about.rows().take(64).collect();
            if let Some(id) = facts_of(self.evidence, &rows, fits).first() {
                return Some(*id);
            }
            if about.strength == Strength::Named {
                return None;
            }
        }
        if object.is_none() && !nouns.is_empty() && nouns.iter().any(|noun| self.attribute_exists(*noun)) {
            return None;
        }
        let ranges = ranges(number);
        ranges.into_iter().find_map(|(low, high)| {
            self.index
                .numbers_between(self.evidence, low, high)
                .iter()
                .take(20_000)
                .find(|(_, id)| fits(self.evidence.fact(*id)))
                .map(|(_, id)| *id)
        })
    }

    /// A number printed in a text of the subject; never the number of a name ("analyst 7"). Where
    /// the sentence counts, the text must go on with the same word.
    pub(super) fn number_in_text(
        &self,
        span: &Range<usize>,
        number: &NumberAtom,
        about: &Subject,
        counted: bool,
        may: &dyn Fn(&Fact<'_>) -> bool,
    ) -> Option<FactId> {
        let next = self.draft.words_in(&(span.end..span.end + 40)).first().map(|word| word.hash);
        let goes_on = |text: &str| {
            let words: Vec<_> = words::words(text).take(2000).map(|word| word.hash).collect();
            let own: Vec<_> = self.draft.words_in(span).iter().map(|word| word.hash).collect();
            next.is_some_and(|next| {
                words.windows(own.len() + 1).any(|part| part.starts_with(&own) && part.ends_with(&[next]))
            })
        };
        self.texts_with(span, about).into_iter().find(|id| {
            let fact = self.evidence.fact(*id);
            if fact.identity || !may(fact) || (counted && !fact.text().is_some_and(goes_on)) {
                return false;
            }
            self.atoms_of(*id).iter().any(|atom| match &atom.kind {
                AtomKind::Number(stored) => {
                    self.said_of_query(fact, atom.span.start, span)
                        && stored.readings.iter().any(|a| number.readings.iter().any(|b| a.value == b.value))
                        && stored.unit == number.unit
                }
                _ => false,
            })
        })
    }
}

impl Checker<'_, '_> {
    /// Whether a number inside a text may stand for one of the draft. The numbers of a query say what
    /// was asked for, not what is: there the sentence must say the word before it as well ("a limit of
    /// 50").
    fn said_of_query(&self, fact: &Fact<'_>, at: usize, span: &Range<usize>) -> bool {
        let Some(text) = fact.text().filter(|text| is_query(text)) else { return true };
        let before = words::words(text.get(..at).unwrap_or_default()).last();
        let Some(before) = before.map(|word| words::fold(&text[word.range()])) else { return false };
        let unit =
            self.draft.units.units.iter().find(|unit| unit.span.start <= span.start && span.end <= unit.span.end);
        unit.is_some_and(|unit| {
            let words = self.draft.words_in(&unit.span).iter();
            words.map(|word| words::fold(self.draft.slice(&word.range()))).any(|word| word.starts_with(&before))
        })
    }
}

/// Whether a text is a statement of a query language.
fn is_query(text: &str) -> bool {
    matches!(text.split_whitespace().next(), Some("MATCH" | "SELECT" | "WITH" | "OPTIONAL"))
}

/// Whether a stored number supports a printed one.
pub(super) fn supports(number: &NumberAtom, fact: &Fact<'_>) -> bool {
    as_decimal(fact.value).is_some_and(|stored| number.supports(&stored, unit_of(fact.key)))
}

/// The unit that a field name declares.
pub(super) fn unit_of(key: &str) -> Option<Measure> {
    let words = crate::domain::grounding::words::name_words(key);
    let last = words.last()?;
    Some(match last.as_str() {
        "bytes" => Measure::Byte,
        "percent" | "pct" | "percentage" => Measure::Percent,
        "probability" | "ratio" | "share" => Measure::Share,
        _ => return None,
    })
}

/// Whether a stored number is a figure: no time, no id, no page bookkeeping.
pub(super) fn is_figure(fact: &Fact<'_>) -> bool {
    let bookkeeping = fact.group == "page" && matches!(fact.key, "size" | "limit" | "offset" | "nextOffset")
        || matches!(fact.key, "limit" | "offset" | "responseCode")
        // How long a query took, and how many the account has left.
        || fact.group == "subscription_info"
        || (fact.group == "summary" && matches!(fact.key, "available_after" | "consumed_after" | "total_time"));
    !bookkeeping
        && as_decimal(fact.value).is_some()
        && (instant(fact.value).is_none() || !is_time_key(fact.key))
        && !(fact.identity && fact.key.to_ascii_lowercase().ends_with("id"))
}

/// Whether a field holds a count of such objects.
pub(super) fn is_count_of(fact: &Fact<'_>, object: usize) -> bool {
    let key = fact.key.to_ascii_lowercase();
    ["count", "total", "size", "number", "hits", "doc_count", "value"].iter().any(|name| key.ends_with(name))
        || spoken::object_parts(object).any(|part| key.contains(part))
}

/// Intervals of stored values that may support a print without units.
pub(super) fn ranges(number: &NumberAtom) -> Vec<(f64, f64)> {
    if number.unit.is_some() {
        return vec![(f64::MIN, f64::MAX)];
    }
    number
        .readings
        .iter()
        .filter_map(|reading| {
            let text = format!("{}e-{}", reading.value.mantissa(), reading.value.scale());
            let value: f64 = text.parse().ok()?;
            let slack = value.abs() * 0.25 + 10_f64.powi(-i32::from(reading.decimals));
            Some((value - slack, value + slack))
        })
        .collect()
}

pub(super) fn stale_number(evidence: &Evidence<'_>, index: &Index, number: &NumberAtom, counted: bool) -> bool {
    let stored = ranges(number).into_iter().any(|(low, high)| {
        index.numbers_between(evidence, low, high).iter().take(2000).any(|(_, id)| {
            let fact = evidence.fact(*id);
            is_figure(fact) && supports(number, fact)
        })
    });
    let listed =
        counted && evidence.lists.iter().any(|list| number.supports(&Decimal::from(list.rows.len() as u64), None));
    stored || listed
}
