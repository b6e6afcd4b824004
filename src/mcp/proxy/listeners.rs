//! Clients that are told when lists change: those with a session by a notification, those of the
//! revision without sessions on the stream that they ask for. Every list is named, since what
//! changed is a server's state or one of its lists, and clients read what they need again.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::SubscriptionFilter;
use rmcp::service::Peer;
use rmcp::service::SubscriptionContext;

use crate::mcp::hub::Hub;

/// How long a client may take to take a notification; one that does not is told the next time.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most clients that are told; one more, and the oldest is not told any longer.
const MOST: usize = 1_024;

/// Clients with a session.
#[derive(Default)]
pub(super) struct Listeners {
    // A std mutex: held for a copy, never across an await.
    peers: Mutex<Vec<Peer<RoleServer>>>,
}

impl Listeners {
    /// Listeners to a hub; the task that tells them ends with the hub.
    pub(super) fn over(hub: &Hub) -> Arc<Self> {
        let listeners = Arc::new(Self::default());
        let told = Arc::clone(&listeners);
        let mut changes = hub.catalogs();
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let told = told.open().iter().cloned().map(tell).collect::<Vec<_>>();
                futures::future::join_all(told).await;
            }
        });
        listeners
    }

    /// A client may say more than once that it is ready; it is told once.
    pub(super) fn add(&self, peer: Peer<RoleServer>) {
        let mut open = self.open();
        if open.iter().any(|other| is_same(other, &peer)) {
            return;
        }
        if open.len() >= MOST {
            open.remove(0);
        }
        open.push(peer);
    }

    /// Those whose session is open; the others are forgotten.
    fn open(&self) -> MutexGuard<'_, Vec<Peer<RoleServer>>> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|peer| !peer.is_transport_closed());
        peers
    }
}

/// Whether these are of one session: what its client said of itself is held once.
fn is_same(one: &Peer<RoleServer>, other: &Peer<RoleServer>) -> bool {
    one.peer_info().zip(other.peer_info()).is_some_and(|(one, other)| Arc::ptr_eq(&one, &other))
}

async fn tell(peer: Peer<RoleServer>) {
    let telling = async {
        let told = peer.notify_tool_list_changed().await;
        let told = told.and(peer.notify_prompt_list_changed().await);
        told.and(peer.notify_resource_list_changed().await)
    };
    if !matches!(tokio::time::timeout(PATIENCE, telling).await, Ok(Ok(()))) {
        tracing::debug!("an MCP client was not told that lists changed");
    }
}

/// What of a wish can be listened to: changes of lists, and single resources, which it is found out after
/// that whether they can be subscribed to.
pub(super) fn filter(wished: &SubscriptionFilter) -> SubscriptionFilter {
    let lists = SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().resources_list_changed();
    lists.resource_subscriptions(wished.resource_subscriptions.iter().flatten()).build()
}

/// Tells one client on its stream that lists changed, as far as it asked for, until it goes away.
pub(super) async fn tell_of_lists(hub: &Hub, context: &SubscriptionContext) {
    let mut changes = hub.catalogs();
    let (sink, accepted) = (context.sink(), context.accepted().clone());
    while changes.changed().await.is_ok() {
        let mut open = true;
        if accepted.tools_list_changed == Some(true) {
            open &= sink.notify_tool_list_changed().await.is_ok();
        }
        if accepted.prompts_list_changed == Some(true) {
            open &= sink.notify_prompt_list_changed().await.is_ok();
        }
        if accepted.resources_list_changed == Some(true) {
            open &= sink.notify_resource_list_changed().await.is_ok();
        }
        if !open {
            return;
        }
    }
}
