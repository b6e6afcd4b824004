//! Evidence as facts: every scalar of every result with its place, its attribute
//! and the row (entity) that owns it. Rows are array elements, entries of maps and
//! the main record; nested objects belong to the row around them. Facts are stored
//! in document order, so everything a row owns is one slice; the nodes of a tree lie
//! side by side, so that none owns what those below it have. Shapes are normalised
//! in `shape`; nothing here knows the draft.

use std::ops::Range;

use serde_json::Value;

use crate::domain::grounding::claim::EvidenceRef;
use crate::domain::grounding::input::EvidenceResult;

/// More facts than this are not indexed; values beyond count as absent, which fails closed.
pub(super) const MAX_FACTS: usize = 3_000_000;
/// Deeper values are not indexed.
pub(super) const MAX_DEPTH: usize = 120;

/// Index of a row.
pub type RowId = u32;
/// Index of a fact.
pub type FactId = u32;

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step<'a> {
    /// The content of a result.
    Content(u32),
    /// The arguments of the call: evidence without a pointer into the content.
    Arguments(u32),
    /// A member.
    Key(&'a str),
    /// An array element.
    Index(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) parent: u32,
    pub(super) step: Step<'a>,
}

/// One scalar of the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    pub(super) node: u32,
    /// The row that owns it.
    pub row: RowId,
    /// Its attribute: the nearest member name, or the key of a key-value list.
    pub key: &'a str,
    /// The member name around that, inside the same row; empty if none.
    pub group: &'a str,
    /// The value, as stored.
    pub value: &'a Value,
    /// Attributes it is of: a set bit for each noun of [`super::spoken`], by its key or group.
    pub nouns: u128,
    /// Whether its key is one by which records are called.
    pub identity: bool,
}

impl<'a> Fact<'a> {
    /// Whether it is of an attribute of [`super::spoken`].
    pub fn is_of(&self, noun: usize) -> bool {
        self.nouns >> noun & 1 == 1
    }

    /// The value if it is a string.
    pub fn text(&self) -> Option<&'a str> {
        self.value.as_str()
    }
}

/// One entity of the evidence.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The row around it.
    pub parent: Option<RowId>,
    /// Its facts.
    pub facts: Range<u32>,
    /// Index of its result.
    pub result: u32,
    /// The list it is an element of.
    pub list: Option<u32>,
    /// The key it has in a map of records.
    pub alias: Option<&'a str>,
    /// Not an entity but the answer as a whole: arguments, page data.
    pub envelope: bool,
    /// The node right above it, of the nodes of a tree.
    pub above: Option<RowId>,
}

/// An array (or map) of rows.
#[derive(Clone, Debug)]
pub struct List<'a> {
    /// Index of its result.
    pub result: u32,
    /// Member name that holds it; empty at the root.
    pub key: &'a str,
    /// The row around it.
    pub parent: RowId,
    /// Its rows.
    pub rows: Vec<RowId>,
}

/// All facts of some results.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The results, as given.
    pub results: &'a [EvidenceResult],
    pub(super) nodes: Vec<Node<'a>>,
    /// Facts in document order.
    pub facts: Vec<Fact<'a>>,
    /// Rows in document order.
    pub rows: Vec<Row<'a>>,
    /// Lists in document order.
    pub lists: Vec<List<'a>>,
    /// Names of all members that hold a scalar somewhere, with their first fact.
    pub keys: Vec<(&'a str, FactId)>,
    /// Names of all members around such members inside a row.
    pub groups: Vec<&'a str>,
    /// Names of members that hold yes or no somewhere.
    pub boolean_keys: Vec<&'a str>,
    /// Attributes that some fact is of.
    pub nouns: u128,
}

/// Names of fields by which records are called.
const IDENTITY: [&str; 36] = [
    "id",
    "uuid",
    "key",
    "name",
    "shortname",
    "displayname",
    "localizedname",
    "hostname",
    "host",
    "fqdn",
    "ip",
    "address",
    "ipaddress",
    "username",
    "email",
    "identifier",
    "caseid",
    "eventid",
    "ruleid",
    "rulename",
    "alarmid",
    "assetid",
    "customerid",
    "podname",
    "containerid",
    "containername",
    "imageid",
    "clustername",
    "namespace",
    "resourcename",
    "title",
    "label",
    "kubenodename",
    "kubepodname",
    "kubeworkloadname",
    "kubecronjobname",
];

/// Whether a field name is one by which records are called.
pub fn is_identity(key: &str) -> bool {
    let mut folded = String::with_capacity(key.len().min(64));
    for c in key.chars().take(64).filter(char::is_ascii_alphanumeric) {
        folded.push(c.to_ascii_lowercase());
    }
    IDENTITY.contains(&folded.as_str()) || (key.contains('.') && folded.ends_with("name"))
}

