//! The hub as one MCP server: whoever connects, of any age, sees the tools, prompts and
//! resources of all servers under unique names, with the caller's rights.
//!
//! Decides what a client is shown and how an answer or a failure is told in its protocol.
//! Whether a call may run, is asked about first, and is written down is the engine's matter
//! (`engine::call`), the same for chat. What a server asks in the middle of a call is put to the client's
//! user (`asks`). Sampling, roots and log messages of servers are not passed on: the protocol has
//! deprecated all three. Knows no HTTP; who asks is found in the request where `app` has put it.
#![expect(deprecated, reason = "clients of older revisions still set a logging level")]

mod asks;
mod confirm;
mod followed;
mod items;
mod listeners;
mod subscriptions;
mod tools;
mod while_reading;

use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CompleteRequestParams;
use rmcp::model::CompleteResult;
use rmcp::model::Extensions;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::GetPromptResponse;
use rmcp::model::Implementation;
use rmcp::model::InitializeRequestParams;
use rmcp::model::InitializeResult;
use rmcp::model::ListPromptsResult;
use rmcp::model::ListResourceTemplatesResult;
use rmcp::model::ListResourcesResult;
use rmcp::model::ListToolsResult;
use rmcp::model::MetaObject;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::ReadResourceResponse;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::SetLevelRequestParams;
use rmcp::model::SubscribeRequestParams;
use rmcp::model::SubscriptionFilter;
use rmcp::model::Tool;
use rmcp::model::UnsubscribeRequestParams;
use rmcp::service::NotificationContext;
use rmcp::service::RequestContext;
use rmcp::service::SubscriptionContext;
use serde_json::json;

use crate::domain::caller::Caller;
use crate::domain::tool::ToolFailure;
use crate::engine::Engine;
use crate::engine::call::CallError;
use crate::engine::ports::Catalog;
use crate::engine::ports::ServerState;
use crate::engine::ports::WhoseCredentials;
use crate::mcp::hub::Hub;
use crate::mcp::pass_through::Missing;
use crate::mcp::proxy::subscriptions::OfSession;

/// Where clients find what is ours in a `_meta`.
const META: &str = "groundwire/";

/// How tools and prompts are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// `server__tool`, as towards models.
    Qualified,
    /// As the one server has them.
    Bare,
}

/// Why somebody who was let in would not be now: a sentence for them.
#[derive(Clone, Debug)]
pub enum ShutOut {
    /// Not any more.
    ForGood(String),
    /// It cannot be found out.
    ForNow(String),
}

/// Says whether a caller who was let in before would be let in now.
#[async_trait]
pub trait LetsIn: Send + Sync {
    /// Looks again.
    ///
    /// # Errors
    /// [`ShutOut`] also when it cannot be found out.
    async fn still(&self, caller: &Caller) -> Result<(), ShutOut>;
}

/// Who asks.
#[derive(Clone)]
pub enum Askers {
    /// Always this one: whoever has started the program.
    One(Caller),
    /// The `Caller` among the extensions of the request's HTTP parts; a wish that outlives its request is carried
    /// for as long as its caller would be let in.
    OfRequest(Arc<dyn LetsIn>),
}

impl Askers {
    /// Whether a caller would be let in now.
    async fn still(&self, caller: &Caller) -> Result<(), ShutOut> {
        match self {
            Askers::One(_) => Ok(()),
            Askers::OfRequest(lets_in) => lets_in.still(caller).await,
        }
    }
}

/// One MCP server over the hub. A clone is for another session.
#[derive(Clone)]
pub struct Proxy {
    engine: Arc<Engine>,
    hub: Arc<Hub>,
    names: Names,
    askers: Askers,
    session: OfSession,
}

impl Proxy {
    /// The proxy over a hub, which is the one of the engine.
    pub fn new(engine: Arc<Engine>, hub: Arc<Hub>, names: Names, askers: Askers) -> Self {
        Self { engine, hub, names, askers, session: OfSession::default() }
    }

    fn asker(&self, extensions: &Extensions) -> Result<Caller, ErrorData> {
        let caller = match &self.askers {
            Askers::One(caller) => caller,
            Askers::OfRequest(_) => {
                let found = extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Caller>());
                found.ok_or_else(|| ErrorData::internal_error("the request came from nobody", None))?
            }
        };
        self.session.asked_by(caller);
        Ok(caller.clone())
    }
}

/// Names the servers that a list is without.
fn without(missing: &[Missing]) -> Option<MetaObject> {
    let down: Vec<_> =
        missing.iter().map(|Missing { server, error }| json!({ "server": server, "error": error })).collect();
    if down.is_empty() {
        return None;
    }
    let mut meta = MetaObject::new();
    meta.0.insert(format!("{META}servers_down"), down.into());
    Some(meta)
}

