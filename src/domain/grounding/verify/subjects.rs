//! Whom the values of a unit are about: a name starts a subject, joins one or names a
//! part of it; a value that only some rows have makes those the subject. Values
//! themselves are for `values` and the families.

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::verify::values::Mention;

impl<'c, 'a> Checker<'c, 'a> {
    /// Whether a name with rows of its own starts a new subject, rather than naming a part of it.
    pub(super) fn names_subject(&self, subject: &Subject, mention: &Mention) -> bool {
        if subject.strength != Strength::Named || subject.by_attribute.is_some() {
            return true;
        }
        // "Pod X: …, node N, 57 restarts": what every row of the subject has is said of the subject.
        let has = |row: RowId| mention.facts.iter().any(|id| self.evidence.within(self.evidence.fact(*id).row, row));
        let entity = |row: RowId| !self.evidence.rows[row as usize].envelope;
        if subject.first().is_some() && subject.rows().take(64).all(|row| entity(row) && has(row)) {
            return mention.own.iter().any(|own| subject.rows().any(|row| row == *own))
                && mention.own.len() < subject.rows().count();
        }
        // A row inside the subject's rows narrows nothing: values after it still belong to both.
        !mention.own.iter().any(|own| {
            subject
                .rows()
                .any(|row| row != *own && self.evidence.within(*own, row) && !self.evidence.rows[row as usize].envelope)
        })
    }

    pub(super) fn new_subject(&mut self, item: &Item<'_>, mention: &Mention, subject: &mut Subject, coordinated: bool) {
        // "- cluster C\n  - pod P: …": of the rows called so, those of the line above.
        let around: Vec<RowId> = subject.rows().take(500).collect();
        let inside: Vec<RowId> = mention.own.iter().copied().filter(|row| around.contains(row)).collect();
        let narrows = subject.by_attribute.is_some() && subject.strength >= Strength::Near && !inside.is_empty();
        let own = if narrows { inside } else { mention.own.clone() };
        let named = self.of_attribute_subject(item, mention, subject);
        if !named {
            self.identifier_exists(item, mention);
        }
        let same_list = |rows: &[RowId]| {
            rows.iter().any(|a| {
                mention.own.iter().any(|b| {
                    a != b && self.evidence.rows[*a as usize].list == self.evidence.rows[*b as usize].list
                        || self.evidence.rows[*a as usize].result != self.evidence.rows[*b as usize].result
                })
            })
        };
        let joins = coordinated
            && subject.strength == Strength::Named
            && subject.by_attribute.is_none()
            && subject.groups.first().is_some_and(|rows| same_list(rows));
        if joins {
            subject.groups.push(mention.own.clone());
        } else {
            *subject = Subject::named(own);
        }
    }

    /// "For customer X, case N": N must be one of X's. Says whether a claim was made.
    pub(super) fn of_attribute_subject(&mut self, item: &Item<'_>, mention: &Mention, subject: &Subject) -> bool {
        let Some((key, group)) = &subject.by_attribute else { return false };
        if subject.strength < Strength::Near || subject.groups.len() != 1 {
            return false;
        }
        let related = mention
            .own
            .iter()
            .any(|own| subject.rows().any(|row| self.evidence.within(*own, row) || self.evidence.within(row, *own)));
        if related {
            return false;
        }
        let own = mention.own.iter().find_map(|row| {
            self.evidence.ids_of_row(*row).find(|id| {
                let fact = self.evidence.fact(*id);
                fact.key == key && fact.group == group
            })
        });
        let (Some(own), Some(there)) = (own, mention.facts.first().copied()) else { return false };
        let reason = format!("belongs to another {}", if group.is_empty() { key } else { group });
        self.found(
            &item.span,
            crate::domain::grounding::claim::ClaimKind::Identifier,
            super::Finding::WrongEntity(there, Some(own), reason),
            crate::domain::grounding::claim::ViolationCode::WrongEntity,
            crate::domain::grounding::claim::ViolationCode::InventedValue,
        );
        true
    }

    /// Whether a sentence begins with a name that the text before was not about: a new topic,
    /// not a statement about what was spoken of.
    pub(super) fn opens_topic(
        &self,
        unit: &Unit,
        item: &Item<'_>,
        mention: &Mention,
        subject: &Subject,
        pronoun: bool,
    ) -> bool {
        unit.kind == UnitKind::Sentence
            && self.header.is_none()
            && !pronoun
            && !mention.facts.is_empty()
            && matches!(item.kind, ItemKind::Identifier(_) | ItemKind::Phrase(_))
            && subject.strength < Strength::Named
            && !self
                .draft
                .spots_in(&(unit.span.start..item.span.start))
                .any(|spot| matches!(spot.meaning, Meaning::Noun(_)))
            && self.draft.words_in(&(unit.span.start..item.span.start)).len() <= 2
            && self.draft.words_in(&(item.span.end..unit.span.end)).len() >= 2
    }

