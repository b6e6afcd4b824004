//! What one client is subscribed to, within bounds: told one thing after the other, and kept on the
//! connections that its callers have now, for as long as they would be let in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use futures::future::join_all;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ErrorCode;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::Peer;
use rmcp::service::SubscriptionSink;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Caller;
use crate::domain::tool::ToolFailure;
use crate::mcp::hub::Hub;
use crate::mcp::proxy::Askers;
use crate::mcp::proxy::ShutOut;
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
/// How often it is looked whether a subscription is still carried by the caller's own connection, and whether its
/// caller would still be let in.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Where a client is told.
pub(super) enum Told {
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
pub(super) struct Followed {
    pub(super) mailbox: Arc<Mailbox>,
    // A std mutex: held for map operations, never across an await.
    by_uri: Mutex<BTreeMap<String, One>>,
}

/// One subscription, by the URI that the client gave.
pub(super) struct One {
    pub(super) wish: Arc<Wish>,
    /// None while there is no connection that could carry it.
    pub(super) subscribed: Option<Subscribed>,
}

impl One {
    pub(super) fn is_carried_by(&self, upstream: &Arc<Upstream>) -> bool {
        self.subscribed.as_ref().is_some_and(|subscribed| subscribed.is_carried_by(upstream))
    }
}

/// Who wants to hear of what.
pub(super) struct Wish {
    pub(super) caller: Caller,
    pub(super) server: String,
    /// The URI at the server.
    pub(super) original: String,
}

/// A URI that the client gave, and who wants to hear of it.
type Wanted = (String, Arc<Wish>);

/// A URI that the client gave, and why nothing carries its subscription.
type Lost = (String, ToolFailure);

impl Followed {
    /// Whether there is room for this one too.
    pub(super) fn room(&self, uri: &str) -> Result<MutexGuard<'_, BTreeMap<String, One>>, ErrorData> {
        let by_uri = self.lock();
        if !by_uri.contains_key(uri) {
            within_bounds(by_uri.keys().map(String::as_str).chain([uri]))?;
        }
        Ok(by_uri)
    }

    /// Whether this connection carries it already for the same party. They may come with another token than before:
    /// from now on it is that one which has to let them in.
    pub(super) fn has(&self, uri: &str, wish: &Arc<Wish>, upstream: &Arc<Upstream>) -> bool {
        let mut by_uri = self.lock();
        let is_it = |one: &&mut One| one.wish.caller.subject() == wish.caller.subject() && one.is_carried_by(upstream);
        let Some(one) = by_uri.get_mut(uri).filter(is_it) else { return false };
        one.wish = Arc::clone(wish);
        true
    }

    /// Moves subscriptions to the connections that their callers have now; those for which there is none. All at
    /// once: none waits for another's server. The next look waits for the slowest, which has the time for lists.
    async fn renewed(&self, hub: &Hub, askers: &Askers) -> Vec<Lost> {
        let groups = self.groups().into_iter().map(|group| self.renewed_of(group, hub, askers));
        join_all(groups).await.concat()
    }

    /// The same for one caller and one server.
    async fn renewed_of(&self, group: Vec<Wanted>, hub: &Hub, askers: &Askers) -> Vec<Lost> {
        let Some((_, first)) = group.first() else { return Vec::new() };
        if let Err(why) = askers.still(&first.caller).await {
            return group.into_iter().map(|wanted| self.shut_out(wanted, &why)).collect();
        }
        let Some(found) = hub.upstream(&first.caller, &first.server).await else { return Vec::new() };
        let moving = group.into_iter().map(|wanted| self.moved(wanted, &found));
        join_all(moving).await.into_iter().flatten().collect()
    }

