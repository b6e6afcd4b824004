//! What a call would leave out of what the message says. A template may be planned only when each
//! value that was read off the message is in its arguments, or the template says that the result
//! tells it. Where several arguments were read from the same words, one of them is enough.

use serde_json::Map;
use serde_json::Value;

use crate::domain::policy::read::Place;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::settings::CallTemplate;
use crate::domain::policy::shown::text_of;
use crate::domain::policy::signals::Signals;

/// Whether a value that stands in the message is in no argument of the template.
pub(crate) fn leaves_out(template: &CallTemplate, signals: &Signals, known: &Map<String, Value>) -> bool {
    let mut said = Vec::new();
    names(template, known, &mut said);
    // A tool that takes the question as it was asked has all of it.
    if said.iter().any(|name| name == "message") {
        return false;
    }
    // Of an object that is named itself, words such as "open" and "critical" tell no more.
    let named = template.first.is_empty() && template.each.as_ref().is_some_and(|each| template.needs.contains(each));
    let covers = |place: &&Place| said.contains(&place.name) || template.aspect.as_ref() == Some(&place.name);
    let covered: Vec<&Place> = signals.places.iter().filter(covers).collect();
    signals.places.iter().any(|place| {
        let counts = match place.kind {
            PlaceKind::Object => true,
            PlaceKind::Narrowing => !named,
            PlaceKind::Aspect => false,
        };
        counts && !covered.iter().any(|other| place.start < other.end && other.start < place.end)
    })
}

/// The arguments that a template and its steps say.
fn names(template: &CallTemplate, known: &Map<String, Value>, said: &mut Vec<String>) {
    said.extend(template.needs.iter().chain(&template.says).chain(&template.each).cloned());
    in_value(&template.arguments, known, said);
    for step in &template.first {
        names(step, known, said);
    }
}

fn in_value(value: &Value, known: &Map<String, Value>, said: &mut Vec<String>) {
    match value {
        Value::String(text) => said.extend(text.strip_prefix('$').map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| in_value(item, known, said)),
        Value::Object(object) => {
            said.extend(object.get("$each").and_then(Value::as_str).map(str::to_owned));
            let joined = object.contains_key("$join");
            for (key, inner) in object {
                match inner {
                    Value::Array(parts) if joined && key == "parts" => in_parts(parts, known, said),
                    inner if !key.starts_with('$') => in_value(inner, known, said),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// A part with a list where it takes one value says nothing.
fn in_parts(parts: &[Value], known: &Map<String, Value>, said: &mut Vec<String>) {
    for part in parts.iter().filter_map(Value::as_str).filter(|part| fill_part(part, known).is_some()) {
        let names = part.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
        said.extend(names.map(|name| name.split_once(' ').map_or(name, |(_, name)| name).to_owned()));
    }
}

/// A part of a joined text with its places filled: `{name}` is one value, `{is name}` a comparison
/// with one value or several. `None` when a name is not known, or holds several values where one is
/// wanted.
pub(crate) fn fill_part(part: &str, known: &Map<String, Value>) -> Option<String> {
    let mut text = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, tail) = after.split_once('}')?;
        text.push_str(before);
        let (how, name) = place.split_once(' ').map_or((None, place), |(how, name)| (Some(how), name));
        let values: Vec<String> = match known.get(name)? {
            Value::Array(values) => values.iter().map(text_of).collect(),
            Value::Object(_) | Value::Null => return None,
            value => vec![text_of(value)],
        };
        // Values read by pattern cannot hold quotes, except the quoted list that policy itself builds.
        let filled = match (how, values.as_slice()) {
            (_, []) => return None,
            (Some("is"), [value]) => format!("= \"{value}\""),
            (Some("is"), values) => format!("in (\"{}\")", values.join("\",\"")),
            (_, [value]) => value.clone(),
            _ => return None,
        };
        text.push_str(&filled);
        rest = tail;
    }
    text.push_str(rest);
    Some(text)
}
