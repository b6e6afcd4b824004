//! What comes in: JSON bodies, ids, queries. All bounded before they are parsed (size,
//! depth, time), all refused with a sentence that names the place. Knows no route.

use std::str::FromStr;
use std::time::Duration;

use axum::body::Body as RawBody;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::Request;
use futures::StreamExt;
use http::HeaderMap;
use http::header;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// Deepest nesting of a body.
const MAX_DEPTH: usize = 64;
/// Longest parser message passed on, in characters; it may quote the input.
const MESSAGE_CHARS: usize = 300;

/// A JSON body.
pub struct Body<T>(pub T);

/// A JSON body that may be left out.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        check_media_type(request.headers())?;
        let bytes = read(request, api).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let media_type = check_media_type(request.headers());
        let bytes = read(request, api).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        media_type?;
        parse(&bytes).map(Self)
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if encoded || !(essence == "application/json" || essence.ends_with("+json")) {
        return Err(ApiError::plain(Code::UnsupportedMediaType));
    }
    Ok(())
}

async fn read(request: Request, api: &Api) -> Result<Vec<u8>, ApiError> {
    let limit = api.app.config.limits.body_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let patience = Duration::from_secs(api.app.config.limits.request_seconds);
    tokio::time::timeout(patience, collect(request.into_body(), limit))
        .await
        .unwrap_or_else(|_| Err(ApiError::new(Code::RequestTimeout, "the body did not arrive in time")))
}

async fn collect(body: RawBody, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| ApiError::plain(Code::IncompleteBody).cause(error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(Code::BodyTooLarge, format!("the body is larger than {limit} bytes"))
        .details(json!({ "limit_bytes": limit }))
}

/// Bytes to a value; names line, column and field of what is wrong.
///
/// # Errors
/// `invalid_utf8`, `json_too_deep`, `invalid_json`, `invalid_body`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        ApiError::new(Code::InvalidUtf8, format!("the body is not valid UTF-8 at byte {byte}"))
            .details(json!({ "byte": byte }))
    })?;
    if deeper_than(text.as_bytes(), MAX_DEPTH) {
        let message = format!("the body nests deeper than {MAX_DEPTH} levels");
        return Err(ApiError::new(Code::JsonTooDeep, message));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        refused(error.inner(), Some(field.as_str()).filter(|field| *field != "."))
    })?;
    json.end().map_err(|error| refused(&error, None))?;
    Ok(value)
}

fn refused(error: &serde_json::Error, field: Option<&str>) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let what: String = error.to_string().chars().take(MESSAGE_CHARS).collect();
    let place = json!({ "line": line, "column": column });
    if !error.is_data() {
        return ApiError::new(Code::InvalidJson, format!("the body is not valid JSON: {what}")).details(place);
    }
    let message = match field {
        Some(field) => format!("{field}: {what}"),
        None => what,
    };
    let refused = ApiError::new(Code::InvalidBody, message).details(place);
    match field {
        Some(field) => refused.param(field),
        None => refused,
    }
}

/// Whether brackets outside of strings nest deeper than `limit`. Counts, and leaves the
/// rest of the grammar to the parser.
fn deeper_than(text: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The id in the path.
pub struct Id<T>(pub T);

impl<T: FromStr> FromRequestParts<Api> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, api).await.map(|Path(text)| text);
        text.ok()
            .and_then(|text| text.parse().ok())
            .map(Self)
            .ok_or_else(|| ApiError::plain(Code::InvalidId).param("id"))
    }
}

/// Names in the path.
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        // What is no text after decoding names nothing.
        let names = Path::<T>::from_request_parts(parts, api).await;
        names.map(|Path(names)| Self(names)).map_err(|_| ApiError::plain(Code::RouteNotFound))
    }
}

/// The query string.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, api).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => {
                let message: String = error.body_text().chars().take(MESSAGE_CHARS).collect();
                Err(ApiError::new(Code::InvalidQuery, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Wanted {
        #[expect(dead_code, reason = "only its type matters")]
        list: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    struct Item {
        #[expect(dead_code, reason = "only its type matters")]
        n: u32,
    }

    fn code(bytes: &[u8]) -> Code {
        parse::<Wanted>(bytes).expect_err("must be refused").code()
    }

    #[test]
    fn a_wrong_type_names_field_and_line() {
        let error = parse::<Wanted>(b"{\n \"list\": [{\"n\": 1}, {\"n\": \"x\"}]}").expect_err("wrong type");
        let body = error.native_body();
        assert_eq!(body["error"]["code"], "invalid_body");
        assert_eq!(body["error"]["details"]["field"], "list[1].n");
        assert_eq!(body["error"]["details"]["line"], 2);
    }

    #[test]
    fn bytes_that_are_no_json_are_told_apart() {
        assert_eq!(code(b"{\"list\": [\xff]}"), Code::InvalidUtf8);
        assert_eq!(code(b"{\"list\": ["), Code::InvalidJson);
        assert_eq!(code(b""), Code::InvalidJson);
        assert_eq!(code(b"{\"list\": []} x"), Code::InvalidJson);
        assert_eq!(code(b"[]"), Code::InvalidBody);
        let deep = format!("{{\"list\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(code(deep.as_bytes()), Code::JsonTooDeep);
    }

    #[test]
    fn brackets_inside_of_strings_do_not_nest() {
        let text = format!(r#"{{"list": [], "other": "{}\"[["}}"#, "[".repeat(500));
        assert!(parse::<Wanted>(text.as_bytes()).is_ok());
    }
}
