//! The list of tools, in catalogue order, and what a tool is made of.
//!
//! A tool is a row: name, arguments, and a mapping to REST. The rows of a family
//! stand in one file; what a row cannot say is a function beside it. To add a
//! tool: a row, and a test module named after it. Names live in the rows only; a
//! site may rename them. `run` makes the call, `describe` the description.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::LazyLock;

use futures::future::BoxFuture;
use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::lookup::Lookup;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::schema;

pub mod alarm;
pub mod asset;
pub mod case;
pub mod customer;
pub mod datastore;
pub mod event;
pub mod filter;
pub mod metric;
pub mod pdns;
pub mod reputation;
pub mod run;

/// Every tool, in the order in which they are listed.
pub static ALL: LazyLock<Vec<&'static Tool>> = LazyLock::new(|| {
    let families: [&'static [Tool]; 10] = [
        alarm::TOOLS,
        asset::TOOLS,
        case::TOOLS,
        customer::TOOLS,
        datastore::TOOLS,
        event::TOOLS,
        metric::TOOLS,
        filter::TOOLS,
        pdns::TOOLS,
        reputation::TOOLS,
    ];
    families.into_iter().flatten().collect()
});

/// What is made of each row once and then used for every call, by tool name.
static MADE: LazyLock<HashMap<&'static str, Made>> =
    LazyLock::new(|| ALL.iter().map(|tool| (tool.name, Made::of(tool))).collect());

/// What is made of a row.
pub struct Made {
    /// The table of the arguments.
    pub shape: Shape,
    /// Their schema.
    pub input: Arc<Map<String, Value>>,
    /// Schema of the result, where it is ours to promise.
    pub output: Option<Arc<Map<String, Value>>>,
}

impl Made {
    fn of(tool: &Tool) -> Self {
        let shape = (tool.arguments)();
        let input = Arc::new(schema::object(&shape));
        let output = match &tool.work {
            Work::Values(_) => Some(Values::schema()),
            Work::Translate(query) => {
                let mut body = schema::rest(&shape);
                if let Make::Looked(lookup) = &query.rest.make {
                    body = lookup.schema(body);
                }
                match &query.shown {
                    None => Some(body),
                    Some(shown) => (shown.schema)(body).as_object().cloned(),
                }
            }
            Work::Execute(_) | Work::Call(_) => None,
        };
        Self { shape, input, output: output.map(Arc::new) }
    }
}

/// The object a tool belongs to; `ARGUS_MCP_TOOLS` selects by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Alarms and attack categories.
    Alarm,
    /// Assets.
    Asset,
    /// Cases, their comments, tags and value lists.
    Case,
    /// Customers.
    Customer,
    /// Datastores.
    Datastore,
    /// Events.
    Event,
    /// Metrics of the processing pipelines.
    Metric,
    /// Analysis filters.
    AnalysisFilter,
    /// Annotation filters.
    AnnotationFilter,
    /// Match filters.
    MatchFilter,
    /// PassiveDNS.
    PassiveDns,
    /// Reputation of indicators.
    Reputation,
}

impl Family {
    /// The name used in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Asset => "asset",
            Self::Case => "case",
            Self::Customer => "customer",
            Self::Datastore => "datastore",
            Self::Event => "event",
            Self::Metric => "metric",
            Self::AnalysisFilter => "analysis-filter",
            Self::AnnotationFilter => "annotation-filter",
            Self::MatchFilter => "match-filter",
            Self::PassiveDns => "pdns",
            Self::Reputation => "reputation",
        }
    }
}

/// How sure it is that the vendor's tool has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Seen in the vendor's documentation.
    Documented,
    /// The documentation names the task or the family, not the tool.
    Proposed,
    /// A tool of our own.
    Extension,
}

/// What a tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolKind {
    /// Makes a query out of a request.
    Translator,
    /// Says which values are allowed; compiled in.
    ValueList,
    /// Asks Argus.
    Rest,
}

/// When a hint applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Argus named this REST field in an error.
    Field(&'static str),
    /// The call failed in this way.
    Kind(FailureKind),
}

/// One tool.
pub struct Tool {
    /// Canonical name.
    pub name: &'static str,
    /// Further names accepted on call, never listed.
    pub aliases: &'static [&'static str],
    /// Title for people.
    pub title: &'static str,
    /// What it is about.
    pub family: Family,
    /// How sure its name is.
    pub certainty: Certainty,
    /// What it returns and when to use it; the description begins with it.
    pub purpose: &'static str,
    /// The arguments.
    pub arguments: fn() -> Shape,
    /// What it does.
    pub work: Work,
    /// What to do about failures, first match wins.
    pub hints: &'static [(On, &'static str)],
}

