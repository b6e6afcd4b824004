//! Test support: random arguments for any field table, right ones and wrong ones.
//!
//! Right arguments follow the table and its rules; what only a rule in code can
//! say is settled by taking back what it names. Wrong ones are right ones with a
//! few values spoilt, and the paths of what was spoilt.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::schema::sort_values;
use crate::servers::argus::testing::least;
use crate::servers::argus::validate;

/// What rules in code may say about arguments that follow the table.
const BETWEEN_FIELDS: [&str; 10] = [
    "limit plus offset must be",
    "must be before endTimestamp",
    "must not be above maximumTotalCvss",
    "is allowed with",
    "is required with wavg",
    "must have values, or bounds, or cidrs",
    "is not allowed beside",
    "needs a domain name",
    "is needed beside a fixed endTimestamp",
    "does not fit the value",
];

/// The values that a field of this name may have in some world; `None` if any will do.
pub(crate) type World<'a> = &'a dyn Fn(&str) -> Option<Vec<Value>>;

/// Arguments that must be accepted.
pub(crate) fn valid(shape: &Shape, rng: &mut StdRng) -> Map<String, Value> {
    valid_in(&|_| None, shape, rng)
}

/// Arguments that must be accepted, and that a backend which knows this world
/// has nothing to say against.
pub(crate) fn valid_in(world: World<'_>, shape: &Shape, rng: &mut StdRng) -> Map<String, Value> {
    let Value::Object(mut sent) = object(world, shape, rng) else { unreachable!("an object") };
    for _ in 0..100 {
        let Err(failure) = validate::arguments(shape, &sent) else {
            return sent;
        };
        for error in &failure.field_errors {
            let known = BETWEEN_FIELDS.iter().any(|start| error.problem.starts_with(start));
            assert!(known, "{} {} in {}", error.path, error.problem, json!(sent));
        }
        settle(&mut sent, &failure.field_errors[0].path);
    }
    panic!("not settled: {}", json!(sent));
}

/// Takes back the value at a path, or gives one where there is none.
fn settle(sent: &mut Map<String, Value>, path: &str) {
    let pointer = pointer(path);
    let (parent, last) = pointer.rsplit_once('/').expect("a path");
    let mut whole = Value::Object(std::mem::take(sent));
    match whole.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            if object.shift_remove(last).is_none() {
                object.insert(last.to_owned(), json!("eventsProcessed"));
            }
        }
        Some(Value::Array(items)) => {
            let place: usize = last.parse().expect("a place in a list");
            items.remove(place);
            if items.is_empty() {
                let (outer, name) = parent.rsplit_once('/').expect("a list in an object");
                whole.pointer_mut(outer).and_then(Value::as_object_mut).expect("an object").shift_remove(name);
            }
        }
        _ => panic!("no parent of {path} in {whole}"),
    }
    *sent = whole.as_object().expect("an object").clone();
}

/// `request.tag[0].key` as `/request/tag/0/key`.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}

fn object(world: World<'_>, shape: &Shape, rng: &mut StdRng) -> Value {
    let mut object = Map::new();
    for field in shape.fields.iter().filter(|field| field.is_argument()) {
        if field.required || rng.random_bool(0.35) {
            let value = value(world, field.name, &field.kind, rng);
            // An empty object is the same as none.
            if field.required || value != json!({}) {
                object.insert(field.name.to_owned(), value);
            }
        }
    }
    for rule in &shape.rules {
        keep(world, rule, shape, &mut object, rng);
    }
    Value::Object(object)
}

/// Brings an object in line with a rule of its table.
fn keep(world: World<'_>, rule: &Rule, shape: &Shape, object: &mut Map<String, Value>, rng: &mut StdRng) {
    let mut give = |object: &mut Map<String, Value>, name: &str| {
        let field = shape.fields.iter().find(|field| field.name == name).expect("a field");
        if world(name).is_some() {
            object.insert(name.to_owned(), value(world, field.name, &field.kind, rng));
            return;
        }
        let one = Shape::of(vec![field.clone().required()]);
        let mut one = least(&Shape { fields: one.fields.into_iter().map(bare).collect(), ..Shape::default() });
        object.insert(name.to_owned(), one[name].take());
    };
    match rule {
        Rule::MoreThan(alone) => {
            if object.keys().all(|name| alone.contains(&name.as_str())) {
                let other = shape.fields.iter().find(|field| !alone.contains(&field.name)).expect("a field");
                give(object, other.name);
            }
        }
        Rule::AnyOf(names) => {
            if !names.iter().any(|name| object.contains_key(*name)) {
                give(object, names[0]);
            }
        }
        Rule::NotBoth(left, right) => {
            if object.get(*left) == Some(&json!(true)) {
                object.shift_remove(*right);
            }
        }
        Rule::Disjoint(left, right) => {
            let left = object.get(*left).and_then(Value::as_array).cloned().unwrap_or_default();
            if let Some(Value::Array(entries)) = object.get_mut(*right) {
                entries.retain(|entry| !left.contains(entry));
            }
        }
        Rule::Unique(list, name) => {
            let mut seen = std::collections::HashSet::new();
            if let Some(Value::Array(items)) = object.get_mut(*list) {
                items.retain(|item| seen.insert(item.get(name).map(ToString::to_string)));
            }
        }
        Rule::Check(_) => {}
    }
}

