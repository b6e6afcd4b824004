//! A form that a server wants its user to fill in: read from its schema, shown, and how a person's
//! words become a value of a field. What is no object of plain fields is not put to anybody.
//!
//! Words of a server are untrusted: they are bounded, what cannot be seen in them is written out,
//! and they are shown as a quotation and nothing else.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::domain::exact_json::visible;
use crate::domain::policy::answer::Answer;

/// Most characters of a server's question that are shown.
const MESSAGE_CHARS: usize = 2_000;
/// Most characters of a name, a description or an option that are shown.
const LABEL_CHARS: usize = 200;
/// Most fields of a form that is put to a user field by field.
const FIELDS: usize = 10;
/// Most options of a field.
const OPTIONS: usize = 50;
/// Most characters of a text where the form sets no bound.
const TEXT_CHARS: usize = 4_000;

/// A form that a server wants its user to fill in, as it sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The question.
    pub message: String,
    /// The schema of the answer: an object of plain fields.
    pub schema: Value,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name; empty where the form has none and wants a yes alone.
    pub name: String,
    /// What to call it towards people, as it can be shown.
    pub title: String,
    /// What it is about, as it can be shown.
    pub about: String,
    /// Whether there is no answer without it.
    pub required: bool,
    /// Its value where the user gives none.
    pub default: Option<Value>,
    /// What fits it.
    pub kind: FieldKind,
}

/// What fits a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// A yes to the form as a whole.
    Consent,
    /// Yes or no.
    Boolean,
    /// One of these.
    Choice(Vec<OptionOf>),
    /// Some of these, at least and at most so many.
    Choices(Vec<OptionOf>, usize, usize),
    /// A number in bounds, perhaps a whole one.
    Number(bool, Option<f64>, Option<f64>),
    /// A text of at least and at most so many characters, perhaps of a format.
    Text(usize, usize, Option<String>),
}

/// One option of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionOf {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

impl OptionOf {
    /// Whether a text is what is sent or what is shown.
    fn is(&self, text: &str) -> bool {
        [&self.label, &self.value].iter().any(|own| own.trim().to_lowercase() == text.trim().to_lowercase())
    }
}

impl Form {
    /// Its fields in the server's order; `None` when it cannot be put to a user field by field.
    pub fn fields(&self) -> Option<Vec<Field>> {
        let properties = self.schema.get("properties")?.as_object()?;
        if properties.is_empty() {
            return Some(vec![Field::consent()]);
        }
        if properties.len() > FIELDS || properties.keys().any(String::is_empty) {
            return None;
        }
        let required = |name: &str| {
            let required = self.schema.get("required").and_then(Value::as_array);
            required.is_some_and(|required| required.iter().any(|one| one == name))
        };
        let fields = properties.iter().map(|(name, schema)| {
            Some(Field {
                name: name.clone(),
                title: shown_label(schema.get("title").and_then(Value::as_str).unwrap_or(name)),
                about: shown_label(schema.get("description").and_then(Value::as_str).unwrap_or_default()),
                required: required(name),
                default: schema.get("default").cloned(),
                kind: kind_of(schema)?,
            })
        });
        fields.collect()
    }

    /// The question as it can be shown.
    pub fn shown(&self) -> String {
        shown(&self.message, MESSAGE_CHARS)
    }
}

fn kind_of(schema: &Value) -> Option<FieldKind> {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let count =
        |schema: &Value, name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match schema.get("type")?.as_str()? {
        "boolean" => Some(FieldKind::Boolean),
        "integer" => Some(FieldKind::Number(true, number("minimum"), number("maximum"))),
        "number" => Some(FieldKind::Number(false, number("minimum"), number("maximum"))),
        "array" => {
            let options = options_of(schema.get("items")?)?;
            let (least, most) = (count(schema, "minItems").unwrap_or(0), count(schema, "maxItems"));
            let most = most.unwrap_or(options.len());
            Some(FieldKind::Choices(options, least, most))
        }
        "string" if ["enum", "oneOf", "anyOf"].iter().any(|key| schema.get(key).is_some()) => {
            options_of(schema).map(FieldKind::Choice)
        }
        "string" => {
            let most = count(schema, "maxLength").unwrap_or(TEXT_CHARS).min(TEXT_CHARS);
            let format = schema.get("format").and_then(Value::as_str).map(str::to_owned);
            Some(FieldKind::Text(count(schema, "minLength").unwrap_or(0), most, format))
        }
        _ => None,
    }
}

