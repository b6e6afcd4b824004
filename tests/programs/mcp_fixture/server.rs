//! An MCP server with one thing of each kind, as the conformance suite's documentation of its
//! fixtures describes them, and what our own tests need besides: a tool that changes something,
//! one that never answers, and lists that change. It notes what it is asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ClientCapabilities;
use rmcp::model::CompleteRequestParams;
use rmcp::model::CompleteResult;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::GetPromptResponse;
use rmcp::model::InputRequiredResult;
use rmcp::model::ListPromptsResult;
use rmcp::model::ListResourceTemplatesResult;
use rmcp::model::ListResourcesResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ProgressNotificationParam;
use rmcp::model::ProtocolVersion;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::ReadResourceResponse;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::SubscribeRequestParams;
use rmcp::model::SubscriptionFilter;
use rmcp::model::UnsubscribeRequestParams;
use rmcp::service::RequestContext;
use rmcp::service::SubscriptionContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Notify;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A PNG of one pixel.
pub(crate) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// A WAV without a sample.
pub(crate) const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// The server; clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Fixture {
    asked: Arc<Mutex<Vec<Value>>>,
    /// A call that never ends has begun.
    pub(crate) waits: Arc<Notify>,
    /// It was cancelled.
    pub(crate) cancelled: Arc<Notify>,
    grown: Arc<AtomicBool>,
    changes: watch::Sender<Option<Changed>>,
}

/// A list that may change.
#[derive(Clone, Copy)]
enum Changed {
    Tools,
    Prompts,
}

