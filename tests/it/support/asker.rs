//! An MCP server whose tools ask their user before they answer: of either era, over streamable HTTP and
//! over HTTP+SSE. Notes what it began, what it finished and with which answers.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::Router;
use groundwire::config::Config;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
use groundwire::mcp_serve::Limits;
use groundwire::mcp_serve::door::Admitted;
use groundwire::mcp_serve::door::Door;
use groundwire::mcp_serve::door::Hosts;
use groundwire::mcp_serve::sse;
use groundwire::mcp_serve::streamable;
use groundwire::mcp_serve::streamable::Keeping;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::ElicitRequestParams;
use rmcp::model::ElicitResult;
use rmcp::model::ElicitationAction;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::GetPromptResponse;
use rmcp::model::GetPromptResult;
use rmcp::model::InputRequiredResult;
use rmcp::model::InputResponses;
use rmcp::model::ListPromptsResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::Prompt;
use rmcp::model::PromptMessage;
use rmcp::model::ProtocolVersion;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::ReadResourceResponse;
use rmcp::model::ReadResourceResult;
use rmcp::model::ResourceContents;
use rmcp::model::Role;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::Tool;
use rmcp::service::RequestContext;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::desk::listen;
use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;

/// What nobody but the server may see.
pub(crate) const STATE: &str = "the-servers-own-state";

/// The server; clones are the same one.
#[derive(Clone)]
pub(crate) struct Asker(Arc<Inner>);

struct Inner {
    with_sessions: bool,
    /// Forms, asked one after the other.
    forms: Mutex<Vec<Value>>,
    /// The one case about which it asks; of all where there is none.
    about: Mutex<Option<u64>>,
    /// The one tool that asks; all where there is none.
    by: Mutex<Option<&'static str>>,
    /// It makes statements of SysQL and runs them, too.
    sysql: bool,
    begun: Mutex<Vec<Value>>,
    finished: Mutex<Vec<Value>>,
    open: watch::Sender<bool>,
    /// Calls of `wait` that came.
    pub(crate) waits: Semaphore,
    /// Questions that nobody answered.
    pub(crate) unanswered: Semaphore,
}

/// What came of one round of questions.
enum Round {
    Answered(Vec<Value>),
    Declined,
    Asks(InputRequiredResult),
}

/// A form of one choice.
pub(crate) fn place() -> Value {
    json!({ "message": "Which environment?", "requestedSchema": { "type": "object", "required": ["where"], "properties": {
        "where": { "type": "string", "title": "Environment", "oneOf": [
            { "const": "prod", "title": "Production" }, { "const": "stage", "title": "Staging" } ] } } } })
}

impl Asker {
    /// One of the era with sessions, or of both.
    pub(crate) fn new(with_sessions: bool, forms: Vec<Value>) -> Self {
        Self::made(with_sessions, forms, false)
    }

    /// One whose tools make a statement of SysQL, and run it.
    pub(crate) fn of_sysql(with_sessions: bool, forms: Vec<Value>) -> Self {
        Self::made(with_sessions, forms, true)
    }

    fn made(with_sessions: bool, forms: Vec<Value>, sysql: bool) -> Self {
        Self(Arc::new(Inner {
            with_sessions,
            sysql,
            by: Mutex::default(),
            forms: Mutex::new(forms),
            about: Mutex::default(),
            begun: Mutex::default(),
            finished: Mutex::default(),
            open: watch::Sender::new(false),
            waits: Semaphore::new(0),
            unanswered: Semaphore::new(0),
        }))
    }

    /// Asks this from now on.
    pub(crate) fn ask(&self, forms: Vec<Value>) {
        *lock(&self.0.forms) = forms;
    }

    /// Asks about this case alone.
    pub(crate) fn ask_about(&self, case: u64) {
        *lock(&self.0.about) = Some(case);
    }

    /// Only this tool asks.
    pub(crate) fn ask_by(&self, tool: &'static str) {
        *lock(&self.0.by) = Some(tool);
    }

    /// Calls that were begun: their tools.
    pub(crate) fn begun(&self) -> Vec<Value> {
        lock(&self.0.begun).clone()
    }

    /// Calls that came to their end: `{tool, arguments, answers}`.
    pub(crate) fn finished(&self) -> Vec<Value> {
        lock(&self.0.finished).clone()
    }

