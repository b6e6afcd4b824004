//! Finds out what a model server really honours, for `groundwire check`: a handful of
//! small requests, each bounded. A server that drops a field in silence is only found
//! by looking at what it does, so every point is judged by behaviour.

use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use serde_json::Value;
use serde_json::json;

use crate::domain::probe::ProbeReport;
use crate::domain::recover::parse_arguments;
use crate::engine::ports::ModelAnswer;
use crate::llm::exchange::Named;
use crate::llm::exchange::read_bounded;
use crate::llm::http_client;
use crate::llm::profile::ModelProfile;
use crate::llm::profile::ToolChoiceSupport;

/// Tokens that each probing answer may have.
const TOKENS: u32 = 160;
/// Most model names kept from the list.
const MAX_MODELS: usize = 200;
/// Characters kept of each of their names.
const MAX_MODEL_CHARS: usize = 200;

/// The value for `tool_choice` of the profile.
pub fn tool_choice(report: &ProbeReport) -> ToolChoiceSupport {
    match (report.named_honoured, report.required_honoured, report.auto_calls) {
        (Some(true), Some(true), _) => ToolChoiceSupport::Named,
        (_, Some(true), _) => ToolChoiceSupport::Required,
        (_, _, Some(true)) => ToolChoiceSupport::Auto,
        _ => ToolChoiceSupport::None,
    }
}

/// The value for `json_schema` of the profile.
pub fn json_schema(report: &ProbeReport) -> bool {
    report.json_schema_honoured == Some(true)
}

/// Tries a profile. Takes as long as eight small answers; each is bounded by the profile's
/// own time limits, and all together by `within`: what there is no time for is not tried.
/// Never fails: what fails is in the report.
pub async fn probe(name: &str, profile: &ModelProfile, within: Duration) -> ProbeReport {
    let mut report = ProbeReport::default();
    let http = match http_client() {
        Ok(http) => http,
        Err(error) => {
            report.problems.push(error.to_string());
            return report;
        }
    };
    if let Err(error) = profile.validate(name) {
        report.problems.push(error.to_string());
        return report;
    }
    let mut probe = Probe { http, named: Named { name, profile }, report, began: Instant::now(), within };
    probe.models().await;
    probe.plain().await;
    if probe.report.answers {
        probe.tools().await;
        probe.schema().await;
    }
    probe.report
}

struct Probe<'a> {
    http: reqwest::Client,
    named: Named<'a>,
    report: ProbeReport,
    began: Instant,
    within: Duration,
}