impl Fixture {
    /// Calls of tools so far: `{tool, arguments}`.
    #[cfg_attr(not(test), expect(dead_code, reason = "the program does not ask"))]
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves it at a free port; its URL and the task.
    pub(crate) async fn listen(&self) -> anyhow::Result<(String, JoinHandle<std::io::Result<()>>)> {
        let fixture = self.clone();
        let service = StreamableHttpService::new(
            move || Ok(fixture.clone()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let router = axum::Router::new().nest_service("/mcp", service);
        Ok((url, tokio::spawn(async move { axum::serve(listener, router).await })))
    }
}

/// A value of the protocol as the wire has it.
fn of<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the fixture writes MCP")
}

fn content(blocks: Value) -> CallToolResponse {
    of::<CallToolResult>(json!({ "content": blocks })).into()
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn tools(grown: bool) -> Value {
    let none = json!({ "type": "object" });
    let plain = |name: &str, description: &str| json!({ "name": name, "description": description, "inputSchema": none, "annotations": { "readOnlyHint": true } });
    let mut tools = vec![
        plain("test_simple_text", "Answers with a text."),
        plain("test_image_content", "Answers with an image."),
        plain("test_audio_content", "Answers with a sound."),
        plain("test_embedded_resource", "Answers with a resource."),
        plain("test_multiple_content_types", "Answers with a text, an image and a resource."),
        plain("test_resource_link", "Answers with a link to a resource."),
        plain("test_error_handling", "Always fails."),
        plain("test_protocol_error", "Refuses with an error of the protocol."),
        plain("test_tool_with_progress", "Tells of its progress."),
        plain("test_wait", "Never answers."),
        plain("test_grow", "Adds a tool to the list."),
        plain("test_trigger_tool_change", "Adds a tool to the list, or takes it away."),
        plain("test_trigger_prompt_change", "Says that the prompts have changed."),
        plain("test_logging_tool", "Would log, if it were asked to."),
        plain("test_elicitation_sep1034_defaults", "Asks for one value of each kind, with defaults."),
        plain("test_elicitation_sep1330_enums", "Asks for choices of each kind."),
        plain("test_input_required_result_elicitation", "Asks for a name."),
        plain("test_input_required_result_request_state", "Asks, and wants its state back."),
        plain("test_input_required_result_tampered_state", "Asks, and takes its own state alone."),
        plain("test_streaming_elicitation", "Asks for a name."),
        plain("test_missing_capability", "Wants a client whose user can be asked, and says so to any other."),
        plain("test_input_required_result_multi_round", "Asks twice, one after the other."),
        json!({
            "name": "test_elicitation", "description": "Asks what it is told to ask.",
            "inputSchema": { "type": "object", "properties": { "message": { "type": "string" } }, "required": ["message"] },
            "annotations": { "readOnlyHint": true },
        }),
        json!({
            "name": "test_structured", "title": "A number doubled", "description": "Doubles a number.",
            "inputSchema": { "type": "object", "properties": { "number": { "type": "integer" } }, "required": ["number"] },
            "outputSchema": { "type": "object", "properties": { "doubled": { "type": "integer" } }, "required": ["doubled"] },
            "annotations": { "readOnlyHint": true, "idempotentHint": true },
        }),
        json!({
            "name": "test_change", "description": "Changes something.",
            "inputSchema": { "type": "object", "properties": { "what": { "type": "string" } }, "required": ["what"] },
        }),
        json!({
            "name": "test_custom_header", "description": "Takes an argument that is also a header.",
            "inputSchema": { "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } },
            "annotations": { "readOnlyHint": true },
        }),
        json!({
            "name": "json_schema_2020_12_tool", "description": "Has a schema with all that is new.",
            "inputSchema": schema_2020_12(), "annotations": { "readOnlyHint": true },
        }),
    ];
    if grown {
        tools.push(plain("test_grown", "Was not there before."));
    }
    tools.into()
}

fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef", "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .build();
        ServerConfig::new(capabilities)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(of(json!({ "tools": tools(self.grown.load(Ordering::SeqCst)) })))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.clone().unwrap_or_default());
        let asked = json!({ "tool": request.name, "arguments": arguments });
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        if let Some(rounds) = questions(&request.name, &arguments) {
            return ask(&request, &context, &rounds).await;
        }
        if request.name == "test_missing_capability"
            && context.client_capabilities().is_none_or(|can| can.elicitation.is_none())
        {
            let wanted = ClientCapabilities::builder().enable_elicitation().build();
            return Err(ErrorData::missing_required_client_capability(wanted));
        }
        let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
        Ok(match request.name.as_ref() {
            "test_simple_text" => content(json!([text("This is a simple text response for testing.")])),
            "test_image_content" => content(json!([image])),
            "test_audio_content" => content(json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }])),
            "test_embedded_resource" => content(json!([{ "type": "resource", "resource": {
                "uri": "test://embedded-resource", "mimeType": "text/plain",
                "text": "This is an embedded resource content." } }])),
            "test_multiple_content_types" => of::<CallToolResult>(json!({
                "content": [text("Multiple content types test:"), image, { "type": "resource", "resource": {
                    "uri": "test://mixed-content-resource", "mimeType": "application/json",
                    "text": "{\"test\":\"data\",\"value\":123}" } }],
                "_meta": { "example.org/kept": true },
            }))
            .into(),
            "test_resource_link" => {
                content(json!([{ "type": "resource_link", "uri": "test://static-text", "name": "static-text" }]))
            }
            "test_error_handling" => of::<CallToolResult>(json!({
                "content": [text("This tool intentionally returns an error for testing")], "isError": true }))
            .into(),
            "test_protocol_error" => return Err(ErrorData::new(rmcp::model::ErrorCode(-32042), "not like this", None)),
            "test_tool_with_progress" => {
                progress(&context).await?;
                content(json!([text("done")]))
            }
            "test_wait" => {
                self.waits.notify_one();
                context.ct.cancelled().await;
                self.cancelled.notify_one();
                return Err(ErrorData::internal_error("cancelled", None));
            }
            "test_grow" => {
                self.grown.store(true, Ordering::SeqCst);
                context.peer.notify_tool_list_changed().await.map_err(lost)?;
                content(json!([text("grown")]))
            }
            "test_trigger_tool_change" => {
                self.grown.fetch_xor(true, Ordering::SeqCst);
                self.changes.send_replace(Some(Changed::Tools));
                content(json!([text("changed")]))
            }
            "test_trigger_prompt_change" => {
                self.changes.send_replace(Some(Changed::Prompts));
                content(json!([text("changed")]))
            }
            "test_structured" => {
                let doubled = arguments["number"].as_i64().map(|number| number * 2);
                CallToolResult::structured(json!({ "doubled": doubled })).into()
            }
            "test_change" => CallToolResult::structured(json!({ "changed": arguments["what"] })).into(),
            "test_custom_header"
            | "json_schema_2020_12_tool"
            | "test_grown"
            | "test_logging_tool"
            | "test_missing_capability" => content(json!([text("ok")])),
            name => return Err(ErrorData::invalid_params(format!("no tool {name}"), None)),
        })
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            tokio::select! {
                () = context.cancelled() => return Ok(()),
                changed = changes.changed() => changed.map_err(|_| ErrorData::internal_error("over", None))?,
            }
            let changed = *changes.borrow_and_update();
            let told = match changed {
                Some(Changed::Tools) => context.sink().notify_tool_list_changed().await,
                Some(Changed::Prompts) => context.sink().notify_prompt_list_changed().await,
                None => Ok(()),
            };
            if told.is_err() {
                return Ok(());
            }
        }
    }

    /// Taken, and never told of: what it has does not change.
    async fn subscribe(
        &self,
        _request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(of(json!({ "resources": [
            { "uri": "test://static-text", "name": "static-text", "description": "A text.", "mimeType": "text/plain" },
            { "uri": "test://static-binary", "name": "static-binary", "description": "An image.", "mimeType": "image/png" },
        ] })))
    }

    async fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(of(json!({ "resourceTemplates": [
            { "uriTemplate": "test://template/{id}/data", "name": "template", "description": "Data of an id.",
              "mimeType": "application/json" },
        ] })))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.as_str();
        let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
        let read = match (uri, id) {
            ("test://static-text", _) => json!({ "uri": uri, "mimeType": "text/plain",
                "text": "This is the content of the static text resource." }),
            ("test://static-binary", _) => json!({ "uri": uri, "mimeType": "image/png", "blob": PNG }),
            (_, Some(id)) => {
                let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
                json!({ "uri": uri, "mimeType": "application/json", "text": data.to_string() })
            }
            _ => return Err(ErrorData::resource_not_found(format!("no resource {uri}"), Some(json!({ "uri": uri })))),
        };
        Ok(of::<rmcp::model::ReadResourceResult>(json!({ "contents": [read] })).into())
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let required = |names: &[&str]| -> Vec<Value> {
            names.iter().map(|name| json!({ "name": name, "description": "An argument.", "required": true })).collect()
        };
        Ok(of(json!({ "prompts": [
            { "name": "test_simple_prompt", "description": "A text." },
            { "name": "test_prompt_with_arguments", "description": "Two words.", "arguments": required(&["arg1", "arg2"]) },
            { "name": "test_prompt_with_embedded_resource", "description": "A resource.", "arguments": required(&["resourceUri"]) },
            { "name": "test_prompt_with_image", "description": "An image." },
            { "name": "test_input_required_result_prompt", "description": "Asks for its context." },
        ] })))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let argument = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let said = |content: Value| json!({ "role": "user", "content": content });
        let messages = match request.name.as_str() {
            "test_simple_prompt" => json!([said(text("This is a simple prompt for testing."))]),
            "test_prompt_with_arguments" => {
                let words = format!("Prompt with arguments: arg1='{}', arg2='{}'", argument("arg1"), argument("arg2"));
                json!([said(text(&words))])
            }
            "test_prompt_with_embedded_resource" => json!([
                said(
                    json!({ "type": "resource", "resource": { "uri": argument("resourceUri"), "mimeType": "text/plain",
                    "text": "Embedded resource content for testing." } })
                ),
                said(text("Please process the embedded resource above.")),
            ]),
            "test_prompt_with_image" => json!([
                said(json!({ "type": "image", "data": PNG, "mimeType": "image/png" })),
                said(text("Please analyze the image above.")),
            ]),
            "test_input_required_result_prompt" => {
                let said = request.input_responses.as_ref().and_then(|said| said.get("user_context"));
                let Some(said) = said else {
                    let schema = json!({ "type": "object", "properties": { "context": { "type": "string" } }, "required": ["context"] });
                    let form = json!({ "message": "What context should the prompt use?", "requestedSchema": schema });
                    let asked = json!({ "user_context": { "method": "elicitation/create", "params": form } });
                    return Ok(InputRequiredResult::new(Some(of(asked)), None).into());
                };
                json!([{ "role": "user", "content": text(said["content"]["context"].as_str().unwrap_or_default()) }])
            }
            name => return Err(ErrorData::invalid_params(format!("no prompt {name}"), None)),
        };
        Ok(of::<rmcp::model::GetPromptResult>(json!({ "messages": messages })).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let known = ["paris", "park", "party", "oslo"];
        let begun = &request.argument.value;
        let values: Vec<&str> = known.into_iter().filter(|word| word.starts_with(begun.as_str())).collect();
        Ok(of(json!({ "completion": { "total": values.len(), "hasMore": false, "values": values } })))
    }
}

