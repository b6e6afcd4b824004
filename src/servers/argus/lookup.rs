//! Names that Argus takes by ID only are looked up before a search is made.
//!
//! Translator and execute tool both end here, so both hold the same IDs. Each
//! name costs one REST call, so their number is bounded; a name that nobody
//! knows is a problem of the request and is reported with all others.

use std::collections::HashSet;

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::validate::Problems;

/// Names that may be looked up in one request.
const MAX_LOOKUPS: usize = 10;

/// A field that REST takes by ID and arguments give by name.
#[derive(Debug)]
pub struct Lookup {
    /// What is looked up, for people.
    pub noun: &'static str,
    /// The argument.
    pub argument: &'static str,
    /// The field of the REST body.
    pub rest: &'static str,
    /// Path under which one of them is read by short name.
    pub path: &'static [&'static str],
    /// Reads a text that is an ID already.
    pub id: fn(&str) -> Option<Value>,
    /// Reads the ID of an object.
    pub id_of: fn(&Value) -> Option<Value>,
    /// Schema of an ID.
    pub id_schema: fn() -> Value,
}

impl Lookup {
    /// The schema of a search body once its names are IDs.
    #[must_use]
    pub fn schema(&self, body: Map<String, Value>) -> Map<String, Value> {
        let mut body = Value::Object(body);
        for criteria in ["", "/properties/subCriteria/items"] {
            if let Some(entry) = body.pointer_mut(&format!("{criteria}/properties/{}/items", self.rest)) {
                *entry = (self.id_schema)();
            }
        }
        match body {
            Value::Object(body) => body,
            _ => Map::new(),
        }
    }

    /// Replaces the names in a search body, and in its sub-criteria, by IDs.
    ///
    /// # Errors
    /// `INVALID_ARGUMENTS` with every name that cannot be resolved; otherwise
    /// what Argus said when one was looked up.
    pub async fn resolve(&self, backend: &Backend, body: &mut Map<String, Value>) -> Result<(), Failure> {
        let mut lookups = 0;
        let mut problems = Problems::default();
        self.criteria(backend, body, "request", &mut lookups, &mut problems).await?;
        if let Some(Value::Array(items)) = body.get_mut("subCriteria") {
            for (place, item) in items.iter_mut().enumerate() {
                let path = format!("request.subCriteria[{place}]");
                if let Some(item) = item.as_object_mut() {
                    self.criteria(backend, item, &path, &mut lookups, &mut problems).await?;
                }
            }
        }
        problems.into_result()
    }

    async fn criteria(
        &self,
        backend: &Backend,
        criteria: &mut Map<String, Value>,
        path: &str,
        lookups: &mut usize,
        problems: &mut Problems,
    ) -> Result<(), Failure> {
        let Some(Value::Array(entries)) = criteria.get_mut(self.rest) else {
            return Ok(());
        };
        for (place, entry) in entries.iter_mut().enumerate() {
            let name = entry.as_str().unwrap_or_default();
            if let Some(id) = (self.id)(name) {
                *entry = id;
                continue;
            }
            let path = format!("{path}.{}[{place}]", self.argument);
            *lookups += 1;
            if *lookups > MAX_LOOKUPS {
                let problem = format!("at most {MAX_LOOKUPS} of these may be short names; use IDs");
                problems.add(path, problem, entry);
                continue;
            }
            match self.ask(backend, name).await {
                Ok(id) => *entry = id,
                Err(failure) => match failure.kind {
                    FailureKind::NotFound | FailureKind::InvalidArguments => {
                        let problem = format!("no {} with this short name is visible to this key", self.noun);
                        problems.add(path, problem, entry);
                    }
                    _ => return Err(failure),
                },
            }
        }
        // Two names may stand for one object, and Argus wants the entries unique.
        let mut seen = HashSet::new();
        entries.retain(|entry| seen.insert(entry.clone()));
        Ok(())
    }

    async fn ask(&self, backend: &Backend, name: &str) -> Result<Value, Failure> {
        let request = RestRequest::get(&[self.path, &[name]].concat());
        let answer = backend.send(&request).await?;
        if answer.envelope.data.is_null() {
            return Err(Failure::new(FailureKind::NotFound, "no such object"));
        }
        (self.id_of)(&answer.envelope.data).ok_or_else(|| {
            let problem = format!("the {} that Argus returned has no ID", self.noun);
            Failure::new(FailureKind::BadResponse, problem).with_request(request.label())
        })
    }
}
