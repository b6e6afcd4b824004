//! The tools about datastores.
//!
//! An entry can be read only from a `CENTRAL` datastore and only in the right
//! scope. The server reads the descriptor itself before it asks for an entry and
//! leaves none of these rules to the model.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::text::ENTRY_KEY;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Work;
use crate::servers::argus::validate::Problems;

/// What the rows share.
const DATASTORE: Tool = Tool::of(Family::Datastore, Certainty::Proposed);

/// How long a descriptor is good for.
const DESCRIPTOR_AGE: SignedDuration = SignedDuration::from_secs(60);

/// Descriptors remembered at once.
const MAX_DESCRIPTORS: usize = 256;

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: "getDataStoreDescriptor",
        aliases: &["getArgusDataStoreDescriptor"],
        title: "Get a datastore descriptor",
        purpose: "Returns the descriptor of one datastore by its name: what it is for, whether it is a map or \
                  a list, and where its entries live. lookup says whether getDataStoreEntry can read \
                  entries and with which customerID. There is no list of all entries.",
        arguments: || Shape::of(vec![data_store_name()]),
        work: Work::Call(Rest {
            finish: Some(|_, outcome, _| {
                let lookup = Scope::of(&outcome.value()["data"]).to_value();
                outcome.with("lookup", lookup)
            }),
            ..Rest::object("GET /datastores/v1/descriptor/{dataStoreName}")
        }),
        ..DATASTORE
    },
    Tool {
        name: "getDataStoreEntry",
        aliases: &["getArgusDataStoreEntry"],
        title: "Get a datastore entry",
        purpose: "Returns one entry of a datastore by its key, for one customer. Read the descriptor with \
                  getDataStoreDescriptor first: only CENTRAL datastores have entries that can be read; a \
                  global one takes customerID 0, any other the ID of a customer. The value is free \
                  text in a format of its owner's choice; the entry of a list has no value.",
        arguments: || {
            Shape::of(vec![
                data_store_name(),
                Field::new("key", Kind::Checked(&ENTRY_KEY), "Key of the entry.").required(),
                Field::new("customerID", Kind::at_least(0), "ID of the customer; 0 for a global datastore.").required(),
            ])
        },
        work: Work::Call(Rest {
            road: Some(entry),
            ..Rest::object(
                "GET /datastores/v1/store/{dataStoreName}/{key}, after GET /datastores/v1/descriptor/{dataStoreName}",
            )
        }),
        hints: &[(
            On::Kind(FailureKind::NotFound),
            "Say which datastore, key and customer were asked for; another customer may hold the key.",
        )],
        ..DATASTORE
    },
];

fn data_store_name() -> Field {
    Field::new("dataStoreName", Kind::Text { max: 200 }, "Name of the datastore.")
        .aliases(&["dataStore", "name"])
        .required()
}

/// Who may be asked for in an entry lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Customer 0.
    Global,
    /// A real customer.
    Customer,
    /// Nobody, for this reason.
    Nobody(&'static str),
}

impl Scope {
    fn of(descriptor: &Value) -> Self {
        if descriptor["deleted"] == true {
            return Self::Nobody("the datastore is deleted");
        }
        match (descriptor["behaviourType"].as_str(), descriptor["globalData"].as_bool()) {
            (Some("CENTRAL"), Some(true)) => Self::Global,
            (Some("CENTRAL"), Some(false)) => Self::Customer,
            (Some("CENTRAL"), None) => Self::Nobody("the descriptor does not say whether the datastore is global"),
            (Some("LOCAL"), _) => {
                Self::Nobody("the datastore is LOCAL: its entries live in the distributed pipeline and cannot be read")
            }
            _ => Self::Nobody("only datastores with behaviourType CENTRAL have entries that can be read"),
        }
    }

    fn to_value(self) -> Value {
        match self {
            Self::Global => json!({"entriesReadable": true, "customerID": "0", "why": "global datastore"}),
            Self::Customer => {
                json!({"entriesReadable": true, "customerID": "required", "why": "customer-scoped datastore"})
            }
            Self::Nobody(why) => json!({"entriesReadable": false, "customerID": null, "why": why}),
        }
    }
}

fn entry<'a>(backend: &'a Backend, checked: &'a Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(async move {
        let text = |name: &str| checked.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, asked) = (text("dataStoreName"), text("key"));
        let customer = checked.get("customerID").cloned().unwrap_or_default();
        let descriptor = descriptor(backend, name).await?;
        readable(&descriptor, name, &customer)?;
        let lower = descriptor["useLowerCaseKeys"] == true;
        let key = if lower { asked.to_lowercase() } else { asked.to_owned() };
        let request = RestRequest::get(&["datastores", "v1", "store", name, &key])
            .with_query(vec![("customerID".to_owned(), customer.to_string())]);
        let answer = backend.send(&request).await?;
        if answer.envelope.data.is_null() {
            let problem = "the datastore was read and holds no such key for that customer";
            return Err(Failure::new(FailureKind::NotFound, problem).with_request(request.label()));
        }
        let outcome = Outcome::single(answer)?;
        Ok(if key == asked {
            outcome
        } else {
            outcome.with_note("This datastore keeps its keys in lower case, so the key was looked up in lower case.")
        })
    })
}

/// Refuses a lookup that the descriptor rules out.
fn readable(descriptor: &Value, name: &str, customer: &Value) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let none = customer.as_i64() == Some(0);
    match Scope::of(descriptor) {
        Scope::Nobody(why) => problems.add("dataStoreName", format!("has no entries to read: {why}"), &json!(name)),
        Scope::Global if !none => {
            problems.add("customerID", "must be 0, since the datastore is global", customer);
        }
        Scope::Customer if none => {
            problems.add("customerID", "must be the ID of a customer, since the datastore is not global", customer);
        }
        Scope::Global | Scope::Customer => {}
    }
    problems.into_result()
}

/// Descriptors by name, with the time they were read.
#[derive(Default)]
pub struct Descriptors(Mutex<HashMap<String, (Timestamp, Value)>>);

impl Descriptors {
    fn get(&self, name: &str, now: Timestamp) -> Option<Value> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, descriptor) = known.get(name)?;
        (now.duration_since(*at).abs() < DESCRIPTOR_AGE).then(|| descriptor.clone())
    }

    fn put(&self, name: &str, now: Timestamp, descriptor: Value) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_DESCRIPTORS {
            known.clear();
        }
        known.insert(name.to_owned(), (now, descriptor));
    }
}

async fn descriptor(backend: &Backend, name: &str) -> Result<Value, Failure> {
    let now = (backend.config.clock)();
    if let Some(known) = backend.memory.descriptors.get(name, now) {
        return Ok(known);
    }
    let request = RestRequest::get(&["datastores", "v1", "descriptor", name]);
    let answer = backend.send(&request).await?;
    let problem = |kind, text| Err(Failure::new(kind, text).with_request(request.label()));
    match answer.envelope.data {
        Value::Null => problem(FailureKind::NotFound, "Argus knows no datastore with this name"),
        Value::Object(_) => {
            backend.memory.descriptors.put(name, now, answer.envelope.data.clone());
            Ok(answer.envelope.data)
        }
        _ => problem(FailureKind::BadResponse, "the answer of Argus holds no descriptor"),
    }
}

#[cfg(test)]
#[path = "datastore_tests.rs"]
mod tests;