fn bare(mut field: crate::servers::argus::fields::Field) -> crate::servers::argus::fields::Field {
    field.default = None;
    field
}

fn value(world: World<'_>, name: &str, kind: &Kind, rng: &mut StdRng) -> Value {
    if let (Kind::Text { .. } | Kind::Name | Kind::Integer { .. } | Kind::Checked(_), Some(known)) = (kind, world(name))
    {
        return known.choose(rng).expect("a known value").clone();
    }
    match kind {
        Kind::Text { .. } => json!(format!("Text {} äß-{}", rng.random_range(0..9), rng.random_range(0..99))),
        Kind::Name if rng.random_bool(0.3) => json!(rng.random_range(1..9_999_999)),
        Kind::Name => json!(format!("short-name-{}", rng.random_range(0..99))),
        Kind::Integer { min, max } => json!(rng.random_range(*min..=(*max).min(9_000))),
        Kind::Number { min } => json!(min + f64::from(rng.random_range(0..100)) / 4.0),
        Kind::Boolean | Kind::Negated => json!(rng.random_bool(0.5)),
        Kind::OneOf { values, .. } => json!(values.choose(rng).expect("values")),
        Kind::Sort { names } => json!(sort_values(names).choose(rng).expect("values")),
        Kind::Time => {
            // Argus refuses a range that ends before it starts, however it is written.
            let ends = ["now", "startOfHour", "now -1 hour"];
            let starts = ["startOfDay -7 days", "now -2 days", "2026-01-01T00:00:00Z", "1767225600000"];
            let texts: &[&str] = if name.starts_with("end") { &ends } else { &starts };
            json!(texts.choose(rng).expect("texts"))
        }
        Kind::Uuid => json!(Uuid::from_u128(rng.random()).to_string()),
        Kind::Checked(checked) => json!(checked.examples.choose(rng).expect("examples")),
        Kind::List { of, max } => {
            let many = rng.random_range(1..=3.min(*max));
            (0..many).map(|_| value(world, name, of, rng)).collect()
        }
        Kind::Single(of) => value(world, name, of, rng),
        Kind::Object(shape) => object(world, shape, rng),
        Kind::Fixed(_) => unreachable!("no argument"),
    }
}

/// Arguments that must be refused, and the paths of all that is wrong with them.
pub(crate) fn invalid(shape: &Shape, rng: &mut StdRng) -> (Map<String, Value>, Vec<String>) {
    let sent = valid(shape, rng);
    let mut places = Vec::new();
    spots(shape, &Value::Object(sent.clone()), "", &mut places);
    let mut whole = Value::Object(sent);
    let mut spoilt: Vec<String> = Vec::new();
    for _ in 0..rng.random_range(1..=4) {
        let Some((path, bad)) = places.choose(rng).cloned() else { break };
        let inside = |left: &str, right: &str| left.starts_with(right) || right.starts_with(left);
        if spoilt.iter().any(|other| inside(other, &path)) {
            continue;
        }
        let at = pointer(&path);
        let (parent, last) = at.rsplit_once('/').expect("a path");
        let Some(Value::Object(object)) = whole.pointer_mut(parent) else { panic!("no object above {path}") };
        object.insert(last.to_owned(), bad);
        spoilt.push(path);
    }
    if spoilt.is_empty() {
        whole["noSuchField"] = json!(1);
        spoilt.push("noSuchField".to_owned());
    }
    (whole.as_object().expect("an object").clone(), spoilt)
}

/// Every place that can be spoilt, with what to put there.
fn spots(shape: &Shape, sent: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    found.push((join("noSuchField"), json!(1)));
    for field in shape.fields.iter().filter(|field| field.is_argument()) {
        let here = join(field.name);
        found.push((here.clone(), wrong(&field.kind)));
        match (&field.kind, sent.get(field.name)) {
            (Kind::Object(inner), Some(value)) => spots(inner, value, &here, found),
            (Kind::List { of, .. }, Some(Value::Array(items))) => {
                for (place, item) in items.iter().enumerate() {
                    if let Kind::Object(inner) = of.as_ref() {
                        spots(inner, item, &format!("{here}[{place}]"), found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A value that no field of this kind takes.
fn wrong(kind: &Kind) -> Value {
    match kind {
        Kind::Text { .. } | Kind::Name | Kind::Checked(_) => json!({"not": "a text"}),
        Kind::Integer { max, .. } if *max < i64::MAX => json!(max + 1),
        Kind::Integer { min, .. } => json!(min - 1),
        Kind::Number { .. } => json!("many"),
        Kind::Boolean | Kind::Negated => json!("perhaps"),
        Kind::OneOf { .. } | Kind::Sort { .. } => json!("noSuchValue"),
        Kind::Time => json!("2026-02-09T08:15:30+01:00"),
        Kind::Uuid => json!("latest"),
        Kind::List { of, .. } => json!([wrong(of)]),
        Kind::Single(of) => wrong(of),
        Kind::Object(_) => json!(7),
        Kind::Fixed(_) => unreachable!("no argument"),
    }
}