fn options_of(schema: &Value) -> Option<Vec<OptionOf>> {
    let option = |value: &str, label: &str| OptionOf { value: value.to_owned(), label: shown_label(label) };
    let titled = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(key)).and_then(Value::as_array);
    let options: Vec<OptionOf> = match titled {
        Some(titled) => {
            let named = titled.iter().map(|one| {
                let value = one.get("const")?.as_str()?;
                Some(option(value, one.get("title").and_then(Value::as_str).unwrap_or(value)))
            });
            named.collect::<Option<_>>()?
        }
        None => {
            let names = schema.get("enumNames").and_then(Value::as_array);
            let label = |at: usize| names.and_then(|names| names.get(at)).and_then(Value::as_str);
            let values = schema.get("enum")?.as_array()?.iter().enumerate();
            let plain = values.map(|(at, value)| {
                let value = value.as_str()?;
                Some(option(value, label(at).unwrap_or(value)))
            });
            plain.collect::<Option<_>>()?
        }
    };
    (!options.is_empty() && options.len() <= OPTIONS).then_some(options)
}

impl Field {
    /// What a form without fields wants: a yes alone.
    fn consent() -> Self {
        let (name, title, about) = Default::default();
        Self { name, title, about, required: true, default: None, kind: FieldKind::Consent }
    }

    /// The value that a text is, if it is one; `plain` tells whether it is a bare yes or no.
    pub fn value(&self, text: &str, plain: Option<Answer>) -> Option<Value> {
        let text = text.trim();
        match &self.kind {
            FieldKind::Consent | FieldKind::Boolean => plain.map(|plain| json!(plain == Answer::Yes)),
            FieldKind::Choice(options) => chosen(options, text).map(|at| json!(options[at].value)),
            FieldKind::Choices(options, least, most) => {
                let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
                // A comma may be a part of the words of an option.
                let whole = chosen(options, text).map(|at| vec![at]);
                let mut places = whole.or_else(|| parts.map(|part| chosen(options, part)).collect())?;
                places.sort_unstable();
                places.dedup();
                let values: Vec<&str> = places.iter().map(|at| options[*at].value.as_str()).collect();
                (!values.is_empty() && (*least..=*most).contains(&values.len())).then(|| json!(values))
            }
            FieldKind::Number(whole, least, most) => {
                let number: serde_json::Number = serde_json::from_str(text).ok()?;
                let size = number.as_f64()?;
                let fits = least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most);
                let is_whole = number.is_i64() || number.is_u64();
                (fits && (is_whole || !whole)).then(|| Value::Number(number))
            }
            FieldKind::Text(least, most, format) => {
                let length = text.chars().count();
                let fits = !text.is_empty() && (*least..=*most).contains(&length);
                (fits && format.as_deref().is_none_or(|format| is_of(format, text))).then(|| json!(text))
            }
        }
    }

    /// The options that a user may take, numbered from 1.
    pub fn options(&self) -> &[OptionOf] {
        match &self.kind {
            FieldKind::Choice(options) | FieldKind::Choices(options, _, _) => options,
            _ => &[],
        }
    }

    /// What a user says to take an option: its words, or its number too where these are not enough.
    pub fn says(&self, at: usize) -> String {
        let options = self.options();
        let label = &options[at].label;
        let ours = is_word(&words::LEAVE, label) || is_word(&words::SKIP, label);
        if chosen(options, label) == Some(at) && !ours { label.clone() } else { format!("{}. {label}", at + 1) }
    }

    /// A word of ours as it is said here: what is an option too gets an exclamation mark.
    pub fn our_word(&self, word: &str) -> String {
        let mut said = word.to_owned();
        while self.is_option(&said) {
            said.push('!');
        }
        said
    }

    /// Whether a text is such a word and no option.
    pub fn means(&self, all: &[&str], text: &str) -> bool {
        let marked = text.trim().ends_with('!') && !self.is_option(text);
        is_word(all, text) && (marked || !self.is_option(&bare(text)))
    }

    fn is_option(&self, text: &str) -> bool {
        self.options().iter().any(|option| option.is(text))
    }

    /// What the field is and what fits it, in a line or two; its options under that.
    pub fn described(&self) -> String {
        let mut text = self.title.clone();
        if !self.about.is_empty() {
            text = format!("{text}: {}", self.about);
        }
        let rule = self.rule();
        if !rule.is_empty() {
            text = format!("{text} [{rule}]");
        }
        for (at, option) in self.options().iter().enumerate() {
            text.push_str(&format!("\n{}. {}", at + 1, option.label));
        }
        text
    }

    /// What fits, in the words of schemas.
    fn rule(&self) -> String {
        let bounds = |least: Option<String>, most: Option<String>| match (least, most) {
            (None, None) => None,
            (least, most) => Some(format!("{} … {}", least.unwrap_or_default(), most.unwrap_or_default())),
        };
        let mut parts: Vec<String> = Vec::new();
        match &self.kind {
            FieldKind::Consent | FieldKind::Choice(_) => {}
            FieldKind::Boolean => parts.push("boolean".to_owned()),
            FieldKind::Choices(_, least, most) => parts.push(format!("{least} … {most}, a, b, c")),
            FieldKind::Number(whole, least, most) => {
                parts.push(if *whole { "integer" } else { "number" }.to_owned());
                parts.extend(bounds(least.map(|n| n.to_string()), most.map(|n| n.to_string())));
            }
            FieldKind::Text(least, most, format) => {
                parts.extend(format.as_ref().map(|format| shown(format, 40)));
                if *least > 1 || *most < TEXT_CHARS {
                    parts.extend(bounds(Some(least.to_string()), Some(most.to_string())));
                }
            }
        }
        let default = self.default.as_ref().filter(|_| !self.required);
        parts.extend(default.map(|value| format!("default: {}", shown(&value.to_string(), 80))));
        parts.join(", ")
    }
}