impl<'a> Evidence<'a> {
    /// Facts of the results that brought data or an answer; failed calls have none but their arguments.
    pub fn new(results: &'a [EvidenceResult]) -> Self {
        super::shape::read(results)
    }

    /// The facts a row owns, nested rows included.
    pub fn of_row(&self, row: RowId) -> &[Fact<'a>] {
        let Some(row) = self.rows.get(row as usize) else { return &[] };
        self.facts.get(row.facts.start as usize..row.facts.end as usize).unwrap_or_default()
    }

    /// Ids of the facts a row owns.
    pub fn ids_of_row(&self, row: RowId) -> Range<u32> {
        self.rows.get(row as usize).map_or(0..0, |row| row.facts.clone())
    }

    /// One fact.
    pub fn fact(&self, id: FactId) -> &Fact<'a> {
        &self.facts[id as usize]
    }

    /// Whether `inner` is `outer` or lies inside it.
    pub fn within(&self, inner: RowId, outer: RowId) -> bool {
        let mut at = Some(inner);
        while let Some(row) = at {
            if row == outer {
                return true;
            }
            at = self.rows.get(row as usize).and_then(|row| row.parent);
        }
        false
    }

    /// Rows around `row`, innermost first, envelopes left out.
    pub fn ancestors(&self, row: RowId) -> impl Iterator<Item = RowId> + '_ {
        let mut at = self.rows.get(row as usize).and_then(|row| row.parent);
        std::iter::from_fn(move || {
            let row = at?;
            at = self.rows.get(row as usize)?.parent;
            Some(row)
        })
        .filter(|row| !self.rows.get(*row as usize).is_none_or(|row| row.envelope))
    }

    /// The outermost row around `row` that is an entity.
    pub fn top(&self, row: RowId) -> RowId {
        self.ancestors(row).last().unwrap_or(row)
    }

    /// Member names from the row down to the fact, outermost first.
    pub fn path(&self, fact: &Fact<'a>) -> Vec<&'a str> {
        let mut keys = vec![fact.key];
        let mut at = fact.node;
        while let Some(node) = self.nodes.get(at as usize) {
            match node.step {
                Step::Key(key) if keys.last() != Some(&key) => keys.push(key),
                Step::Content(_) | Step::Arguments(_) => break,
                _ => {}
            }
            at = node.parent;
        }
        keys.reverse();
        keys
    }

    /// The place of a fact; `None` for an argument of the call.
    pub fn reference(&self, id: FactId) -> Option<EvidenceRef> {
        let fact = self.facts.get(id as usize)?;
        let mut steps: Vec<String> = Vec::new();
        let mut at = fact.node;
        loop {
            let node = self.nodes.get(at as usize)?;
            match node.step {
                Step::Content(result) => {
                    let result = self.results.get(result as usize)?;
                    let mut pointer = String::new();
                    for step in steps.iter().rev() {
                        pointer.push('/');
                        pointer.push_str(step);
                    }
                    return Some(EvidenceRef { result_id: result.id.clone(), pointer, value: fact.value.clone() });
                }
                Step::Arguments(_) => return None,
                Step::Key(key) => steps.push(key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => steps.push(index.to_string()),
            }
            at = node.parent;
        }
    }

    /// References of some facts, bounded.
    pub fn references(&self, facts: impl IntoIterator<Item = FactId>) -> Vec<EvidenceRef> {
        facts.into_iter().filter_map(|id| self.reference(id)).take(8).collect()
    }

    /// The first fact by which a row is called.
    pub fn name_of(&self, row: RowId) -> Option<FactId> {
        self.ids_of_row(row)
            .take(400)
            .find(|id| {
                let fact = self.fact(*id);
                fact.row == row && fact.identity
            })
            .or_else(|| self.ids_of_row(row).next())
    }

    /// Whether a fact is an argument of the call.
    pub fn is_argument(&self, fact: &Fact<'a>) -> bool {
        let mut at = fact.node;
        while let Some(node) = self.nodes.get(at as usize) {
            match node.step {
                Step::Arguments(_) => return true,
                Step::Content(_) => return false,
                _ => at = node.parent,
            }
        }
        false
    }

    /// The result a fact is from.
    pub fn result_of(&self, fact: &Fact<'a>) -> &'a EvidenceResult {
        let row = &self.rows[fact.row as usize];
        &self.results[row.result as usize]
    }

    /// Whether some result brought data.
    pub fn has_data(&self) -> bool {
        self.results.iter().any(|result| result.outcome.has_data())
    }

    /// The one record that all data is about, if there is just one.
    pub fn only_record(&self) -> Option<RowId> {
        let mut top = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.envelope && row.parent.is_none_or(|p| self.rows[p as usize].envelope));
        let (first, _) = top.next()?;
        top.next().is_none().then(|| RowId::try_from(first).unwrap_or(RowId::MAX))
    }
}
