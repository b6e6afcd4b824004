//! One request as handlers see it: who asks, when, with which query and body.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::sim::argus::data::Data;
use crate::sim::argus::keys::Key;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::reply::Reply;

/// One authenticated request.
#[derive(Debug)]
pub struct Call<'a> {
    /// The caller's key.
    pub key: &'static Key,
    /// Time in the simulated world.
    pub now: Timestamp,
    /// Time at which the data was built.
    pub start: Timestamp,
    /// Query; repeated names are arrays.
    pub query: Map<String, Value>,
    /// JSON body; null where there is none.
    pub body: Value,
    /// The data, held for this request.
    pub data: &'a Data,
}

impl Call<'_> {
    /// Reads the body strictly.
    pub fn read_body(&self) -> Result<Reader<'_>, Reply> {
        Reader::body(&self.body, self.now)
    }

    /// Reads the query strictly.
    #[must_use]
    pub fn read_query(&self) -> Reader<'_> {
        Reader::query(&self.query, self.now)
    }
}

/// Turns the pairs of a query into an object in which repeated names are arrays.
#[must_use]
pub fn query_object(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut query = Map::new();
    for (name, text) in pairs {
        let value = Value::String(text);
        match query.get_mut(&name) {
            None => {
                query.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => {
                let pair = vec![first.take(), value];
                *first = Value::Array(pair);
            }
        }
    }
    query
}
