//! What the simulated model says to a request: which task it is, what an honest model
//! would do, and where its behaviour leaves that path.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::model::answer::Answer;
use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::behaviour::Persona;
use crate::sim::model::draft;
use crate::sim::model::job::Job;
use crate::sim::model::job::Task;
use crate::sim::model::judge;
use crate::sim::model::phrases::Voice;
use crate::sim::model::plan;
use crate::sim::model::plan::Candidate;
use crate::sim::model::plan::Wanted;
use crate::sim::model::request::ChatRequest;
use crate::sim::model::request::Choice;
use crate::sim::model::route;
use crate::sim::model::twist;

/// Depth to which a schema is filled in.
const MAX_DEPTH: usize = 8;

/// The answer to a request.
pub(super) fn answer(persona: Persona, request: &ChatRequest) -> Answer {
    let job = Job::read(request);
    // Told of its fault, a `+once` model is honest.
    let told = matches!(job.task, Task::Repair | Task::Arguments);
    let behaviour = if persona.once && told { Behaviour::Honest } else { persona.behaviour };
    let voice = Voice::new(job.tongue, &job.message);
    let mut answer = match job.task {
        Task::Route => Answer::text(route::answer(&job).to_string()),
        Task::Judge => Answer::text(judge::answer(behaviour, &job)),
        Task::Arguments => arguments(behaviour, &job, voice),
        Task::Gather => gather(behaviour, request, &job, voice),
        Task::Draft | Task::Repair => write(behaviour, request, &job, voice),
        Task::Chat => chat(behaviour, request, &job, voice),
    };
    if behaviour == Behaviour::Thinks && request.schema.is_none() {
        let thought = format!("The user asks: {}\nI look at what I have and answer from it.", first_line(&job.message));
        answer.content = format!("<think>\n{thought}\n</think>\n\n{}", answer.content);
    }
    answer
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(120).collect()
}

fn offered(request: &ChatRequest) -> Vec<Candidate<'_>> {
    request
        .tools
        .iter()
        .filter(|tool| match &request.choice {
            Choice::Named(name) => tool.name == *name,
            Choice::None => false,
            Choice::Auto | Choice::Required => true,
        })
        .map(|tool| Candidate { name: &tool.name, description: &tool.description, schema: &tool.schema })
        .collect()
}

/// Gathering: a call, or the single word that says there is enough.
fn gather(behaviour: Behaviour, request: &ChatRequest, job: &Job, voice: Voice) -> Answer {
    let forced = matches!(request.choice, Choice::Required | Choice::Named(_));
    if !job.results.is_empty() && behaviour != Behaviour::Loops && !forced {
        return Answer::text("DONE");
    }
    let candidates = offered(request);
    let mut wanted = plan::calls(job, &candidates);
    if wanted.is_empty() && (forced || behaviour == Behaviour::Loops) {
        wanted = any_call(&candidates);
    }
    if wanted.is_empty() {
        return Answer::text(voice.no_result());
    }
    call(behaviour, job, &candidates, wanted, voice)
}

/// A required call without a fitting tool: the first one that needs no statement in a language of
/// its own, with its schema filled in.
fn any_call(candidates: &[Candidate<'_>]) -> Vec<Wanted> {
    candidates
        .iter()
        .find(|candidate| plan::bare(candidate.name) != "run_sysql")
        .map(|candidate| Wanted { tool: candidate.name.to_owned(), arguments: instance(candidate.schema, 0) })
        .into_iter()
        .collect()
}

/// Puts calls where the behaviour puts them.
fn call(behaviour: Behaviour, job: &Job, candidates: &[Candidate<'_>], wanted: Vec<Wanted>, voice: Voice) -> Answer {
    let proper = |wanted: Vec<Wanted>| Answer {
        calls: wanted.into_iter().map(|wanted| (wanted.tool, wanted.arguments.to_string())).collect(),
        ..Answer::default()
    };
    match behaviour {
        Behaviour::SkipsTools | Behaviour::IgnoresRequired | Behaviour::PhantomCall | Behaviour::ReusesStale => {
            let mut bare = job.clone();
            bare.results.clear();
            bare.failures.clear();
            Answer::text(twist::without_results(behaviour, &bare, voice))
        }
        Behaviour::CallsInText => Answer::text(format!("{}\n{}", voice.will_look(), hermes(&wanted))),
        Behaviour::CallsInReasoning => Answer {
            reasoning: format!("I need a tool for this.\n{}", hermes(&wanted)),
            content: String::new(),
            calls: Vec::new(),
        },
        Behaviour::BadArguments => proper(wanted.into_iter().map(spoil).collect()),
        Behaviour::WrongTool => proper(vec![other_tool(&wanted, candidates)]),
        _ => proper(wanted),
    }
}

fn hermes(wanted: &[Wanted]) -> String {
    let tagged: Vec<String> = wanted
        .iter()
        .map(|wanted| {
            let call = json!({"name": wanted.tool, "arguments": wanted.arguments});
            format!("<tool_call>\n{call}\n</tool_call>")
        })
        .collect();
    tagged.join("\n")
}

/// Every value of another type, and a name that no schema has.
fn spoil(mut wanted: Wanted) -> Wanted {
    let mut members: Map<String, Value> = match wanted.arguments {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| match value {
                Value::String(_) => (key, json!(["?"])),
                other => (key, json!(format!("not {}", kind(&other)))),
            })
            .collect(),
        _ => Map::new(),
    };
    members.insert("no_such_argument".to_owned(), json!(true));
    wanted.arguments = Value::Object(members);
    wanted
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        _ => "a number",
    }
}

