//! Chooses tools and arguments for a message, from the tools that are offered: known
//! tools of the two embedded servers by table, any other by its name, description and
//! schema. Arguments come from the message alone; what a schema does not know is left
//! out, and a tool whose required arguments cannot be filled is not chosen.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::model::detections;
use crate::sim::model::job::Job;
use crate::sim::model::lookups;
use crate::sim::model::platform;
use crate::sim::model::words::Reading;

/// A call that the model wants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) tool: String,
    pub(super) arguments: Value,
}

/// A tool to choose from: name and schema.
pub(super) struct Candidate<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) schema: &'a Value,
}

/// Most calls in one answer.
const MAX_CALLS: usize = 3;

/// The calls for this job, best first; empty when no offered tool fits.
pub(super) fn calls(job: &Job, candidates: &[Candidate<'_>]) -> Vec<Wanted> {
    let reading = Reading::of(&job.message, &job.hints);
    let repeated = repeated(job, &reading, candidates);
    if !repeated.is_empty() {
        return repeated;
    }
    let mut known: Vec<(u32, Wanted)> = candidates
        .iter()
        .filter_map(|candidate| {
            let (score, arguments) = known_tool(bare(candidate.name), &reading)?;
            let arguments = keep_known(arguments, candidate.schema);
            fits(&arguments, candidate.schema).then(|| (score, Wanted { tool: candidate.name.to_owned(), arguments }))
        })
        .collect();
    known.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    if let Some((best, first)) = known.first().cloned() {
        let mut wanted = vec![first.clone()];
        if first.arguments.get("caseID").is_some() {
            wanted.extend(reading.case_ids.iter().skip(1).take(MAX_CALLS - 1).map(|id| {
                let mut other = first.clone();
                other.arguments["caseID"] = json!(id);
                other
            }));
        }
        // A question over two sources needs a call to each.
        wanted.extend(known.into_iter().skip(1).filter(|(score, _)| *score == best).map(|(_, wanted)| wanted));
        wanted.truncate(MAX_CALLS);
        return wanted;
    }
    by_schema(job, &reading, candidates)
}

/// Name without the server in front.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit_once("__").map_or(name, |(_, bare)| bare)
}

