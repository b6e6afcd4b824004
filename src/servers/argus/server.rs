//! The MCP server: lists the tools and runs them.
//!
//! Names are resolved here (canonical, alias, or as a site renamed them), and
//! arguments are checked before any tool sees them. Every failure of a tool is
//! a result with `isError`; a JSON-RPC error means that the tool is unknown.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::Implementation;
use rmcp::model::JsonObject;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::Tool as McpTool;
use rmcp::model::ToolAnnotations;
use rmcp::service::RequestContext;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::config::ApiKey;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::config::ConfigError;
use crate::servers::argus::describe::SYSTEM_PROMPT_RULES;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;
use crate::servers::argus::validate;
use crate::servers::caught::caught;

/// Name of the server as clients see it.
pub const SERVER_NAME: &str = "argus-api-mcp-server-stdio";

/// The Argus MCP server; cheap to clone, clones share one REST client.
#[derive(Clone)]
pub struct ArgusServer {
    backend: Backend,
    tools: Arc<Vec<Exposed>>,
    by_name: Arc<HashMap<String, usize>>,
}

/// A tool under the name it is shown by.
struct Exposed {
    tool: &'static Tool,
    listed: McpTool,
}

impl ArgusServer {
    /// Builds the server. Does not ask Argus anything: run
    /// [`check_session`](crate::servers::argus::session::check_session) first.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting names no tool, or names clash.
    pub fn new(config: ArgusConfig) -> Result<Self, ConfigError> {
        let chosen = chosen(&config.tools)?;
        for canonical in config.tool_names.keys() {
            if !tools::ALL.iter().any(|tool| tool.name == canonical.as_str()) {
                let problem = format!("renames {canonical}, which is no tool of this server");
                return Err(ConfigError::invalid("ARGUS_MCP_TOOL_NAMES", problem));
            }
        }
        let mut by_name = HashMap::new();
        let mut exposed = Vec::new();
        for tool in chosen {
            let renamed = config.tool_names.get(tool.name);
            let shown = renamed.map_or(tool.name, String::as_str);
            let names = [&[shown, tool.name], tool.aliases].concat();
            for name in names {
                let place = exposed.len();
                if *by_name.entry(name.to_owned()).or_insert(place) != place {
                    let problem = format!("gives the name {name} to two tools");
                    return Err(ConfigError::invalid("ARGUS_MCP_TOOL_NAMES", problem));
                }
            }
            exposed.push(Exposed { tool, listed: listed(tool, shown) });
        }
        Ok(Self { backend: Backend::new(config)?, tools: Arc::new(exposed), by_name: Arc::new(by_name) })
    }

    /// The same server for the holder of another key.
    pub fn with_key(&self, key: ApiKey) -> Self {
        Self { backend: self.backend.with_key(key), ..self.clone() }
    }

    fn find(&self, name: &str) -> Option<&Exposed> {
        self.by_name.get(name).and_then(|place| self.tools.get(*place))
    }

    /// Runs a tool by any of its names; `None` if there is no such tool.
    pub async fn call(&self, name: &str, arguments: &JsonObject) -> Option<CallToolResult> {
        let exposed = self.find(name)?;
        let run = self.run(exposed.tool, arguments);
        Some(match run.await {
            Ok(outcome) => outcome.into_result(),
            Err(failure) => {
                let failure = hinted(failure, exposed.tool);
                tracing::debug!(tool.name = exposed.tool.name, kind = failure.kind.name(), "argus tool call failed");
                CallToolResult::structured_error(failure.to_value(&exposed.listed.name))
            }
        })
    }

    async fn run(&self, tool: &'static Tool, arguments: &JsonObject) -> Result<Outcome, Failure> {
        let checked = validate::arguments(&tool.made().shape, arguments)?;
        tools::run::run(tool, &self.backend, checked).await
    }
}

