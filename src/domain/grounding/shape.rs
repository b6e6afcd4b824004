//! Reads JSON of any shape into facts and rows. Shapes that mean the same are made
//! the same here: arrays of records, maps of records, columns of `{row: value}`,
//! lists of `{key, value}`, label maps, measured series, and trees of nodes with `children`, which
//! are read as the list of their nodes. One pass, bounded depth and count.

use serde_json::Map;
use serde_json::Value;

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::MAX_DEPTH;
use crate::domain::grounding::facts::MAX_FACTS;
use crate::domain::grounding::facts::Node;
use crate::domain::grounding::facts::Row;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::facts::Step;
use crate::domain::grounding::facts::is_identity;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::spoken;
use crate::domain::grounding::words;
use crate::domain::grounding::words::WordMap;

/// Reads all results.
pub(super) fn read(results: &[EvidenceResult]) -> Evidence<'_> {
    let mut reader = Reader {
        evidence: Evidence {
            results,
            nodes: Vec::new(),
            facts: Vec::new(),
            rows: Vec::new(),
            lists: Vec::new(),
            keys: Vec::new(),
            groups: Vec::new(),
            nouns: 0,
            boolean_keys: Vec::new(),
        },
        known_keys: WordMap::default(),
        known_groups: WordMap::default(),
        flat: false,
    };
    for (index, result) in results.iter().enumerate() {
        reader.result(u32::try_from(index).unwrap_or(u32::MAX), result);
    }
    reader.evidence
}

/// Where a value stands while it is read.
#[derive(Clone, Copy)]
struct Place<'a> {
    node: u32,
    row: RowId,
    key: &'a str,
    group: &'a str,
    depth: usize,
}

struct Reader<'a> {
    evidence: Evidence<'a>,
    known_keys: WordMap<(u128, bool)>,
    known_groups: WordMap<u128>,
    /// Arguments are read flat: what a call asked for is no list of rows.
    flat: bool,
}

/// What the members of an object are.
enum Shape {
    Record,
    MapOfRecords,
    Columns,
    LabelMap,
    /// One series of measurements: its labels, and a time with a value.
    Series,
}

impl<'a> Reader<'a> {
    fn result(&mut self, index: u32, result: &'a EvidenceResult) {
        let envelope = result.content.as_object().is_none_or(is_envelope) || children_of(&result.content).is_some();
        let root = self.open_row(None, index, None, None, true);
        let arguments = self.node(0, Step::Arguments(index));
        let place = Place { node: arguments, row: root, key: "", group: "", depth: 0 };
        self.flat = true;
        self.value(&result.arguments, place);
        self.flat = false;
        if result.outcome.answered() || result.outcome.has_data() {
            let content = self.node(0, Step::Content(index));
            let mut place = Place { node: content, row: root, key: "", group: "", depth: 0 };
            if envelope {
                self.envelope(&result.content, place);
            } else {
                place.row = self.open_row(Some(root), index, None, None, false);
                self.value(&result.content, place);
                self.close_row(place.row);
            }
        }
        self.close_row(root);
    }

    /// The members of an answer's outer object: an object below `data` and the like is the main record.
    fn envelope(&mut self, content: &'a Value, place: Place<'a>) {
        let Value::Object(members) = content else {
            self.value(content, place);
            return;
        };
        if children_of(content).is_some() {
            return self.value(content, place);
        }
        for (key, value) in members {
            let inner = Place { node: self.node(place.node, Step::Key(key)), key, depth: 1, ..place };
            if is_payload_key(key)
                && (key != "results" || value.get("id").is_some())
                && value
                    .as_object()
                    .is_some_and(|members| matches!(shape(members), Shape::Record) && !is_wrapper(members))
                && children_of(value).is_none()
            {
                let result = self.evidence.rows[place.row as usize].result;
                let row = self.open_row(Some(place.row), result, None, None, false);
                self.value(value, Place { row, key: "", ..inner });
                self.close_row(row);
            } else {
                self.value(value, inner);
            }
        }
    }

    fn value(&mut self, value: &'a Value, place: Place<'a>) {
        if place.depth > MAX_DEPTH || self.evidence.facts.len() >= MAX_FACTS {
            return;
        }
        if !self.flat && children_of(value).is_some() {
            let list = self.open_list(place);
            return self.tree_node(value, list, place, None);
        }
        match value {
            Value::Object(members) => self.object(members, place),
            Value::Array(items) => self.array(items, place),
            scalar => self.fact(scalar, place),
        }
    }

