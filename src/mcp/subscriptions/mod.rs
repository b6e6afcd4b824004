//! Who wants to hear when which resource of one server changes. The server has one subscription for
//! all who want the same (`subscriber` sees to that); each of them has a mailbox, in which a
//! resource stands once, however often the server says that it changed, until its client takes it. So a
//! flood costs no memory and holds up nobody. A subscription ends when it is dropped.
//!
//! A server may speak of a part of what was subscribed to (2025-11-25, `ResourceUpdatedNotification`);
//! clients are told of what they named.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use rmcp::model::ErrorCode;
use tokio::sync::Notify;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::tool::ToolFailure;
use crate::mcp::upstream::Upstream;
use crate::mcp::uses::Use;

/// Most subscriptions over one connection to a server, of all callers.
pub(crate) const MOST: usize = 2_048;
/// Of these, of one caller: nobody takes everybody's place.
pub(crate) const MOST_OF_ONE: usize = 256;
/// Most bytes of the URIs of one caller's subscriptions over one connection.
const BYTES_OF_ONE: usize = 128 * 1024;
/// Most bytes of all URIs over one connection: a server of the era without sessions is sent them in one request.
const BYTES: usize = 512 * 1024;

/// What a client has not been told yet.
#[derive(Default)]
pub(crate) struct Mailbox {
    // A std mutex: held for a set operation, never across an await.
    due: Mutex<BTreeSet<String>>,
    news: Notify,
    /// A subscription is no longer carried: its connection is over for good, or its server would not have it.
    pub(crate) moved: Notify,
}

impl Mailbox {
    /// A resource changed, or may have; by the URI that the client gave.
    pub(crate) fn updated(&self, uri: &str) {
        let mut due = self.lock();
        if !due.contains(uri) {
            due.insert(uri.to_owned());
            self.news.notify_one();
        }
    }

    /// It is not to be told: nobody wants to hear of it any more, or nobody may.
    pub(crate) fn forget(&self, uri: &str) {
        self.lock().remove(uri);
    }

    /// What the client has to be told, waited for. It stays in the mailbox until it is taken.
    pub(crate) async fn due(&self) -> BTreeSet<String> {
        loop {
            let due = self.lock().clone();
            if !due.is_empty() {
                return due;
            }
            self.news.notified().await;
        }
    }

    /// Takes one out, to tell it; false: it is not to be told any more.
    pub(crate) fn take(&self, uri: &str) -> bool {
        self.lock().remove(uri)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a subscription stands at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is to be asked for: nobody has, or the connection on which it stood is over.
    Wanted,
    /// On the connection that there is.
    Stands,
    /// The server would not have it.
    Refused(ToolFailure),
}

/// Subscriptions at one server.
#[derive(Default)]
pub(crate) struct Subscriptions {
    // A std mutex: held for map operations, never across an await.
    wanted: Mutex<Wanted>,
    /// What is wanted is not what it was.
    pub(super) changed: Notify,
    /// Resources that somebody wants to hear of.
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Wanted {
    numbers: u64,
    by_uri: HashMap<String, Resource>,
    /// What was asked for last when a connection ended: one, or several.
    fell: Option<BTreeSet<String>>,
}

impl Wanted {
    /// Why there is no room for another subscription.
    fn is_too_much(&self, owner: &str, uri: &str) -> Option<String> {
        let all = || self.by_uri.iter().flat_map(|(uri, resource)| resource.followers.iter().map(move |it| (uri, it)));
        let own = || all().filter(|(_, follower)| follower.owner == owner).map(|(uri, _)| uri);
        let bytes: usize = self.by_uri.keys().map(String::len).sum();
        let new = if self.by_uri.contains_key(uri) { 0 } else { uri.len() };
        if own().count() >= MOST_OF_ONE {
            return Some(format!(
                "you have {MOST_OF_ONE} subscriptions over this connection, and no more may be at once; end one"
            ));
        }
        if own().map(String::len).sum::<usize>() + uri.len() > BYTES_OF_ONE {
            return Some(format!(
                "the URIs of your subscriptions over this connection have at most {BYTES_OF_ONE} bytes together; end one"
            ));
        }
        if all().count() >= MOST {
            return Some(format!(
                "there are {MOST} subscriptions over this connection, and no more may be at once; try again later"
            ));
        }
        (bytes + new > BYTES).then(|| {
            format!("the URIs of all subscriptions over this connection have at most {BYTES} bytes; try again later")
        })
    }
}

struct Resource {
    standing: watch::Sender<Standing>,
    followers: Vec<Follower>,
}

struct Follower {
    number: u64,
    owner: String,
    /// The URI that the client gave.
    seen_as: String,
    mailbox: Arc<Mailbox>,
    /// It stood once, so the client counts on it.
    stood: bool,
}

impl Follower {
    fn tell(&self) {
        self.mailbox.updated(&self.seen_as);
    }
}

impl Resource {
    fn tell(&self) {
        self.followers.iter().for_each(Follower::tell);
    }

