//! Our subscriptions at a server, kept in step with what clients want while a connection lasts: asked for
//! when the first client wants one, dropped when the last no longer does, and asked for anew on each
//! new connection. In the era with sessions each resource is a request of its own (2025-11-25,
//! server/resources); in the one without they all are one stream (2026-07-28, `subscriptions/listen`),
//! and another takes its place, before it ends, when what is wanted changes.
#![expect(deprecated, reason = "servers with sessions are subscribed to in the way of their revisions")]

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rmcp::model::ClientRequest;
use rmcp::model::ErrorCode;
use rmcp::model::SubscribeRequest;
use rmcp::model::SubscribeRequestParams;
use rmcp::model::SubscriptionFilter;
use rmcp::model::UnsubscribeRequest;
use rmcp::model::UnsubscribeRequestParams;
use rmcp::service::ServiceError;
use rmcp::service::Subscription;
use tokio::time::Instant;

use crate::domain::tool::ToolFailure;
use crate::engine::ports::ProtocolEra;
use crate::mcp::connected::Connected;
use crate::mcp::session::Hearing;
use crate::mcp::subscriptions::Standing;
use crate::mcp::upstream::Upstream;
use crate::mcp::upstream::is_over;

/// Why a connection is given up.
const OVER: &str = "the connection ended";

/// Most requests for single resources that are out at once over one connection.
const AT_ONCE: usize = 16;

/// What a request for one resource was for, and what came of it; without a failure: the connection is over.
type Came = (Ask, Result<(), Option<ToolFailure>>);

/// What is asked of a server with sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    Subscribe(String),
    Unsubscribe(String),
}

impl Ask {
    fn uri(&self) -> &String {
        let (Ask::Subscribe(uri) | Ask::Unsubscribe(uri)) = self;
        uri
    }

    fn request(&self) -> ClientRequest {
        match self.clone() {
            Ask::Subscribe(uri) => {
                ClientRequest::SubscribeRequest(SubscribeRequest::new(SubscribeRequestParams::new(uri)))
            }
            Ask::Unsubscribe(uri) => {
                ClientRequest::UnsubscribeRequest(UnsubscribeRequest::new(UnsubscribeRequestParams::new(uri)))
            }
        }
    }
}

/// The stream of a server without sessions, and what it tells of.
struct Stream {
    subscription: Subscription,
    uris: BTreeSet<String>,
    since: Instant,
}

