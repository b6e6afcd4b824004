//! Runs a tool: arguments to REST, the call, the answer to an outcome.
//!
//! The same few steps for every row of the tables. Translator and execute tool
//! make the body by the same function, so what was shown is what is sent.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::body;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::schema::sort_values;
use crate::servers::argus::tools::Answer;
use crate::servers::argus::tools::Make;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Values;
use crate::servers::argus::tools::Work;

/// Note of lists of plain values.
const CASE_SENSITIVE: &str = "case-sensitive";

/// Note of lists of sort values.
const SORT_NOTE: &str = "case-sensitive; a leading - sorts descending";

/// Runs a tool with checked arguments.
///
/// # Errors
/// [`Failure`] with what Argus said, or what is wrong with the arguments.
pub async fn run(tool: &'static Tool, backend: &Backend, checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let shape = &tool.made().shape;
    match &tool.work {
        Work::Values(values) => Ok(values.outcome()),
        Work::Translate(query) => {
            let body = query.rest.make.body(backend, shape, &checked).await?;
            Ok(Outcome::object(match &query.shown {
                None => Value::Object(body),
                Some(shown) => (shown.value)(backend, body),
            }))
        }
        Work::Execute(query) => call(&query.rest, backend, shape, &checked).await,
        Work::Call(rest) => call(rest, backend, shape, &checked).await,
    }
}

/// Makes a call as its row says.
///
/// # Errors
/// [`Failure`] with what Argus said, explained where the row knows more.
pub async fn call(
    rest: &'static Rest,
    backend: &Backend,
    shape: &Shape,
    checked: &Map<String, Value>,
) -> Result<Outcome, Failure> {
    let outcome = match rest.road {
        Some(road) => road(backend, checked).await,
        None => plain_call(rest, backend, shape, checked).await,
    };
    match (outcome, rest.explain) {
        (Err(failure), Some(explain)) => Err(explain(backend, failure, checked).await),
        (outcome, _) => outcome,
    }
}

async fn plain_call(
    rest: &'static Rest,
    backend: &Backend,
    shape: &Shape,
    checked: &Map<String, Value>,
) -> Result<Outcome, Failure> {
    let (method, path) = rest.call.split_once(' ').expect("a row names method and path");
    let (request, sent) = if method == "POST" {
        let body = rest.make.body(backend, shape, checked).await?;
        (RestRequest::search(path, Value::Object(body.clone())), body)
    } else {
        (get(path, shape, checked), checked.clone())
    };
    let answer = backend.send(&request).await?;
    let number = |name: &str| sent.get(name).and_then(Value::as_u64).unwrap_or(0);
    let asked = (number("offset"), number("limit"));
    let mut outcome = match rest.answer {
        Answer::Object => Outcome::single(answer)?,
        Answer::Page => Outcome::list(answer, asked, false)?,
        Answer::WindowedPage => Outcome::list(answer, asked, true)?,
        Answer::Numbers => Outcome::numbers(answer)?,
    };
    if let Some(trim) = rest.trim {
        outcome = outcome.with_items(trim);
    }
    if let Some(empty) = rest.empty {
        outcome = outcome.saying(empty);
    }
    Ok(match rest.finish {
        Some(finish) => finish(backend, outcome, &sent),
        None => outcome,
    })
}

/// A GET: arguments that the path names stand there, the others in the query.
pub fn get(path: &str, shape: &Shape, checked: &Map<String, Value>) -> RestRequest {
    let mut left = checked.clone();
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => segments.push(segment.to_owned()),
            Some(name) => {
                let bare = name.strip_prefix('+');
                let value = left.shift_remove(bare.unwrap_or(name)).unwrap_or_default();
                let text = body::plain(&value);
                match bare {
                    Some(_) => segments.extend(text.split('/').map(str::to_owned)),
                    None => segments.push(text),
                }
            }
        }
    }
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    RestRequest::get(&segments).with_query(body::query(shape, &left))
}

impl Make {
    /// The REST body of checked arguments.
    ///
    /// # Errors
    /// `INVALID_ARGUMENTS` for what only shows here; otherwise what Argus said
    /// when a name was looked up.
    pub async fn body(
        &self,
        backend: &Backend,
        shape: &Shape,
        checked: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let mut body = body::rest(shape, checked);
        match self {
            Self::Table => {}
            Self::Completed(complete) => complete(backend, &mut body)?,
            Self::Looked(lookup) => lookup.resolve(backend, &mut body).await?,
        }
        Ok(body)
    }
}

impl Values {
    /// The list, as the tool hands it out.
    pub fn outcome(&self) -> Outcome {
        let mut object = Map::new();
        object.insert("field".to_owned(), json!(self.field));
        if self.sorts {
            object.insert("values".to_owned(), json!(sort_values(self.values)));
            object.insert("note".to_owned(), json!(SORT_NOTE));
        } else {
            object.insert("values".to_owned(), json!(self.values));
            object.insert("note".to_owned(), json!(CASE_SENSITIVE));
        }
        if !self.meanings.is_empty() {
            let meanings = self.meanings.iter().map(|(value, meaning)| ((*value).to_owned(), json!(meaning)));
            object.insert("meanings".to_owned(), Value::Object(meanings.collect()));
        }
        Outcome::object(Value::Object(object))
    }

    /// The schema of every such list.
    pub fn schema() -> Map<String, Value> {
        let schema = json!({
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "values": {"type": "array", "items": {"type": "string"}},
                "note": {"type": "string"},
                "meanings": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["field", "values", "note"],
            "additionalProperties": false,
        });
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }

    /// Plain values.
    pub const fn of(field: &'static str, values: &'static [&'static str]) -> Self {
        Self { field, values, sorts: false, meanings: &[] }
    }

    /// Sort fields, each also with a leading `-`.
    pub const fn sorting(values: &'static [&'static str]) -> Self {
        Self { field: "sortBy", values, sorts: true, meanings: &[] }
    }
}
