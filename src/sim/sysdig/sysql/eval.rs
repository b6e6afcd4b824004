//! Finds the rows of a statement in the graph. Whatever is looked at is
//! counted first: nodes and edges tried, places of a match copied, fields of
//! rows, keys compared.

use std::cmp::Ordering;

use serde_json::Map;
use serde_json::Value;

use crate::sim::sysdig::sysql::compare::Sorted;
use crate::sim::sysdig::sysql::compare::ordering;
use crate::sim::sysdig::sysql::graph::ENTITIES;
use crate::sim::sysdig::sysql::graph::Graph;
use crate::sim::sysdig::sysql::graph::RELATIONSHIPS;
use crate::sim::sysdig::sysql::parse::Condition;
use crate::sim::sysdig::sysql::parse::Item;
use crate::sim::sysdig::sysql::parse::Literal;
use crate::sim::sysdig::sysql::parse::Path;
use crate::sim::sysdig::sysql::parse::Statement;
use crate::sim::sysdig::sysql::parse::Term;
use crate::sim::sysdig::work::TooMuch;
use crate::sim::sysdig::work::Work;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 1_000;
/// Names that infrastructure code has for types, understood when lenient.
const OTHER_NAMES: &[(&str, &str)] = &[("aws_s3_bucket", "S3 Bucket"), ("aws_instance", "EC2 Instance")];

/// What a statement gives.
pub struct Rows {
    /// The columns in order.
    pub columns: Vec<Column>,
    /// One object for each row.
    pub items: Vec<Value>,
}

/// One column.
pub struct Column {
    /// Its key in a row.
    pub name: String,
    /// The entity, or the field with its entity.
    pub of: String,
    /// Whether it holds whole entities.
    pub is_entity: bool,
    /// Type of a field in the API's words.
    pub value_type: &'static str,
}

/// A part of a match: alias and entity.
struct Bound {
    name: String,
    entity: &'static str,
}

type Match = Vec<Option<usize>>;
/// Whether a match fulfils a condition.
type Test<'a> = Box<dyn Fn(&Match) -> bool + 'a>;

/// What a term stands for: a bound entity, or a field of it.
struct Place {
    bound: usize,
    field: Option<String>,
}

struct Query<'a> {
    graph: &'a Graph,
    bound: Vec<Bound>,
    strict: bool,
    work: &'a Work,
}

/// Runs a statement.
///
/// # Errors
/// A text that names what is not known, or says that it takes too many steps.
pub fn rows(graph: &Graph, statement: &Statement, strict: bool, work: &Work) -> Result<Rows, String> {
    let mut query = Query { graph, bound: Vec::new(), strict, work };
    let mut matches: Vec<Match> = vec![Vec::new()];
    for path in &statement.paths {
        matches = query.followed(path, matches)?;
    }
    if let Some(condition) = &statement.condition {
        let test = query.test(condition)?;
        query.spend(matches.len(), condition.size())?;
        matches.retain(|found| test(found));
    }
    let outputs = query.outputs(&statement.items)?;
    query.spend(statement.order.len(), outputs.len())?;
    let mut keys = Vec::new();
    for (term, descending) in &statement.order {
        keys.push((query.sort_key(term, &outputs)?, *descending));
    }
    let cells: usize = outputs.iter().map(Output::cells).sum();
    query.spend(matches.len(), 1 + cells)?;
    let mut items = query.grouped(&outputs, matches);
    if statement.distinct {
        let mut seen = std::collections::HashSet::new();
        items.retain(|(item, _)| seen.insert(Value::Object(item.clone()).to_string()));
    }
    let comparisons = items.len().checked_ilog2().map_or(0, |log| items.len().saturating_mul(1 + log as usize));
    query.spend(comparisons, keys.len())?;
    items.sort_by_cached_key(|item| {
        Sorted(keys.iter().map(|(key, descending)| (query.key(key, item), *descending)).collect())
    });
    let limit = statement.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let shown = items.into_iter().skip(statement.offset).take(limit);
    Ok(Rows { items: shown.map(|(item, _)| Value::Object(item)).collect(), columns: query.columns(&outputs) })
}