impl Upstream {
    /// Keeps subscriptions in step on a new connection. Returns why that is over.
    pub(super) async fn watch_resources(&self, connected: &Connected) -> &'static str {
        self.subscriptions.lost();
        if !connected.has_subscriptions() {
            return self.refuse_all().await;
        }
        match connected.era {
            ProtocolEra::WithSessions => self.one_by_one(connected).await,
            ProtocolEra::Sessionless => self.on_a_stream(connected).await,
        }
    }

    /// Refuses whatever is wanted, for as long as the connection lasts.
    async fn refuse_all(&self) -> &'static str {
        loop {
            self.refuse_wanted();
            self.subscriptions.changed.notified().await;
        }
    }

    /// Refuses what is to be asked for.
    fn refuse_wanted(&self) {
        for (uri, _) in self.subscriptions.standings().iter().filter(|(_, standing)| *standing == Standing::Wanted) {
            self.subscriptions.refused(uri, self.has_no_subscriptions());
        }
    }

    /// Returns when what is subscribed to can be heard, or may be: a server need not open a stream for that. Until
    /// then it is refused.
    async fn heard(&self, connected: &Connected) {
        let mut hearing = connected.shared.hearing.subscribe();
        let settled = |hearing: &Hearing| matches!(hearing, Hearing::Yes | Hearing::No);
        drop(tokio::time::timeout(self.limits.probe, hearing.wait_for(settled)).await);
        while matches!(*hearing.borrow_and_update(), Hearing::Failing | Hearing::No) {
            self.refuse_wanted();
            tokio::select! {
                changed = hearing.changed() => changed.expect("its sender is in the connection"),
                () = self.subscriptions.changed.notified() => {}
            }
        }
    }

    /// Each resource by a request of its own.
    async fn one_by_one(&self, connected: &Connected) -> &'static str {
        self.heard(connected).await;
        // What the server has, or, without its yes, may have.
        let mut there: HashMap<String, bool> = HashMap::new();
        // One that is slow to answer for one resource holds up few others; for each there is one request at a time.
        let mut asking = FuturesUnordered::new();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        loop {
            // Who asks for several at once does not see over which the connection ends.
            let at_once = if self.subscriptions.fell_before() { 1 } else { AT_ONCE };
            for ask in self.asks(&there, &asked).into_iter().take(at_once.saturating_sub(asked.len())) {
                asked.insert(ask.uri().clone());
                if let Ask::Subscribe(uri) = &ask {
                    there.insert(uri.clone(), false);
                }
                asking.push(async move { (ask.clone(), self.asked_in_time(connected, ask.request()).await) });
            }
            if asking.is_empty() {
                self.subscriptions.fell_over_nothing();
            }
            tokio::select! {
                () = self.subscriptions.changed.notified() => {}
                Some((ask, came)) = asking.next() => {
                    if let Ask::Subscribe(_) = ask && came == Err(None) {
                        self.subscriptions.fell(&asked, self.would_not_have_it());
                        return OVER;
                    }
                    asked.remove(ask.uri());
                    self.came((ask, came), &mut there);
                }
            }
        }
    }

    /// What is to be asked for, and is not yet.
    fn asks(&self, there: &HashMap<String, bool>, asked: &BTreeSet<String>) -> Vec<Ask> {
        let standings = self.subscriptions.standings();
        let followed: HashSet<&str> = standings.iter().map(|(uri, _)| uri.as_str()).collect();
        let left = there.keys().filter(|uri| !followed.contains(uri.as_str())).cloned();
        let mut asks: Vec<Ask> = left.map(Ask::Unsubscribe).collect();
        for (uri, _) in standings.into_iter().filter(|(_, standing)| *standing == Standing::Wanted) {
            if there.get(&uri) == Some(&true) && !asked.contains(&uri) {
                // Somebody wants again what was not dropped yet.
                self.subscriptions.stands(&uri);
            } else {
                asks.push(Ask::Subscribe(uri));
            }
        }
        asks.retain(|ask| !asked.contains(ask.uri()));
        asks
    }

    /// Notes what came of a request.
    fn came(&self, (ask, came): Came, there: &mut HashMap<String, bool>) {
        match (ask, came) {
            (Ask::Subscribe(uri), Ok(())) => {
                self.subscriptions.stands(&uri);
                there.insert(uri, true);
            }
            (Ask::Subscribe(uri), Err(failure)) => {
                let failure = failure.unwrap_or_else(|| self.would_not_have_it());
                // One that was slow to answer may have it all the same.
                if !matches!(failure, ToolFailure::Timeout { .. }) {
                    there.remove(&uri);
                }
                self.subscriptions.refused(&uri, failure);
            }
            (Ask::Unsubscribe(uri), came) => {
                there.remove(&uri);
                if let Err(failure) = came {
                    tracing::debug!(upstream.name = %self.name, error = ?failure, "a subscription was not ended");
                }
            }
        }
    }

    /// Asks; without a failure: the connection is over.
    async fn asked_in_time(&self, connected: &Connected, request: ClientRequest) -> Result<(), Option<ToolFailure>> {
        match tokio::time::timeout(self.limits.connect, self.asked_once(connected, request, None)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.refusal_of(connected, &error).await),
            Err(_) => Err(Some(self.too_slow())),
        }
    }

    /// What an error says; nothing if the connection is over. Over HTTP a server may turn down a single
    /// message, and the connection lives on: then it answers the next.
    async fn refusal_of(&self, connected: &Connected, error: &ServiceError) -> Option<ToolFailure> {
        match error {
            ServiceError::TransportSend(_) | ServiceError::TransportClosed
                if connected.answers(self.limits.probe).await =>
            {
                tracing::debug!(upstream.name = %self.name, error = %error, "a subscription was turned down");
                Some(self.would_not_have_it())
            }
            error if is_over(error) => None,
            ServiceError::McpError(error) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                Some(self.has_no_subscriptions())
            }
            error => Some(self.failure(error)),
        }
    }

    /// All resources on one stream.
    async fn on_a_stream(&self, connected: &Connected) -> &'static str {
        let mut stream: Option<Stream> = None;
        // One that cannot be subscribed to may cost all of them the stream: then they are tried one by one.
        let mut singly = self.subscriptions.fell_before();
        let mut pause = self.limits.first_pause;
        loop {
            let have = stream.as_ref().map(|stream| stream.uris.clone()).unwrap_or_default();
            let (kept, mut new) = self.compared(&have);
            if new.is_empty() {
                singly = false;
                self.subscriptions.fell_over_nothing();
            } else if singly {
                new = new.into_iter().take(1).collect();
            }
            if new.is_empty() && kept.is_empty() {
                stream = None;
                self.subscriptions.changed.notified().await;
                continue;
            }
            if new.is_empty() && kept == have {
                tokio::select! {
                    () = self.subscriptions.changed.notified() => continue,
                    () = ended(&mut stream) => {}
                }
                if stream.take().is_some_and(|stream| stream.since.elapsed() > self.limits.longest_pause) {
                    pause = self.limits.first_pause;
                }
                self.subscriptions.lost();
                tokio::time::sleep(self.jittered(pause)).await;
                pause = (pause * 2).min(self.limits.longest_pause);
                if !connected.answers(self.limits.probe).await {
                    return "it no longer answers";
                }
                continue;
            }
            match self.stream_of(connected, kept.union(&new).cloned().collect()).await {
                Ok(another) => stream = Some(another),
                Err(None) => {
                    self.subscriptions.fell(&new, self.would_not_have_it());
                    return OVER;
                }
                Err(Some(_)) if new.len() > 1 => singly = true,
                Err(Some(failure)) => {
                    new.iter().for_each(|uri| self.subscriptions.refused(uri, failure.clone()));
                    // A stream that cannot be made smaller stays, and nobody hears the rest of it.
                    if let (true, Some(stream)) = (new.is_empty(), &mut stream) {
                        stream.uris = kept;
                    }
                }
            }
        }
    }

    /// What of a stream is still wanted, and what it is without.
    fn compared(&self, have: &BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
        let standings = self.subscriptions.standings();
        let (kept, rest): (Vec<_>, Vec<_>) = standings.into_iter().partition(|(uri, _)| have.contains(uri));
        let kept: BTreeSet<String> = kept.into_iter().map(|(uri, _)| uri).collect();
        // Somebody may want again what was not dropped yet.
        kept.iter().for_each(|uri| self.subscriptions.stands(uri));
        (kept, rest.into_iter().filter(|(_, is)| *is == Standing::Wanted).map(|(uri, _)| uri).collect())
    }

    /// A stream that tells of these, as far as the server agrees; without a failure: the connection is over.
    async fn stream_of(&self, connected: &Connected, uris: BTreeSet<String>) -> Result<Stream, Option<ToolFailure>> {
        let filter = SubscriptionFilter::builder().resource_subscriptions(&uris).build();
        match tokio::time::timeout(self.limits.connect, connected.connection.listen(filter)).await {
            Ok(Ok(subscription)) => {
                let agreed = subscription.acknowledged().resource_subscriptions.clone().unwrap_or_default();
                let agreed: BTreeSet<String> = agreed.into_iter().collect();
                agreed.iter().for_each(|uri| self.subscriptions.stands(uri));
                let refused = uris.difference(&agreed);
                refused.for_each(|uri| self.subscriptions.refused(uri, self.has_no_subscriptions()));
                Ok(Stream { uris: agreed, subscription, since: Instant::now() })
            }
            Ok(Err(error)) => Err(self.refusal_of(connected, &error).await),
            Err(_) => Err(Some(self.too_slow())),
        }
    }
}

/// Returns when a stream has ended. What it tells of single resources has been heard before (`in_order`).
async fn ended(stream: &mut Option<Stream>) {
    match stream {
        Some(stream) => while let Ok(Some(_)) = stream.subscription.next().await {},
        None => std::future::pending().await,
    }
}
