//! Cuts tool definitions to what a prompt can hold. A model with a small context, or a
//! slow one, pays for every token of a schema; the schema that arguments are checked
//! against is always the whole one. What goes first: translators and value lists, then
//! words inside schemas, then properties that the question does not seem to need.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;

use crate::domain::tool::ToolSpec;

/// How much of a definition is kept.
#[derive(Clone, Copy)]
struct Level {
    /// Characters of the tool's description.
    description: usize,
    /// Characters of each description inside the schema.
    words: usize,
    /// Properties of each object besides required and relevant ones.
    properties: usize,
    /// Values of each enumeration; longer ones lose the list and keep their type.
    values: usize,
    /// Depth below which objects lose their properties.
    depth: usize,
}

const LEVELS: [Level; 4] = [
    Level { description: 800, words: 120, properties: 64, values: 64, depth: 8 },
    Level { description: 400, words: 48, properties: 16, values: 24, depth: 4 },
    Level { description: 240, words: 0, properties: 6, values: 16, depth: 3 },
    Level { description: 160, words: 0, properties: 0, values: 16, depth: 3 },
];

/// Definitions within `budget` bytes where possible. `relevant` are property names that the
/// question seems to need; `is_data` tells tools that look data up from those that help to ask.
pub(crate) fn compact(
    tools: &[Arc<ToolSpec>],
    budget: usize,
    relevant: &HashSet<String>,
    is_data: impl Fn(&ToolSpec) -> bool,
) -> Vec<Arc<ToolSpec>> {
    if size(tools) <= budget {
        return tools.to_vec();
    }
    let data: Vec<Arc<ToolSpec>> = tools.iter().filter(|spec| is_data(spec)).cloned().collect();
    let mut kept = if data.is_empty() { tools.to_vec() } else { data };
    for level in LEVELS {
        if size(&kept) <= budget {
            break;
        }
        kept = kept.iter().map(|spec| Arc::new(cut(spec, level, relevant))).collect();
    }
    kept
}

/// Names of all properties in planned arguments: what the question seems to need.
pub(crate) fn property_names(arguments: &Value, names: &mut HashSet<String>) {
    match arguments {
        Value::Object(map) => {
            for (name, value) in map {
                names.insert(name.clone());
                property_names(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| property_names(item, names)),
        _ => {}
    }
}

fn size(tools: &[Arc<ToolSpec>]) -> usize {
    tools
        .iter()
        .map(|spec| spec.name.as_str().len() + spec.description.len() + spec.input_schema.to_string().len())
        .sum()
}

fn cut(spec: &ToolSpec, level: Level, relevant: &HashSet<String>) -> ToolSpec {
    ToolSpec {
        description: shorten(&spec.description, level.description),
        input_schema: cut_schema(&spec.input_schema, level, relevant, 0).into(),
        output_schema: None,
        ..spec.clone()
    }
}

fn cut_schema(schema: &Value, level: Level, relevant: &HashSet<String>, depth: usize) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let required: Vec<&str> =
        map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut kept = Map::new();
    for (key, value) in map {
        match (key.as_str(), value) {
            ("description", Value::String(text)) => {
                if level.words > 0 {
                    kept.insert(key.clone(), Value::from(shorten(text, level.words)));
                }
            }
            ("title" | "examples" | "default" | "$schema" | "uniqueItems" | "maxItems" | "maxLength", _) => {}
            ("enum", Value::Array(values)) if values.len() > level.values => {}
            ("properties", Value::Object(properties)) => {
                if depth < level.depth {
                    kept.insert(key.clone(), cut_properties(properties, &required, level, relevant, depth));
                }
            }
            ("items" | "additionalProperties", _) => {
                kept.insert(key.clone(), cut_schema(value, level, relevant, depth + 1));
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(branches)) => {
                let branches = branches.iter().map(|branch| cut_schema(branch, level, relevant, depth)).collect();
                kept.insert(key.clone(), Value::Array(branches));
            }
            _ => {
                kept.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(kept)
}

fn cut_properties(
    properties: &Map<String, Value>,
    required: &[&str],
    level: Level,
    relevant: &HashSet<String>,
    depth: usize,
) -> Value {
    let mut others = 0;
    let mut kept = Map::new();
    for (name, schema) in properties {
        let wanted = required.contains(&name.as_str()) || relevant.contains(name);
        if !wanted {
            others += 1;
            if others > level.properties {
                continue;
            }
        }
        kept.insert(name.clone(), cut_schema(schema, level, relevant, depth + 1));
    }
    Value::Object(kept)
}

fn shorten(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    text.chars().take(chars).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::tool::ToolName;

    fn tool(name: &str, schema: Value) -> Arc<ToolSpec> {
        Arc::new(ToolSpec {
            name: ToolName::qualify("s", name),
            server: "s".to_owned(),
            tool: name.to_owned(),
            description: "d".repeat(900),
            input_schema: schema.into(),
            output_schema: None,
            read_only: true,
            hinted: true,
        })
    }

    fn wide() -> Value {
        let mut properties = Map::new();
        for index in 0..60 {
            properties.insert(format!("p{index}"), json!({"type": "string", "description": "w".repeat(80)}));
        }
        json!({"type": "object", "required": ["p40"], "properties": properties})
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let tools = vec![tool("a", json!({"type": "object"}))];
        assert_eq!(compact(&tools, 10_000, &HashSet::new(), |_| true), tools);
    }

    #[test]
    fn required_and_relevant_properties_survive_every_level() {
        let relevant: HashSet<String> = ["p55".to_owned()].into();
        let cut = compact(&[tool("a", wide())], 10, &relevant, |_| true);
        let properties = cut[0].input_schema["properties"].as_object().expect("properties");
        assert_eq!(properties.keys().collect::<Vec<_>>(), ["p40", "p55"]);
    }

    #[test]
    fn tools_that_only_help_to_ask_go_first() {
        let tools = vec![tool("list", wide()), tool("search", json!({"type": "object"}))];
        let cut = compact(&tools, 2_000, &HashSet::new(), |spec| spec.tool == "search");
        assert_eq!(cut.len(), 1);
        assert_eq!(cut[0].tool, "search");
        assert_eq!(cut[0].description.len(), 900, "it fits once the other is gone");
    }
}
