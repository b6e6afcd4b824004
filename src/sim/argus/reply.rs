//! Answers of the simulated Argus backend: the envelope, pages, and error bodies.
//! Texts and templates of errors are made up; shape and message types are Argus's.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// What a handler gives back: both sides are answers, the error side ends the work early.
pub type Answer = Result<Reply, Reply>;

/// One answer, before faults and the wire.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Header that goes with it, besides the content type.
    pub header: Option<(&'static str, String)>,
    /// The envelope.
    pub body: Value,
}

impl Reply {
    /// One object.
    #[must_use]
    pub fn object(data: Value) -> Self {
        Self::envelope(StatusCode::OK, [0, 0, 0, 0], json!({}), vec![], data)
    }

    /// One page of `count` matches.
    #[must_use]
    pub fn page(limit: u64, offset: u64, count: usize, items: Vec<Value>) -> Self {
        let numbers = [
            i64::try_from(limit).unwrap_or(i64::MAX),
            i64::try_from(offset).unwrap_or(i64::MAX),
            i64::try_from(count).unwrap_or(i64::MAX),
            i64::try_from(items.len()).unwrap_or(i64::MAX),
        ];
        Self::envelope(StatusCode::OK, numbers, json!({}), vec![], Value::Array(items))
    }

    /// All items at once, where Argus does not page.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Self {
        Self::page(0, 0, items.len(), items)
    }

    /// 404 for an object that does not exist, or that the key may not see.
    #[must_use]
    pub fn not_found(field: &str, parameter: &str) -> Self {
        let mut message = action("Object not found", "object.not.found");
        message["field"] = json!(field);
        message["parameter"] = json!(parameter);
        Self::error(StatusCode::NOT_FOUND, vec![message])
    }

    /// 403 for a key without this function.
    #[must_use]
    pub fn missing_function(function: &str) -> Self {
        let text = format!("Access denied, missing permission {function}");
        Self::denied(&text, function)
    }

    /// 403 for a request that names a customer outside the key.
    #[must_use]
    pub fn foreign_customer(customer: &str) -> Self {
        Self::denied(&format!("Access denied to customer {customer}"), customer)
    }

    fn denied(text: &str, parameter: &str) -> Self {
        let mut message = action(text, "access.denied");
        message["parameter"] = json!(parameter);
        Self::error(StatusCode::FORBIDDEN, vec![message])
    }

    /// 401 with this text.
    #[must_use]
    pub fn unauthenticated(text: &str) -> Self {
        let mut message = action(text, "authentication.failed");
        message["field"] = Value::Null;
        message["parameter"] = Value::Null;
        Self::error(StatusCode::UNAUTHORIZED, vec![message])
    }

    /// 412 with one message per problem.
    #[must_use]
    pub fn invalid(problems: Vec<Value>) -> Self {
        Self::error(StatusCode::PRECONDITION_FAILED, problems)
    }

    /// 301 to the case that another was merged into.
    #[must_use]
    pub fn moved(location: &str) -> Self {
        let mut reply = Self::error(StatusCode::MOVED_PERMANENTLY, vec![]);
        reply.header = Some(("location", location.to_owned()));
        reply
    }

    /// An error with the stock text of its status.
    #[must_use]
    pub fn stock(status: StatusCode) -> Self {
        let (text, template) = match status.as_u16() {
            401 => return Self::unauthenticated("Authentication failed"),
            402 => ("Resource limit exceeded", "resource.limit.exceeded"),
            403 => ("Access denied", "access.denied"),
            404 => ("Object not found", "object.not.found"),
            412 => ("Request failed validation", "validation.failed"),
            413 => ("Request body is too large", "body.too.large"),
            422 => ("Request could not be processed", "unprocessable"),
            429 => ("Too many requests", "rate.limited"),
            503 => ("Service is overloaded", "resource.exhausted"),
            504 => ("Upstream did not answer in time", "gateway.timeout"),
            _ => ("Internal error", "internal.error"),
        };
        let mut reply = Self::error(status, vec![action(text, template)]);
        match status.as_u16() {
            402 => reply.body["metaData"] = json!({"millisUntilResourcesAvailable": 41000}),
            429 => reply.header = Some(("retry-after", "2".to_owned())),
            _ => {}
        }
        reply
    }

    fn error(status: StatusCode, messages: Vec<Value>) -> Self {
        Self::envelope(status, [0, 0, 0, 0], json!({}), messages, Value::Null)
    }

    fn envelope(
        status: StatusCode,
        [limit, offset, count, size]: [i64; 4],
        meta: Value,
        messages: Vec<Value>,
        data: Value,
    ) -> Self {
        Self {
            status,
            header: None,
            body: json!({
                "responseCode": status.as_u16(), "limit": limit, "offset": offset,
                "count": count, "size": size, "metaData": meta, "messages": messages,
                "data": data,
            }),
        }
    }
}

/// One problem with one field of a request.
#[must_use]
pub fn field_error(field: &str, message: &str, template: &str, parameter: &str) -> Value {
    json!({
        "type": "FIELD_ERROR", "message": message, "messageTemplate": template,
        "field": field, "parameter": parameter,
    })
}

fn action(message: &str, template: &str) -> Value {
    json!({"type": "ACTION_ERROR", "message": message, "messageTemplate": template})
}
