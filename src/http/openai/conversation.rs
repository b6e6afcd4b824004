//! Which stored conversation a chat request continues: the one it names, else the one
//! whose history reads the same up to the last reply, else none. Only finds our own
//! ledger; a wrong guess of a client finds nothing.

use http::HeaderMap;

use crate::domain::caller::Caller;
use crate::domain::ids::ConversationId;
use crate::domain::message::Message;
use crate::domain::message::Role;
use crate::engine::fingerprint::fingerprint;
use crate::engine::ports::TurnStore;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::openai::request::Wanted;

/// Header that names the conversation.
const CONVERSATION_ID: &str = "x-conversation-id";

/// The conversation to continue; `None`: a new one.
///
/// # Errors
/// `invalid_conversation_id`; a store error.
pub async fn find(
    api: &Api,
    caller: &Caller,
    headers: &HeaderMap,
    wanted: &Wanted,
) -> Result<Option<ConversationId>, ApiError> {
    if let Some(named) = named(headers, wanted)? {
        return Ok(Some(named));
    }
    let Some(last_reply) = wanted.history.iter().rposition(|message| message.role == Role::Assistant) else {
        return Ok(None);
    };
    let known: &[Message] = &wanted.history[..=last_reply];
    let print = fingerprint(known.iter().map(|message| (message.role, message.content.as_str())));
    Ok(api.app.store.find_by_fingerprint(caller.subject(), &print).await?)
}

fn named(headers: &HeaderMap, wanted: &Wanted) -> Result<Option<ConversationId>, ApiError> {
    let (text, place) = match (&wanted.conversation, headers.get(CONVERSATION_ID)) {
        (Some(id), _) => (id.as_str(), "metadata.conversation_id"),
        (None, Some(value)) => (value.to_str().unwrap_or_default(), CONVERSATION_ID),
        (None, None) => return Ok(None),
    };
    let id = text.trim().parse();
    id.map(Some).map_err(|_| ApiError::plain(Code::InvalidConversationId).param(place))
}
