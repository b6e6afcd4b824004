//! Clients that are told when single resources change: over their session, by what they subscribed to one
//! by one, or, in the revision without sessions, on the stream that names all of them. Whether a caller
//! may, and where a URI leads, is as for reading it; what a client is told has the URI that it gave.
//!
//! A subscription is carried by the connection that the caller's own requests would use. When that is
//! over for good, or no longer the caller's, it goes on over the one that took its place; where there is
//! none, a stream ends with the reason, and a session is told once that the resource may have changed, and
//! has its subscription back when there is one again.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ErrorCode;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::Peer;
use rmcp::service::RequestContext;
use rmcp::service::SubscriptionContext;
use rmcp::service::SubscriptionSink;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Caller;
use crate::domain::tool::ToolFailure;
use crate::engine::call::may_call;
use crate::mcp::hub::Hub;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::items::not_found;
use crate::mcp::proxy::listeners::tell_session;
use crate::mcp::proxy::not_made;
use crate::mcp::proxy::refused;
use crate::mcp::subscriptions::Mailbox;
use crate::mcp::subscriptions::Subscribed;
use crate::mcp::upstream::Upstream;

/// Most resources that one client is subscribed to at once, over its session or on one stream.
const MOST: usize = 128;
/// Longest URI that one names, in bytes.
const URI_BYTES: usize = 4 * 1024;
/// Most bytes of all that one client names at once.
const ALL_URI_BYTES: usize = 64 * 1024;
/// Pause after a client was told: what changes over and over is told so often, and no more.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a client may take to be told of one thing. One that does not read is not told any more.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether a subscription is still carried by the caller's own connection.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Where a client is told.
enum Told {
    Session(Peer<RoleServer>),
    Stream(SubscriptionSink),
}

impl Told {
    /// Says that a resource changed; false: the client cannot be told any more.
    async fn tell(&self, uri: String) -> bool {
        match self {
            Told::Session(peer) => {
                peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await.is_ok()
            }
            Told::Stream(sink) => sink.notify_resource_updated(uri).await.is_ok(),
        }
    }
}

/// What one client is subscribed to.
#[derive(Default)]
struct Followed {
    mailbox: Arc<Mailbox>,
    // A std mutex: held for map operations, never across an await.
    by_uri: Mutex<BTreeMap<String, One>>,
}

/// One subscription, by the URI that the client gave.
struct One {
    wish: Arc<Wish>,
    /// None while there is no connection that could carry it.
    subscribed: Option<Subscribed>,
}

impl One {
    fn is_carried_by(&self, upstream: &Arc<Upstream>) -> bool {
        self.subscribed.as_ref().is_some_and(|subscribed| subscribed.is_carried_by(upstream))
    }
}

/// Who wants to hear of what.
struct Wish {
    caller: Caller,
    server: String,
    /// The URI at the server.
    original: String,
}

