//! Clients that are told when lists change: those with a session by a notification, those of the
//! revision without sessions on the stream that they ask for. Every list is named, since what
//! changed is a server's state or one of its lists, and clients read what they need again.

use std::sync::Arc;
use std::sync::PoisonError;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::SubscriptionFilter;
use rmcp::service::Peer;
use rmcp::service::SubscriptionContext;
use tokio::sync::watch;

use crate::domain::caller::Caller;
use crate::engine::ports::Catalog;
use crate::mcp::hub::Hub;
use crate::mcp::proxy::Askers;
use crate::mcp::proxy::ShutOut;
use crate::mcp::proxy::followed::LOOK_EVERY;
use crate::mcp::proxy::followed::not_told;
use crate::mcp::proxy::subscriptions::LastAsker;

/// Tells a client with a session that lists changed, until it cannot be told any more. For one that does not
/// read one message waits, and all changes until it does are one. So they are while whoever asked last in the
/// session would not be let in.
pub(super) async fn tell_session(
    mut changes: watch::Receiver<Arc<Catalog>>,
    askers: Askers,
    last: LastAsker,
    peer: Peer<RoleServer>,
) {
    let may_hear = async || {
        let caller = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match caller {
            Some(caller) => askers.still(&caller).await.is_ok(),
            None => false,
        }
    };
    while changes.changed().await.is_ok() {
        while !may_hear().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let told = peer.notify_tool_list_changed().await;
        let told = told.and(peer.notify_prompt_list_changed().await);
        if told.and(peer.notify_resource_list_changed().await).is_err() {
            return;
        }
    }
}

/// Returns when a caller would not be let in any more, or that cannot be found out, with what a stream ends with.
pub(super) async fn shut_out(askers: &Askers, caller: &Caller) -> ErrorData {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(ShutOut::ForGood(reason) | ShutOut::ForNow(reason)) = askers.still(caller).await {
            return ErrorData::invalid_request(not_told(&reason), None);
        }
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