    /// Only who counted on it.
    fn tell_old(&self) {
        self.followers.iter().filter(|follower| follower.stood).for_each(Follower::tell);
    }
}

impl Subscriptions {
    /// The server says that a resource, or a part of it, changed. It may say so before its yes is noted.
    pub(crate) fn updated(&self, told: &str) {
        let wanted = self.lock();
        let meant = wanted.by_uri.iter().filter(|(uri, _)| is_part(told, uri));
        meant.for_each(|(_, resource)| resource.tell());
    }

    /// The server may have said something that was not heard.
    pub(crate) fn missed(&self) {
        self.lock().by_uri.values().for_each(Resource::tell_old);
    }

    /// The resources with how they stand, those that were wanted first before the others.
    pub(super) fn standings(&self) -> Vec<(String, Standing)> {
        let wanted = self.lock();
        let mut resources: Vec<_> = wanted.by_uri.iter().collect();
        resources.sort_by_key(|(_, resource)| resource.followers.first().map(|follower| follower.number));
        resources.into_iter().map(|(uri, resource)| (uri.clone(), resource.standing.borrow().clone())).collect()
    }

    /// Nothing stands any more, and all that stood is asked for again; who was refused asks by themselves.
    pub(super) fn lost(&self) {
        for resource in self.lock().by_uri.values() {
            resource.standing.send_if_modified(|standing| {
                let stood = *standing == Standing::Stands;
                if stood {
                    *standing = Standing::Wanted;
                }
                stood
            });
        }
    }

    /// The connection ended while these were asked for. One at which it ended twice is refused: it would
    /// cost everybody the next connection too.
    pub(super) fn fell(&self, uris: &BTreeSet<String>, failure: ToolFailure) {
        let before = self.lock().fell.replace(uris.clone());
        if let (1, Some(uri)) = (uris.len(), uris.first())
            && before.as_ref() == Some(uris)
        {
            self.refused(uri, failure);
        }
    }

    /// Whether a connection ended while something was asked for that was not had since.
    pub(super) fn fell_before(&self) -> bool {
        self.lock().fell.is_some()
    }

    /// All that is wanted was asked for, and the connection is there.
    pub(super) fn fell_over_nothing(&self) {
        self.lock().fell = None;
    }

    /// The server took it. Who counted on it before may have missed a change in between.
    pub(super) fn stands(&self, uri: &str) {
        let mut wanted = self.lock();
        let Some(resource) = wanted.by_uri.get_mut(uri) else { return };
        if resource.standing.send_replace(Standing::Stands) == Standing::Stands {
            return;
        }
        resource.tell_old();
        resource.followers.iter_mut().for_each(|follower| follower.stood = true);
    }

    /// The server would not have it. Who counted on it sees to it that it is asked for again, or given up.
    pub(super) fn refused(&self, uri: &str, failure: ToolFailure) {
        if let Some(resource) = self.lock().by_uri.get(uri) {
            resource.standing.send_replace(Standing::Refused(failure));
            resource.followers.iter().filter(|follower| follower.stood).for_each(|it| it.mailbox.moved.notify_one());
        }
    }

    /// The connection is over for good: whoever subscribed over it looks for another.
    pub(super) fn over(&self) {
        for follower in self.lock().by_uri.values().flat_map(|resource| &resource.followers) {
            follower.mailbox.moved.notify_one();
        }
    }

    /// Returns when somebody is subscribed to something.
    pub(super) async fn wanted(&self) {
        // Cannot end otherwise: the sender is ours.
        drop(self.count.subscribe().wait_for(|count| *count > 0).await);
    }