impl Followed {
    /// Whether there is room for this one too.
    fn room(&self, uri: &str) -> Result<MutexGuard<'_, BTreeMap<String, One>>, ErrorData> {
        let by_uri = self.lock();
        if !by_uri.contains_key(uri) {
            within_bounds(by_uri.keys().map(String::as_str).chain([uri]))?;
        }
        Ok(by_uri)
    }

    /// Moves subscriptions to the connections that their callers have now; those for which there is none.
    async fn renewed(&self, hub: &Hub) -> Vec<(String, ToolFailure)> {
        let wishes: Vec<(String, Arc<Wish>)> =
            self.lock().iter().map(|(uri, one)| (uri.clone(), Arc::clone(&one.wish))).collect();
        let mut lost = Vec::new();
        for (uri, wish) in wishes {
            let found = hub.upstream(&wish.caller, &wish.server).await;
            if let Some(Ok(found)) = &found
                && self.lock().get(&uri).is_some_and(|one| one.is_carried_by(found))
            {
                continue;
            }
            let Some(before) = self.put(&uri, &wish, None) else { continue };
            let again = match found {
                Some(Ok(found)) => {
                    let never = CancellationToken::new();
                    found.subscribe(wish.caller.subject(), &wish.original, &uri, &self.mailbox, &never).await
                }
                Some(Err(failure)) => Err(failure),
                None => continue,
            };
            let (subscribed, failure) = match again {
                Ok(subscribed) => (Some(subscribed), None),
                Err(failure) => (None, Some(failure)),
            };
            let carried = subscribed.is_some();
            if self.put(&uri, &wish, subscribed).is_none() {
                continue;
            }
            // What happened in between nobody saw; that there is nothing any more is told once.
            if before || carried {
                self.mailbox.updated(&uri);
            }
            lost.extend(failure.map(|failure| (uri, failure)));
        }
        lost
    }

    /// Something else carries a subscription now, or nothing; whether something did before. None: it has
    /// ended meanwhile, or the client has made it anew.
    fn put(&self, uri: &str, wish: &Arc<Wish>, subscribed: Option<Subscribed>) -> Option<bool> {
        let mut by_uri = self.lock();
        let one = by_uri.get_mut(uri).filter(|one| Arc::ptr_eq(&one.wish, wish))?;
        Some(std::mem::replace(&mut one.subscribed, subscribed).is_some())
    }

    /// Keeps subscriptions on the connections of their callers. Returns those that have none any more.
    async fn next_lost(&self, hub: &Hub) -> Vec<(String, ToolFailure)> {
        loop {
            tokio::select! {
                () = self.mailbox.moved.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let lost = self.renewed(hub).await;
            if !lost.is_empty() {
                return lost;
            }
        }
    }

    /// Tells the client what changed, one thing after the other: one that does not read holds up only
    /// this. Returns when the client cannot be told any more.
    async fn tell(&self, client: Told) {
        loop {
            let due: BTreeSet<String> = self.mailbox.due().await;
            for uri in due {
                if !matches!(tokio::time::timeout(PATIENCE, client.tell(uri)).await, Ok(true)) {
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, One>> {
        self.by_uri.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether one client may name all of these at once.
fn within_bounds<'a>(uris: impl Iterator<Item = &'a str>) -> Result<(), ErrorData> {
    let too_much = |reason: String| Err(ErrorData::invalid_request(reason, None));
    let (mut count, mut bytes) = (0, 0);
    for uri in uris {
        if uri.len() > URI_BYTES {
            return too_much(format!("the URI of a subscription has at most {URI_BYTES} bytes"));
        }
        (count, bytes) = (count + 1, bytes + uri.len());
    }
    if count > MOST {
        return too_much(format!(
            "a client is subscribed to at most {MOST} resources at once; end one of the others first"
        ));
    }
    if bytes > ALL_URI_BYTES {
        return too_much(format!(
            "the URIs to which a client is subscribed have at most {ALL_URI_BYTES} bytes together; end one of the \
             others first"
        ));
    }
    Ok(())
}

/// The subscriptions of one session. A clone is for another one and has none: each session is served by
/// a clone of the proxy, which is dropped at the end of the session, and with it these.
#[derive(Default)]
pub(super) struct OfSession {
    open: AtomicBool,
    /// Its client is told of lists, and of resources.
    lists: AtomicBool,
    told: AtomicBool,
    followed: Arc<Followed>,
    ended: CancellationToken,
}

impl Clone for OfSession {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for OfSession {
    fn drop(&mut self) {
        self.ended.cancel();
        self.followed.lock().clear();
    }
}

impl OfSession {
    /// A client has greeted: there is a session, and not a request by itself.
    pub(super) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Has the client told that lists change, once, however often it says that it is ready.
    pub(super) fn hear_of_lists(&self, hub: &Hub, peer: Peer<RoleServer>) {
        if !self.lists.swap(true, Ordering::AcqRel) {
            let telling = tell_session(hub.catalogs(), peer);
            tokio::spawn(self.ended.clone().run_until_cancelled_owned(telling));
        }
    }

    /// Ends a subscription, if there is one.
    pub(super) fn unsubscribe(&self, uri: &str) {
        let ended = self.followed.lock().remove(uri);
        drop(ended);
        self.followed.mailbox.forget(uri);
    }
}

impl Proxy {
    /// Has a client with a session told when a resource changes.
    pub(super) async fn subscribe_session(
        &self,
        caller: &Caller,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let session = &self.session;
        if !session.open.load(Ordering::Acquire) {
            let message = "a subscription needs a session to be told over: send initialize first, or name the \
                           resource in subscriptions/listen of revision 2026-07-28";
            return Err(ErrorData::invalid_request(message, None));
        }
        self.follow(&session.followed, caller, uri, &context.ct).await?;
        if session.ended.is_cancelled() {
            session.unsubscribe(uri);
            let message = "this session did not read what it was told, and is told nothing any more: begin another";
            return Err(ErrorData::invalid_request(message, None));
        }
        if !session.told.swap(true, Ordering::AcqRel) {
            let (followed, hub, peer) = (Arc::clone(&session.followed), Arc::clone(&self.hub), context.peer.clone());
            let ended = session.ended.clone();
            tokio::spawn(async move {
                let renewing = async {
                    loop {
                        for (_, failure) in followed.next_lost(&hub).await {
                            tracing::debug!(error = %failure, "a subscription has no connection");
                        }
                    }
                };
                tokio::select! {
                    () = ended.cancelled() => {}
                    () = followed.tell(Told::Session(peer)) => {}
                    () = renewing => {}
                }
                ended.cancel();
                let left = std::mem::take(&mut *followed.lock());
                drop(left);
            });
        }
        Ok(())
    }

    /// Tells a client of resources on its stream, until one of them cannot be subscribed to, or no longer.
    pub(super) async fn tell_of_resources(&self, caller: &Caller, context: &SubscriptionContext) -> ErrorData {
        let followed = Followed::default();
        let wished: BTreeSet<&String> = context.accepted().resource_subscriptions.iter().flatten().collect();
        let following = async {
            // All that is named at once is looked at before any server is asked for any of it.
            if let Err(error) = within_bounds(wished.iter().map(|uri| uri.as_str())) {
                return error;
            }
            for uri in wished {
                if let Err(error) = self.follow(&followed, caller, uri, &context.request_context().ct).await {
                    return error;
                }
                // The client was answered before, and may have read it since.
                followed.mailbox.updated(uri);
            }
            match followed.next_lost(&self.hub).await.into_iter().next() {
                Some((uri, failure)) => told(&uri, failure),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = following => error,
            () = followed.tell(Told::Stream(context.sink().clone())) => ErrorData::internal_error("the stream is closed", None),
        }
    }

    /// Subscribes a client to a resource that its caller may read.
    async fn follow(
        &self,
        followed: &Followed,
        caller: &Caller,
        uri: &str,
        cancel: &CancellationToken,
    ) -> Result<(), ErrorData> {
        may_call(caller).map_err(not_made)?;
        drop(followed.room(uri)?);
        let (server, original) = self.owner(caller, uri).await?;
        let upstream = self.upstream(caller, &server).await?;
        let has = |one: &One| one.wish.caller.subject() == caller.subject() && one.is_carried_by(&upstream);
        if followed.lock().get(uri).is_some_and(has) {
            return Ok(());
        }
        let _place = self.engine.place_for_client().await.map_err(not_made)?;
        let subscribed = upstream.subscribe(caller.subject(), &original, uri, &followed.mailbox, cancel).await;
        let subscribed = subscribed.map_err(|failure| {
            if !followed.lock().contains_key(uri) {
                followed.mailbox.forget(uri);
            }
            told(uri, failure)
        })?;
        let wish = Arc::new(Wish { caller: caller.clone(), server, original });
        let one = One { wish, subscribed: Some(subscribed) };
        let before = followed.room(uri)?.insert(uri.to_owned(), one);
        drop(before);
        Ok(())
    }
}

/// Why a resource cannot be subscribed to.
fn told(uri: &str, failure: ToolFailure) -> ErrorData {
    match refused(failure) {
        error if error.code == ErrorCode::RESOURCE_NOT_FOUND => not_found(uri),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::ServerHandler;
    use rmcp::ServiceExt;
    use tokio::io::AsyncWriteExt;
    use tokio::time::Instant;

    use super::*;

    struct Nothing;

    impl ServerHandler for Nothing {}

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up_after_a_while_and_little_waits_for_it() {
        let (mut client, server) = tokio::io::duplex(8 * 1024);
        let greeting = concat!(
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#,
            r#""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#,
            "\n",
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            "\n"
        );
        client.write_all(greeting.as_bytes()).await.expect("it is taken");
        let running = Nothing.serve(server).await.expect("it is greeted");
        let followed = Followed::default();
        let begun = Instant::now();
        let changing = async {
            loop {
                (0..MOST).for_each(|n| followed.mailbox.updated(&format!("x://{n}/{}", "x".repeat(400))));
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = followed.tell(Told::Session(running.peer().clone())) => {}
            () = changing => {}
        }
        // The pipe is full before the first round is over.
        assert!(begun.elapsed() >= PATIENCE && begun.elapsed() < PATIENCE + PAUSE);
        drop(client);
    }
}
