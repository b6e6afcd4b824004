//! Chooses tools of Sysdig for questions about clusters, runtime events, process trees and SysQL.
//! Which Kubernetes tool measures what is a table of words in eight languages; what a call is
//! narrowed by is what the prompt has read off the message, as far as the tool's schema takes it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::model::draft::HOW_MANY;
use crate::sim::model::words::Reading;

type Words = &'static [&'static str];

const PODS: Words = &["pod", "podd", "poder", "ポッド"];
const CONTAINERS: Words = &["container", "konteiner", "conteneur", "contenedor", "コンテナ"];
const CPU: Words = &["cpu", "processor", "prozessor", "processeur"];
const MEMORY: Words = &["memory", "ram ", "minne", "arbeitsspeicher", "mémoire", "memoria", "hukommelse", "メモリ"];
const UNDERUSED: Words = &[
    "underutil",
    "under-util",
    "underused",
    "underutnyt",
    "unterausgelastet",
    "kaum ausgelastet",
    "sous-util",
    "infrautiliz",
    "underudnyt",
    "使用率",
];
const HTTP: Words = &["http"];
const NETWORK: Words = &[
    "network error",
    "nettverksfeil",
    "netzwerkfehler",
    "erreurs réseau",
    "errores de red",
    "nätverksfel",
    "netværksfejl",
    "ネットワークエラー",
];
const RESTARTS: Words = &[
    "restart",
    "crash",
    "omstart",
    "neu gestartet",
    "neustart",
    "redémarr",
    "reinici",
    "startats om",
    "genstart",
    "再起動",
];
const MISSING: Words = &[
    "unavailable",
    "missing replica",
    "utilgjengelig",
    "nicht verfügbar",
    "ausgefallen",
    "indisponible",
    "no disponible",
    "otillgänglig",
    "utilgængelig",
    "利用不可",
];
const WORKLOADS: Words = &[
    "workload",
    "deployment",
    "daemonset",
    "statefulset",
    "arbeidslast",
    "arbeitslast",
    "charge",
    "carga",
    "arbetsbelast",
    "arbejdsbyrde",
    "ワークロード",
];
const CRON_JOBS: Words = &["cronjob", "cron job", "tâches cron", "tareas cron", "cron-job", "cronジョブ"];
const NODES: Words = &["node", "noder", "noden", "knoten", "nœud", "noeud", "nodo", "nod ", "ノード"];
const CLUSTERS: Words = &["cluster", "klynge", "klyngjer", "kluster", "klust", "clúster", "grappe", "クラスタ"];

