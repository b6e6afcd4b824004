//! `POST /v1/chat/completions`: one user message in, one approved reply out, as a whole
//! or as a stream. A client that goes away cancels its turn.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderMap;

use crate::domain::event::TurnOutcome;
use crate::engine::record::TurnRecord;
use crate::engine::turn::TurnRequest;
use crate::http::Api;
use crate::http::DEFAULT_MODEL;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::openai::conversation;
use crate::http::openai::request::ChatRequest;
use crate::http::openai::stream;
use crate::http::openai::types::ChatChoice;
use crate::http::openai::types::ChatCompletion;
use crate::http::openai::types::ChatReply;
use crate::http::openai::types::ChatUsage;
use crate::http::openai::types::Extra;
use crate::http::openapi::OpenAiError;
use crate::http::paths;
use crate::http::start;
use crate::http::start::WhenGone;
use crate::http::turn_headers;

/// Answers the last user message.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::CHAT_COMPLETIONS, operation_id = "chat_completions", request_body = ChatRequest,
    params(("X-Conversation-Id" = Option<Uuid>, Header, description = "Stored conversation to continue")),
    responses((status = 200, content((ChatCompletion = "application/json"), (String = "text/event-stream"))),
        (status = "4XX", body = OpenAiError), (status = "5XX", body = OpenAiError)))]
pub async fn complete(
    State(api): State<Api>,
    Asker(caller): Asker,
    headers: HeaderMap,
    Body(request): Body<ChatRequest>,
) -> Result<Response, ApiError> {
    let wanted = request.accept(&api.app.config.openai)?;
    let profile = api.profile(wanted.model.as_deref())?;
    let conversation_id = conversation::find(&api, &caller, &headers, &wanted).await?;
    let model = wanted.model.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    let request = TurnRequest { conversation_id, message: wanted.message, profile, unverified: wanted.history };
    let started = start::start(&api, caller, request, WhenGone::Cancel).await?;
    if wanted.stream {
        let headers = turn_headers(started.turn.id, None);
        let settings = stream::Settings {
            model,
            created: api.app.clock.now().as_second(),
            include_usage: wanted.include_usage,
            progress: api.app.config.openai.progress,
        };
        return Ok((headers, stream::respond(started, settings)).into_response());
    }
    let record = started.finished().await?;
    if record.outcome == TurnOutcome::Cancelled {
        return Err(ApiError::plain(Code::TurnCancelled).turn(record.id));
    }
    Ok((turn_headers(record.id, Some(&record)), Json(completion(&record, model))).into_response())
}

fn completion(record: &TurnRecord, model: String) -> ChatCompletion {
    let message = ChatReply { role: "assistant", content: record.text.clone(), refusal: None };
    ChatCompletion {
        id: format!("chatcmpl-{}", record.id),
        object: "chat.completion",
        created: record.finished_at.as_second(),
        model,
        choices: vec![ChatChoice { index: 0, message, logprobs: None, finish_reason: "stop" }],
        usage: ChatUsage::from(&record.usage),
        groundwire: Extra::from(record),
    }
}
