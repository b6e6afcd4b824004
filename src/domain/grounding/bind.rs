//! Who a value belongs to. The subject of a unit is what it names, or else what the
//! text around it was about: the item or sentence before, the heading, or the one
//! record there is. Pronouns keep the subject; a new paragraph makes it weak.

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;

/// How surely a unit is about its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Strength {
    /// About nothing in particular.
    #[default]
    None,
    /// Carried over from another paragraph.
    Weak,
    /// Carried over from the sentence before, the lead of the list, the heading, or the only record.
    Near,
    /// Named in the unit.
    Named,
}

/// What a unit is about: one or several coordinated groups of rows.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Each group holds the rows of one named thing (several when more results know it).
    pub groups: Vec<Vec<RowId>>,
    /// How surely.
    pub strength: Strength,
    /// Member names of the attribute by which it was named, if not by its own name.
    pub by_attribute: Option<(String, String)>,
}

impl Subject {
    /// Nothing in particular.
    pub fn none() -> Self {
        Self::default()
    }

    /// One named thing.
    pub fn named(rows: Vec<RowId>) -> Self {
        Self { groups: vec![rows], strength: Strength::Named, by_attribute: None }
    }

    /// Whether there is no subject.
    pub fn is_none(&self) -> bool {
        self.strength == Strength::None || self.groups.is_empty()
    }

    /// Any row of it.
    pub fn first(&self) -> Option<RowId> {
        self.groups.first()?.first().copied()
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = RowId> + '_ {
        self.groups.iter().flatten().copied()
    }
}

/// Facts of a group of rows that pass `keep`: its own first, then direct facts of the rows around it.
pub fn facts_of<'e, 'a>(
    evidence: &'e Evidence<'a>,
    rows: &[RowId],
    mut keep: impl FnMut(&Fact<'a>) -> bool,
) -> Vec<FactId> {
    let mut out = Vec::new();
    for row in rows {
        for id in evidence.ids_of_row(*row) {
            if keep(evidence.fact(id)) {
                out.push(id);
                if out.len() >= 256 {
                    return out;
                }
            }
        }
    }
    if !out.is_empty() {
        return out;
    }
    for row in rows {
        for outer in evidence.ancestors(*row).collect::<Vec<_>>() {
            let own = evidence.ids_of_row(outer).take(5000);
            out.extend(own.filter(|id| evidence.fact(*id).row == outer && keep(evidence.fact(*id))).take(16));
        }
    }
    out
}

/// Whether a fact belongs to one of the rows, or to a row around them.
pub fn belongs(evidence: &Evidence<'_>, fact: &Fact<'_>, rows: &[RowId]) -> bool {
    rows.iter().any(|row| {
        evidence.within(fact.row, *row)
            || (evidence.within(*row, fact.row) && !evidence.rows[fact.row as usize].envelope)
    })
}

/// The subjects of the text so far.
#[derive(Clone, Debug)]
pub struct Context {
    heading: Subject,
    lead: Subject,
    item: (usize, Subject),
    last: Subject,
    block: Option<usize>,
    only: Subject,
}

impl Context {
    /// At the start of a text.
    pub fn new(evidence: &Evidence<'_>) -> Self {
        let only = evidence.only_record().map_or_else(Subject::none, |row| Subject {
            groups: vec![vec![row]],
            strength: Strength::Near,
            by_attribute: None,
        });
        Self {
            heading: Subject::none(),
            lead: Subject::none(),
            item: (0, Subject::none()),
            last: Subject::none(),
            block: None,
            only,
        }
    }

    /// What a unit is about as long as it names nothing itself.
    pub fn inherited(&self, unit: &Unit) -> Subject {
        let same_block = self.block == Some(unit.block);
        let (subject, strength) = match unit.kind {
            UnitKind::Heading | UnitKind::Row(_) => (Subject::none(), Strength::None),
            _ if same_block => (self.last.clone(), Strength::Near),
            UnitKind::Item(indent) if indent > self.item.0 && !self.item.1.is_none() => {
                (self.item.1.clone(), Strength::Near)
            }
            UnitKind::Item(_) if !self.lead.is_none() => (self.lead.clone(), Strength::Near),
            _ if !self.heading.is_none() => (self.heading.clone(), Strength::Near),
            _ => (self.last.clone(), Strength::Weak),
        };
        if subject.is_none() {
            return self.only.clone();
        }
        Subject { strength: strength.min(subject.strength), ..subject }
    }

    /// What a table with fields for rows is about: the text before it, the heading, the only record.
    pub fn surrounding(&self) -> Subject {
        let near = [&self.last, &self.heading, &self.only].into_iter().find(|subject| !subject.is_none());
        near.map_or_else(Subject::none, |subject| Subject { strength: Strength::Near, ..subject.clone() })
    }

    /// Whether a subject was not named at all: it is the only record there is.
    pub fn assumed(&self, subject: &Subject) -> bool {
        !self.only.is_none() && subject.groups == self.only.groups
    }

    /// A label named the record that the items around it are about: its row in each result.
    pub fn lead_with(&mut self, rows: Vec<RowId>) {
        self.lead = Subject::named(rows);
    }

    /// Takes note of what a unit was about.
    pub fn leave(&mut self, unit: &Unit, subject: Subject) {
        match unit.kind {
            UnitKind::Heading => {
                self.heading = subject.clone();
                self.lead = Subject::none();
                self.last = Subject::none();
            }
            UnitKind::Item(indent) if self.block != Some(unit.block) => self.item = (indent, subject.clone()),
            UnitKind::Item(_) => {}
            _ => {
                self.lead = subject.clone();
                self.item = (0, Subject::none());
            }
        }
        self.block = Some(unit.block);
        self.last = subject;
    }
}
