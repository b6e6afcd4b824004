//! Stored conversations of the caller.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::caller::Caller;
use crate::domain::ids::ConversationId;
use crate::domain::message;
use crate::domain::message::Role;
use crate::engine::ports::TurnStore;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::Id;
use crate::http::input::OptionalBody;
use crate::http::input::Params;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// Conversations of a page when nothing else is asked for.
const DEFAULT_PAGE: u32 = 50;
/// Conversations of a page at most.
const MAX_PAGE: u32 = 200;
/// Longest title, in characters.
const TITLE_CHARS: usize = 200;

/// A new conversation.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct NewConversation {
    /// Title; made from the first message when missing or empty.
    #[serde(default)]
    pub title: Option<String>,
}

/// What can be changed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConversationChange {
    /// New title.
    pub title: String,
}

/// Which page of which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items a page, 1 to 200; 50 when missing.
    pub limit: Option<u32>,
    /// Text that title or messages contain, whatever its case.
    pub q: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationList {
    /// Items of this page, newest first.
    pub items: Vec<Conversation>,
    /// Pass it back as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A stored conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    /// Id.
    pub id: Uuid,
    /// Title; made from the first message unless set.
    pub title: String,
    /// When it was created.
    pub created_at: Time,
    /// When its last turn ended.
    pub updated_at: Time,
}

impl From<&message::Conversation> for Conversation {
    fn from(conversation: &message::Conversation) -> Self {
        Self {
            id: conversation.id.0,
            title: conversation.title.clone(),
            created_at: Time(conversation.created_at),
            updated_at: Time(conversation.updated_at),
        }
    }
}

/// A conversation with its messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeConversation {
    /// Head.
    #[serde(flatten)]
    pub head: Conversation,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
    /// The turn that runs now in this gateway; follow it by its events.
    pub running_turn: Option<Uuid>,
}

/// A stored message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// `user` or `assistant`.
    pub role: &'static str,
    /// Text.
    pub content: String,
    /// The turn it belongs to.
    pub turn_id: Option<Uuid>,
}

impl From<&message::Message> for Message {
    fn from(message: &message::Message) -> Self {
        Self {
            role: match message.role {
                Role::User => "user",
                Role::Assistant => "assistant",
            },
            content: message.content.clone(),
            turn_id: message.turn_id.map(|id| id.0),
        }
    }
}

/// Starts an empty conversation.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::CONVERSATIONS, operation_id = "create_conversation", request_body = NewConversation,
    responses((status = 201, body = Conversation), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn create(
    State(api): State<Api>,
    Asker(caller): Asker,
    OptionalBody(new): OptionalBody<NewConversation>,
) -> Result<(StatusCode, Json<Conversation>), ApiError> {
    let now = api.app.clock.now();
    let conversation = message::Conversation {
        id: api.app.clock.conversation_id(),
        owner: caller.subject().to_owned(),
        title: new.title.as_deref().map(title).transpose()?.unwrap_or_default(),
        created_at: now,
        updated_at: now,
    };
    api.app.store.create_conversation(&conversation).await?;
    Ok((StatusCode::CREATED, Json(Conversation::from(&conversation))))
}

/// The caller's conversations, newest first.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::CONVERSATIONS, operation_id = "list_conversations", params(ListParams),
    responses((status = 200, body = ConversationList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<ConversationList>, ApiError> {
    let limit = params.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(ApiError::new(Code::InvalidQuery, format!("limit must be 1 to {MAX_PAGE}")).param("limit"));
    }
    let page = api
        .app
        .store
        .list_conversations(caller.subject(), params.q.as_deref(), params.cursor.as_deref(), limit)
        .await?;
    Ok(Json(ConversationList {
        items: page.items.iter().map(Conversation::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// One conversation with its messages.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::CONVERSATION, operation_id = "get_conversation", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeConversation), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<ConversationId>,
) -> Result<Json<WholeConversation>, ApiError> {
    let stored = api.app.store.load(caller.subject(), id).await?;
    Ok(Json(WholeConversation {
        head: Conversation::from(&stored.conversation),
        messages: stored.messages.iter().map(Message::from).collect(),
        running_turn: api.app.engine.running().of_conversation(caller.subject(), id).map(|turn| turn.id.0),
    }))
}

/// Changes the title.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(patch, path = paths::CONVERSATION, operation_id = "rename_conversation", params(("id" = Uuid, Path)), request_body = ConversationChange,
    responses((status = 200, body = Conversation), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn rename(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(id): Id<ConversationId>,
    Body(change): Body<ConversationChange>,
) -> Result<Json<Conversation>, ApiError> {
    let title = title(&change.title)?;
    if title.is_empty() {
        return Err(ApiError::new(Code::InvalidBody, "title: must not be empty").param("title"));
    }
    api.app.store.rename_conversation(caller.subject(), id, &title).await?;
    let head = api.app.store.conversation(caller.subject(), id).await?;
    Ok(Json(Conversation::from(&head)))
}

/// Removes a conversation with everything in it.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(delete, path = paths::CONVERSATION, operation_id = "delete_conversation", params(("id" = Uuid, Path)),
    responses((status = 204), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn delete(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, ApiError> {
    api.app.store.delete_conversation(caller.subject(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn title(text: &str) -> Result<String, ApiError> {
    let title = text.trim();
    if title.chars().count() > TITLE_CHARS || title.chars().any(char::is_control) {
        let message = format!("title: at most {TITLE_CHARS} characters, none of them a control character");
        return Err(ApiError::new(Code::InvalidBody, message).param("title"));
    }
    Ok(title.to_owned())
}
