//! Numbers: a stored value of the owner's attribute, a count or another aggregate
//! that the sentence asks for, or a number of a text. What is none of these is
//! `invented_value`, `wrong_value` or `wrong_count`.

use std::ops::Range;

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::belongs;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::as_decimal;
use crate::domain::grounding::marks::is_bookkeeping;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::absence::spoken_result;
use crate::domain::grounding::verify::aggregates::Count;
use crate::domain::grounding::verify::stored::is_figure;
use crate::domain::grounding::verify::stored::stale_number;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::Mention;
use crate::domain::grounding::verify::values::number_is_plain;

/// Whether a bracket is opened in a text and not closed again.
pub(super) fn opens_bracket(text: &str) -> bool {
    text.matches(['(', '（']).count() > text.matches([')', '）']).count()
}

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
        if let Some(finding) = self.tree_number(unit, items, at, number, about) {
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
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
        let told = self.told(unit, items, at);
        let measured = self.measured(unit, items, at, number, about, told);
        if let Some(Finding::Supported(..)) = &measured.finding {
            let finding = measured.finding.unwrap_or(Finding::Nothing);
            return self.found(&item.span, ClaimKind::Number, finding, ViolationCode::WrongValue, invented);
        }
        let series = |fact: &Fact<'_>| self.may_measure(fact, told, measured.bound);
        if let Some(finding) = self.share(unit, items, at, number) {
            // "Case x has a risk of 12.4 %": a ratio that its own row holds is no share of rows.
            let named = about.strength == Strength::Named && about.by_attribute.is_none() && object.is_none();
            let named = named && about.rows().nth(1).is_none() && matches!(finding, Finding::Wrong(..));
            let stored = named.then(|| self.stored_number(number, about, None, &[], false, &series)).flatten();
            let finding = match (stored, measured.finding) {
                (None, Some(measured)) if matches!(finding, Finding::Wrong(..)) => measured,
                (_, _) => finding,
            };
            let finding = stored.map_or(finding, |id| Finding::Supported(vec![id], "as stored".to_owned()));
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
            Count::Distinct(ids, reason) => {
                let finding = Finding::Wrong(ids, reason);
                return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
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
            .stored_number(number, about, object, &nouns, counted, &series)
            .or_else(|| self.number_in_text(&item.span, number, about, counted, &series))
        {
            if object.is_none()
                && is_bookkeeping(self.evidence.fact(id))
                && let Some(rows) = spoken_result()
                && let Count::No(ids, reason) = self.count(unit, items, at, number, rows, about)
            {
                // "two incidents in status x": the noun is unknown, and the page size is no support
                // for a count of rows that the same sentence narrows.
                let finding = Finding::Wrong(ids, reason);
                return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
            }
            let finding = Finding::Supported(vec![id], "in the results".to_owned());
            return self.found(&item.span, ClaimKind::Number, finding, ViolationCode::WrongValue, invented);
        }
        if self.user.number(number) && object.is_none_or(|_| number.id_candidate) {
            return self.covered.push(item.span.clone());
        }
        if matches!(measured.finding, Some(Finding::Wrong(..) | Finding::Open(..))) && !counted {
            let finding = measured.finding.unwrap_or(Finding::Nothing);
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
        let attribute = attribute.or(measured.finding).or_else(|| self.sibling_number(number, about));
        let telling = matches!(attribute, Some(Finding::WrongValue(..) | Finding::WrongEntity(..)));
        if !telling
            && !counted
            && let Some(finding) = self.not_computed(unit, items, at, &nouns)
        {
            return self.found(&item.span, ClaimKind::Aggregate, finding, ViolationCode::WrongCount, invented);
        }
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
                // "Process 4711 (node)": what stands in brackets says what the number is of.
                && !opens_bracket(self.draft.slice(&gap))
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
                // "(filter: scope_hours 2)": the name of a field stands between.
                && !text.contains('_')
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
                let apart = if x > y { super::columns::subtract(x, y)? } else { super::columns::subtract(y, x)? };
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
}