    /// Lets calls of `wait` end.
    pub(crate) fn open(&self) {
        self.0.open.send_replace(true);
    }

    pub(crate) async fn waited_for(&self) {
        self.0.waits.acquire().await.expect("it is open").forget();
    }

    pub(crate) async fn left_unanswered(&self) {
        self.0.unanswered.acquire().await.expect("it is open").forget();
    }

    /// Serves it at `/mcp` and `/sse`; returns its URL without either.
    pub(crate) async fn serve(&self) -> String {
        let door = Door::new(Hosts::Unchecked, Arc::new(|_, _| Ok(Admitted::new(()))));
        let (limits, stop) = (Limits::default(), CancellationToken::new());
        let older = sse::endpoints(self, door.clone(), "/messages", &limits, &stop);
        let router = Router::new()
            .route("/mcp", streamable::endpoint(self, door, Keeping::Sessions, &limits, &stop).route())
            .route("/sse", older.stream.route())
            .route("/messages", older.messages.route());
        listen(router).await
    }

    /// Asks the next form, or hands the answers over when there is none.
    async fn answers(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Result<Vec<Value>, CallToolResponse>, ErrorData> {
        let case = request.arguments.as_ref().and_then(|arguments| arguments.get("caseID")).and_then(Value::as_u64);
        let asks = lock(&self.0.about).is_none_or(|about| case == Some(about));
        let asks = asks && lock(&self.0.by).is_none_or(|tool| request.name == tool);
        let forms = if asks { lock(&self.0.forms).clone() } else { Vec::new() };
        let asked = (request.request_state.as_deref(), request.input_responses.as_ref());
        Ok(match self.round(asked, forms, context).await? {
            Round::Answered(answers) => Ok(answers),
            Round::Asks(asked) => Err(asked.into()),
            // As real servers do: no error, though nothing was done.
            Round::Declined => Err(CallToolResult::success(vec![ContentBlock::text("declined")]).into()),
        })
    }

    /// Asks what is left to ask, in the way of the client's revision.
    async fn round(
        &self,
        asked: (Option<&str>, Option<&InputResponses>),
        forms: Vec<Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Round, ErrorData> {
        if context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
            return self.answers_by_rounds(asked, &forms);
        }
        assert_eq!(asked, (None, None), "this revision has no such fields");
        let mut answers = Vec::new();
        for form in forms {
            let params: ElicitRequestParams = serde_json::from_value(form).expect("a form");
            match context.peer.create_elicitation(params).await {
                Ok(ElicitResult { action: ElicitationAction::Accept, content, .. }) => {
                    answers.push(content.unwrap_or_default());
                }
                _ => {
                    self.0.unanswered.add_permits(1);
                    return Ok(Round::Declined);
                }
            }
        }
        Ok(Round::Answered(answers))
    }

    fn answers_by_rounds(
        &self,
        (state, responses): (Option<&str>, Option<&InputResponses>),
        forms: &[Value],
    ) -> Result<Round, ErrorData> {
        let mut answers: Vec<Value> = match state {
            None => Vec::new(),
            Some(state) => {
                let state = state.strip_prefix(STATE).ok_or_else(|| ErrorData::invalid_params("not my state", None))?;
                serde_json::from_str(state).expect("as it was written")
            }
        };
        let given = responses.and_then(|given| given.get(&format!("q{}", answers.len())));
        if let Some(given) = given {
            if given["action"] != "accept" {
                return Ok(Round::Declined);
            }
            answers.push(given["content"].clone());
        }
        let Some(form) = forms.get(answers.len()) else { return Ok(Round::Answered(answers)) };
        let key = format!("q{}", answers.len());
        let asked = json!({ key: { "method": "elicitation/create", "params": form } });
        let state = format!("{STATE}{}", Value::from(answers));
        let asked = serde_json::from_value(asked).expect("requests");
        Ok(Round::Asks(InputRequiredResult::new(Some(asked), Some(state))))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ServerHandler for Asker {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        let older = [ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25];
        let newer = (!self.0.with_sessions).then_some(ProtocolVersion::V_2026_07_28);
        Cow::Owned(older.into_iter().chain(newer).collect())
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |name: &str, looks: bool| -> Tool {
            serde_json::from_value(json!({
                "name": name, "description": "About a case.", "annotations": { "readOnlyHint": looks },
                "inputSchema": { "type": "object", "required": ["caseID"], "properties": { "caseID": { "type": "integer" } } },
            }))
            .expect("a tool")
        };
        let mut tools = vec![tool("getArgusCaseByID", true), tool("closeCase", false), tool("wait", true)];
        if self.0.sysql {
            tools = [("generate_sysql", "question"), ("run_sysql", "sysql_query")].map(statement).into();
        }
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![Prompt::new::<_, &str>("handover", None, None)]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let forms = lock(&self.0.forms).clone();
        let asked = (request.request_state.as_deref(), request.input_responses.as_ref());
        match self.round(asked, forms, &context).await? {
            Round::Answered(answers) => {
                let said = PromptMessage::new_text(Role::User, Value::from(answers).to_string());
                Ok(GetPromptResult::new(vec![said]).into())
            }
            Round::Declined => Err(ErrorData::invalid_params("declined", None)),
            Round::Asks(asked) => Ok(asked.into()),
        }
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let forms = lock(&self.0.forms).clone();
        let asked = (request.request_state.as_deref(), request.input_responses.as_ref());
        match self.round(asked, forms, &context).await? {
            Round::Answered(answers) => {
                let said = ResourceContents::text(Value::from(answers).to_string(), request.uri);
                Ok(ReadResourceResult::new(vec![said]).into())
            }
            Round::Declined => Err(ErrorData::invalid_params("declined", None)),
            Round::Asks(asked) => Ok(asked.into()),
        }
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        lock(&self.0.begun).push(json!(request.name));
        if request.name == "wait" {
            self.0.waits.add_permits(1);
            let mut open = self.0.open.subscribe();
            tokio::select! {
                () = context.ct.cancelled() => {}
                _ = open.wait_for(|open| *open) => {}
            }
            return Ok(CallToolResult::structured(json!({ "waited": true })).into());
        }
        let answers = match self.answers(&request, &context).await? {
            Ok(answers) => answers,
            Err(asks) => return Ok(asks),
        };
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let status = if request.name == "closeCase" { "closed" } else { "pendingCustomer" };
        let result = match request.name.as_ref() {
            "generate_sysql" => json!({ "text": "MATCH Workload RETURN Workload;" }),
            "run_sysql" => json!({ "results": [{ "workload": "checkout-api" }] }),
            _ => json!({ "id": arguments["caseID"], "status": status, "subject": "Odd logins" }),
        };
        lock(&self.0.finished).push(json!({ "tool": request.name, "arguments": arguments, "answers": answers }));
        Ok(CallToolResult::structured(result).into())
    }
}

/// A tool of SysQL that takes one text.
fn statement((name, takes): (&str, &str)) -> Tool {
    serde_json::from_value(json!({
        "name": name, "description": "Makes or runs a statement of SysQL.", "annotations": { "readOnlyHint": true },
        "inputSchema": { "type": "object", "required": [takes], "properties": { takes: { "type": "string" } } },
    }))
    .expect("a tool")
}

/// Adds such a server to a configuration, as the only one; `older`: over HTTP+SSE.
pub(crate) fn connect(config: &mut Config, url: &str, older: bool) {
    config.mcp.servers.clear();
    let transport = if older {
        TransportConfig::Sse { url: format!("{url}/sse"), headers: Default::default() }
    } else {
        TransportConfig::StreamableHttp { url: format!("{url}/mcp"), headers: Default::default() }
    };
    config.mcp.servers.insert("desk".to_owned(), McpServerConfig { transport, options: McpServerOptions::default() });
}

/// A gateway before such a server, and a conversation in which two look-ups wait for one yes.
pub(crate) async fn two_to_confirm(asker: &Asker) -> (Gateway, String) {
    let url = asker.serve().await;
    let gateway = Gateway::start(adjusted(move |config| {
        connect(config, &url, false);
        let desk = config.mcp.servers.get_mut("desk").expect("it is there");
        desk.options.confirm = vec!["getArgusCaseByID".to_owned()];
    }))
    .await;
    let conversation = gateway.conversation().await;
    let turn = gateway.turn_in(&conversation, COMPARE).await;
    assert_eq!(turn["question"]["calls"].as_array().map(Vec::len), Some(2), "{turn}");
    (gateway, conversation)
}

/// About two cases.
pub(crate) const COMPARE: &str = "Compare case 4120771 and case 4120802";
