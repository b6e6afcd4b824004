//! "None", "all", "only": statements about what is not there need an answered call,
//! the whole page set, and a filter no narrower than what is said.

use std::ops::Range;

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::filters::Filter;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::ItemKind;
use crate::domain::grounding::verify::values::names_by_argument;
use crate::domain::grounding::words;
use crate::domain::outcome::Outcome;

/// What an absence claim comes to.
enum Absent {
    Holds(Vec<FactId>),
    Refuted(Vec<FactId>, String),
    /// The words say more than is understood, or something that no call looked for.
    Unread,
    OnlyPage,
    NoAnswer,
    NarrowFilter(String),
    NoResult,
}

impl<'c> Checker<'c, '_> {
    pub(super) fn absence(&mut self, unit: &Unit, about: &Subject) {
        self.all_of(unit, about);
        self.only(unit, about);
        let Some((span, object)) = self.denied(unit) else { return };
        // "No changes" denies no rows.
        if self.draft.has(&unit.span, Cue::Unchanged) {
            return;
        }
        if self.draft.has(&unit.span, Cue::Failure) && object.is_none() {
            return;
        }
        let items = self.items(&unit.span);
        let (verdict, code, evidence, reason) = match self.absent(unit, &items, &span, object, about) {
            Absent::Holds(ids) => (Verdict::Supported, None, ids, "the call succeeded and matched nothing".to_owned()),
            Absent::Refuted(ids, reason) => (Verdict::Contradicted, Some(ViolationCode::WrongCount), ids, reason),
            Absent::Unread => {
                let reason = "what was looked for may be something else: code cannot tell".to_owned();
                (Verdict::NotCheckable, None, Vec::new(), reason)
            }
            Absent::OnlyPage => {
                let code = Some(ViolationCode::PartialAsTotal);
                (Verdict::Unsupported, code, Vec::new(), "only a page was seen: more rows exist".to_owned())
            }
            Absent::NoAnswer => {
                let code = Some(ViolationCode::HiddenError);
                (Verdict::Unsupported, code, Vec::new(), "the call did not succeed".to_owned())
            }
            Absent::NarrowFilter(filter) => {
                let code = Some(ViolationCode::UnsupportedStatement);
                (Verdict::Unsupported, code, Vec::new(), format!("the call was narrower: {filter}"))
            }
            Absent::NoResult => {
                let code = Some(ViolationCode::UnsupportedStatement);
                (Verdict::Unsupported, code, Vec::new(), "no call was made".to_owned())
            }
        };
        let evidence = self.evidence.references(evidence);
        let kind = if verdict == Verdict::NotCheckable { ClaimKind::Statement } else { ClaimKind::Absence };
        self.claim(&span, kind, verdict, code, evidence, reason);
    }

    fn absent(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        span: &Range<usize>,
        object: Option<usize>,
        about: &Subject,
    ) -> Absent {
        if self.input.results.is_empty() {
            return Absent::NoResult;
        }
        let typed = |tool: &str| object.is_none_or(|object| self.tool_is_of(tool, object));
        let text = self.draft.slice(&unit.span);
        let by_name = |at: &usize| text.contains(self.input.results[*at].tool.as_str());
        let all = 0..self.input.results.len();
        let named = all.clone().any(|at| by_name(&at));
        let any_typed = named || self.input.results.iter().any(|result| typed(&result.tool));
        let concerned: Vec<usize> = all
            .filter(|at| if named { by_name(at) } else { !any_typed || typed(&self.input.results[*at].tool) })
            .collect();
        let answered: Vec<usize> =
            concerned.iter().copied().filter(|at| self.input.results[*at].outcome.answered()).collect();
        if answered.is_empty() {
            return Absent::NoAnswer;
        }
        let matched_nothing = |at: &usize| self.input.results[*at].outcome == Outcome::Empty;
        if self.names_the_missing(items) || (named && object.is_none() && answered.iter().any(matched_nothing)) {
            return Absent::Holds(Vec::new());
        }
        let tells = |object: usize| {
            let tool = |at: &usize| self.input.results[*at].tool.as_str();
            answered.iter().any(|at| spoken::none_found_tells(tool(at), spoken::object(object), text))
        };
        if object.is_some_and(|object| !tells(object)) {
            return Absent::Unread;
        }
        if let Some(absent) = self.absent_of(unit, object, about) {
            return absent;
        }
        if let Some(row) = self.denied_row(items, span) {
            let (ids, reason) = self.record_in_short(row);
            return Absent::Refuted(ids, reason);
        }
        if self.denied_verb(&unit.span).is_some_and(|verb| span.start <= verb.start)
            && !any_typed
            && object.is_some_and(|at| !self.is_listed(at))
        {
            return Absent::Unread;
        }
        let clause = unit.span.start..unit.span.end;
        let filters = self.absence_filters(unit, items, &clause, span);
        let object = object.or_else(spoken_result);
        let lists = object.map_or_else(Vec::new, |object| self.lists_of(object, about));
        // The root of a tree that counted nothing is no row.
        let empty_tree = |at: usize| self.input.results[at].outcome == Outcome::Empty;
        let told = |list: &&List<'_>| answered.contains(&(list.result as usize)) && !empty_tree(list.result as usize);
        let lists: Vec<_> = lists.into_iter().filter(told).collect();
        let mut page_only = false;
        let empty = answered.iter().any(|at| self.measured_nothing(*at));
        for list in &lists {
            let mut matching = self.matching(list, &filters);
            if self.draft.has(&unit.span, Cue::Other) {
                // "no other cases": besides those that the text names.
                matching.retain(|row| !self.is_named_anywhere(*row));
            }
            if !matching.is_empty() && (!filters.is_empty() || !empty) {
                if self.unread_beside(unit, span, span) {
                    return Absent::Unread;
                }
                let (count, rows) = (matching.len(), list.rows.len());
                let reason = format!("{count} of the {rows} rows are so: {}", self.rows_called(&matching));
                return Absent::Refuted(self.sample(&matching), reason);
            }
            page_only = page_only || !self.complete(list);
        }
        if empty && let Some(filter) = self.other_filter(items, &answered) {
            return Absent::NarrowFilter(filter);
        }
        if page_only && !self.draft.has(&unit.span, Cue::PartOnly) {
            return Absent::OnlyPage;
        }
        if !empty && lists.iter().all(|list| list.rows.is_empty()) && lists.is_empty() && any_typed {
            // A record, no list: nothing to count, nothing to refute.
            return if filters.is_empty() {
                Absent::Holds(Vec::new())
            } else {
                Absent::Refuted(Vec::new(), "the result is one record, no search that found nothing".to_owned())
            };
        }
        if !any_typed && object.is_some_and(|at| !self.some_call_is_of(unit, at)) {
            // Nothing was found by a call for something else.
            return Absent::Unread;
        }
        match self.unsaid_filter(&answered) {
            // A sentence that names the call says what its filter was: the basis shows it.
            Some(filter) if empty && !named => Absent::NarrowFilter(filter),
            _ => Absent::Holds(Vec::new()),
        }
    }

    /// Whether a call found nothing, or a measurement has no row: the zero of nothing is none.
    fn measured_nothing(&self, at: usize) -> bool {
        let result = &self.input.results[at];
        let mut lists = self.evidence.lists.iter().filter(|list| list.result as usize == at);
        let measures = || spoken::measured_objects(&result.tool).is_some();
        result.outcome == Outcome::Empty || (measures() && lists.all(|list| list.rows.is_empty()))
    }

    /// Whether a call or a list is of the objects that the word of an object stands for.
    fn some_call_is_of(&self, unit: &Unit, object: usize) -> bool {
        let mut meant = self.same_word(&unit.span, object);
        meant.push(object);
        let called = |at: &usize| self.input.results.iter().any(|result| self.tool_is_of(&result.tool, *at));
        meant.iter().any(|at| called(at) || self.is_listed(*at))
    }

    /// A code that is said of what is not there while every empty search was for another code.
    fn other_filter(&self, items: &[Item<'c>], answered: &[usize]) -> Option<String> {
        let code = items.iter().find_map(|item| match item.kind {
            ItemKind::Code(code) => Some(code),
            _ => None,
        })?;
        let families: Vec<&str> = spoken::code_families(code).collect();
        let of_family = |key: &str| {
            let key = words::fold(key);
            families.iter().any(|family| key.ends_with(family))
        };
        let mut told = None;
        for at in answered.iter().filter(|at| self.input.results[**at].outcome == Outcome::Empty) {
            let asked: Vec<_> = self
                .evidence
                .facts
                .iter()
                .filter(|fact| {
                    self.evidence.rows[fact.row as usize].result as usize == *at && self.evidence.is_argument(fact)
                })
                .filter(|fact| of_family(fact.key))
                .collect();
            if asked.is_empty() || asked.iter().any(|fact| Self::code_fact(fact, code)) {
                return None;
            }
            told = asked.first().map(|fact| format!("{} = {}", fact.key, fact.value));
        }
        told
    }

    /// "No case 4711 was found": what is named is in no result, at most in what was asked for.
    fn names_the_missing(&self, items: &[Item<'c>]) -> bool {
        items.iter().any(|item| {
            let names = match &item.kind {
                ItemKind::Identifier(_) => true,
                ItemKind::Number(number) => number.id_candidate,
                _ => false,
            };
            let asked_for = |id: &FactId| {
                let fact = self.evidence.fact(*id);
                self.evidence.is_argument(fact) && names_by_argument(fact.key)
            };
            names && self.mention(item).facts.iter().all(asked_for)
        })
    }

    /// "Host X has no addresses": read off the record itself.
    fn absent_of(&self, unit: &Unit, object: Option<usize>, about: &Subject) -> Option<Absent> {
        let noun = spoken::noun_index(match spoken::object(object?) {
            "address" => "ip",
            other => other,
        })?;
        let noun = self.assigned_for(&unit.span, noun);
        let rows: Vec<RowId> =
            about.rows().filter(|row| !self.evidence.rows[*row as usize].envelope).take(16).collect();
        if rows.is_empty() || about.strength < Strength::Near || !self.attribute_exists(noun) {
            return None;
        }
        let own = self.attribute_facts(&rows, &[noun]);
        let (known, missing): (Vec<FactId>, Vec<FactId>) = own.into_iter().partition(|id| !self.is_unset(*id));
        Some(match known.first() {
            Some(id) if missing.is_empty() => {
                let reason = self.says(*id);
                Absent::Refuted(known, reason)
            }
            _ => Absent::Holds(Vec::new()),
        })
    }

    /// "No case 4711": the row that is named right beside what is denied.
    fn denied_row(&self, items: &[Item<'c>], span: &Range<usize>) -> Option<RowId> {
        let item = items.iter().find(|item| {
            let gap = span.end.min(item.span.start)..item.span.start;
            let text = self.draft.slice(&gap);
            item.span.start >= span.start
                && !matches!(item.kind, ItemKind::Code(_) | ItemKind::Phrase(_))
                && text.chars().all(|c| matches!(c, ' ' | '#' | ':' | '(' | '*' | '`' | '"'))
        })?;
        self.mention(item).own.into_iter().find(|row| !self.evidence.rows[*row as usize].envelope)
    }

    /// Whether some list is of such objects by its own name.
    fn is_listed(&self, object: usize) -> bool {
        self.evidence.lists.iter().any(|list| {
            let key = words::fold(list.key);
            spoken::object_parts(object).any(|part| key.contains(part))
        })
    }

    /// Whether the text names a row, here or elsewhere.
    fn is_named_anywhere(&self, row: RowId) -> bool {
        let whole = 0..self.draft.text.len();
        self.evidence.name_of(row).is_some_and(|id| {
            let name = self.printed(id);
            words::contains_token(&words::fold(self.draft.slice(&whole)), &words::fold(&name))
        })
    }

    fn absence_filters(
        &self,
        unit: &Unit,
        items: &[Item<'c>],
        clause: &Range<usize>,
        span: &Range<usize>,
    ) -> Vec<Filter> {
        let none = items.len();
        let mut filters = self.filters_but(unit, items, clause, none);
        // "no open cases", "do not show open cases": the denial is the sentence's, not the filter's.
        let own = |spot: &spoken::Spot| spot.meaning == Meaning::Cue(Cue::Not) && spot.start >= span.end;
        let by_verb = !self.draft.spots_in(&unit.span).any(own);
        for filter in &mut filters {
            if let Filter::Code(_, negated) | Filter::Rows(_, negated) = filter
                && (by_verb || self.draft.slice(span).chars().any(words::is_cjk))
            {
                *negated = false;
            }
        }
        filters
    }

    fn filters_but(&self, unit: &Unit, items: &[Item<'c>], clause: &Range<usize>, at: usize) -> Vec<Filter> {
        self.filters(unit, items, clause, at)
    }

    /// A filter of every answered call that neither the question nor the text names.
    fn unsaid_filter(&self, answered: &[usize]) -> Option<String> {
        const NARROWING: [&str; 11] = [
            "customer", "severity", "priority", "status", "type", "category", "service", "keywords", "domain", "ip",
            "host",
        ];
        let text = words::fold(self.draft.text);
        let spoken_codes: Vec<usize> = self
            .draft
            .spots
            .iter()
            .filter_map(|spot| match spot.meaning {
                Meaning::Code(code) => Some(code),
                _ => None,
            })
            .collect();
        let unsaid = |at: &usize| -> Option<String> {
            self.evidence.facts.iter().find_map(|fact| {
                let value = fact.text()?;
                let mine = self.evidence.rows[fact.row as usize].result as usize == *at;
                if !mine || !NARROWING.contains(&words::fold(fact.key).as_str()) || !self.evidence.is_argument(fact) {
                    return None;
                }
                let said = words::contains_token(&text, &words::fold(value))
                    || self.user.names(value)
                    || spoken_codes.iter().any(|code| spoken::code_is(*code, value))
                    || self.user_says_code(value);
                (!said).then(|| format!("{} = {value}", fact.key))
            })
        };
        let found: Vec<String> = answered.iter().filter_map(unsaid).collect();
        (found.len() == answered.len()).then(|| found.into_iter().next()).flatten()
    }

    fn user_says_code(&self, value: &str) -> bool {
        let message = self.input.user_message;
        let found: Vec<words::Word> = words::words(message).take(4000).collect();
        spoken::find(message, &found, spoken::Langs::with(self.input.language))
            .iter()
            .any(|spot| matches!(spot.meaning, Meaning::Code(code) if spoken::code_is(code, value)))
    }
}

/// The object noun for "results" in general.
pub(super) fn spoken_result() -> Option<usize> {
    (0..200).find(|at| spoken::object(*at) == "result")
}