/// The tools that a configuration exposes, each with the name it is shown by.
///
/// # Errors
/// [`ConfigError`] if a setting names no tool.
pub fn exposed(config: &ArgusConfig) -> Result<Vec<(&'static str, String)>, ConfigError> {
    let shown = |tool: &Tool| config.tool_names.get(tool.name).cloned().unwrap_or_else(|| tool.name.to_owned());
    Ok(chosen(&config.tools)?.into_iter().map(|tool| (tool.name, shown(tool))).collect())
}

fn chosen(wanted: &[String]) -> Result<Vec<&'static Tool>, ConfigError> {
    let is = |tool: &Tool, name: &str| tool.name == name || tool.family.name() == name;
    for name in wanted {
        if !tools::ALL.iter().any(|tool| is(tool, name)) {
            let problem = format!("names {name}, which is no family or tool of this server");
            return Err(ConfigError::invalid("ARGUS_MCP_TOOLS", problem));
        }
    }
    let all = tools::ALL.iter().copied();
    Ok(all.filter(|tool| wanted.is_empty() || wanted.iter().any(|name| is(tool, name))).collect())
}

fn listed(tool: &'static Tool, shown: &str) -> McpTool {
    let annotations = ToolAnnotations::with_title(tool.title)
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(tool.kind() == ToolKind::Rest);
    let made = tool.made();
    let input = Arc::clone(&made.input);
    let listed =
        McpTool::new(shown.to_owned(), tool.description(), input).with_title(tool.title).with_annotations(annotations);
    match &made.output {
        Some(output) => listed.with_raw_output_schema(Arc::clone(output)),
        None => listed,
    }
}

/// Adds what to do next: the tool's own hints first, then the general ones.
fn hinted(mut failure: Failure, tool: &Tool) -> Failure {
    if failure.hint.is_some() {
        return failure;
    }
    let named = |field: &str| failure.argus_messages.iter().any(|message| message["field"].as_str() == Some(field));
    let fits = |on: &On| match on {
        On::Field(field) => failure.kind == FailureKind::ValidationFailed && named(field),
        On::Kind(kind) => failure.kind == *kind,
    };
    let own = tool.hints.iter().find(|(on, _)| fits(on)).map(|(_, text)| *text);
    failure.hint = own.or(general_hint(failure.kind)).map(str::to_owned);
    failure
}

fn general_hint(kind: FailureKind) -> Option<&'static str> {
    Some(match kind {
        FailureKind::AuthenticationFailed => {
            "The key is invalid, expired, or used from the wrong address; its owner must see to it."
        }
        FailureKind::AccessDenied => {
            "The key lacks the permission or the customer; report that instead of trying again."
        }
        FailureKind::NotFound => "The key may lack access, so this does not prove that the object does not exist.",
        FailureKind::ValidationFailed => "Correct the fields that Argus names and call again.",
        FailureKind::ResourceLimit => "The limit frees up with time; the user may try again later.",
        FailureKind::RateLimited
        | FailureKind::ServerError
        | FailureKind::ServiceUnavailable
        | FailureKind::NetworkError
        | FailureKind::Timeout => "Report that Argus could not be reached; try again later.",
        _ => return None,
    })
}

impl ServerHandler for ArgusServer {
    fn get_info(&self) -> ServerConfig {
        let version = env!("CARGO_PKG_VERSION");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(SERVER_NAME, version))
            .with_instructions(SYSTEM_PROMPT_RULES.join("\n"))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools.iter().map(|exposed| exposed.listed.clone());
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    fn get_tool(&self, name: &str) -> Option<McpTool> {
        self.find(name).map(|exposed| exposed.listed.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let result = tokio::select! {
            result = caught(self.call(&request.name, &arguments)) => result,
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("the call was cancelled", None));
            }
        };
        match result {
            Some(Some(result)) => Ok(result.into()),
            Some(None) => {
                let names = self.tools.iter().map(|exposed| exposed.listed.name.as_ref());
                let text = match validate::nearest(&request.name, names) {
                    Some(near) => format!("unknown tool; did you mean {near}?"),
                    None => "unknown tool".to_owned(),
                };
                Err(ErrorData::invalid_params(text, None))
            }
            None => {
                Err(ErrorData::internal_error("the tool failed inside the server; no Argus data was obtained", None))
            }
        }
    }
}