    fn fact(&mut self, value: &'a Value, place: Place<'a>) {
        let id = u32::try_from(self.evidence.facts.len()).unwrap_or(u32::MAX);
        let (of_key, identity) = match self.known_keys.get(&words::hash(place.key)) {
            Some(known) => *known,
            None => {
                self.evidence.keys.push((place.key, id));
                let known = (spoken::nouns_of_field(place.key), is_identity(place.key));
                self.known_keys.insert(words::hash(place.key), known);
                known
            }
        };
        let of_group = match self.known_groups.get(&words::hash(place.group)) {
            Some(known) => *known,
            None => {
                self.evidence.groups.push(place.group);
                let known = spoken::nouns_of_field(place.group);
                self.known_groups.insert(words::hash(place.group), known);
                known
            }
        };
        if value.is_boolean()
            && !self.evidence.boolean_keys.contains(&place.key)
            && self.evidence.boolean_keys.len() < 200
        {
            self.evidence.boolean_keys.push(place.key);
        }
        let nouns = of_key | of_group;
        self.evidence.nouns |= nouns;
        let Place { node, row, key, group, .. } = place;
        self.evidence.facts.push(Fact { node, row, key, group, value, nouns, identity });
    }

    fn object(&mut self, members: &'a Map<String, Value>, place: Place<'a>) {
        let shape = if self.flat { Shape::Record } else { shape(members) };
        match shape {
            Shape::Record => {
                for (key, value) in members {
                    let node = self.node(place.node, Step::Key(key));
                    let depth = place.depth + 1;
                    self.value(value, Place { node, key, group: place.key, depth, ..place });
                }
            }
            Shape::MapOfRecords => {
                let list = self.open_list(place);
                for (key, value) in members {
                    let node = self.node(place.node, Step::Key(key));
                    let row = self.open_element(list, place, Some(key));
                    self.value(value, Place { node, row, key: "", group: "", depth: place.depth + 1 });
                    self.close_row(row);
                }
            }
            Shape::LabelMap => {
                let list = self.open_list(place);
                for (key, value) in members {
                    let node = self.node(place.node, Step::Key(key));
                    let row = self.open_element(list, place, Some(key));
                    self.fact(value, Place { node, row, group: "", ..place });
                    self.close_row(row);
                }
            }
            Shape::Columns => self.columns(members, place),
            Shape::Series => self.series(members, place),
        }
    }

    /// `{metric: {label: name}, value: [seconds, "number"]}`: the labels are attributes of what was
    /// measured, like its time and its value.
    fn series(&mut self, members: &'a Map<String, Value>, place: Place<'a>) {
        let result = self.evidence.rows[place.row as usize].result;
        // Where the tool only lists, the number says no more than that the row exists.
        let only_lists = spoken::only_lists(&self.evidence.results[result as usize].tool);
        for (key, value) in members {
            let node = self.node(place.node, Step::Key(key));
            let inner = Place { node, key, group: "", depth: place.depth + 1, ..place };
            match (key.as_str(), value) {
                ("metric", Value::Object(labels)) => {
                    for (label, name) in labels {
                        let node = self.node(node, Step::Key(label));
                        self.fact(name, Place { node, key: label, ..inner });
                    }
                }
                ("value", Value::Array(sample)) => {
                    for ((index, value), key) in (0..).zip(sample).zip(["timestamp", "value"]) {
                        if only_lists && key == "value" {
                            continue;
                        }
                        let node = self.node(node, Step::Index(index));
                        self.fact(value, Place { node, key, ..inner });
                    }
                }
                _ => self.value(value, inner),
            }
        }
    }

    /// `{attribute: {row: value}}`, read row by row.
    fn columns(&mut self, members: &'a Map<String, Value>, place: Place<'a>) {
        let list = self.open_list(place);
        let columns: Vec<(u32, &'a str, &'a Map<String, Value>)> = members
            .iter()
            .filter_map(|(key, value)| Some((self.node(place.node, Step::Key(key)), key.as_str(), value.as_object()?)))
            .collect();
        let Some((_, _, first)) = columns.first() else { return };
        for name in first.keys() {
            let row = self.open_element(list, place, Some(name));
            for (node, key, cells) in &columns {
                if let Some(value) = cells.get(name) {
                    let node = self.node(*node, Step::Key(name));
                    self.fact(value, Place { node, row, key, group: "", depth: place.depth + 2 });
                }
            }
            self.close_row(row);
        }
    }