/// What each Kubernetes tool measures: of those whose words are all said, the first.
const MEASURES: [(&str, &[Words]); 17] = [
    ("k8s_list_top_http_errors_in_pods", &[HTTP]),
    ("k8s_list_top_network_errors_in_pods", &[NETWORK]),
    ("k8s_list_top_restarted_pods", &[RESTARTS]),
    ("k8s_list_underutilized_pods_cpu_quota", &[UNDERUSED, CPU]),
    ("k8s_list_underutilized_pods_memory_quota", &[UNDERUSED, MEMORY]),
    ("k8s_list_top_cpu_consumed_container", &[CPU, CONTAINERS]),
    ("k8s_list_top_memory_consumed_container", &[MEMORY, CONTAINERS]),
    ("k8s_list_top_cpu_consumed_workload", &[CPU]),
    ("k8s_list_top_memory_consumed_workload", &[MEMORY]),
    ("k8s_list_top_unavailable_pods", &[MISSING]),
    ("k8s_list_cronjobs", &[CRON_JOBS]),
    ("k8s_list_count_pods_per_cluster", &[PODS, HOW_MANY]),
    ("k8s_list_pod_containers", &[CONTAINERS]),
    ("k8s_list_workloads", &[WORKLOADS]),
    ("k8s_list_nodes", &[NODES]),
    ("k8s_list_pod_containers", &[PODS]),
    ("k8s_list_clusters", &[CLUSTERS]),
];
/// Names of arguments that mean the same as what was read under another name.
const ARGUMENTS: [(&str, &str); 9] = [
    ("cluster_name", "cluster"),
    ("namespace_name", "namespace"),
    ("workload_name", "workload"),
    ("workload_type", "workload_type"),
    ("pod_name", "pod"),
    ("container_name", "container"),
    ("node_name", "node"),
    ("status", "workload_status"),
    ("limit", "limit"),
];
const EVENTS: Words = &[
    "event",
    "hendelse",
    "ereignis",
    "laufzeitereignis",
    "kjøretidshendelse",
    "händelse",
    "hændelse",
    "événement",
    "evento",
    "alert",
    "detection",
    "イベント",
];
const RUNTIME: Words = &[
    "runtime",
    "kjøretid",
    "laufzeit",
    "container",
    "kubernetes",
    "pod",
    "cluster",
    "klynge",
    "falco",
    "sysdig",
    "workload",
    "ランタイム",
];
const TREE: Words = &[
    "process tree",
    "parent process",
    "prosesstre",
    "prozessbaum",
    "arbre de processus",
    "arbre des processus",
    "árbol de procesos",
    "processträd",
    "procestræ",
    "プロセスツリー",
];
const INVENTORY: Words =
    &["sysql", "vulnerab", "sårbarhet", "schwachstelle", "vulnérab", "sårbarhed", "s3 ", "inventory", "risk", "脆弱性"];
/// Fields of an event by what was read off the message.
const FIELDS: [(&str, &str); 7] = [
    ("rule_name", "ruleName"),
    ("cluster", "kubernetes.cluster.name"),
    ("namespace", "kubernetes.namespace.name"),
    ("workload", "kubernetes.workload.name"),
    ("pod", "kubernetes.pod.name"),
    ("node", "kubernetes.node.name"),
    ("host", "host.hostName"),
];
/// The longest look-back of the event list.
const MOST_HOURS: u64 = 336;

/// Score and arguments of one of these tools.
pub(super) fn known(tool: &str, reading: &Reading) -> Option<(u32, Value)> {
    match tool {
        "get_event_process_tree" if reading.says(TREE) => Some((30, json!({"event_id": reading.event_id.as_ref()?}))),
        // What another system knows of an event begins with the event.
        "get_event_info" => {
            let elsewhere = reading.says(&["argus"]) || reading.hint("cursor").is_some();
            Some((if elsewhere { 60 } else { 26 }, json!({"event_id": reading.event_id.as_ref()?})))
        }
        "list_runtime_events" if reading.event_id.is_none() => events(reading),
        "run_sysql" => Some((45, json!({"sysql_query": first(reading, "sysql")?}))),
        "generate_sysql" if reading.says(INVENTORY) && first(reading, "sysql").is_none() => {
            Some((44, json!({"question": reading.text})))
        }
        _ if tool.starts_with("k8s_list_") => measure(tool, reading),
        _ => None,
    }
}

/// Whether the message asks for something of these tools anew.
pub(super) fn asks(tools: &[&str], reading: &Reading) -> bool {
    tools.iter().any(|tool| known(tool, reading).is_some_and(|(score, _)| score >= 30))
}

/// Whether the message is about what happens at runtime.
pub(super) fn is_runtime(reading: &Reading) -> bool {
    reading.says(RUNTIME) || first(reading, "cluster").is_some() || reading.hint("runtime_detection").is_some()
}