    /// Moves one, if something else carries it, or nothing. Returns it if there is nothing that could.
    async fn moved(&self, (uri, wish): Wanted, found: &Result<Arc<Upstream>, ToolFailure>) -> Option<Lost> {
        if let Ok(found) = found
            && self.lock().get(&uri).is_some_and(|one| one.is_carried_by(found))
        {
            return None;
        }
        let before = self.put(&uri, &wish, None)?;
        let again = match found {
            Ok(found) => {
                let never = CancellationToken::new();
                found.subscribe(wish.caller.subject(), &wish.original, &uri, &self.mailbox, &never).await
            }
            Err(failure) => Err(failure.clone()),
        };
        let (subscribed, failure) = match again {
            Ok(subscribed) => (Some(subscribed), None),
            Err(failure) => (None, Some(failure)),
        };
        let carried = subscribed.is_some();
        self.put(&uri, &wish, subscribed)?;
        // What happened in between nobody saw; that there is nothing any more is told once.
        if before || carried {
            self.mailbox.updated(&uri);
        }
        failure.map(|failure| (uri, failure))
    }

    /// Ends what a caller wants who would not be let in any more, and what that cannot be found out of has nothing
    /// to carry it until it can. Nothing more of it is told.
    fn shut_out(&self, (uri, wish): Wanted, why: &ShutOut) -> Lost {
        let (ended, reason) = match why {
            ShutOut::ForGood(reason) => (self.remove(&uri, &wish), reason),
            ShutOut::ForNow(reason) => (self.put(&uri, &wish, None).is_some(), reason),
        };
        if ended {
            self.mailbox.forget(&uri);
        }
        let (server, code) = (wish.server.clone(), ErrorCode::INVALID_REQUEST.0);
        (uri, ToolFailure::Refused { server, code, reason: not_told(reason) })
    }

    /// What is wanted, by caller and server: for each of these there is one connection.
    fn groups(&self) -> Vec<Vec<Wanted>> {
        let mut groups: Vec<Vec<Wanted>> = Vec::new();
        for (uri, One { wish, .. }) in self.lock().iter() {
            let is_of = |group: &&mut Vec<Wanted>| {
                group.first().is_some_and(|(_, other)| other.server == wish.server && other.caller == wish.caller)
            };
            let wanted = (uri.clone(), Arc::clone(wish));
            match groups.iter_mut().find(is_of) {
                Some(group) => group.push(wanted),
                None => groups.push(vec![wanted]),
            }
        }
        groups
    }

    /// Something else carries a subscription now, or nothing; whether something did before. None: it has
    /// ended meanwhile, or the client has made it anew.
    fn put(&self, uri: &str, wish: &Arc<Wish>, subscribed: Option<Subscribed>) -> Option<bool> {
        let mut by_uri = self.lock();
        let one = by_uri.get_mut(uri).filter(|one| Arc::ptr_eq(&one.wish, wish))?;
        Some(std::mem::replace(&mut one.subscribed, subscribed).is_some())
    }

    /// Ends a subscription; false: the client has ended it, or made it anew.
    fn remove(&self, uri: &str, wish: &Arc<Wish>) -> bool {
        let mut by_uri = self.lock();
        let there = by_uri.get(uri).is_some_and(|one| Arc::ptr_eq(&one.wish, wish));
        let ended = there.then(|| by_uri.remove(uri));
        drop(by_uri);
        ended.is_some()
    }