/// What the servers are, and which of them are down, for people and models.
fn instructions(catalog: &Catalog) -> String {
    let named = |wanted: &dyn Fn(&ServerState) -> bool| {
        let servers = catalog.servers.iter().filter(|server| wanted(server));
        servers.map(|server| server.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let of = |whose| move |server: &ServerState| server.credentials == whose;
    let (user, request) = (of(WhoseCredentials::EachUser), of(WhoseCredentials::EachRequest));
    let up = named(&|server| server.up && !user(server) && !request(server));
    let (down, own) = (named(&|server| !server.up), named(&user));
    let brought = catalog.servers.iter().filter(|server| request(server));
    let brought: Vec<String> =
        brought.map(|server| format!("{} ({})", server.name, server.headers.join(", "))).collect();
    let mut text = "Groundwire passes on the tools, prompts and resources of several MCP servers.".to_owned();
    if !up.is_empty() {
        text.push_str(&format!(" Connected: {up}."));
    }
    if !own.is_empty() {
        text.push_str(&format!(" With credentials of each user's own: {own}."));
    }
    if !brought.is_empty() {
        text.push_str(&format!(" With credentials in the headers of each request: {}.", brought.join(", ")));
    }
    if !down.is_empty() {
        text.push_str(&format!(
            " Not available now: {down}. That their tools are missing does not mean that there is nothing to find."
        ));
    }
    text.push_str(" Each result says under groundwire/provenance of its _meta where and when it was obtained.");
    text
}

/// A failure at a server, where a request has no result that could say it.
fn refused(failure: ToolFailure) -> ErrorData {
    match failure {
        ToolFailure::Refused { code, reason, .. } => ErrorData::new(rmcp::model::ErrorCode(code), reason, None),
        ToolFailure::InvalidArguments { problems } => ErrorData::invalid_params(problems.join("; "), None),
        failure => ErrorData::internal_error(failure.to_string(), None),
    }
}

/// A request that was not made, or whose answer is withheld.
fn not_made(error: CallError) -> ErrorData {
    match error {
        CallError::Store(error) => {
            tracing::error!(error = %error, "a call of an MCP client could not be written down");
            ErrorData::internal_error("the call could not be written down, so its result is withheld", None)
        }
        CallError::BrokeOff => ErrorData::internal_error(error.to_string(), None),
        CallError::UnknownTool { .. } => ErrorData::invalid_params(error.to_string(), None),
        error => ErrorData::invalid_request(error.to_string(), None),
    }
}

impl ServerHandler for Proxy {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_completions()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("groundwire", env!("CARGO_PKG_VERSION")))
            .with_instructions(instructions(&self.hub.shared()))
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        self.session.open();
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        let (tools, missing) = self.tools(&caller).await?;
        let mut list = ListToolsResult::with_all_items(tools);
        list.meta = without(&missing);
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tool(name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        self.call(caller, request, context).await
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        let (prompts, missing) = self.prompts(&caller).await?;
        let mut list = ListPromptsResult::with_all_items(prompts.into_iter().map(|prompt| prompt.item).collect());
        list.meta = without(&missing);
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        self.fill_prompt(&caller, request, &context).await
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        let (resources, missing) = self.resources(&caller).await?;
        let mut list = ListResourcesResult::with_all_items(resources.into_iter().map(|one| one.item).collect());
        list.meta = without(&missing);
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        let (templates, missing) = self.templates(&caller).await?;
        let items = templates.into_iter().map(|one| one.item).collect();
        let mut list = ListResourceTemplatesResult::with_all_items(items);
        list.meta = without(&missing);
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        self.read(&caller, request, &context).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let caller = self.asker(&context.extensions)?;
        self.completed(&caller, request, &context.ct).await
    }

    /// Taken and not used: no log messages are passed on.
    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.asker(&context.extensions).map(drop)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        // Lists are told of as long as whoever asked last would be let in.
        if self.asker(&context.extensions).is_ok() {
            self.session.hear_of_lists(&self.hub, &self.askers, context.peer);
        }
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let caller = self.asker(&context.extensions)?;
        self.subscribe_session(&caller, &request.uri, &context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.asker(&context.extensions)?;
        self.session.unsubscribe(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(&self, wished: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(listeners::filter(wished))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let caller = self.asker(&context.request_context().extensions)?;
        tokio::select! {
            () = context.cancelled() => Ok(()),
            () = listeners::tell_of_lists(&self.hub, &context) => Ok(()),
            error = self.tell_of_resources(&caller, &context) => Err(error),
            error = listeners::shut_out(&self.askers, &caller) => Err(error),
        }
    }
}