/// The option that a text names: by its words, or by its number, alone or before its words.
fn chosen(options: &[OptionOf], text: &str) -> Option<usize> {
    let same = |a: &str| a.trim().to_lowercase() == text.to_lowercase();
    let numbered = |at: usize| format!("{}. {}", at + 1, options[at].label);
    if let Some(at) = (0..options.len()).find(|at| same(&numbered(*at))) {
        return Some(at);
    }
    let number = text.trim_end_matches(['.', ')']).parse::<usize>().ok();
    let by_number = number.and_then(|number| number.checked_sub(1)).filter(|at| *at < options.len());
    let named = (0..options.len()).filter(|at| options[*at].is(text));
    let mut meant: Vec<usize> = named.chain(by_number).collect();
    meant.sort_unstable();
    meant.dedup();
    // What could mean two of them means none.
    match meant.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether a text is of a format. Servers may name `email`, `uri`, `date` and `date-time`
/// (MCP, "Elicitation", string schema); what the schema library does not know fits any text.
fn is_of(format: &str, text: &str) -> bool {
    let schema = json!({ "type": "string", "format": format });
    let validator = jsonschema::options().should_validate_formats(true).build(&schema);
    validator.is_ok_and(|validator| validator.is_valid(&json!(text)))
}

/// A server's words as they can be shown: bounded, on lines of their own only where it broke them,
/// and with what cannot be seen written out.
pub fn shown(text: &str, most: usize) -> String {
    let mut kept: String = text.trim().chars().take(most).collect();
    if kept.len() < text.trim().len() {
        kept.push('…');
    }
    visible(&kept)
}

/// A server's name of something, or a line about it, as it can be shown.
pub fn shown_label(text: &str) -> String {
    shown(text, LABEL_CHARS)
}

/// The name of a tool or a server as it can stand in a sentence: letters, figures and few signs.
pub fn shown_word(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "_-./".contains(c) { c } else { '_' };
    name.chars().take(80).map(plain).collect()
}

/// Words that are no value but mean something to the gateway, in all languages.
pub mod words {
    /// Does not want to answer; in the order of the known languages.
    pub const LEAVE: [&str; 8] =
        ["cancel", "avbryt", "avbryt", "annuller", "abbrechen", "annuler", "cancelar", "キャンセル"];
    /// Leaves out what need not be given.
    pub const SKIP: [&str; 8] =
        ["skip", "hopp over", "hoppa över", "spring over", "überspringen", "passer", "omitir", "スキップ"];
}

fn is_word(all: &[&str], message: &str) -> bool {
    all.contains(&bare(message).as_str())
}

fn bare(message: &str) -> String {
    message.trim().trim_matches(['"', '\'', '«', '»', '“', '”', '.', '!', '。']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(schema: Value) -> Field {
        let schema = json!({"type": "object", "properties": {"a": schema}, "required": ["a"]});
        let form = Form { message: String::new(), schema };
        form.fields().expect("a plain form").remove(0)
    }

    fn taken(schema: Value, message: &str) -> Option<Value> {
        field(schema).value(message, None)
    }

    #[test]
    fn a_text_is_a_value_only_where_it_fits() {
        let whole = json!({"type": "integer", "minimum": 1, "maximum": 10});
        assert_eq!(taken(whole.clone(), " 7 "), Some(json!(7)));
        for wrong in ["0", "11", "7.5", "seven", "7 or 8", ""] {
            assert_eq!(taken(whole.clone(), wrong), None, "{wrong}");
        }
        assert_eq!(taken(json!({"type": "number"}), "-2.5"), Some(json!(-2.5)));
        let email = json!({"type": "string", "format": "email"});
        assert_eq!(taken(email.clone(), "a@b.example"), Some(json!("a@b.example")));
        assert_eq!(taken(email, "nobody"), None);
        assert_eq!(taken(json!({"type": "string", "format": "date"}), "2026-02-31"), None);
        assert_eq!(
            taken(json!({"type": "string", "format": "uri"}), "https://a.example/x"),
            Some(json!("https://a.example/x"))
        );
        assert_eq!(
            taken(json!({"type": "string", "format": "date-time"}), "2026-02-01T00:00:00Z"),
            Some(json!("2026-02-01T00:00:00Z"))
        );
        assert_eq!(taken(json!({"type": "string", "maxLength": 3}), "four"), None);
    }

    #[test]
    fn an_option_is_taken_by_its_words_or_its_number_and_never_by_what_could_mean_two() {
        let titled = json!({"type": "string", "oneOf": [{"const": "p", "title": "Production"}, {"const": "s", "title": "Staging"}]});
        for said in ["production", "1", "1.", "p", "1. Production"] {
            assert_eq!(taken(titled.clone(), said), Some(json!("p")), "{said}");
        }
        for said in ["3", "0", "prod", "both"] {
            assert_eq!(taken(titled.clone(), said), None, "{said}");
        }
        let numbers = json!({"type": "string", "enum": ["2", "1"]});
        assert_eq!(taken(numbers.clone(), "1"), None, "the first, or the one called 1");
        let two = field(numbers.clone());
        assert_eq!([two.says(0), two.says(1)], ["1. 2", "2. 1"]);
        assert_eq!(taken(numbers, "2. 1"), Some(json!("1")));
        let some = json!({"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "enum": ["x", "y", "z"]}});
        assert_eq!(taken(some.clone(), "z, 1"), Some(json!(["x", "z"])));
        assert_eq!(taken(some, "x, y, z"), None);
    }

    #[test]
    fn an_option_with_a_comma_in_its_words_is_one_option() {
        let schema =
            json!({"type": "array", "maxItems": 2, "items": {"type": "string", "enum": ["Oslo, Norway", "a; b", "c"]}});
        let shown = field(schema.clone());
        for (at, value) in ["Oslo, Norway", "a; b", "c"].iter().enumerate() {
            assert_eq!(taken(schema.clone(), &shown.says(at)), Some(json!([value])));
        }
        assert_eq!(taken(schema.clone(), "1, c"), Some(json!(["Oslo, Norway", "c"])));
        assert_eq!(taken(schema, "Oslo"), None);
    }

    #[test]
    fn what_is_no_plain_form_is_not_put_to_a_user() {
        for schema in [
            json!({"type": "object"}),
            json!({"type": "object", "properties": {"a": {"type": "object"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "https://evil.example"}}}),
            json!({"type": "object", "properties": {"a": {"type": "string", "enum": []}}}),
            json!({"type": "object", "properties": {"": {"type": "string"}}}),
        ] {
            let form = Form { message: String::new(), schema };
            assert_eq!(form.fields(), None, "{form:?}");
        }
    }

    #[test]
    fn words_of_a_server_are_bounded_and_nothing_in_them_is_hidden() {
        let form = Form { message: format!("a\u{202e}b\u{200b}{}", "x".repeat(5_000)), schema: json!({}) };
        let text = form.shown();
        assert!(text.starts_with("a\\u202eb\\u200b") && text.ends_with('…') && text.len() < 2_100, "{text}");
    }
}
