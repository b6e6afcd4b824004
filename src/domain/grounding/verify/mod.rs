//! The checks: one file per family of claims. [`Checker`] walks the units of a draft,
//! binds each value to its owner and hands it to the family's file; what a family
//! finds becomes one claim here.

mod absence;
mod aggregates;
mod attributes;
mod branches;
mod changes;
mod columns;
mod compare;
mod denied;
mod direction;
mod every;
mod filters;
mod identifiers;
mod lineage;
mod measured;
mod names;
mod numbers;
mod order;
mod parts;
mod processes;
mod quotes;
mod reasons;
mod shared;
mod statements;
mod stored;
mod subjects;
mod tables;
mod times;
mod trees;
mod unsaid;
mod values;
mod work;

pub(super) use self::aggregates::total;
pub(super) use self::times::instant;

use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use crate::domain::grounding::atom::Atom;
use crate::domain::grounding::claim::CharSpan;
use crate::domain::grounding::claim::Claim;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::EvidenceRef;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::Violation;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::input::Stance;
use crate::domain::grounding::marks::Draft;
use crate::domain::grounding::marks::Index;
use crate::domain::grounding::process::Processes;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::tree::Trees;
use crate::domain::grounding::verify::trees::Said;
use crate::domain::grounding::verify::values::UserValues;
use crate::domain::policy::decision::RouterDecision;

/// What came of looking a value up.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// Value and owner match.
    Supported(Vec<FactId>, String),
    /// The owner has another value.
    WrongValue(FactId, String),
    /// Another owner has it; the owner's own value, if any.
    WrongEntity(FactId, Option<FactId>, String),
    /// Known to be wrong, with the places it was computed from.
    Wrong(Vec<FactId>, String),
    /// No result holds it.
    Missing(String),
    /// Not for code.
    Open(String),
    /// No claim at all.
    Nothing,
}

/// What came of checking a text.
pub(super) struct Checked {
    pub(super) claims: Vec<Claim>,
    pub(super) violations: Vec<Violation>,
    /// Some claim stands in a statement, not in a question or an offer.
    pub(super) tells: bool,
}

/// Texts that give orders, by their words, and the runs of three words in them.
type Orders = (Vec<(FactId, Vec<u64>)>, HashSet<u64>);

/// Walks a draft and gathers claims.
pub(super) struct Checker<'c, 'a> {
    pub(super) input: &'c CheckInput<'a>,
    pub(super) draft: &'c Draft<'a>,
    pub(super) evidence: &'c Evidence<'a>,
    pub(super) index: &'c Index,
    pub(super) stale: Option<(Evidence<'a>, Index)>,
    user: UserValues,
    pub(super) claims: Vec<Claim>,
    pub(super) violations: Vec<Violation>,
    chars: Vec<usize>,
    /// Atoms of stored texts that were looked into.
    text_atoms: RefCell<HashMap<FactId, Rc<Vec<Atom>>>>,
    /// Texts that give orders, found once.
    orders: OnceCell<Orders>,
    /// Trees of counts, read once.
    trees: OnceCell<Trees<'a>>,
    /// What the running unit says of their groups.
    said: RefCell<Option<Rc<Said>>>,
    /// Processes, read once.
    processes: OnceCell<Processes>,
    /// Spans that claims of the running unit cover.
    pub(super) covered: Vec<Range<usize>>,
    /// Header of the table cell that is being read.
    pub(super) header: Option<Range<usize>>,
    /// Quotes in the running unit that a result holds word for word.
    pub(super) quotes: Vec<Range<usize>>,
}

impl<'c, 'a> Checker<'c, 'a> {
    pub(super) fn new(
        input: &'c CheckInput<'a>,
        draft: &'c Draft<'a>,
        evidence: &'c Evidence<'a>,
        index: &'c Index,
    ) -> Self {
        let stale = (!input.stale.is_empty()).then(|| {
            let evidence = Evidence::new(input.stale);
            let index = Index::new(&evidence, draft);
            (evidence, index)
        });
        Self {
            input,
            draft,
            evidence,
            index,
            stale,
            user: UserValues::read(input.user_message, input.language),
            claims: Vec::new(),
            violations: Vec::new(),
            chars: draft.text.char_indices().map(|(at, _)| at).collect(),
            covered: Vec::new(),
            header: None,
            quotes: Vec::new(),
            text_atoms: RefCell::default(),
            orders: OnceCell::new(),
            trees: OnceCell::new(),
            said: RefCell::default(),
            processes: OnceCell::new(),
        }
    }

    /// Checks all units, then what holds for the text as a whole.
    pub(super) fn run(mut self) -> Checked {
        let mut context = crate::domain::grounding::bind::Context::new(self.evidence);
        let units = &self.draft.units.units;
        let mut tells = false;
        let mut at = 0;
        while let Some(unit) = units.get(at) {
            let same =
                units[at..].iter().take_while(|other| other.block == unit.block && other.kind == unit.kind).count();
            if matches!(unit.kind, UnitKind::Item(_)) && same > 1 && (at == 0 || units[at - 1].block != unit.block) {
                // A value of several sentences: the item as a whole may be one stored value.
                let whole = Unit { span: unit.span.start..units[at + same - 1].span.end, ..unit.clone() };
                self.covered.clear();
                if self.verbatim_item(&whole, &mut context) {
                    tells = true;
                    at += same;
                    continue;
                }
            }
            let before = self.claims.len();
            self.unit(unit, &mut context);
            tells |= self.claims.len() > before && !self.asks(unit);
            at += 1;
        }
        self.nested_processes();
        self.whole_text();
        Checked { claims: self.claims, violations: self.violations, tells }
    }