    /// Keeps subscriptions on the connections of their callers. Returns those that have none any more.
    pub(super) async fn next_lost(&self, hub: &Hub, askers: &Askers) -> Vec<Lost> {
        loop {
            tokio::select! {
                () = self.mailbox.moved.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let lost = self.renewed(hub, askers).await;
            if !lost.is_empty() {
                return lost;
            }
        }
    }

    /// Tells the client what changed, one thing after the other: one that does not read holds up only
    /// this, and what ends meanwhile is not told. Returns when the client cannot be told any more.
    pub(super) async fn tell(&self, client: Told) {
        loop {
            for uri in self.mailbox.due().await {
                if self.mailbox.take(&uri)
                    && !matches!(tokio::time::timeout(PATIENCE, client.tell(uri)).await, Ok(true))
                {
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, One>> {
        self.by_uri.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a client hears whose caller would not be let in.
pub(super) fn not_told(reason: &str) -> String {
    format!("this is not told any more: {reason}")
}

/// Whether one client may name all of these at once.
pub(super) fn within_bounds<'a>(uris: impl Iterator<Item = &'a str>) -> Result<(), ErrorData> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use async_trait::async_trait;
    use futures::FutureExt;
    use rmcp::ServerHandler;
    use rmcp::ServiceExt;
    use rmcp::service::RunningService;
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::io::DuplexStream;
    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::*;
    use crate::clock::SystemClock;
    use crate::domain::caller::AccessRole;
    use crate::engine::ports::Catalog;
    use crate::mcp::catalog::ToolRules;
    use crate::mcp::credentials::Credentials;
    use crate::mcp::credentials::Fields;
    use crate::mcp::credentials::NoCredential;
    use crate::mcp::hub::Member;
    use crate::mcp::hub::Reach;
    use crate::mcp::limits::UpstreamLimits;
    use crate::mcp::pins::Pins;
    use crate::mcp::pool::Bringing;
    use crate::mcp::pool::Pool;
    use crate::mcp::pool::PoolSettings;
    use crate::mcp::proxy::LetsIn;
    use crate::mcp::proxy::listeners;
    use crate::store::Store;
    use crate::store::StoreOptions;

    struct Nothing;

    impl ServerHandler for Nothing {}

    /// A client with a session and the server's side of it; the pipe between them takes 8 KiB.
    async fn greeted() -> (DuplexStream, RunningService<RoleServer, Nothing>) {
        let (mut client, server) = tokio::io::duplex(8 * 1024);
        let greeting = concat!(
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#,
            r#""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#,
            "\n",
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            "\n"
        );
        client.write_all(greeting.as_bytes()).await.expect("it is taken");
        (client, Nothing.serve(server).await.expect("it is greeted"))
    }

    #[tokio::test(start_paused = true)]
    async fn what_ends_while_another_is_told_is_not_told() {
        let (mut client, running) = greeted().await;
        let followed = Followed::default();
        // More than the pipe takes.
        followed.mailbox.updated(&format!("x://0/{}", "x".repeat(10_000)));
        followed.mailbox.updated("x://1");
        followed.mailbox.updated("x://2");
        let reading = async {
            // Nothing is left to do but to wait for who does not read.
            tokio::time::sleep(PAUSE).await;
            followed.mailbox.forget("x://1");
            let (mut read, mut chunk) = (String::new(), [0; 1024]);
            while !read.contains("x://2") {
                let count = client.read(&mut chunk).await.expect("it is read");
                read.push_str(std::str::from_utf8(&chunk[..count]).expect("text"));
            }
            read
        };
        let read = tokio::select! {
            () = followed.tell(Told::Session(running.peer().clone())) => panic!("it reads"),
            read = reading => read,
        };
        assert!(read.contains("x://0") && !read.contains("x://1"), "{read}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up_after_a_while_and_little_waits_for_it() {
        let (client, running) = greeted().await;
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

    /// Has none, and counts how often it is asked.
    #[derive(Default)]
    struct Counted(AtomicUsize);

    #[async_trait]
    impl Credentials for Counted {
        async fn of(&self, caller: &Caller, _server: &str) -> Result<Fields, NoCredential> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(NoCredential::Missing(format!("{} has none", caller.subject())))
        }
    }

    /// A hub over one server to which everybody has credentials of their own.
    async fn hub(credentials: &Arc<Counted>) -> Arc<Hub> {
        let settings = PoolSettings {
            name: "s".to_owned(),
            groups: Vec::new(),
            transport: "stdio",
            fill: Arc::new(|_| Err("there is nothing to fill".to_owned())),
            bringing: Bringing::Kept,
            idle: PATIENCE,
            limits: UpstreamLimits::new(PATIENCE, PATIENCE, 1024),
        };
        let clock = Arc::new(SystemClock::new());
        let pool = Pool::new(settings, Arc::clone(credentials) as _, Arc::clone(&clock) as _);
        let member = Member { reach: Reach::OfUsers(Arc::new(pool)), rules: ToolRules::default(), max_age: None };
        let store = Store::connect("sqlite::memory:", &StoreOptions::default()).await.expect("a database");
        store.migrate().await.expect("its tables");
        let pins = Pins::load(Arc::new(store), clock, BTreeSet::new()).await.expect("no pins");
        Hub::new(vec![member], pins)
    }

    fn follow(followed: &Followed, uri: &str, subject: &str) {
        let caller = Caller::new(subject, AccessRole::Analyst);
        let wish = Arc::new(Wish { caller, server: "s".to_owned(), original: uri.to_owned() });
        followed.lock().insert(uri.to_owned(), One { wish, subscribed: None });
    }

    #[tokio::test]
    async fn a_callers_credential_is_read_once_for_all_that_they_follow_at_a_server() {
        let counted = Arc::<Counted>::default();
        let followed = Followed::default();
        for (uri, subject) in [("0", "ann"), ("1", "bob"), ("2", "ann"), ("3", "ann"), ("4", "bob")] {
            follow(&followed, uri, subject);
        }
        let hub = hub(&counted).await;
        let lost = followed.renewed(&hub, &Askers::One(Caller::local())).await;
        assert_eq!(counted.0.load(Ordering::SeqCst), 2, "once for each");
        let mut lost: Vec<String> =
            lost.into_iter().map(|(uri, failure)| format!("{uri} {}", failure.reason())).collect();
        lost.sort();
        assert_eq!(lost, ["0 ann has none", "1 bob has none", "2 ann has none", "3 ann has none", "4 bob has none"]);
    }

    /// Lets nobody in.
    struct Shut(ShutOut);

    #[async_trait]
    impl LetsIn for Shut {
        async fn still(&self, _caller: &Caller) -> Result<(), ShutOut> {
            Err(self.0.clone())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_would_not_be_let_in_is_not_told_of_lists_either() {
        let caller = Caller::new("ann", AccessRole::Analyst);
        let shut = Askers::OfRequest(Arc::new(Shut(ShutOut::ForGood("why".to_owned()))));
        let end = listeners::shut_out(&shut, &caller).await;
        assert_eq!(end.message, "this is not told any more: why", "a stream for lists alone");
        for (askers, told) in [(shut, false), (Askers::One(Caller::local()), true)] {
            let (mut client, running) = greeted().await;
            let (changes, hears) = watch::channel(Arc::new(Catalog::default()));
            changes.send_replace(Arc::new(Catalog::default()));
            let last = Arc::new(Mutex::new(Some(caller.clone())));
            tokio::select! {
                () = listeners::tell_session(hears, askers, last, running.peer().clone()) => panic!("it goes on"),
                () = tokio::time::sleep(LOOK_EVERY * 3) => {}
            }
            drop(running);
            let mut read = String::new();
            client.read_to_string(&mut read).await.expect("it is read to its end");
            assert_eq!(read.contains("list_changed"), told);
        }
    }

    #[tokio::test]
    async fn who_is_shut_out_is_told_nothing_and_what_may_come_again_is_kept() {
        for (why, left) in [(ShutOut::ForGood("why".to_owned()), 0), (ShutOut::ForNow("why".to_owned()), 1)] {
            let counted = Arc::<Counted>::default();
            let followed = Followed::default();
            follow(&followed, "x://a", "ann");
            followed.mailbox.updated("x://a");
            let hub = hub(&counted).await;
            let lost = followed.renewed(&hub, &Askers::OfRequest(Arc::new(Shut(why)))).await;
            assert!(lost.iter().all(|(_, failure)| failure.reason().contains("why")) && lost.len() == 1);
            assert_eq!(followed.lock().len(), left);
            assert!(followed.mailbox.due().now_or_never().is_none(), "nothing waits");
            assert_eq!(counted.0.load(Ordering::SeqCst), 0, "nobody's credential is read");
        }
    }
}