/// What a tool asks, one after the other: a name for the question, and a form.
fn questions(tool: &str, arguments: &Value) -> Option<Vec<(&'static str, Value)>> {
    let form = |message: &str, required: Value, properties: Value| {
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        json!({ "message": message, "requestedSchema": schema })
    };
    let word = |name: &str| json!({ name: { "type": "string" } });
    let sure = || form("Please confirm", json!(["ok"]), json!({ "ok": { "type": "boolean" } }));
    Some(match tool {
        "test_elicitation" => {
            let of = |what: &str| json!({ "type": "string", "description": what });
            let properties = json!({ "username": of("User's response"), "email": of("User's email address") });
            let message = arguments["message"].as_str().unwrap_or_default();
            vec![("user", form(message, json!(["username", "email"]), properties))]
        }
        "test_elicitation_sep1034_defaults" => vec![("defaults", form("Please review", json!([]), defaults()))],
        "test_elicitation_sep1330_enums" => vec![("choices", form("Please choose", json!([]), choices()))],
        "test_input_required_result_elicitation" | "test_streaming_elicitation" => {
            vec![("user_name", form("What is your name?", json!(["name"]), word("name")))]
        }
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
            vec![("confirm", sure())]
        }
        "test_input_required_result_multi_round" => vec![
            ("step1", form("Step 1: What is your name?", json!(["name"]), word("name"))),
            ("step2", form("Step 2: What is your favorite color?", json!(["color"]), word("color"))),
        ],
        _ => return None,
    })
}

