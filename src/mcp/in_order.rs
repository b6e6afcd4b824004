//! A connection whose progress is told in the order in which it came, and before the result that
//! it belongs to. The client library handles each notification in a task of its own, so its
//! handler may hear of a step after the next one, or after the result, when nobody listens any more.
//! Here steps are told where messages are still read one after the other, and it is decided whose a
//! question of the server is (`asks`). What is told of a single resource ends here: the library would
//! start a task for each, and give a stream up that brings many.

use std::sync::Arc;

use rmcp::model::ServerJsonRpcMessage;
use rmcp::model::ServerNotification;
use rmcp::model::ServerRequest;
use rmcp::service::InboundStreamOrigin;
use rmcp::service::RoleClient;
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::Transport;

use crate::mcp::session::Shared;

/// A transport that is read in order.
pub(crate) struct InOrder<T> {
    inner: T,
    shared: Arc<Shared>,
}

impl<T> InOrder<T> {
    pub(crate) fn new(inner: T, shared: &Arc<Shared>) -> Self {
        Self { inner, shared: Arc::clone(shared) }
    }
}

impl<T: Transport<RoleClient> + 'static> Transport<RoleClient> for InOrder<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        let message = loop {
            let message = self.inner.receive().await?;
            match &message {
                ServerJsonRpcMessage::Notification(told) => match &told.notification {
                    ServerNotification::ResourceUpdatedNotification(told) => {
                        self.shared.subscriptions.updated(&told.params.uri);
                        tokio::task::consume_budget().await;
                    }
                    _ => break message,
                },
                _ => break message,
            }
        };
        let under_way = &self.shared.under_way;
        match &message {
            ServerJsonRpcMessage::Notification(notification) => {
                if let ServerNotification::ProgressNotification(progress) = &notification.notification {
                    self.shared.progressed(&progress.params);
                }
            }
            ServerJsonRpcMessage::Request(request) => {
                if let ServerRequest::ElicitRequest(asked) = &request.request {
                    under_way.asked(&request.id, asked.extensions.get::<InboundStreamOrigin>(), &asked.params);
                }
            }
            ServerJsonRpcMessage::Response(response) => under_way.answered(&response.id),
            ServerJsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    under_way.answered(id);
                }
            }
        }
        Some(message)
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}