    fn add(
        &self,
        server: &str,
        owner: &str,
        uri: &str,
        (seen_as, mailbox): (&str, &Arc<Mailbox>),
    ) -> Result<(u64, watch::Receiver<Standing>), ToolFailure> {
        let mut wanted = self.lock();
        if let Some(reason) = wanted.is_too_much(owner, uri) {
            return Err(refusal(server, format!("{server}: {reason}")));
        }
        wanted.numbers += 1;
        let number = wanted.numbers;
        let resource = wanted
            .by_uri
            .entry(uri.to_owned())
            .or_insert_with(|| Resource { standing: watch::Sender::new(Standing::Wanted), followers: Vec::new() });
        let stood = *resource.standing.borrow() == Standing::Stands;
        if !stood {
            resource.standing.send_replace(Standing::Wanted);
        }
        resource.followers.push(Follower {
            number,
            owner: owner.to_owned(),
            seen_as: seen_as.to_owned(),
            mailbox: Arc::clone(mailbox),
            stood,
        });
        let standing = resource.standing.subscribe();
        self.note(&wanted);
        Ok((number, standing))
    }

    fn is_refused(&self, uri: &str) -> bool {
        let wanted = self.lock();
        wanted.by_uri.get(uri).is_some_and(|resource| matches!(*resource.standing.borrow(), Standing::Refused(_)))
    }

    fn remove(&self, uri: &str, number: u64) {
        let mut wanted = self.lock();
        let Some(resource) = wanted.by_uri.get_mut(uri) else { return };
        resource.followers.retain(|follower| follower.number != number);
        if resource.followers.is_empty() {
            wanted.by_uri.remove(uri);
        }
        self.note(&wanted);
    }

    fn note(&self, wanted: &Wanted) {
        self.count.send_replace(wanted.by_uri.len());
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a URI names a part of a resource, or the resource as servers like to write it.
fn is_part(told: &str, of: &str) -> bool {
    let rest = told.strip_prefix(of.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

fn refusal(server: &str, reason: String) -> ToolFailure {
    ToolFailure::Refused { server: server.to_owned(), code: ErrorCode::INVALID_REQUEST.0, reason }
}

/// A subscription of one client. While there is one its connection is in use.
pub(crate) struct Subscribed {
    upstream: Arc<Upstream>,
    uri: String,
    number: u64,
    _use: Use,
}

impl Subscribed {
    /// Whether this connection carries it: it is not over for good, and the server has not refused.
    pub(crate) fn is_carried_by(&self, upstream: &Arc<Upstream>) -> bool {
        let there = Arc::ptr_eq(&self.upstream, upstream) && !upstream.stop.is_cancelled();
        there && !upstream.subscriptions.is_refused(&self.uri)
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.upstream.subscriptions.remove(&self.uri, self.number);
    }
}

impl Upstream {
    /// Has a client told when a resource changes, for as long as what comes back is kept; `seen_as` is
    /// what the client calls it. Returns when the server has said yes, within the time for lists.
    ///
    /// # Errors
    /// [`ToolFailure::Refused`] when the server would not have it or there are as many as may be, and
    /// as any request.
    pub(crate) async fn subscribe(
        self: &Arc<Self>,
        owner: &str,
        uri: &str,
        seen_as: &str,
        mailbox: &Arc<Mailbox>,
        cancel: &CancellationToken,
    ) -> Result<Subscribed, ToolFailure> {
        let asking = async {
            let _use = self.uses.begin();
            // Counted before it waits: for a server that is away nobody waits beyond the bounds.
            let (number, mut standing) = self.subscriptions.add(self.name(), owner, uri, (seen_as, mailbox))?;
            let subscribed = Subscribed { upstream: Arc::clone(self), uri: uri.to_owned(), number, _use };
            self.recovered().await?;
            match standing.wait_for(|standing| *standing != Standing::Wanted).await.as_deref() {
                Ok(Standing::Refused(failure)) => Err(failure.clone()),
                _ => Ok(subscribed),
            }
        };
        let limit = self.time_for_lists();
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ToolFailure::Cancelled),
            () = self.stop.cancelled() => Err(self.unavailable("this connection was closed")),
            asked = tokio::time::timeout(limit, asking) => asked.unwrap_or_else(|_| Err(self.too_slow())),
        }
    }

    /// It did not answer within the time for lists.
    pub(super) fn too_slow(&self) -> ToolFailure {
        let limit_ms = u64::try_from(self.time_for_lists().as_millis()).unwrap_or(u64::MAX);
        ToolFailure::Timeout { server: self.name().to_owned(), limit_ms }
    }

    /// It turned the request down, or ended over it.
    pub(super) fn would_not_have_it(&self) -> ToolFailure {
        let name = self.name();
        refusal(name, format!("{name} would not have a subscription to this resource; read it when you need it"))
    }

    /// It has no subscriptions, or none to such a resource.
    pub(super) fn has_no_subscriptions(&self) -> ToolFailure {
        let name = self.name();
        refusal(name, format!("{name} does not tell when this resource changes; read it when you need it"))
    }
}

#[cfg(test)]
mod tests;
