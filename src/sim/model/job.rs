//! What a request asks the simulated model to do. Our own prompts are known by their
//! first line (`Task: …`) and read by their fenced blocks; any other request is a
//! plain chat, where the last user message counts and tool messages after it are the
//! results at hand.

use serde_json::Map;
use serde_json::Value;

use crate::sim::model::request::ChatMessage;
use crate::sim::model::request::ChatRequest;
use crate::sim::model::words::Tongue;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Route,
    Gather,
    Arguments,
    Draft,
    Repair,
    Judge,
    /// No prompt of ours.
    Chat,
}

/// A tool result at hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) tool: String,
    pub(super) arguments: Value,
    pub(super) observed_at: Option<String>,
    pub(super) outcome: String,
    pub(super) rows_shown: Option<u64>,
    pub(super) rows_total: Option<u64>,
    pub(super) error: Option<String>,
    pub(super) content: Value,
}

/// An earlier call whose values are gone.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    pub(super) tool: String,
    pub(super) arguments: Value,
    pub(super) observed_at: String,
}

/// A claim put to the judge.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) index: u64,
    pub(super) text: String,
    pub(super) verdict: String,
    pub(super) nearest: Vec<String>,
}

/// All that a request gives.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) message: String,
    pub(super) tongue: Tongue,
    pub(super) decision: String,
    pub(super) results: Vec<Seen>,
    pub(super) earlier: Vec<Earlier>,
    pub(super) failures: Vec<String>,
    pub(super) hints: Map<String, Value>,
    /// What was said before in the conversation, oldest first.
    pub(super) said: Vec<String>,
    pub(super) claims: Vec<Asked>,
    pub(super) draft: String,
    /// Tools listed in the prompt instead of being offered.
    pub(super) listed: Vec<(String, Value)>,
}

impl Job {
    /// Reads a request.
    pub(super) fn read(request: &ChatRequest) -> Self {
        let last_user = request.messages.iter().rposition(|message| message.role == "user").unwrap_or(0);
        let last_text = request.messages.get(last_user).map_or("", |message| message.text.as_str());
        let system = request.messages.first().filter(|message| message.role == "system");
        let task = task_of(last_text).or_else(|| system.and_then(|message| task_of(&message.text)));
        match task {
            Some(Task::Repair) => {
                let first_user = request.messages.iter().find(|message| message.role == "user");
                let mut job = Self::from_prompt(Task::Repair, first_user.map_or("", |message| &message.text));
                job.results.extend(tool_results(&request.messages[last_user..], &request.messages));
                job
            }
            Some(task) => {
                let mut job = Self::from_prompt(task, last_text);
                job.results.extend(tool_results(&request.messages[last_user..], &request.messages));
                job
            }
            None => Self::from_chat(request, last_user),
        }
    }

    fn from_prompt(task: Task, text: &str) -> Self {
        let blocks = Blocks::read(text);
        let language = line_after(text, "Language of the reply: ")
            .and_then(|line| Some(line.rsplit_once('(')?.1.trim_end_matches(')')))
            .or_else(|| line_after(text, "Language of the user: "))
            .or_else(|| line_after(text, "Language of the message: "));
        let message = blocks.first("MESSAGE").unwrap_or_default();
        let objects = |name: &str| blocks.all(name).iter().flat_map(|body| json_lines(body)).collect::<Vec<Value>>();
        let text_at = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            task,
            tongue: language.map_or_else(|| Tongue::of_text(&message), Tongue::of_code),
            decision: line_after(text, "Decision: ").unwrap_or_default().to_owned(),
            results: objects("RESULT").iter().map(seen).collect(),
            earlier: objects("EARLIER")
                .iter()
                .map(|stub| Earlier {
                    tool: text_at(stub, "tool"),
                    arguments: stub.get("arguments").cloned().unwrap_or_default(),
                    observed_at: text_at(stub, "observed_at"),
                })
                .collect(),
            failures: blocks
                .all("FAILURES")
                .iter()
                .flat_map(|body| body.lines())
                .map(|line| line.trim_start_matches("- ").to_owned())
                .collect(),
            hints: line_after(text, "Read off the message: ")
                .and_then(|line| serde_json::from_str(line).ok())
                .unwrap_or_default(),
            said: objects("HISTORY").iter().map(|item| text_at(item, "text")).collect(),
            claims: objects("CLAIMS").iter().map(asked).collect(),
            draft: blocks.first("DRAFT").unwrap_or_default(),
            listed: if task == Task::Arguments {
                objects("TOOLS")
                    .iter()
                    .map(|tool| (text_at(tool, "name"), tool.get("input_schema").cloned().unwrap_or_default()))
                    .collect()
            } else {
                Vec::new()
            },
            message,
        }
    }

    fn from_chat(request: &ChatRequest, last_user: usize) -> Self {
        let message = request.messages.get(last_user).map(|message| message.text.clone()).unwrap_or_default();
        let before = &request.messages[..last_user];
        let earlier = before
            .iter()
            .flat_map(|message| &message.calls)
            .map(|call| Earlier {
                tool: call.name.clone(),
                arguments: call.arguments.clone(),
                observed_at: String::new(),
            })
            .collect();
        Self {
            task: Task::Chat,
            tongue: Tongue::of_text(&message),
            decision: String::new(),
            results: tool_results(&request.messages[last_user..], &request.messages),
            earlier,
            failures: Vec::new(),
            hints: Map::new(),
            said: before
                .iter()
                .filter(|m| m.role == "assistant" && !m.text.is_empty())
                .map(|m| m.text.clone())
                .collect(),
            claims: Vec::new(),
            draft: String::new(),
            listed: Vec::new(),
            message,
        }
    }
}