    fn array(&mut self, items: &'a [Value], place: Place<'a>) {
        if !self.flat && items.iter().any(Value::is_object) && !items.iter().all(is_pair) {
            let list = self.open_list(place);
            for (index, value) in items.iter().enumerate() {
                let node = self.node(place.node, Step::Index(u32::try_from(index).unwrap_or(u32::MAX)));
                if children_of(value).is_some() {
                    self.tree_node(value, list, Place { node, depth: place.depth + 1, ..place }, None);
                    continue;
                }
                if is_of_nothing(value) {
                    self.value(value, Place { node, key: "", group: "", depth: place.depth + 1, ..place });
                    continue;
                }
                let row = self.open_element(list, place, None);
                let key = if value.is_object() { "" } else { place.key };
                self.value(value, Place { node, row, key, group: "", depth: place.depth + 1 });
                self.close_row(row);
            }
            return;
        }
        for (index, value) in items.iter().enumerate() {
            let node = self.node(place.node, Step::Index(u32::try_from(index).unwrap_or(u32::MAX)));
            let inner = Place { node, depth: place.depth + 1, ..place };
            let members = value.as_object();
            match members.and_then(pair) {
                Some((name_key, name, value_key, value)) => {
                    let name_node = self.node(node, Step::Key(name_key));
                    self.fact(name, Place { node: name_node, key: name_key, ..inner });
                    let name = name.as_str().unwrap_or_default();
                    let value_node = self.node(node, Step::Key(value_key));
                    self.value(value, Place { node: value_node, key: name, group: place.key, ..inner });
                    // A unit, or what the value is shown as.
                    for (key, more) in members.into_iter().flatten() {
                        if key != name_key && key != value_key {
                            let node = self.node(node, Step::Key(key));
                            self.value(more, Place { node, key, group: name, ..inner });
                        }
                    }
                }
                None => self.value(value, inner),
            }
        }
    }

    /// A node of a tree, and those below it as further rows of the same list: what they have is none
    /// of its own.
    fn tree_node(&mut self, value: &'a Value, list: u32, place: Place<'a>, above: Option<RowId>) {
        let Value::Object(members) = value else { return };
        if place.depth > MAX_DEPTH || self.evidence.facts.len() >= MAX_FACTS {
            return;
        }
        let row = self.open_element(list, place, None);
        self.evidence.rows[row as usize].above = above;
        let depth = place.depth + 1;
        for (key, value) in members.iter().filter(|(key, _)| *key != CHILDREN) {
            let node = self.node(place.node, Step::Key(key));
            self.value(value, Place { node, row, key, group: "", depth });
        }
        self.close_row(row);
        let holder = self.node(place.node, Step::Key(CHILDREN));
        for (index, child) in (0..).zip(children_of(value).into_iter().flatten()) {
            let node = self.node(holder, Step::Index(index));
            self.tree_node(child, list, Place { node, depth: depth + 1, ..place }, Some(row));
        }
    }

    fn node(&mut self, parent: u32, step: Step<'a>) -> u32 {
        let id = u32::try_from(self.evidence.nodes.len()).unwrap_or(u32::MAX);
        self.evidence.nodes.push(Node { parent, step });
        id
    }

    fn open_list(&mut self, place: Place<'a>) -> u32 {
        let id = u32::try_from(self.evidence.lists.len()).unwrap_or(u32::MAX);
        let result = self.evidence.rows[place.row as usize].result;
        self.evidence.lists.push(List { result, key: place.key, parent: place.row, rows: Vec::new() });
        id
    }

    fn open_element(&mut self, list: u32, place: Place<'a>, alias: Option<&'a str>) -> RowId {
        let result = self.evidence.rows[place.row as usize].result;
        let row = self.open_row(Some(place.row), result, Some(list), alias, false);
        self.evidence.lists[list as usize].rows.push(row);
        row
    }

    fn open_row(
        &mut self,
        parent: Option<RowId>,
        result: u32,
        list: Option<u32>,
        alias: Option<&'a str>,
        envelope: bool,
    ) -> RowId {
        let id = u32::try_from(self.evidence.rows.len()).unwrap_or(u32::MAX);
        let start = u32::try_from(self.evidence.facts.len()).unwrap_or(u32::MAX);
        self.evidence.rows.push(Row { parent, facts: start..start, result, list, alias, envelope, above: None });
        id
    }

    fn close_row(&mut self, row: RowId) {
        self.evidence.rows[row as usize].facts.end = u32::try_from(self.evidence.facts.len()).unwrap_or(u32::MAX);
    }
}

/// The member that holds the nodes below a node.
const CHILDREN: &str = "children";