/// What a tool does, with all that is needed to do it.
pub enum Work {
    /// Lists the values of a field.
    Values(Values),
    /// Shows a query without running it.
    Translate(&'static Query),
    /// Runs a query.
    Execute(&'static Query),
    /// Makes a call that has no translator.
    Call(Rest),
}

/// The allowed values of a field; compiled in.
pub struct Values {
    /// The arguments that take them.
    pub field: &'static str,
    /// The values.
    pub values: &'static [&'static str],
    /// Whether each may also stand with a leading `-`.
    pub sorts: bool,
    /// What values with unclear names mean.
    pub meanings: &'static [(&'static str, &'static str)],
}

/// What a translator and its execute tool share.
pub struct Query {
    /// The tool that shows the query.
    pub translator: &'static str,
    /// The tool that runs it.
    pub execute: &'static str,
    /// The tools whose values it takes.
    pub values: &'static [&'static str],
    /// The call.
    pub rest: Rest,
    /// What the translator hands out, where it is not the REST body itself.
    pub shown: Option<Shown>,
}

/// A translator's result that wraps the REST body.
pub struct Shown {
    /// Wraps the body.
    pub value: fn(&Backend, Map<String, Value>) -> Value,
    /// Wraps the schema of the body.
    pub schema: fn(Map<String, Value>) -> Value,
}

/// A call to Argus and what becomes of the answer.
pub struct Rest {
    /// Method and path. `{name}` stands for an argument as one segment, `{+name}`
    /// for one that holds several; other arguments become query or body. Where
    /// `road` does the work, all its calls, for readers.
    pub call: &'static str,
    /// How arguments become the body.
    pub make: Make,
    /// What Argus answers with.
    pub answer: Answer,
    /// Leaves out of an item what nobody needs.
    pub trim: Option<fn(&Value) -> Value>,
    /// Says what an empty list means, if there is more to say than "nothing matched".
    pub empty: Option<&'static str>,
    /// Adds to a good outcome; gets the body that was sent.
    pub finish: Option<Finish>,
    /// Says more about a failure; gets the checked arguments.
    pub explain: Option<Explain>,
    /// The work, where it is not one call.
    pub road: Option<Road>,
}

/// How checked arguments become the REST body.
pub enum Make {
    /// By the field table alone.
    Table,
    /// By the table, then completed.
    Completed(fn(&Backend, &mut Map<String, Value>) -> Result<(), Failure>),
    /// By the table, then with names replaced by IDs.
    Looked(&'static Lookup),
}

/// What Argus answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// One object.
    Object,
    /// One page of a list.
    Page,
    /// One page of a list of which Argus reaches a window only.
    WindowedPage,
    /// Numbers: a tree of buckets, or all of a list at once.
    Numbers,
}

/// Adds to a good outcome.
pub type Finish = fn(&Backend, Outcome, &Map<String, Value>) -> Outcome;

/// Says more about a failure.
pub type Explain = for<'a> fn(&'a Backend, Failure, &'a Map<String, Value>) -> BoxFuture<'a, Failure>;

/// The running of a tool: checked arguments in, outcome out.
pub type Road = for<'a> fn(&'a Backend, &'a Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>>;

impl Rest {
    /// One object by its path.
    pub const fn object(call: &'static str) -> Self {
        Self::of(call, Answer::Object)
    }

    /// One page.
    pub const fn page(call: &'static str) -> Self {
        Self::of(call, Answer::Page)
    }

    /// A call answered in this way, by the field table and with nothing added.
    pub const fn of(call: &'static str, answer: Answer) -> Self {
        Self { call, make: Make::Table, answer, trim: None, empty: None, finish: None, explain: None, road: None }
    }
}

impl Tool {
    /// An empty row of a family, to be filled in.
    pub const fn of(family: Family, certainty: Certainty) -> Self {
        Self {
            name: "",
            aliases: &[],
            title: "",
            family,
            certainty,
            purpose: "",
            arguments: Shape::default,
            work: Work::Values(Values::of("", &[])),
            hints: &[],
        }
    }

    /// What it does.
    pub fn kind(&self) -> ToolKind {
        match self.work {
            Work::Values(_) => ToolKind::ValueList,
            Work::Translate(_) => ToolKind::Translator,
            Work::Execute(_) | Work::Call(_) => ToolKind::Rest,
        }
    }

    /// The call to Argus, if it makes one of its own.
    pub fn rest(&self) -> Option<&Rest> {
        match &self.work {
            Work::Values(_) | Work::Translate(_) => None,
            Work::Execute(query) => Some(&query.rest),
            Work::Call(rest) => Some(rest),
        }
    }

    /// Text for the model.
    pub fn description(&self) -> String {
        match &self.work {
            Work::Values(_) => describe::value_list(self.purpose),
            Work::Translate(query) => describe::translator(self.purpose, query.execute, query.values),
            Work::Execute(query) => {
                describe::rest(self.purpose, query.rest.answer, Some((query.translator, query.values)))
            }
            Work::Call(rest) => describe::rest(self.purpose, rest.answer, None),
        }
    }

    /// What was made of it.
    pub fn made(&self) -> &'static Made {
        MADE.get(self.name).expect("every row of the list is in the map")
    }
}

#[cfg(test)]
#[path = "../server_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "all_tests.rs"]
mod all_tests;

#[cfg(test)]
#[path = "page_tests.rs"]
mod page_tests;