fn task_of(text: &str) -> Option<Task> {
    Some(match text.lines().next()?.trim() {
        "Task: route" => Task::Route,
        "Task: gather" => Task::Gather,
        "Task: arguments" => Task::Arguments,
        "Task: draft" => Task::Draft,
        "Task: repair" => Task::Repair,
        "Task: judge" => Task::Judge,
        _ => return None,
    })
}

/// Fenced blocks of a prompt: only lines with the prompt's own marker count.
struct Blocks(Vec<(String, String)>);

impl Blocks {
    fn read(text: &str) -> Self {
        let mut blocks = Vec::new();
        let Some(marker) = line_after(text, "Marker: ") else { return Self(blocks) };
        let end = format!("<<<END {marker}>>>");
        let mut open: Option<(String, Vec<&str>)> = None;
        for line in text.lines() {
            open = match open {
                Some((name, body)) if line == end => {
                    blocks.push((name, body.join("\n")));
                    None
                }
                Some((name, mut body)) => {
                    body.push(line);
                    Some((name, body))
                }
                None => line
                    .strip_prefix("<<<")
                    .and_then(|rest| rest.strip_suffix(">>>"))
                    .filter(|rest| rest.contains(marker))
                    .and_then(|rest| rest.split(' ').next())
                    .map(|name| (name.to_owned(), Vec::new())),
            };
        }
        Self(blocks)
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(block, _)| block == name).map(|(_, body)| body.as_str()).collect()
    }

    fn first(&self, name: &str) -> Option<String> {
        self.all(name).first().map(|body| (*body).to_owned())
    }
}

fn line_after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(prefix)).map(str::trim)
}

fn json_lines(body: &str) -> Vec<Value> {
    body.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn seen(value: &Value) -> Seen {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Seen {
        tool: text("tool").unwrap_or_default(),
        arguments: value.get("arguments").cloned().unwrap_or_default(),
        observed_at: text("observed_at"),
        outcome: text("outcome").unwrap_or_default(),
        rows_shown: value.get("rows_shown").and_then(Value::as_u64),
        rows_total: value.get("rows_total").and_then(Value::as_u64),
        error: text("error"),
        content: value.get("content").cloned().unwrap_or_default(),
    }
}

fn asked(value: &Value) -> Asked {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let nearest = value.get("nearest").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Asked {
        index: value.get("index").and_then(Value::as_u64).unwrap_or(0),
        text: text("text"),
        verdict: text("verdict"),
        nearest: nearest.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

/// Tool messages after the last user message, as results.
fn tool_results(after: &[ChatMessage], all: &[ChatMessage]) -> Vec<Seen> {
    after
        .iter()
        .filter_map(|message| {
            let id = message.answers.as_ref()?;
            let call = all.iter().flat_map(|message| &message.calls).find(|call| call.id == *id)?;
            let content: Value =
                serde_json::from_str(&message.text).unwrap_or_else(|_| Value::String(message.text.clone()));
            let error = content
                .pointer("/error/message")
                .or_else(|| content.get("error").filter(|error| error.is_string()))
                .and_then(Value::as_str)
                .map(str::to_owned);
            Some(Seen {
                tool: call.name.clone(),
                arguments: call.arguments.clone(),
                observed_at: None,
                outcome: if error.is_some() { "error" } else { "" }.to_owned(),
                rows_shown: None,
                rows_total: None,
                error,
                content,
            })
        })
        .collect()
}