/// A follow-up that names nothing repeats the latest earlier call.
fn repeated(job: &Job, reading: &Reading, candidates: &[Candidate<'_>]) -> Vec<Wanted> {
    let tools: Vec<&str> = candidates.iter().map(|candidate| bare(candidate.name)).collect();
    let new = !reading.priorities.is_empty() || reading.says(ASPECTS) || platform::asks(&tools, reading);
    if reading.names_something() || new {
        return Vec::new();
    }
    let Some(last) = job.earlier.last() else { return Vec::new() };
    candidates
        .iter()
        .find(|candidate| candidate.name == last.tool || bare(candidate.name) == bare(&last.tool))
        .map(|candidate| Wanted { tool: candidate.name.to_owned(), arguments: last.arguments.clone() })
        .into_iter()
        .collect()
}

const COMMENTS: &[&str] = &["comment", "kommentar"];
const TAGS: &[&str] = &["tag ", "tags", "tagger", "etikett", "schlagw"];
const EVENTS: &[&str] = &["event", "hendelse", "ereignis", "alert", "alarm", "varsel", "varsler", "detection"];
const CASES: &[&str] = &["case", "incident", "sak", "fall", "fälle", "fällen", "vorfall", "vorfälle", "ticket"];
const ASPECTS: &[&str] = &[
    "comment",
    "kommentar",
    "tags",
    "tagger",
    "schlagw",
    "event",
    "hendelse",
    "ereignis",
    "process tree",
    "prosesstre",
    "prozessbaum",
    "runtime",
];
/// Score and arguments of a tool of the embedded servers.
fn known_tool(tool: &str, reading: &Reading) -> Option<(u32, Value)> {
    if let Some(known) = detections::known(tool, reading).or_else(|| platform::known(tool, reading)) {
        return Some(known);
    }
    let case = reading.case_ids.first();
    let runtime = platform::is_runtime(reading);
    let events = reading.says(EVENTS);
    let some = |score: u32, arguments: Value| Some((score, arguments));
    match tool {
        "getArgusCaseComments" if reading.says(COMMENTS) => some(30, json!({"caseID": case?})),
        "getArgusCaseTags" if reading.says(TAGS) => some(30, json!({"caseID": case?})),
        "getEventsAssociatedWithCase" if events => some(25, json!({"caseID": case?})),
        "getArgusCaseByID" => some(20, json!({"caseID": case?})),
        "executeSearchArgusCase" if case.is_none() && (reading.says(CASES) || !(events || runtime)) => {
            let about_cases = reading.says(CASES) || !reading.customers.is_empty();
            about_cases.then(|| (15, json!({"request": case_search(reading)})))
        }
        "getEventByEventIdentifier" => some(28, json!({"eventIdentifier": reading.event_identifier.as_ref()?})),
        "executeSearchArgusEvent" if case.is_none() && !runtime && (events || reading.ip.is_some()) => {
            some(14, json!({"request": event_search(reading), "includeProperties": false}))
        }
        _ => known_lookup(tool, reading),
    }
}

fn known_lookup(tool: &str, reading: &Reading) -> Option<(u32, Value)> {
    if let Some(found) = lookups::known(tool, reading) {
        return Some(found);
    }
    match tool {
        "getAssetByIDOrShortName" => Some((18, json!({"idOrShortName": reading.host.as_ref()?}))),
        "getCustomerByIDOrShortName" if reading.says(&["customer", "kunde"]) => {
            Some((12, json!({"idOrShortName": reading.customers.first()?})))
        }
        _ => None,
    }
}

fn case_search(reading: &Reading) -> Value {
    let mut request = Map::new();
    let mut put = |key: &str, values: &[String]| {
        if !values.is_empty() {
            request.insert(key.to_owned(), json!(values));
        }
    };
    put("customer", &reading.customers);
    put("currentStatus", &reading.statuses);
    put("currentPriority", &reading.priorities);
    let named: Vec<String> = reading.host.iter().chain(&reading.ip).cloned().collect();
    put("keywords", if reading.keywords.is_empty() { &named } else { &reading.keywords });
    time_filter(&mut request, reading);
    Value::Object(request)
}

fn event_search(reading: &Reading) -> Value {
    let mut request = Map::new();
    if !reading.customers.is_empty() {
        request.insert("customer".to_owned(), json!(reading.customers));
    }
    if !reading.priorities.is_empty() {
        request.insert("severity".to_owned(), json!(reading.priorities));
    }
    if let Some(ip) = &reading.ip {
        request.insert("endpoint".to_owned(), json!([{"ip": [ip]}]));
    }
    time_filter(&mut request, reading);
    Value::Object(request)
}

fn time_filter(request: &mut Map<String, Value>, reading: &Reading) {
    if let Some(start) = &reading.start {
        request.insert("timeFilter".to_owned(), json!({"startTimestamp": start, "endTimestamp": "now"}));
    }
    if let Some(limit) = reading.limit {
        request.insert("limit".to_owned(), json!(limit));
    }
}

/// Any other tool: the one whose name and description share most words with the
/// message, with the arguments that its schema requires.
fn by_schema(job: &Job, reading: &Reading, candidates: &[Candidate<'_>]) -> Vec<Wanted> {
    let words: Vec<&str> =
        reading.lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3).collect();
    let mut best: Option<(usize, Wanted)> = None;
    for candidate in candidates {
        let about = format!("{} {}", candidate.name, candidate.description).to_lowercase();
        let score = words.iter().filter(|word| about.contains(**word)).count();
        let Some(arguments) = required_arguments(job, reading, candidate.schema) else { continue };
        // Without a word in common there is no reason to call anything.
        if score > best.as_ref().map_or(0, |(before, _)| *before) {
            best = Some((score, Wanted { tool: candidate.name.to_owned(), arguments }));
        }
    }
    best.map(|(_, wanted)| wanted).into_iter().collect()
}

fn required_arguments(job: &Job, reading: &Reading, schema: &Value) -> Option<Value> {
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut arguments = Map::new();
    for name in required.iter().filter_map(Value::as_str) {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        arguments.insert(name.to_owned(), argument(name, property, job, reading)?);
    }
    Some(Value::Object(arguments))
}

fn argument(name: &str, property: Option<&Value>, job: &Job, reading: &Reading) -> Option<Value> {
    let kind = property.and_then(|property| property.get("type")).and_then(Value::as_str).unwrap_or("string");
    if let Some(allowed) = property.and_then(|property| property.get("enum")).and_then(Value::as_array) {
        let said = |value: &&Value| value.as_str().is_some_and(|text| reading.lower.contains(&text.to_lowercase()));
        return allowed.iter().find(said).cloned();
    }
    let lower = name.to_lowercase();
    let text = match kind {
        "integer" | "number" => return reading.case_ids.first().map(|id| json!(id)),
        "boolean" => return Some(json!(false)),
        "array" => return Some(json!([])),
        "object" => return Some(json!({})),
        _ if lower.contains("event") => reading.event_identifier.clone().or_else(|| reading.event_id.clone()),
        // A statement is written by somebody who knows the language, not taken for one.
        _ if lower.contains("sql") => None,
        _ if lower == "ip" || lower.contains("address") => reading.ip.clone(),
        _ if lower.contains("domain") => reading.domain.clone(),
        _ if lower.contains("host") || lower.contains("asset") => reading.host.clone(),
        _ if lower.contains("customer") => reading.customers.first().cloned(),
        _ if lower.ends_with("id") => reading.case_ids.first().map(u64::to_string),
        _ if ["query", "question", "text", "message", "q"].contains(&lower.as_str()) => Some(job.message.clone()),
        _ => proper_name(&job.message),
    };
    text.map(Value::String)
}

/// The first word with a capital letter after the first word, such as a city.
fn proper_name(message: &str) -> Option<String> {
    let clean = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut words = message.split_whitespace().skip(1).map(clean).filter(|word| !word.is_empty());
    words.find(|word| word.chars().next().is_some_and(char::is_uppercase))
}

/// Leaves out what the schema does not know, one level down as well.
fn keep_known(arguments: Value, schema: &Value) -> Value {
    let Value::Object(members) = arguments else { return arguments };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Value::Object(members) };
    let kept = members
        .into_iter()
        .filter_map(|(key, value)| {
            let property = properties.get(&key)?;
            Some((key, keep_known(value, property)))
        })
        .collect();
    Value::Object(kept)
}

