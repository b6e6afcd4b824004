//! The envelope in which Argus wraps every answer, single object or list.
//!
//! Reads it strictly enough to tell it from a proxy's page or a cut answer, and
//! leaves the payload as it came: Argus may add fields at any time. Does not
//! know which endpoint answered or what the payload means.

use serde_json::Value;

/// One parsed answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Repeats the HTTP status; decides when the two differ.
    pub response_code: u16,
    /// Page size the server used.
    pub limit: Option<u64>,
    /// Offset the server used.
    pub offset: Option<u64>,
    /// Number of matches; -1 when Argus did not count.
    pub count: Option<i64>,
    /// Items Argus says are in this answer.
    pub size: Option<u64>,
    /// Free-form extras.
    pub meta_data: Value,
    /// Messages, usually empty on success.
    pub messages: Vec<Value>,
    /// The payload: object, array or null.
    pub data: Value,
}

impl Envelope {
    /// Parses a body.
    ///
    /// # Errors
    /// A phrase saying why the body is not an envelope; it never quotes the body,
    /// since a body may hold a session key.
    pub fn parse(body: &str) -> Result<Self, &'static str> {
        let value: Value = serde_json::from_str(body).map_err(|_| "the body is not complete JSON")?;
        let Value::Object(mut object) = value else {
            return Err("the body is not a JSON object");
        };
        let response_code = object
            .get("responseCode")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok())
            .ok_or("the body has no responseCode")?;
        let data = object.remove("data").ok_or("the body has no data field")?;
        let messages = match object.remove("messages") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(messages)) => messages,
            Some(_) => return Err("the messages field is not a list"),
        };
        let number = |name: &str| object.get(name).and_then(Value::as_u64);
        Ok(Self {
            response_code,
            limit: number("limit"),
            offset: number("offset"),
            count: object.get("count").and_then(Value::as_i64),
            size: number("size"),
            meta_data: object.get("metaData").cloned().unwrap_or(Value::Null),
            messages,
            data,
        })
    }

    /// Whether any message reports an error, whatever the status says.
    pub fn reports_error(&self) -> bool {
        self.messages.iter().any(|message| matches!(message["type"].as_str(), Some("FIELD_ERROR" | "ACTION_ERROR")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    #[test]
    fn a_page_of_a_proxy_is_not_an_envelope() {
        assert!(Envelope::parse("<html>bad gateway</html>").is_err());
        assert!(Envelope::parse("{\"error\": \"x\"}").is_err());
        assert!(Envelope::parse("{\"responseCode\": 200, \"data\": [").is_err());
    }

    #[test]
    fn a_skipped_count_stays_negative() {
        let envelope = Envelope::parse(
            r#"{"responseCode":200,"limit":25,"offset":0,"count":-1,"size":0,"messages":[],"data":[]}"#,
        )
        .unwrap();
        assert_eq!(envelope.count, Some(-1));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_a_panic(text in any::<String>()) {
            let _ = Envelope::parse(&text);
        }
    }
}
