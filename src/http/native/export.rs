//! A conversation as a file: what was asked and answered, what each answer rests on, its
//! verdict, and what was stopped. Payloads stay behind; a result's id and digest name them.
//! In Markdown everything that a tool, a model or a user wrote is contained.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderValue;
use http::header;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::domain::ids::ConversationId;
use crate::engine::ports::TurnStore;
use crate::engine::record::TurnRecord;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Id;
use crate::http::input::Params;
use crate::http::native::conversations::Conversation;
use crate::http::native::markdown::code;
use crate::http::native::markdown::contained;
use crate::http::native::markdown::plain;
use crate::http::native::markdown::quote;
use crate::http::native::types::Claim;
use crate::http::native::types::FinishedTurn;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// Turns of one export at most; it is made in memory.
const MAX_TURNS: usize = 1_000;

/// What kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// For people.
    #[default]
    Markdown,
    /// For programs.
    Json,
}

/// How to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `markdown` (when missing) or `json`.
    #[serde(default)]
    #[param(value_type = String)]
    pub format: ExportFormat,
}

/// An exported conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// When this was made.
    pub exported_at: Time,
    /// Its turns, oldest first, without those that were replaced.
    pub turns: Vec<ExportedTurn>,
}

/// One turn of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedTurn {
    /// What the user wrote.
    pub message: String,
    /// The finished turn.
    #[serde(flatten)]
    pub turn: FinishedTurn,
    /// Claims of the reply with their verdicts.
    pub claims: Vec<Claim>,
}

impl From<&TurnRecord> for ExportedTurn {
    fn from(record: &TurnRecord) -> Self {
        Self {
            message: record.message.clone(),
            turn: FinishedTurn::from(record),
            claims: record.claims.iter().map(Claim::from).collect(),
        }
    }
}

/// A conversation as a file to keep.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::CONVERSATION_EXPORT, operation_id = "export_conversation", params(("id" = Uuid, Path), ExportParams),
    responses((status = 200, content((ExportedConversation = "application/json"), (String = "text/markdown"))),
        (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn export(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<ConversationId>,
    Params(params): Params<ExportParams>,
) -> Result<Response, ApiError> {
    let head = api.app.store.conversation(caller.subject(), id).await?;
    let ids = api.app.store.turns(caller.subject(), id).await?;
    if ids.len() > MAX_TURNS {
        let message = format!("the conversation has {} turns, an export takes {MAX_TURNS}", ids.len());
        return Err(ApiError::new(Code::ExportTooLarge, message));
    }
    let mut turns = Vec::with_capacity(ids.len());
    for turn in ids {
        // One record at a time: each holds whole payloads, of which nothing is kept here.
        turns.push(ExportedTurn::from(&api.app.store.turn(caller.subject(), turn).await?));
    }
    let exported_at = Time(api.app.clock.now());
    let whole = ExportedConversation { conversation: Conversation::from(&head), exported_at, turns };
    let (text, kind, ending) = match params.format {
        ExportFormat::Json => {
            let json =
                serde_json::to_string_pretty(&whole).map_err(|error| ApiError::plain(Code::Internal).cause(error))?;
            (json, "application/json", "json")
        }
        ExportFormat::Markdown => (markdown(&whole), "text/markdown; charset=utf-8", "md"),
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    // The title may hold anything; the id is safe in a header and in every file system.
    let name = format!("attachment; filename=\"conversation-{id}.{ending}\"");
    if let Ok(value) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn markdown(whole: &ExportedConversation) -> String {
    let mut text = format!("# {}\n\n", plain(&whole.conversation.title));
    line(
        &mut text,
        format_args!(
            "Conversation {}, exported from Groundwire at {}.",
            whole.conversation.id,
            time(whole.exported_at)
        ),
    );
    for (index, turn) in whole.turns.iter().enumerate() {
        section(&mut text, index + 1, turn);
    }
    text
}

fn section(text: &mut String, number: usize, exported: &ExportedTurn) {
    let turn = &exported.turn;
    line(text, format_args!("\n## {number}. {}\n\n{}\n", time(turn.started_at), quote(&exported.message)));
    let reply = if turn.text.is_empty() { "*No reply.*".to_owned() } else { contained(&turn.text) };
    line(text, format_args!("{reply}\n"));
    let decision = turn.decision.unwrap_or("none");
    line(text, format_args!("- Decision: {decision}; outcome: {}; verdict: {}", turn.outcome, turn.verdict));
    for item in &turn.basis {
        let (tool, server) = (plain(&item.tool), plain(&item.server));
        let (arguments, at) = (code(&item.arguments.to_string()), time(item.observed_at));
        line(
            text,
            format_args!(
                "- Basis: {tool} ({server}) {arguments}, {}, observed {at}, result {}",
                item.outcome, item.result_id
            ),
        );
    }
    for claim in &exported.claims {
        let verdict = serde_json::to_value(claim.verdict).unwrap_or_default();
        let place = claim.evidence.first().map_or(String::new(), |found| format!(": {}", code(&found.pointer)));
        line(text, format_args!("- Claim: {} – {}{place}", code(&claim.text), verdict.as_str().unwrap_or_default()));
    }
    for stopped in &turn.stopped {
        line(text, format_args!("- Stopped: {} – {}: {}", code(&stopped.text), stopped.code, plain(&stopped.reason)));
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

fn time(time: Time) -> Timestamp {
    time.0
}