impl Condition {
    /// The comparisons and values in it.
    fn size(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::size).sum(),
            Self::Not(inner) => inner.size(),
            Self::Compare(..) | Self::Matches(..) => 1,
            Self::In(_, values) => values.len(),
        }
    }
}

enum Output {
    Place(Place, String),
    Count(Place, bool, String),
}

impl Output {
    fn name(&self) -> &str {
        let (Self::Place(_, name) | Self::Count(_, _, name)) = self;
        name
    }

    /// The values that it puts into a row; an entity has many.
    fn cells(&self) -> usize {
        match self {
            Self::Place(Place { field: None, .. }, _) => 12,
            _ => 1,
        }
    }
}

enum Key {
    Column(String),
    Place(Place),
}

impl Query<'_> {
    fn followed(&mut self, path: &Path, matches: Vec<Match>) -> Result<Vec<Match>, String> {
        let start = self.node(&path.start)?;
        let mut at = vec![start];
        for (relationship, node) in &path.steps {
            if !RELATIONSHIPS.contains(&relationship.as_str()) {
                return Err(format!("unknown relationship '{relationship}'"));
            }
            at.push(self.node(node)?);
        }
        let width = self.bound.len();
        let mut all = Vec::new();
        for mut known in matches {
            known.resize(width, None);
            self.spend(1, self.graph.nodes.len())?;
            let mut found = self.bind(&known, start, 0..self.graph.nodes.len())?;
            for (step, (relationship, _)) in path.steps.iter().enumerate() {
                let mut next = Vec::new();
                for part in &found {
                    let Some(from) = part[at[step]] else { continue };
                    self.spend(1, self.graph.size())?;
                    next.extend(self.bind(part, at[step + 1], self.graph.behind(from, relationship))?);
                }
                found = next;
            }
            if found.is_empty() && path.optional {
                found.push(known);
            }
            all.extend(found);
        }
        Ok(all)
    }

    /// The match with each fitting candidate in its place.
    fn bind(&self, part: &Match, place: usize, candidates: impl Iterator<Item = usize>) -> Result<Vec<Match>, String> {
        let fits = |node: &usize| match part[place] {
            Some(known) => known == *node,
            None => self.graph.nodes[*node].entity == self.bound[place].entity,
        };
        let put = |node: usize| {
            self.spend(1, part.len())?;
            let mut part = part.clone();
            part[place] = Some(node);
            Ok(part)
        };
        candidates.filter(fits).map(put).collect()
    }

    /// Counts this many times this many steps that are about to be taken.
    fn spend(&self, times: usize, steps: usize) -> Result<(), String> {
        self.work.spend(times.saturating_mul(steps)).map_err(too_much)
    }

    /// The place of a node of a path, a new one or one that is known by name.
    fn node(&mut self, (name, alias): &(String, Option<String>)) -> Result<usize, String> {
        if alias.is_none()
            && let Some(known) = self.bound.iter().position(|bound| bound.name == *name)
        {
            return Ok(known);
        }
        let entity = ENTITIES.iter().find(|(entity, _)| entity == name).map(|(entity, _)| *entity);
        let entity = entity.ok_or_else(|| format!("unknown entity '{name}'"))?;
        let alias = alias.as_ref().unwrap_or(name);
        if self.bound.iter().any(|bound| bound.name == *alias) {
            return Err(format!("'{alias}' is used twice"));
        }
        self.bound.push(Bound { name: alias.clone(), entity });
        Ok(self.bound.len() - 1)
    }

    fn place(&self, term: &Term) -> Result<Place, String> {
        let name = &term.name;
        let has =
            |bound: &Bound| ENTITIES.iter().any(|(e, fields)| *e == bound.entity && fields.contains(&name.as_str()));
        let Some(of) = &term.of else {
            if let Some(bound) = self.bound.iter().position(|bound| bound.name == *name) {
                return Ok(Place { bound, field: None });
            }
            let lenient = self.bound.iter().position(has).filter(|_| !self.strict);
            let bound = lenient.ok_or_else(|| format!("unknown identifier '{name}'"))?;
            return Ok(Place { bound, field: Some(name.clone()) });
        };
        let bound = self.bound.iter().position(|bound| bound.name == *of);
        let bound = bound.ok_or_else(|| format!("unknown identifier '{of}'"))?;
        if !has(&self.bound[bound]) {
            return Err(format!("unknown field '{name}' of {}", self.bound[bound].entity));
        }
        Ok(Place { bound, field: Some(name.clone()) })
    }

    fn value(&self, place: &Place, found: &Match) -> Value {
        let Some(node) = found[place.bound] else { return Value::Null };
        let fields = &self.graph.nodes[node].fields;
        match &place.field {
            None => Value::Object(fields.clone()),
            Some(field) => fields.get(field).cloned().unwrap_or(Value::Null),
        }
    }

    fn test<'q>(&'q self, condition: &Condition) -> Result<Test<'q>, String> {
        Ok(match condition {
            Condition::All(parts) => {
                let tests: Vec<Test<'q>> = parts.iter().map(|part| self.test(part)).collect::<Result<_, _>>()?;
                Box::new(move |found| tests.iter().all(|test| test(found)))
            }
            Condition::Any(parts) => {
                let tests: Vec<Test<'q>> = parts.iter().map(|part| self.test(part)).collect::<Result<_, _>>()?;
                Box::new(move |found| tests.iter().any(|test| test(found)))
            }
            Condition::Not(inner) => {
                let inner = self.test(inner)?;
                Box::new(move |found| !inner(found))
            }
            Condition::In(term, values) => {
                let place = self.field(term)?;
                let values = values.clone();
                Box::new(move |found| {
                    let value = self.value(&place, found);
                    values.iter().any(|literal| ordering(&value, literal) == Some(Ordering::Equal))
                })
            }
            Condition::Matches(term, regex) => {
                let place = self.field(term)?;
                let regex = regex.clone();
                Box::new(move |found| self.value(&place, found).as_str().is_some_and(|text| regex.is_match(text)))
            }
            Condition::Compare(term, operator, literal) => {
                let place = self.field(term)?;
                let literal = self.understood(&place, literal);
                let operator = *operator;
                Box::new(move |found| {
                    let order = ordering(&self.value(&place, found), &literal);
                    order.is_some_and(|order| operator.holds(order))
                })
            }
        })
    }

    fn field(&self, term: &Term) -> Result<Place, String> {
        let place = self.place(term)?;
        if place.field.is_none() {
            return Err(format!("'{}' is an entity; compare one of its fields", term.name));
        }
        Ok(place)
    }

    /// A type by the name of the graph.
    fn understood(&self, place: &Place, literal: &Literal) -> Literal {
        let other = match literal {
            Literal::Text(text) if !self.strict && place.field.as_deref() == Some("type") => {
                OTHER_NAMES.iter().find(|(other, _)| other == text)
            }
            _ => None,
        };
        other.map_or_else(|| literal.clone(), |(_, name)| Literal::Text((*name).to_owned()))
    }

    fn outputs(&self, items: &[Item]) -> Result<Vec<Output>, String> {
        if items.is_empty() {
            let whole = |(bound, part): (usize, &Bound)| Output::Place(Place { bound, field: None }, part.name.clone());
            return Ok(self.bound.iter().enumerate().map(whole).collect());
        }
        let text = |term: &Term| match &term.of {
            Some(of) => format!("{of}.{}", term.name),
            None => term.name.clone(),
        };
        items
            .iter()
            .map(|item| match item {
                Item::Term(term, alias) => {
                    Ok(Output::Place(self.place(term)?, alias.clone().unwrap_or_else(|| text(term))))
                }
                Item::Count(term, distinct, alias) => {
                    let inside = if *distinct { format!("DISTINCT {}", text(term)) } else { text(term) };
                    let name = alias.clone().unwrap_or_else(|| format!("count({inside})"));
                    Ok(Output::Count(self.place(term)?, *distinct, name))
                }
            })
            .collect()
    }

    /// Rows as objects, each with a match that it came of; counts gather the
    /// matches that agree on everything else.
    fn grouped(&self, outputs: &[Output], matches: Vec<Match>) -> Vec<(Map<String, Value>, Match)> {
        let row = |found: &Match| -> Map<String, Value> {
            let places = outputs.iter().filter_map(|output| match output {
                Output::Place(place, name) => Some((name.clone(), self.value(place, found))),
                Output::Count(..) => None,
            });
            places.collect()
        };
        if !outputs.iter().any(|output| matches!(output, Output::Count(..))) {
            return matches.into_iter().map(|found| (row(&found), found)).collect();
        }
        let mut groups: Vec<(Map<String, Value>, Vec<Match>)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for found in matches {
            let row = row(&found);
            let key = Value::Object(row.clone()).to_string();
            let place = *known.entry(key).or_insert_with(|| {
                groups.push((row, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(found);
        }
        let counted = |(mut row, found): (Map<String, Value>, Vec<Match>)| {
            for output in outputs {
                if let Output::Count(place, distinct, name) = output {
                    let mut nodes: Vec<String> = found
                        .iter()
                        .map(|found| match &place.field {
                            None => found[place.bound].map_or(String::new(), |node| node.to_string()),
                            Some(_) => self.value(place, found).to_string(),
                        })
                        .filter(|value| !value.is_empty() && value != "null")
                        .collect();
                    if *distinct {
                        nodes.sort();
                        nodes.dedup();
                    }
                    row.insert(name.clone(), nodes.len().into());
                }
            }
            (row, found.into_iter().next().unwrap_or_default())
        };
        groups.into_iter().map(counted).collect()
    }

    fn sort_key(&self, term: &Term, outputs: &[Output]) -> Result<Key, String> {
        let written = term.of.as_ref().map_or_else(|| term.name.clone(), |of| format!("{of}.{}", term.name));
        match outputs.iter().find(|output| output.name() == written) {
            Some(output) => Ok(Key::Column(output.name().to_owned())),
            None => self.place(term).map(Key::Place),
        }
    }

    fn key(&self, key: &Key, (item, found): &(Map<String, Value>, Match)) -> Value {
        match key {
            Key::Column(name) => item.get(name).cloned().unwrap_or(Value::Null),
            Key::Place(place) => self.value(place, found),
        }
    }

    fn columns(&self, outputs: &[Output]) -> Vec<Column> {
        let column = |output: &Output| match output {
            Output::Place(place, name) => {
                let entity = self.bound[place.bound].entity;
                match &place.field {
                    None => Column { name: name.clone(), of: entity.to_owned(), is_entity: true, value_type: "String" },
                    Some(field) => Column {
                        name: name.clone(),
                        of: format!("{entity}.{field}"),
                        is_entity: false,
                        value_type: match field.as_str() {
                            "cvssScore" => "Float",
                            "hasExploit" | "hasFix" | "acceptedRisk" | "inUse" | "isExposed" => "Boolean",
                            _ => "String",
                        },
                    },
                }
            }
            Output::Count(_, _, name) => {
                Column { name: name.clone(), of: "count".to_owned(), is_entity: false, value_type: "Integer" }
            }
        };
        outputs.iter().map(column).collect()
    }
}

fn too_much(problem: TooMuch) -> String {
    format!("the statement matches too much: {problem}")
}