fn defaults() -> Value {
    json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    })
}

fn choices() -> Value {
    let titled = |words: [&str; 3]| -> Value {
        let options =
            words.iter().enumerate().map(|(at, word)| json!({ "const": format!("value{}", at + 1), "title": word }));
        options.collect::<Vec<_>>().into()
    };
    let plain = ["option1", "option2", "option3"];
    json!({
        "untitledSingle": { "type": "string", "enum": plain },
        "titledSingle": { "type": "string", "oneOf": titled(["First Option", "Second Option", "Third Option"]) },
        "legacyEnum": { "type": "string", "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"] },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled(["First Choice", "Second Choice", "Third Choice"]) } },
    })
}

/// Asks in the way of the client's revision, and answers with what was said.
async fn ask(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    rounds: &[(&str, Value)],
) -> Result<CallToolResponse, ErrorData> {
    let said = if context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
        // How many rounds are over stands in the state, and nothing else is taken for one.
        let over = match request.request_state.as_deref() {
            None => 0,
            Some(state) => {
                let over = state.strip_prefix("rounds-over:").and_then(|over| over.parse::<usize>().ok());
                over.filter(|over| *over < rounds.len())
                    .ok_or_else(|| ErrorData::invalid_params("no state of mine", None))?
            }
        };
        let given = request.input_responses.as_ref().and_then(|given| given.get(rounds[over].0));
        let over = over + usize::from(given.is_some());
        match (given, rounds.get(over)) {
            (Some(said), None) => said.clone(),
            (_, Some((name, form))) => {
                let asked = json!({ *name: { "method": "elicitation/create", "params": form } });
                return Ok(InputRequiredResult::new(Some(of(asked)), Some(format!("rounds-over:{over}"))).into());
            }
            (None, None) => return Err(ErrorData::internal_error("nothing is left to ask", None)),
        }
    } else {
        let mut said = Value::Null;
        for (_, form) in rounds {
            let answer = context.peer.create_elicitation(of(form.clone())).await.map_err(lost)?;
            said = json!(answer);
        }
        said
    };
    let told = format!("state-ok; action={}, content={}", said["action"].as_str().unwrap_or_default(), said["content"]);
    Ok(content(json!([text(&told)])))
}

/// The pauses are the suite's: clients must be able to tell the steps apart.
async fn progress(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    let Some(token) = context.meta.get_progress_token() else { return Ok(()) };
    for done in [0.0, 50.0, 100.0] {
        let step = ProgressNotificationParam::new(token.clone(), done).with_total(100.0);
        context.peer.notify_progress(step).await.map_err(lost)?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn lost(error: rmcp::service::ServiceError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
