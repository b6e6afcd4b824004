//! "All cases are closed", "only case 4711 is open": held against every row of the
//! list, which must be the whole of it.

use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::absence::spoken_result;
use crate::domain::grounding::verify::filters::Filter;
use crate::domain::grounding::verify::values::ItemKind;

impl<'c, 'a> Checker<'c, 'a> {
    /// "All cases are closed".
    pub(super) fn all_of(&mut self, unit: &Unit, about: &Subject) {
        let all = self.draft.spots_in(&unit.span).find(|spot| {
            spot.meaning == Meaning::Cue(Cue::All)
                && !matches!(self.draft.slice(&(spot.start..spot.end)).to_lowercase().as_str(), "any" | "both" | "each")
        });
        let Some(all) = all.map(|spot| spot.start..spot.end) else { return };
        let items = self.items(&unit.span);
        let Some(code_item) =
            items.iter().find(|item| matches!(item.kind, ItemKind::Code(_)) && item.span.start > all.end)
        else {
            return;
        };
        let ItemKind::Code(code) = code_item.kind else { return };
        let objects = self.objects_in(&unit.span);
        let Some(object) = objects.first().copied().or_else(spoken_result) else { return };
        // "all open cases are …": a code before the noun narrows, it is not what is said.
        let last_object =
            self.draft.spots_in(&unit.span).filter(|s| matches!(s.meaning, Meaning::Object(_))).map(|s| s.start).max();
        if last_object.is_some_and(|start| start > code_item.span.start)
            || self.draft.has(&(unit.span.start..all.start), Cue::Not)
        {
            return;
        }
        let negated = self.negated(unit, &code_item.span);
        let mut support = Vec::new();
        for list in self.lists_of(object, about).into_iter().filter(|list| !list.rows.is_empty()) {
            let outside = self.matching(list, &[Filter::Code(code, !negated)]);
            if let Some(id) = outside.first().and_then(|row| self.status_of(*row, code)) {
                let finding = Finding::Wrong(vec![id], self.says(id));
                let code = ViolationCode::WrongValue;
                return self.found(&all, ClaimKind::Absence, finding, code, code);
            }
            if !self.complete(list) && !self.draft.has(&unit.span, Cue::PartOnly) {
                let reason = "only a page was seen: more rows exist".to_owned();
                let code = Some(ViolationCode::PartialAsTotal);
                return self.claim(&all, ClaimKind::Absence, Verdict::Unsupported, code, Vec::new(), reason);
            }
            support.extend(self.sample(&list.rows[..list.rows.len().min(4)]));
        }
        if !support.is_empty() {
            let finding = Finding::Supported(support, "every row".to_owned());
            self.found(&all, ClaimKind::Absence, finding, ViolationCode::WrongValue, ViolationCode::WrongValue);
        }
    }

    /// The fact of a row that a code would be about.
    pub(super) fn status_of(&self, row: RowId, code: usize) -> Option<FactId> {
        let families: Vec<usize> = spoken::code_families(code).filter_map(spoken::noun_index).collect();
        self.attribute_facts(&[row], &families).first().copied()
    }

    /// "Only case 4711 is open".
    pub(super) fn only(&mut self, unit: &Unit, about: &Subject) {
        let Some(only) = self.draft.spots_in(&unit.span).find(|spot| spot.meaning == Meaning::Cue(Cue::Only)) else {
            return;
        };
        let span = only.start..only.end;
        let items = self.items(&unit.span);
        let Some(code) = items.iter().find_map(|item| match item.kind {
            ItemKind::Code(code) => Some(code),
            _ => None,
        }) else {
            return;
        };
        let named: Vec<RowId> = about.rows().collect();
        let Some(list) = named.first().and_then(|row| self.evidence.rows[*row as usize].list) else { return };
        let Some(list) = self.evidence.lists.get(list as usize) else { return };
        let others: Vec<RowId> =
            self.matching(list, &[Filter::Code(code, false)]).into_iter().filter(|row| !named.contains(row)).collect();
        let (wrong, partial) = (ViolationCode::WrongValue, ViolationCode::PartialAsTotal);
        if let Some(id) = others.first().and_then(|row| self.evidence.name_of(*row)) {
            let finding = Finding::Wrong(vec![id], format!("not the only one: also {}", self.rows_called(&others)));
            self.found(&span, ClaimKind::Absence, finding, wrong, wrong);
        } else if !self.complete(list) {
            let reason = "only a page was seen: more rows exist".to_owned();
            self.claim(&span, ClaimKind::Absence, Verdict::Unsupported, Some(partial), Vec::new(), reason);
        } else {
            let finding = Finding::Supported(self.sample(&named), "no other row".to_owned());
            self.found(&span, ClaimKind::Absence, finding, wrong, wrong);
        }
    }
}