impl Probe<'_> {
    /// Time that is left.
    fn left(&self) -> Duration {
        self.within.saturating_sub(self.began.elapsed())
    }

    fn problem(&mut self, what: &str, error: &dyn std::fmt::Display) {
        self.report.problems.push(format!("{what}: {error}"));
    }

    async fn models(&mut self) {
        let sent = self
            .named
            .request(&self.http, reqwest::Method::GET, "models")
            .timeout(self.named.profile.first_byte_timeout().min(Duration::from_secs(15)).min(self.left()))
            .send()
            .await;
        let response = match sent {
            Ok(response) => response,
            Err(error) => return self.problem("list of models", &error.without_url()),
        };
        self.report.reachable = true;
        if !response.status().is_success() {
            let status = response.status();
            return self.problem("list of models", &status);
        }
        let body = read_bounded(response, 1024 * 1024).await.unwrap_or_default();
        let list = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        let Some(items) = list.get("data").and_then(Value::as_array) else {
            return self.problem("list of models", &"not in the shape {data: [{id}]}");
        };
        let ids = items.iter().filter_map(|item| item.get("id")?.as_str());
        self.report.model_listed = Some(ids.clone().any(|id| id == self.named.profile.model));
        self.report.models = ids.take(MAX_MODELS).map(|id| id.chars().take(MAX_MODEL_CHARS).collect()).collect();
    }

    async fn plain(&mut self) {
        let mut body = self.body("Say hello in one word.");
        body["stream"] = json!(false);
        let whole = self.ask("plain answer", &body).await;
        self.report.answers = whole.is_some();
        let body = self.body("Say hello in one word.");
        let streamed = self.ask("streamed answer", &body).await;
        self.report.reachable |= self.report.answers || streamed.is_some();
        self.report.answers |= streamed.is_some();
        // Without any answer, or without time, nothing is known of how it streams.
        let tried = streamed.is_some() || (self.report.answers && !self.left().is_zero());
        self.report.streaming = tried.then_some(streamed.is_some());
        if let Some(seen) = streamed {
            self.report.usage = Some(seen.usage);
            self.report.reasoning_field = match (seen.reasoning_key, seen.answer.reasoning.is_empty()) {
                (Some(key), _) => Some(key.to_owned()),
                (None, false) => Some("content".to_owned()),
                (None, true) => None,
            };
        }
    }

    async fn tools(&mut self) {
        let tools = json!([
            tool("get_weather", "Weather of a city now", "city"),
            tool("get_time", "Local time of a city now", "city")
        ]);
        let calls =
            |seen: &Seen| seen.answer.calls.iter().filter(|call| parse_arguments(&call.arguments).is_ok()).count();

        let mut body = self.body("What is the weather in Oslo now? Use the tool.");
        body["tools"] = tools.clone();
        body["tool_choice"] = json!("auto");
        self.report.auto_calls = self.ask("tool_choice auto", &body).await.map(|seen| calls(&seen) > 0);

        let mut body = self.body("Say hello in one word.");
        body["tools"] = tools.clone();
        body["tool_choice"] = json!("required");
        self.report.required_honoured = self.ask("tool_choice required", &body).await.map(|seen| calls(&seen) > 0);

        let mut body = self.body("What is the weather in Oslo now?");
        body["tools"] = tools.clone();
        body["tool_choice"] = json!({"type": "function", "function": {"name": "get_time"}});
        self.report.named_honoured = self
            .ask("named tool_choice", &body)
            .await
            .map(|seen| !seen.answer.calls.is_empty() && seen.answer.calls.iter().all(|call| call.name == "get_time"));

        let mut body = self.body("What is the weather in Oslo and in Bergen now? Call the tool once for each city.");
        body["tools"] = tools;
        body["tool_choice"] = json!("auto");
        self.report.parallel_calls = self.ask("parallel calls", &body).await.map(|seen| calls(&seen) > 1);
    }

    async fn schema(&mut self) {
        let schema = json!({
            "type": "object",
            "properties": {"colour": {"type": "string", "enum": ["ultraviolet"]}, "count": {"type": "integer"}},
            "required": ["colour", "count"],
            "additionalProperties": false,
        });
        let mut body = self.body("Which colour has the sky, and how many moons has the earth?");
        body["response_format"] =
            json!({"type": "json_schema", "json_schema": {"name": "sky", "strict": true, "schema": schema}});
        self.report.json_schema_honoured = self.ask("JSON Schema", &body).await.map(|seen| {
            serde_json::from_str::<Value>(&seen.answer.content)
                .is_ok_and(|value| value["colour"] == "ultraviolet" && value["count"].is_i64())
        });
    }

    fn body(&self, message: &str) -> Value {
        json!({
            "model": self.named.profile.model,
            "messages": [{"role": "user", "content": message}],
            "max_tokens": TOKENS, "temperature": 0, "stream": true,
            "stream_options": {"include_usage": true},
        })
    }

    async fn ask(&mut self, what: &str, body: &Value) -> Option<Seen> {
        let mut body = body.clone();
        if body["stream"] == json!(false)
            && let Some(members) = body.as_object_mut()
        {
            members.shift_remove("stream_options");
        }
        let limit = self.named.profile.timeout().min(self.left());
        if limit.is_zero() {
            self.problem(what, &"not tried, the time for the probe is over");
            return None;
        }
        let asked = self.named.chat(&self.http, Bytes::from(body.to_string()));
        let assembler = match tokio::time::timeout(limit, asked).await {
            Ok(Ok(assembler)) => assembler,
            Ok(Err(failed)) => {
                self.problem(what, &failed.error);
                return None;
            }
            Err(_) => {
                self.problem(what, &"no answer in time");
                return None;
            }
        };
        let usage = assembler.has_usage();
        let reasoning_key = assembler.reasoning_key();
        match self.named.finish(assembler) {
            Ok(answer) => Some(Seen { answer, usage, reasoning_key }),
            Err(error) => {
                self.problem(what, &error);
                None
            }
        }
    }
}

struct Seen {
    answer: ModelAnswer,
    usage: bool,
    reasoning_key: Option<&'static str>,
}

fn tool(name: &str, description: &str, argument: &str) -> Value {
    json!({"type": "function", "function": {
        "name": name, "description": description,
        "parameters": {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]},
    }})
}