fn fits(arguments: &Value, schema: &Value) -> bool {
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    required.iter().filter_map(Value::as_str).all(|name| arguments.get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::model::job::Earlier;
    use crate::sim::model::job::Task;
    use crate::sim::model::words::Tongue;

    fn follow_up(message: &str, earlier: Vec<Earlier>) -> Job {
        Job {
            task: Task::Gather,
            message: message.to_owned(),
            tongue: Tongue::En,
            decision: String::new(),
            results: Vec::new(),
            earlier,
            failures: Vec::new(),
            hints: Map::new(),
            said: Vec::new(),
            claims: Vec::new(),
            draft: String::new(),
            listed: Vec::new(),
        }
    }

    fn plan(message: &str, earlier: Vec<Earlier>) -> Vec<Wanted> {
        let job = follow_up(message, earlier);
        let case = json!({"type": "object", "required": ["caseID"], "properties": {"caseID": {"type": "number"}}});
        let search = json!({"type": "object", "required": ["request"], "properties": {"request": {"type": "object",
            "properties": {"customer": {}, "currentStatus": {}, "currentPriority": {}, "timeFilter": {}, "limit": {}}}}});
        let runtime = json!({"type": "object", "properties": {"scope_hours": {}, "limit": {}, "filter_expr": {}}});
        let weather = json!({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}});
        let candidates = [
            ("argus__getArgusCaseByID", &case),
            ("argus__getArgusCaseComments", &case),
            ("argus__executeSearchArgusCase", &search),
            ("sysdig__list_runtime_events", &runtime),
            ("get_weather", &weather),
        ]
        .map(|(name, schema)| Candidate { name, description: "", schema });
        calls(&job, &candidates)
    }

    fn one(message: &str) -> (String, Value) {
        let wanted = plan(message, Vec::new());
        assert_eq!(wanted.len(), 1, "{message}: {wanted:?}");
        (bare(&wanted[0].tool).to_owned(), wanted[0].arguments.clone())
    }

    #[test]
    fn messages_lead_to_the_right_tool_and_arguments() {
        let case = |tool: &str| (tool.to_owned(), json!({"caseID": 4_120_771}));
        assert_eq!(one("What is the status of case 4120771?"), case("getArgusCaseByID"));
        assert_eq!(one("Vis kommentarene i sak 4120771"), case("getArgusCaseComments"));
        assert_eq!(
            one("Zeig mir kritische Fälle von Havbris"),
            (
                "executeSearchArgusCase".to_owned(),
                json!({"request": {"customer": ["havbris"], "currentPriority": ["critical"]}})
            )
        );
        assert_eq!(
            one("Show me high severity runtime events from the last 2 hours in cluster1"),
            (
                "list_runtime_events".to_owned(),
                json!({"scope_hours": 2, "filter_expr": "severity in (\"0\",\"1\",\"2\",\"3\") and kubernetes.cluster.name = \"cluster1\""})
            )
        );
        assert_eq!(one("What is the weather in Oslo?"), ("get_weather".to_owned(), json!({"city": "Oslo"})));
    }

    #[test]
    fn two_ids_give_two_calls_and_a_bare_follow_up_repeats() {
        assert_eq!(plan("Compare case 4120771 and case 4120790", Vec::new()).len(), 2);
        let earlier = Earlier {
            tool: "getArgusCaseByID".to_owned(),
            arguments: json!({"caseID": 4_120_771}),
            observed_at: String::new(),
        };
        let wanted = plan("Is it still open?", vec![earlier]);
        assert_eq!(wanted[0].arguments, json!({"caseID": 4_120_771}));
    }

    /// Every tool of the embedded servers with its schema.
    fn embedded() -> Vec<(&'static str, Value)> {
        let argus = crate::servers::argus::tools::ALL
            .iter()
            .map(|tool| (tool.name, Value::Object(crate::servers::argus::schema::object(&(tool.arguments)()))));
        let sysdig = crate::servers::sysdig::tools::TOOLS
            .iter()
            .map(|tool| (tool.name, serde_json::to_value(tool.definition().input_schema).unwrap()));
        argus.chain(sysdig).collect()
    }

    #[test]
    fn arguments_fit_the_schemas_of_the_embedded_servers() {
        let tools = embedded();
        for (message, tool, part) in [
            ("What is the status of case 4120771?", "getArgusCaseByID", "4120771"),
            ("Vis kommentarene i sak 4120771", "getArgusCaseComments", "4120771"),
            ("Which tags does case 4120771 have?", "getArgusCaseTags", "4120771"),
            ("Show the events of case 4120771", "getEventsAssociatedWithCase", "4120771"),
            ("Vis åpne kritiske saker for Havbris siste 7 dager", "executeSearchArgusCase", "pendingCustomer"),
            ("Zeig mir die geschlossenen Fälle von Nordfjord", "executeSearchArgusCase", "closed"),
            ("Show high severity events from 10.20.4.17 today", "executeSearchArgusEvent", "10.20.4.17"),
            ("High severity runtime events from the last 2 hours in cluster1", "list_runtime_events", "cluster1"),
            ("Kjøretidshendelser i prod-eu-1 i dag", "list_runtime_events", "24"),
            ("Laufzeitereignisse der letzten Stunde", "list_runtime_events", "scope_hours"),
            ("Details of event 18a0a738540e782893aa52c07f6be410", "get_event_info", "18a0a738540e782893aa52c07f6be410"),
            ("Show the process tree of 18a0a738540e782893aa52c07f6be410", "get_event_process_tree", "18a0a738"),
            ("Which nodes does cluster prod-eu-1 have?", "k8s_list_nodes", "prod-eu-1"),
            ("Show the top restarted pods in cluster prod-us-2", "k8s_list_top_restarted_pods", "prod-us-2"),
            ("Which containers use the most CPU in prod-eu-1?", "k8s_list_top_cpu_consumed_container", "prod-eu-1"),
            (
                "Hvilke podder bruker lite, underutnyttet minne i prod-us-2?",
                "k8s_list_underutilized_pods_memory_quota",
                "prod-us-2",
            ),
            ("Wie viele Pods laufen im Cluster prod-us-2?", "k8s_list_count_pods_per_cluster", "prod-us-2"),
            ("Pods with HTTP errors in prod-us-2 in the last 3 hours", "k8s_list_top_http_errors_in_pods", "3h"),
            ("Which images have vulnerabilities?", "generate_sysql", "Which images have vulnerabilities?"),
            (
                "Show event AGGR/1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11",
                "getEventByEventIdentifier",
                "1770622920440",
            ),
        ] {
            let mut job = follow_up(message, Vec::new());
            job.task = Task::Gather;
            let candidates: Vec<Candidate<'_>> =
                tools.iter().map(|(name, schema)| Candidate { name, description: "", schema }).collect();
            let wanted = calls(&job, &candidates);
            assert_eq!(wanted.first().map(|wanted| wanted.tool.as_str()), Some(tool), "{message}: {wanted:?}");
            for wanted in &wanted {
                let schema = &tools.iter().find(|(name, _)| *name == wanted.tool).unwrap().1;
                let validator = jsonschema::validator_for(schema).unwrap();
                let problems: Vec<String> =
                    validator.iter_errors(&wanted.arguments).map(|error| error.to_string()).collect();
                assert_eq!(problems, Vec::<String>::new(), "{message}: {wanted:?}");
            }
            assert!(wanted[0].arguments.to_string().contains(part), "{message}: {wanted:?}");
        }
    }
}