/// Another tool than the right one; one that does not exist when there is no other.
fn other_tool(wanted: &[Wanted], candidates: &[Candidate<'_>]) -> Wanted {
    let right = wanted.first().map(|wanted| wanted.tool.as_str()).unwrap_or_default();
    match candidates.iter().find(|candidate| candidate.name != right) {
        Some(other) => Wanted { tool: other.name.to_owned(), arguments: instance(other.schema, 0) },
        None => Wanted { tool: "lookup_everything".to_owned(), arguments: json!({}) },
    }
}

/// The constrained choice: {tool, arguments}.
fn arguments(behaviour: Behaviour, job: &Job, voice: Voice) -> Answer {
    let candidates: Vec<Candidate<'_>> =
        job.listed.iter().map(|(name, schema)| Candidate { name, description: "", schema }).collect();
    let mut wanted = plan::calls(job, &candidates);
    if wanted.is_empty() {
        wanted = any_call(&candidates);
    }
    let Some(first) = wanted.first().cloned() else { return Answer::text(voice.no_result()) };
    let chosen = match behaviour {
        Behaviour::SkipsTools | Behaviour::PhantomCall | Behaviour::ReusesStale => {
            return Answer::text(twist::without_results(behaviour, job, voice));
        }
        Behaviour::BadArguments => spoil(first),
        Behaviour::WrongTool => other_tool(&wanted, &candidates),
        _ => first,
    };
    Answer::text(json!({"tool": chosen.tool, "arguments": chosen.arguments}).to_string())
}

/// Draft and repair.
fn write(behaviour: Behaviour, request: &ChatRequest, job: &Job, voice: Voice) -> Answer {
    if behaviour == Behaviour::Loops {
        let candidates = offered(request);
        let mut wanted = plan::calls(job, &candidates);
        if wanted.is_empty() {
            wanted = any_call(&candidates);
        }
        if !wanted.is_empty() {
            return call(behaviour, job, &candidates, wanted, voice);
        }
    }
    Answer::text(twist::text(behaviour, job, voice))
}

/// A request that is no prompt of ours: a small chat model that uses its tools.
fn chat(behaviour: Behaviour, request: &ChatRequest, job: &Job, voice: Voice) -> Answer {
    if let Some(schema) = &request.schema {
        return Answer::text(instance(schema, 0).to_string());
    }
    let candidates = offered(request);
    let forced = matches!(request.choice, Choice::Required | Choice::Named(_));
    let first = job.results.is_empty();
    if !candidates.is_empty() && (first || forced || behaviour == Behaviour::Loops) {
        let mut wanted = plan::calls(job, &candidates);
        if wanted.is_empty() && forced {
            wanted = any_call(&candidates);
        }
        if !wanted.is_empty() {
            return call(behaviour, job, &candidates, several(job, wanted), voice);
        }
    }
    if first {
        let talk = draft::talk(job, voice);
        return Answer::text(if talk == voice.no_result() {
            twist::without_results(behaviour, job, voice)
        } else {
            talk
        });
    }
    Answer::text(twist::text(behaviour, job, voice))
}

/// "in Oslo and in Bergen": one call for each name, where a call takes one.
fn several(job: &Job, wanted: Vec<Wanted>) -> Vec<Wanted> {
    let [only] = wanted.as_slice() else { return wanted };
    let Some((key, Value::String(value))) = only.arguments.as_object().and_then(|members| members.iter().next()) else {
        return wanted;
    };
    let clean = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let words: Vec<String> = job.message.split_whitespace().map(clean).collect();
    let other = words
        .iter()
        .skip_while(|word| *word != value)
        .skip(1)
        .take(4)
        .find(|word| word.chars().next().is_some_and(char::is_uppercase));
    match other {
        Some(other) if words.contains(value) => {
            let mut second = only.clone();
            second.arguments[key.as_str()] = json!(other);
            vec![only.clone(), second]
        }
        _ => wanted,
    }
}

/// The smallest value that a schema allows, as far as it says.
fn instance(schema: &Value, depth: usize) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    };
    match kind {
        "object" if depth < MAX_DEPTH => {
            let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let members = required.iter().filter_map(Value::as_str).map(|name| {
                let property = schema.get("properties").and_then(|properties| properties.get(name));
                (name.to_owned(), instance(property.unwrap_or(&Value::Null), depth + 1))
            });
            Value::Object(members.collect())
        }
        "object" => json!({}),
        "array" => json!([]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => json!("unknown"),
    }
}
