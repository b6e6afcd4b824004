//! Clients that are told when single resources change: over their session, by what they subscribed to one
//! by one, or, in the revision without sessions, on the stream that names all of them. Whether a caller
//! may, and where a URI leads, is as for reading it; what a client is told has the URI that it gave.
//!
//! A subscription is carried by the connection that the caller's own requests would use, for as long as the
//! caller would be let in. When that connection is
//! over for good, or no longer the caller's, it goes on over the one that took its place; where there is
//! none, a stream ends with the reason, and a session is told once that the resource may have changed, and
//! has its subscription back when there is one again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ErrorCode;
use rmcp::service::Peer;
use rmcp::service::RequestContext;
use rmcp::service::SubscriptionContext;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Brought;
use crate::domain::caller::Caller;
use crate::domain::tool::ToolFailure;
use crate::engine::call::may_call;
use crate::mcp::hub::Hub;
use crate::mcp::proxy::Askers;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::followed::Followed;
use crate::mcp::proxy::followed::One;
use crate::mcp::proxy::followed::Told;
use crate::mcp::proxy::followed::Wish;
use crate::mcp::proxy::followed::within_bounds;
use crate::mcp::proxy::items::not_found;
use crate::mcp::proxy::listeners::tell_session;
use crate::mcp::proxy::not_made;
use crate::mcp::proxy::refused;

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
    /// Its client did not read what it was told of resources, and is told of them no more.
    given_up: CancellationToken,
    /// Who asked for something in it last, without what they brought.
    last: LastAsker,
}

/// Who asked last in a session. A std mutex: held for a moment, never across an await.
pub(super) type LastAsker = Arc<Mutex<Option<Caller>>>;

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

    /// Somebody asks for something in it.
    pub(super) fn asked_by(&self, caller: &Caller) {
        let caller = caller.clone().bringing(Brought::default());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller);
    }

    /// Has the client told that lists change, once, however often it says that it is ready.
    pub(super) fn hear_of_lists(&self, hub: &Hub, askers: &Askers, peer: Peer<RoleServer>) {
        if !self.lists.swap(true, Ordering::AcqRel) {
            let telling = tell_session(hub.catalogs(), askers.clone(), Arc::clone(&self.last), peer);
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
        if session.given_up.is_cancelled() {
            session.unsubscribe(uri);
            let message =
                "this session did not read what it was told of resources, and is told of none any more: begin another";
            return Err(ErrorData::invalid_request(message, None));
        }
        if !session.told.swap(true, Ordering::AcqRel) {
            let (followed, hub, peer) = (Arc::clone(&session.followed), Arc::clone(&self.hub), context.peer.clone());
            let (askers, ended, given_up) = (self.askers.clone(), session.ended.clone(), session.given_up.clone());
            tokio::spawn(async move {
                let renewing = async {
                    loop {
                        for (_, failure) in followed.next_lost(&hub, &askers).await {
                            tracing::debug!(error = %failure, "a subscription has no connection");
                        }
                    }
                };
                tokio::select! {
                    () = ended.cancelled() => {}
                    () = followed.tell(Told::Session(peer)) => {}
                    () = renewing => {}
                }
                given_up.cancel();
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
            std::future::pending().await
        };
        // From the beginning: the last may take long to stand when the first is told already.
        let losing = async {
            match followed.next_lost(&self.hub, &self.askers).await.into_iter().next() {
                Some((uri, failure)) => told(&uri, failure),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = following => error,
            error = losing => error,
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
        let wish = Arc::new(Wish { caller: caller.clone(), server, original });
        if followed.has(uri, &wish, &upstream) {
            return Ok(());
        }
        // Without a place: a server may be slow to answer, and what waits for it is bounded with it.
        let subscribed = upstream.subscribe(caller.subject(), &wish.original, uri, &followed.mailbox, cancel).await;
        let subscribed = subscribed.map_err(|failure| {
            if !followed.lock().contains_key(uri) {
                followed.mailbox.forget(uri);
            }
            told(uri, failure)
        })?;
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