fn events(reading: &Reading) -> Option<(u32, Value)> {
    if let Some(cursor) = reading.hint("cursor") {
        let given = |name: &str| reading.hint(name).cloned();
        let mut arguments = json!({ "cursor": cursor });
        for name in ["filter_expr", "limit"] {
            given(name).into_iter().for_each(|value| arguments[name] = value);
        }
        return Some((50, arguments));
    }
    let runtime = is_runtime(reading) || reading.hint("rule_name").is_some();
    let named =
        reading.says(EVENTS) || reading.hint("runtime_detection").is_some() || reading.hint("rule_name").is_some();
    if !named || (!runtime && !reading.case_ids.is_empty()) {
        return None;
    }
    Some((if runtime { 19 } else { 10 }, search(reading)))
}

fn search(reading: &Reading) -> Value {
    let mut arguments = Map::new();
    let hours = reading.hint("scope_hours").and_then(Value::as_u64).or(reading.hours);
    if let Some(hours) = hours {
        arguments.insert("scope_hours".to_owned(), json!(hours.clamp(1, MOST_HOURS)));
    }
    let mut terms: Vec<String> = severities(reading).map(|list| format!("severity in ({list})")).into_iter().collect();
    terms.extend(reading.hint("runtime_detection").and_then(Value::as_str).map(str::to_owned));
    terms.extend(FIELDS.iter().filter_map(|(name, field)| Some(format!("{field} = {}", first(reading, name)?))));
    if !terms.is_empty() {
        arguments.insert("filter_expr".to_owned(), json!(terms.join(" and ")));
    }
    if let Some(limit) = reading.limit {
        arguments.insert("limit".to_owned(), json!(limit));
    }
    Value::Object(arguments)
}

/// The figures behind "high" and "low", as a filter lists them.
fn severities(reading: &Reading) -> Option<String> {
    if let Some(list) = reading.hint("runtime_severity").and_then(Value::as_str) {
        return Some(list.to_owned());
    }
    let of = |priority: &String| match priority.as_str() {
        "critical" | "high" => "\"0\",\"1\",\"2\",\"3\"",
        "medium" => "\"4\",\"5\"",
        _ => "\"6\"",
    };
    (!reading.priorities.is_empty()).then(|| reading.priorities.iter().map(of).collect::<Vec<_>>().join(","))
}

fn measure(tool: &str, reading: &Reading) -> Option<(u32, Value)> {
    if reading.says(EVENTS) || reading.says(TREE) {
        return None;
    }
    let said = |(_, words): &(&str, &[Words])| words.iter().all(|words| reading.says(words));
    let named = MEASURES.iter().find(|measure| said(measure)).map(|(name, _)| *name);
    // "Ready workloads" names a state that only this tool knows.
    let stated = first(reading, "workload_status").is_some() && reading.says(WORKLOADS);
    let narrowed = ["pod", "container"].iter().any(|name| first(reading, name).is_some());
    let fitting = match named {
        Some("k8s_list_top_unavailable_pods" | "k8s_list_workloads") if stated => "k8s_list_workloads",
        Some("k8s_list_workloads") => return None,
        Some("k8s_list_nodes" | "k8s_list_clusters") if narrowed => "k8s_list_pod_containers",
        named => named?,
    };
    if fitting != tool {
        return None;
    }
    let mut arguments: Map<String, Value> =
        ARGUMENTS.iter().filter_map(|(name, read)| Some(((*name).to_owned(), first(reading, read)?))).collect();
    if let Some(hours) = reading.hours.filter(|_| reading.start.is_some()) {
        arguments.insert("interval".to_owned(), json!(format!("{hours}h")));
    }
    Some((40, Value::Object(arguments)))
}

/// What the prompt or we ourselves have read; of several the first.
fn first(reading: &Reading, name: &str) -> Option<Value> {
    let value = match reading.hint(name) {
        Some(Value::Array(values)) => values.first().cloned(),
        other => other.cloned(),
    };
    value.or_else(|| match name {
        "cluster" => reading.cluster.as_ref().map(|cluster| json!(cluster)),
        "host" => reading.host.as_ref().map(|host| json!(host)),
        "limit" => reading.limit.map(|limit| json!(limit)),
        _ => None,
    })
}
