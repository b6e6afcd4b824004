//! Numbers: a stored value of the owner's attribute, a count or another aggregate
//! that the sentence asks for, or a number of a text. What is none of these is
//! `invented_value`, `wrong_value` or `wrong_count`.

use std::ops::Range;

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Unit as Measure;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::belongs;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::Index;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::marks::is_bookkeeping;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::aggregates::Count;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::times::is_time_key;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::Mention;
use crate::domain::grounding::verify::values::number_is_plain;
use crate::domain::grounding::words;

impl<'c> Checker<'c, '_> {
    pub(super) fn number(
        &mut self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        mention: &Mention,
        about: &Subject,
    ) {
        let item = &items[at];
        if number.ordinal || self.part_of_word(item) {
            return self.covered.push(item.span.clone());
        }
        let invented = ViolationCode::InventedValue;
        if !mention.facts.is_empty() && number.id_candidate {
            let mine: Vec<RowId> = about.rows().collect();
            let own = mention.facts.iter().copied().find(|id| belongs(self.evidence, self.evidence.fact(*id), &mine));
            let id = own.unwrap_or(mention.facts[0]);
            let finding = Finding::Supported(vec![id], "in the results".to_owned());
            return self.found(&item.span, ClaimKind::Identifier, finding, ViolationCode::WrongEntity, invented);
        }
        let digits: String = self.draft.slice(&item.span).chars().filter(char::is_ascii_digit).collect();
        if self.user.number(number) && (number.id_candidate || digits.len() >= 3) {
            return self.covered.push(item.span.clone());
        }
        let object = self.counted_object(unit, items, at);
        let one = number.readings.iter().all(|reading| reading.value == Decimal::from(1_u64));
        if one && object.is_some() && self.draft.has(&unit.span, Cue::Mean) {
            // "a mean of 46 for one event"
            return self.covered.push(item.span.clone());
        }
        let nouns = self.nouns_of(unit, items, &item.span);
        let nouns: Vec<usize> =
            nouns.into_iter().filter(|noun| spoken::noun(*noun) != "fieldId" || object.is_none()).collect();
        if let Some(finding) = self.more_by(unit, items, number) {
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
        if let Some(finding) = self.part(unit, items, at, number) {
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
        let attribute = self.attribute_number(number, &nouns, about);
        if let Some(Finding::Supported(..)) = &attribute {
            return self.found(
                &item.span,
                ClaimKind::Number,
                attribute.unwrap_or(Finding::Nothing),
                ViolationCode::WrongValue,
                invented,
            );
        }
        if let Some(finding) = self.share(unit, items, at, number) {
            return self.found(
                &item.span,
                ClaimKind::Aggregate,
                finding,
                ViolationCode::WrongCount,
                ViolationCode::WrongCount,
            );
        }
        let count = match object {
            Some(object) => self.count(unit, items, at, number, object, about),
            None => Count::Unknown,
        };
        match count {
            Count::Yes(ids, reason) => {
                let finding = Finding::Supported(ids, reason);
                return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
            }
            Count::Partial(ids, reason) => {
                let evidence = self.evidence.references(ids);
                let code = Some(ViolationCode::PartialAsTotal);
                return self.claim(&item.span, ClaimKind::Aggregate, Verdict::Contradicted, code, evidence, reason);
            }
            Count::No(..) | Count::Unknown => {}
        }
        if object.is_none()
            && nouns.is_empty()
            && let Some(Count::Yes(ids, reason)) = self.elided_count(unit, items, at, number, about)
        {
            let finding = Finding::Supported(ids, reason);
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
        if let Some(finding) = self.computed(unit, items, at, number, &nouns) {
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
        let counted = matches!(count, Count::No(..));
        if counted && let Some(finding) = self.unread_predicate(unit, items, at, number) {
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
        if let Some(id) = self
            .stored_number(number, about, object, &nouns, counted)
            .or_else(|| self.number_in_text(&item.span, number, about, counted))
        {
            let finding = Finding::Supported(vec![id], "in the results".to_owned());
            return self.found(&item.span, ClaimKind::Number, finding, ViolationCode::WrongValue, invented);
        }
        if self.user.number(number) && object.is_none_or(|_| number.id_candidate) {
            return self.covered.push(item.span.clone());
        }
        let attribute = attribute.or_else(|| self.sibling_number(number, about));
        self.wrong_number(unit, item, number, attribute, count, object);
    }

    /// Nothing supports the number: what is wrong with it.
    fn wrong_number(
        &mut self,
        unit: &Unit,
        item: &Item<'c>,
        number: &NumberAtom,
        attribute: Option<Finding>,
        count: Count,
        object: Option<usize>,
    ) {
        let printed = self.draft.slice(&item.span).to_owned();
        if let Some((evidence, index)) = &self.stale
            && (object.is_some() || printed.len() > 1)
            && (stale_number(evidence, index, number, object.is_some())
                || (number_is_plain(number) && printed.len() >= 4 && !index.posting(&printed).is_empty()))
        {
            return self.stale_value(item);
        }
        let vague = number.spelled && matches!(number.approx, Approx::Between { .. });
        if vague && self.draft.has(&unit.span, spoken::Cue::PartOnly) {
            return self.covered.push(item.span.clone());
        }
        if self.small_word(number) || (self.talk_only() && !self.speaks_of_objects(unit)) {
            if self.small_word(number) && object.is_none() {
                return self.covered.push(item.span.clone());
            }
            if object.is_none() {
                let finding = Finding::Open(format!("{printed}: general knowledge, no result involved"));
                return self.found(
                    &item.span,
                    ClaimKind::Number,
                    finding,
                    ViolationCode::WrongValue,
                    ViolationCode::InventedValue,
                );
            }
        }
        let invented = ViolationCode::InventedValue;
        match (attribute, count) {
            (Some(finding @ (Finding::WrongValue(..) | Finding::WrongEntity(..))), _) => {
                self.found(&item.span, ClaimKind::Number, finding, ViolationCode::WrongValue, invented);
            }
            (_, Count::No(ids, reason)) => {
                let finding = Finding::Wrong(ids, reason);
                self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
            }
            _ => {
                let finding = Finding::Missing(format!("no result holds {printed}"));
                self.found(&item.span, ClaimKind::Number, finding, ViolationCode::WrongValue, invented);
            }
        }
    }

    /// "one of them", "a couple": a word, no figure.
    fn small_word(&self, number: &NumberAtom) -> bool {
        let vague = matches!(number.approx, Approx::Between { .. });
        number.spelled
            && number.unit.is_none()
            && (vague || number.readings.iter().all(|reading| reading.value <= Decimal::from(2_u64)))
    }

    /// Digits glued to letters ("IPv4", "sha256") are no figures.
    fn part_of_word(&self, item: &Item<'_>) -> bool {
        let before = self.draft.text.get(..item.span.start).and_then(|text| text.chars().next_back());
        before.is_some_and(|c| c.is_ascii_alphabetic())
    }

    /// The noun of what a number counts: after it ("3 open cases"), or before a colon ("Cases: 3").
    pub(super) fn counted_object(&self, unit: &Unit, items: &[Item<'_>], at: usize) -> Option<usize> {
        let span = &items[at].span;
        let objects: Vec<(usize, usize, usize)> = self
            .draft
            .spots_in(&unit.span)
            .filter_map(|spot| match spot.meaning {
                Meaning::Object(object) => Some((spot.start, spot.end, object)),
                _ => None,
            })
            .collect();
        let after = objects.iter().find(|(start, _, _)| {
            let gap = span.end..*start;
            *start >= span.end
                && self.draft.words_in(&gap).len() <= 5
                && !self.draft.slice(&gap).contains(['.', ';', ':', '|'])
                && !items.iter().skip(at + 1).any(|item| {
                    gap.start <= item.span.start
                        && item.span.end <= gap.end
                        && matches!(
                            &item.kind,
                            super::values::ItemKind::Identifier(_) | super::values::ItemKind::Time(_)
                        )
                })
        });
        if let Some((_, _, object)) = after {
            return Some(*object);
        }
        let before = objects.iter().rev().find(|(_, end, _)| {
            let gap = *end..span.start;
            let text = self.draft.slice(&gap);
            *end <= span.start
                && self.draft.words_in(&gap).len() <= 2
                && (text.contains([':', '：', 'は', 'が']) || text.contains("数"))
        });
        before.map(|(_, _, object)| *object)
    }

    /// A count of a part, by words that are no filter known here: for the judge. Only if so many rows exist.
    fn unread_predicate(&self, unit: &Unit, items: &[Item<'c>], at: usize, number: &NumberAtom) -> Option<Finding> {
        // "16 events in total" claims the whole, whatever else the words say: it is counted, not left open.
        if self.draft.spots_in(&unit.span).any(|spot| spot.meaning == Meaning::Cue(Cue::Sum)) {
            return None;
        }
        let clause = self.clause(unit, items, at);
        // "Three of the assets are hosts": a second noun is what is said of them.
        let nouns = self.objects_in(&(items[at].span.end.min(clause.end)..clause.end)).len().saturating_sub(1);
        let left = self.unread_words(&clause, items) + nouns;
        let most = self.evidence.lists.iter().map(|list| list.rows.len()).max()? as u64;
        let plausible = number.readings.iter().all(|reading| reading.value <= Decimal::from(most));
        (left > 0 && plausible).then(|| Finding::Open("a count by words that code does not know".to_owned()))
    }

    /// Content words of a span that are no value, noun or cue.
    pub(super) fn unread_words(&self, span: &Range<usize>, items: &[Item<'_>]) -> usize {
        self.draft
            .words_in(span)
            .iter()
            .filter(|word| {
                let text = self.draft.slice(&word.range());
                text.chars().count() >= 4
                    && !text.chars().any(crate::domain::grounding::words::is_cjk)
                    && !super::statements::is_stopword(text)
                    && !items.iter().any(|item| item.span.start <= word.start && word.end <= item.span.end)
                    && !self.draft.spots_in(span).any(|spot| spot.start <= word.start && word.end <= spot.end)
            })
            .count()
    }

    /// "9 more than": the difference of one field of two named rows.
    fn more_by(&self, unit: &Unit, items: &[Item<'c>], number: &NumberAtom) -> Option<Finding> {
        const THAN: [&str; 7] = ["than", "enn", "än", "end", "als", "que", "より"];
        let asks = self
            .draft
            .words_in(&unit.span)
            .iter()
            .any(|word| THAN.contains(&self.draft.slice(&word.range()).to_lowercase().as_str()));
        let rows: Vec<RowId> = items.iter().filter_map(|item| self.mention(item).own.first().copied()).collect();
        let [first, .., last] = rows.as_slice() else { return None };
        if !asks {
            return None;
        }
        let mine = facts_of(self.evidence, &[*first], is_figure);
        let theirs = facts_of(self.evidence, &[*last], is_figure);
        mine.iter().find_map(|a| {
            let here = self.evidence.fact(*a);
            theirs.iter().find_map(|b| {
                let there = self.evidence.fact(*b);
                let (x, y) = (as_decimal(here.value)?, as_decimal(there.value)?);
                let apart = if x > y { super::aggregates::subtract(x, y)? } else { super::aggregates::subtract(y, x)? };
                (here.key == there.key && here.group == there.group && number.supports(&apart, None))
                    .then(|| Finding::Supported(vec![*a, *b], format!("difference of {}", here.key)))
            })
        })
    }

    /// "Of the 3 cases, 2 belong to …": the noun is said once, before.
    fn elided_count(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        at: usize,
        number: &NumberAtom,
        about: &Subject,
    ) -> Option<Count> {
        let before = unit.span.start..items[at].span.start;
        let object = *self.objects_in(&before).last()?;
        (number.unit.is_none() && !number.id_candidate).then(|| self.count(unit, items, at, number, object, about))
    }

    /// The number at the same place of another owner.
    fn sibling_number(&self, number: &NumberAtom, about: &Subject) -> Option<Finding> {
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
                Some(Finding::WrongEntity(id, Some(mine), self.says(mine)))
            })
        })
    }

    /// A value of the named attribute.
    fn attribute_number(&self, number: &NumberAtom, nouns: &[usize], about: &Subject) -> Option<Finding> {
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
    fn stored_number(
        &self,
        number: &NumberAtom,
        about: &Subject,
        object: Option<usize>,
        nouns: &[usize],
        counted: bool,
    ) -> Option<FactId> {
        if number.approx.is_open() && nouns.is_empty() && object.is_none() {
            return None;
        }
        let named_row =
            about.strength >= Strength::Near && about.rows().all(|row| !self.evidence.rows[row as usize].envelope);
        let fits = |fact: &Fact<'_>| {
            is_figure(fact)
                && supports(number, fact)
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
    fn number_in_text(
        &self,
        span: &Range<usize>,
        number: &NumberAtom,
        about: &Subject,
        counted: bool,
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
            if fact.identity || (counted && !fact.text().is_some_and(goes_on)) {
                return false;
            }
            self.atoms_of(*id).iter().any(|atom| match &atom.kind {
                AtomKind::Number(stored) => {
                    stored.readings.iter().any(|a| number.readings.iter().any(|b| a.value == b.value))
                        && stored.unit == number.unit
                }
                _ => false,
            })
        })
    }
}

/// Whether a stored number supports a printed one.
pub(super) fn supports(number: &NumberAtom, fact: &Fact<'_>) -> bool {
    as_decimal(fact.value).is_some_and(|stored| number.supports(&stored, unit_of(fact.key)))
}

/// The unit that a field name declares.
fn unit_of(key: &str) -> Option<Measure> {
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
        || matches!(fact.key, "limit" | "offset" | "responseCode");
    !bookkeeping
        && as_decimal(fact.value).is_some()
        && (instant(fact.value).is_none() || !is_time_key(fact.key))
        && !(fact.identity && fact.key.to_ascii_lowercase().ends_with("id"))
}

/// Whether a field holds a count of such objects.
fn is_count_of(fact: &Fact<'_>, object: usize) -> bool {
    let key = fact.key.to_ascii_lowercase();
    ["count", "total", "size", "number", "hits", "doc_count", "value"].iter().any(|name| key.ends_with(name))
        || spoken::object_parts(object).any(|part| key.contains(part))
}

/// Intervals of stored values that may support a print without units.
fn ranges(number: &NumberAtom) -> Vec<(f64, f64)> {
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

fn stale_number(evidence: &Evidence<'_>, index: &Index, number: &NumberAtom, counted: bool) -> bool {
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
