//! `/openapi.json`: the document made of the handlers, and the table of error codes.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::ToSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::security::SecurityScheme;

use crate::http::error::Code;

/// An error of the native API.
#[derive(Debug, Serialize, ToSchema)]
pub struct NativeError {
    /// The error.
    pub error: NativeErrorBody,
}

/// An error of the native API.
#[derive(Debug, Serialize, ToSchema)]
pub struct NativeErrorBody {
    /// Stable code.
    pub code: String,
    /// For people.
    pub message: String,
    /// Facts for programs: field, line, column, limits, turn.
    #[schema(value_type = Object)]
    pub details: Value,
}

/// An error of the OpenAI-compatible routes.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiError {
    /// The error.
    pub error: OpenAiErrorBody,
}

/// An error of the OpenAI-compatible routes.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiErrorBody {
    /// For people.
    pub message: String,
    /// OpenAI's type.
    pub r#type: String,
    /// The field at fault.
    pub param: Option<String>,
    /// Stable code.
    pub code: String,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Groundwire", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(NativeError, OpenAiError))
)]
struct Head;

/// The document without its routes.
pub fn head() -> utoipa::openapi::OpenApi {
    let mut document = Head::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(description());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    // Without authentication no token is needed, hence the empty alternative.
    document.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0]), SecurityRequirement::default()]);
    let codes = Code::ALL.iter().map(|code| {
        serde_json::json!({ "code": code.as_str(), "status": code.status().as_u16(), "meaning": code.meaning() })
    });
    document.extensions = Some(Extensions::builder().add("x-error-codes", Value::Array(codes.collect())).build());
    document
}

fn description() -> String {
    let mut text = "A chat gateway that lets no answer about live operational data out unless tools were \
        called and their results support it.\n\nWhere an MCP server takes the credentials of its caller \
        (`headers` of a server under `/api/tools`), each request that is to reach it brings them in these headers; \
        none is kept for another.\n\nErrors of routes under `/v1` have OpenAI's shape, all others \
        `{\"error\": {\"code\", \"message\", \"details\"}}`. Codes are stable:\n\n| code | status | meaning |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        writeln!(text, "| `{}` | {} | {} |", code.as_str(), code.status().as_u16(), code.meaning())
            .expect("writing to a string cannot fail");
    }
    text
}
