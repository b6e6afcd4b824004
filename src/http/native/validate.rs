//! `POST /api/validate`: is a text supported by given results? Nothing is stored and no
//! tool is called. Outcomes that the client leaves out are derived as for our own calls.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::caller::AccessRole;
use crate::domain::caller::Caller;
use crate::domain::classify::classify;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::report::GroundingReport;
use crate::domain::outcome::Outcome;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::text_block;
use crate::engine::preview::CheckMode;
use crate::engine::preview::ValidationRequest;
use crate::http::Api;
use crate::http::auth::require;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::native::types::Claim;
use crate::http::openapi::NativeError;
use crate::http::paths;

/// Results of one request at most.
const MAX_RESULTS: usize = 200;
/// Longest text to check, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;
/// Longest id or tool name, in bytes.
const NAME_BYTES: usize = 200;

/// A text and what it may rest on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ValidateRequest {
    /// What the user asked; its own values may be repeated.
    #[serde(default)]
    pub user_message: String,
    /// The text to check.
    pub answer: String,
    /// The moment that relative times refer to; now when missing.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub now: Option<Timestamp>,
    /// Who checks: `checker` (default), `judge` or `both`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub mode: CheckMode,
    /// Results the text may rest on.
    #[serde(default)]
    pub results: Vec<GivenResult>,
}

/// One tool result.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GivenResult {
    /// Id that claims refer to; `r1`, `r2`, … when missing.
    #[serde(default)]
    pub id: Option<String>,
    /// Tool name.
    pub tool: String,
    /// Arguments of the call.
    #[serde(default)]
    pub arguments: Value,
    /// When it was observed; `now` when missing.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub observed_at: Option<Timestamp>,
    /// What became of the call; derived from the content when missing.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// Any JSON, or plain text.
    #[serde(default)]
    pub content: Value,
}

/// What came out.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidateResponse {
    /// Nothing is wrong and nothing is left open.
    pub grounded: bool,
    /// Supported claims of the checkable ones; null when nothing is checkable.
    pub groundedness: Option<f64>,
    /// Who checked: `checker`, `judge`.
    pub checked_by: Vec<&'static str>,
    /// Claims, by place.
    pub claims: Vec<Claim>,
    /// What is wrong, by place.
    pub violations: Vec<Violation>,
}

/// Something wrong with the text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Violation {
    /// Stable code.
    pub code: &'static str,
    /// Unicode code points, end excluded.
    pub span: [usize; 2],
    /// For people.
    pub message: String,
}

/// Checks a text against results.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::VALIDATE, operation_id = "validate", request_body = ValidateRequest,
    responses((status = 200, body = ValidateResponse), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn validate(
    State(api): State<Api>,
    caller: Caller,
    Body(request): Body<ValidateRequest>,
) -> Result<Json<ValidateResponse>, ApiError> {
    let mode = request.mode;
    if mode != CheckMode::Checker {
        // Asks a model, which costs.
        require(&caller, AccessRole::Analyst)?;
    }
    let now = request.now.unwrap_or_else(|| api.app.clock.now());
    let request = accept(request, now, api.app.config.limits.message_bytes)?;
    let report = api.app.engine.validate(request).await?;
    Ok(Json(response(&report, mode)))
}

fn accept(request: ValidateRequest, now: Timestamp, message_bytes: usize) -> Result<ValidationRequest, ApiError> {
    too_long("answer", request.answer.len(), ANSWER_BYTES)?;
    too_long("user_message", request.user_message.len(), message_bytes)?;
    if request.results.len() > MAX_RESULTS {
        let message = format!("results: {} given, at most {MAX_RESULTS} are taken", request.results.len());
        return Err(ApiError::new(Code::TooManyItems, message).param("results"));
    }
    let mut ids = HashSet::new();
    let mut results = Vec::with_capacity(request.results.len());
    for (index, given) in request.results.into_iter().enumerate() {
        let result = evidence(index, given, now)?;
        if !ids.insert(result.id.clone()) {
            let message = format!("results[{index}].id: another result has this id");
            return Err(ApiError::new(Code::InvalidBody, message).param(format!("results[{index}].id")));
        }
        results.push(result);
    }
    Ok(ValidationRequest {
        user_message: request.user_message,
        answer: request.answer,
        now,
        results,
        mode: request.mode,
    })
}

fn too_long(field: &str, bytes: usize, limit: usize) -> Result<(), ApiError> {
    if bytes <= limit {
        return Ok(());
    }
    let message = format!("{field}: has {bytes} bytes, the limit is {limit}");
    Err(ApiError::new(Code::MessageTooLong, message).param(field))
}

fn evidence(index: usize, given: GivenResult, now: Timestamp) -> Result<EvidenceResult, ApiError> {
    let id = given.id.unwrap_or_else(|| format!("r{}", index + 1));
    too_long(&format!("results[{index}].id"), id.len(), NAME_BYTES)?;
    too_long(&format!("results[{index}].tool"), given.tool.len(), NAME_BYTES)?;
    let arguments = if given.arguments.is_null() { json!({}) } else { given.arguments };
    let raw = match given.content {
        Value::String(text) => {
            let blocks = vec![text_block(text)];
            RawToolResult { is_error: false, structured: None, blocks, meta: None, received_at: now }
        }
        content => RawToolResult::structured(content, now),
    };
    let derived = classify(&raw, &arguments);
    let outcome = given.outcome.unwrap_or(derived.outcome);
    Ok(EvidenceResult {
        id,
        tool: given.tool,
        arguments,
        observed_at: given.observed_at.or(derived.observed_at).unwrap_or(now),
        outcome,
        content: derived.content,
        page: derived.page.filter(|_| outcome.answered()),
        error: derived.error.filter(|_| !outcome.answered()),
    })
}

fn response(report: &GroundingReport, mode: CheckMode) -> ValidateResponse {
    let judge_spoke = !report.violations().iter().any(|found| found.code == ViolationCode::JudgeUnavailable);
    let mut checked_by = vec!["checker"];
    if mode != CheckMode::Checker && judge_spoke {
        checked_by.push("judge");
    }
    let violations = report.violations().iter();
    ValidateResponse {
        grounded: report.grounded(mode != CheckMode::Checker),
        groundedness: report.groundedness(),
        checked_by,
        claims: report.claims().iter().map(Claim::from).collect(),
        violations: violations
            .map(|found| Violation { code: found.code.as_str(), span: found.span, message: found.message.clone() })
            .collect(),
    }
}