    /// "Customers A and B": a second value of the attribute that named the subject.
    pub(super) fn coordinated_attribute(&self, mention: &Mention, subject: &Subject) -> bool {
        let Some((key, group)) = &subject.by_attribute else { return false };
        // "- A: 4\n- B: 3": the next item names another, it adds none to the one before.
        if subject.strength < Strength::Named {
            return false;
        }
        let rows: Vec<RowId> = subject.rows().collect();
        let mut facts = mention.facts.iter().map(|id| self.evidence.fact(*id)).peekable();
        facts.peek().is_some()
            && facts.all(|fact| {
                fact.key == key
                    && fact.group == group
                    && !crate::domain::grounding::bind::belongs(self.evidence, fact, &rows)
            })
    }

    /// An attribute value at the start makes the rows that have it the subject.
    pub(super) fn attribute_subject(&self, item: &Item<'_>, mention: &Mention, subject: &mut Subject) {
        let selective = matches!(item.kind, ItemKind::Identifier(_) | ItemKind::Phrase(_));
        let Some(first) = mention.facts.first() else { return };
        if !selective || mention.facts.len() > 500 {
            return;
        }
        let first = self.evidence.fact(*first);
        let around: Vec<RowId> = subject.rows().collect();
        let inside = |row: RowId| around.iter().any(|outer| self.evidence.within(row, *outer));
        let mut rows: Vec<RowId> = mention.facts.iter().map(|id| self.evidence.fact(*id).row).collect();
        if subject.strength >= Strength::Near && rows.iter().any(|row| inside(*row)) {
            // The subject stays, or narrows to the rows inside it that have the value.
            let same: Vec<RowId> = around.iter().copied().filter(|row| rows.contains(row)).collect();
            rows.retain(|row| inside(*row) && !around.contains(row));
            if rows.is_empty() {
                if subject.by_attribute.is_some() && !same.is_empty() && same.len() < around.len() {
                    // "- cluster C\n  - namespace N: …"
                    subject.groups = vec![same];
                    subject.strength = Strength::Named;
                }
                return;
            }
        }
        rows.sort_unstable();
        rows.dedup();
        // What the call asked for is said of the whole answer; the rows that have the value are meant.
        let envelope = |row: &RowId| self.evidence.rows[*row as usize].envelope;
        if !rows.iter().all(envelope) {
            rows.retain(|row| !envelope(row));
        }
        *subject = Subject {
            groups: vec![rows],
            strength: Strength::Named,
            by_attribute: Some((first.key.to_owned(), first.group.to_owned())),
        };
    }

    /// "In cluster C, rule R …": of the rows that the first value named, those that have the second.
    pub(super) fn narrowed(&self, item: &Item<'_>, mention: &Mention, wide: &Subject) -> Option<Subject> {
        if !matches!(item.kind, ItemKind::Identifier(_) | ItemKind::Phrase(_)) || mention.facts.len() > 500 {
            return None;
        }
        let around: Vec<RowId> = wide.rows().take(500).collect();
        let has = |row: &RowId| mention.facts.iter().any(|id| self.evidence.within(self.evidence.fact(*id).row, *row));
        let rows: Vec<RowId> = around.iter().copied().filter(has).collect();
        (!rows.is_empty() && rows.len() < around.len()).then(|| Subject { groups: vec![rows], ..wide.clone() })
    }

    /// "A and B are x and y respectively": the value's place among its kind names its owner.
    pub(super) fn respectively(
        &self,
        unit: &Unit,
        items: &[Item<'_>],
        mentions: &[Mention],
        at: usize,
        about: Subject,
    ) -> Subject {
        if about.groups.len() < 2 || !self.draft.has(&unit.span, Cue::Respectively) {
            return about;
        }
        let kind = std::mem::discriminant(&items[at].kind);
        let before = items[..at]
            .iter()
            .zip(mentions)
            .filter(|(item, mention)| mention.own.is_empty() && std::mem::discriminant(&item.kind) == kind)
            .count();
        match about.groups.get(before) {
            Some(group) => Subject { groups: vec![group.clone()], ..about },
            None => about,
        }
    }
}