    /// Whether a unit asks or offers, so that its values are no statement.
    pub(super) fn asks(&self, unit: &Unit) -> bool {
        self.ends_with(unit, &['?', '？']) || self.draft.has(&unit.span, Cue::Offer)
    }

    /// Whether a unit ends with one of these marks, whatever closes it after them.
    pub(super) fn ends_with(&self, unit: &Unit, marks: &[char]) -> bool {
        self.draft.slice(&unit.span).trim_end_matches(['*', '_', ' ', '"', ')']).ends_with(marks)
    }

    fn unit(&mut self, unit: &Unit, context: &mut crate::domain::grounding::bind::Context) {
        self.covered.clear();
        if let UnitKind::Row(table) = unit.kind {
            self.table_row(unit, table, &context.surrounding());
            return;
        }
        if self.own_sentence(unit) || self.verbatim_item(unit, context) || self.injected(unit) {
            return;
        }
        let before = self.claims.len();
        let inherited = context.inherited(unit);
        self.read_quotes(unit);
        let subject = self.values(unit, inherited.clone());
        if unit.kind != UnitKind::Heading && !self.asks(unit) {
            self.shared(unit, &inherited);
            self.news(unit, &subject);
        }
        self.quotes.clear();
        if unit.kind != UnitKind::Heading && !self.draft.has(&unit.span, Cue::Offer) {
            self.absence(unit, &subject);
            self.order(unit, &subject);
            self.compare(unit);
            self.direction_of(unit);
            self.unknown_names(unit, &subject);
        }
        self.work(unit);
        self.statement(unit, &subject, before);
        context.leave(unit, subject);
    }

    /// Whether the text may speak of operational data without results: never.
    pub(super) fn without_evidence(&self) -> bool {
        self.input.results.is_empty()
    }

    /// Whether the turn is one in which no tool data belongs.
    pub(super) fn talk_only(&self) -> bool {
        matches!(
            self.input.stance,
            Stance::Turn(RouterDecision::Converse | RouterDecision::Clarify | RouterDecision::Refuse)
        )
    }

    /// Code points of a byte range.
    pub(super) fn char_span(&self, span: &Range<usize>) -> CharSpan {
        let start = self.chars.partition_point(|at| *at < span.start);
        let end = self.chars.partition_point(|at| *at < span.end);
        [start, end.max(start)]
    }

    /// The whole text.
    pub(super) fn whole(&self) -> CharSpan {
        [0, self.chars.len()]
    }

    /// Adds a claim as it is.
    pub(super) fn claim(
        &mut self,
        span: &Range<usize>,
        kind: ClaimKind,
        verdict: Verdict,
        code: Option<ViolationCode>,
        evidence: Vec<EvidenceRef>,
        reason: String,
    ) {
        self.covered.push(span.clone());
        let text = self.draft.slice(span).to_owned();
        let claim = Claim { text, span: self.char_span(span), kind, verdict, evidence, reason, code };
        let known = self.claims.iter().rev().take(12).any(|other| {
            other.span == claim.span
                && other.kind == claim.kind
                && other.verdict == claim.verdict
                && other.code == claim.code
        });
        if !known {
            self.claims.push(claim);
        }
    }

    /// Adds a violation that belongs to no claim.
    pub(super) fn violation(&mut self, span: CharSpan, code: ViolationCode, message: String) {
        if !self.violations.iter().any(|other| other.code == code && other.span == span) {
            self.violations.push(Violation { code, span, message });
        }
    }

    /// Turns what was found into a claim. `wrong` is the code for a contradicted value,
    /// `missing` for one that is nowhere.
    pub(super) fn found(
        &mut self,
        span: &Range<usize>,
        kind: ClaimKind,
        finding: Finding,
        wrong: ViolationCode,
        missing: ViolationCode,
    ) {
        let refs = |ids: Vec<FactId>| self.evidence.references(ids);
        match finding {
            Finding::Supported(ids, reason) => {
                let evidence = refs(ids);
                self.claim(span, kind, Verdict::Supported, None, evidence, reason);
            }
            Finding::WrongValue(own, reason) => {
                let evidence = refs(vec![own]);
                self.claim(span, kind, Verdict::Contradicted, Some(wrong), evidence, reason);
            }
            Finding::WrongEntity(there, own, reason) => {
                let evidence = refs(std::iter::once(there).chain(own).collect());
                let code = Some(ViolationCode::WrongEntity);
                self.claim(span, kind, Verdict::Contradicted, code, evidence, reason);
            }
            Finding::Wrong(ids, reason) => {
                let evidence = refs(ids);
                self.claim(span, kind, Verdict::Contradicted, Some(wrong), evidence, reason);
            }
            Finding::Missing(reason) => {
                self.claim(span, kind, Verdict::Unsupported, Some(missing), Vec::new(), reason);
            }
            Finding::Open(reason) => {
                self.claim(span, ClaimKind::Statement, Verdict::NotCheckable, None, Vec::new(), reason);
            }
            Finding::Nothing => self.covered.push(span.clone()),
        }
    }
}
