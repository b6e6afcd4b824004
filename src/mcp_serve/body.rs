//! Reads the body of a request, bounded in size and time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use bytes::BytesMut;
use futures::StreamExt;
use http::StatusCode;

use crate::mcp_serve::refusal::Refusal;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(30);
/// A body of up to so many times the limit is read to its end before it is refused: an answer
/// in the middle of it breaks the connection, and the client would never see it.
const READ_TO_REFUSE: usize = 8;

/// The whole body.
///
/// # Errors
/// 413 when it is larger than `limit`, 408 when it takes too long, 400 when it breaks off.
pub(crate) async fn whole(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    tokio::time::timeout(PATIENCE, read(body, limit)).await.unwrap_or_else(|_| {
        Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the body took too long to arrive"))
    })
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let mut chunks = body.into_data_stream();
    let mut kept = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let broken = |_| Refusal::new(StatusCode::BAD_REQUEST, "incomplete_body", "the body broke off");
        let chunk = chunk.map_err(broken)?;
        seen = seen.saturating_add(chunk.len());
        if seen <= limit {
            kept.extend_from_slice(&chunk);
        } else if seen > limit.saturating_mul(READ_TO_REFUSE) {
            break;
        }
    }
    if seen > limit {
        let message = format!("the body is larger than {limit} bytes");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message));
    }
    Ok(kept.freeze())
}