/// The nodes below a node of a tree; `None` for what is no such node.
fn children_of(value: &Value) -> Option<&Vec<Value>> {
    let members = value.as_object()?;
    let below = members.get(CHILDREN)?.as_array().filter(|below| below.iter().all(Value::is_object))?;
    members.values().any(|value| !value.is_object() && !value.is_array()).then_some(below)
}

fn is_payload_key(key: &str) -> bool {
    matches!(
        key,
        "data"
            | "result"
            | "results"
            | "item"
            | "record"
            | "case"
            | "event"
            | "alarm"
            | "asset"
            | "customer"
            | "response"
            | "object"
    )
}

/// An object that only carries a list: `{resultType, result: [...]}`, or the rows of a query with
/// the query's own id.
fn is_wrapper(members: &Map<String, Value>) -> bool {
    let list = |value: &Value| value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    if members.get("items").is_some_and(Value::is_array) {
        return true;
    }
    let lists = members.values().any(list);
    let scalars = members.values().filter(|value| !value.is_object() && !value.is_array()).count();
    lists && scalars <= 3 && !members.keys().any(|key| is_identity(key))
}

/// Whether an outer object wraps the answer, rather than being the record.
fn is_envelope(members: &Map<String, Value>) -> bool {
    members.is_empty()
        || members.iter().any(|(key, value)| {
            matches!(key.as_str(), "page" | "meta" | "data" | "items" | "results" | "result" | "total" | "count")
                && !(matches!(key.as_str(), "total" | "count") && members.contains_key("id"))
                || (value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
                    && !members.contains_key("id"))
        })
        || !matches!(shape(members), Shape::Record)
}

fn shape(members: &Map<String, Value>) -> Shape {
    if members.is_empty() || members.len() > 200_000 {
        return Shape::Record;
    }
    let scalars = members.values().all(|value| !value.is_object() && !value.is_array());
    if scalars {
        let ids = members.keys().all(|key| key.len() >= 2 && key.bytes().all(|b| b.is_ascii_digit()));
        return if ids { Shape::LabelMap } else { Shape::Record };
    }
    if is_series(members) {
        return Shape::Series;
    }
    let mut objects = members.values().filter_map(Value::as_object);
    let (Some(first), Some(second)) = (objects.next(), objects.next()) else { return Shape::Record };
    if members.values().any(|value| !value.is_object()) || first.is_empty() {
        return Shape::Record;
    }
    let shared = first.keys().filter(|key| second.contains_key(*key)).count();
    if shared == 0 || shared * 2 < first.len() {
        return Shape::Record;
    }
    let outer_ids = members.keys().any(|key| looks_like_id(key));
    let inner_ids = first.keys().all(|key| looks_like_id(key));
    let flat =
        members.values().filter_map(Value::as_object).all(|m| m.values().all(|v| !v.is_object() && !v.is_array()));
    if flat && inner_ids && !outer_ids { Shape::Columns } else { Shape::MapOfRecords }
}

/// Labels by name, and a time with a value.
fn is_series(members: &Map<String, Value>) -> bool {
    let plain = |value: &Value| !value.is_object() && !value.is_array();
    let labels = members.get("metric").and_then(Value::as_object);
    let sample = members.get("value").and_then(Value::as_array);
    members.len() <= 4
        && labels.is_some_and(|labels| labels.values().all(plain))
        && sample.is_some_and(|sample| sample.len() == 2 && sample[0].is_number() && plain(&sample[1]))
}

/// A series without any label is a number of nothing in particular, such as the zero that stands
/// for "none".
fn is_of_nothing(value: &Value) -> bool {
    let labels = |members: &Map<String, Value>| members.get("metric").and_then(Value::as_object).map(Map::len);
    value.as_object().is_some_and(|members| is_series(members) && labels(members) == Some(0))
}

fn looks_like_id(key: &str) -> bool {
    key.bytes().any(|b| b.is_ascii_digit()) || key.contains(['-', ':', '/'])
}

fn is_pair(value: &Value) -> bool {
    value.as_object().is_some_and(|members| pair(members).is_some())
}

/// Name and value of a `{key, value}` object.
fn pair(members: &Map<String, Value>) -> Option<(&str, &Value, &str, &Value)> {
    if members.len() > 4 || members.contains_key("id") {
        return None;
    }
    let (name_key, name) = ["key", "name", "label", "field"].into_iter().find_map(|key| {
        Some((key, members.get(key).filter(|name| name.as_str().is_some_and(|text| !text.is_empty()))?))
    })?;
    let (value_key, value) = ["value", "values"].into_iter().find_map(|key| Some((key, members.get(key)?)))?;
    Some((name_key, name, value_key, value))
}
