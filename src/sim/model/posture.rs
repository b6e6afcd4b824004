//! Reads the answers of Sysdig that have a shape of their own: measured series with labels, rows of
//! a SysQL query, a statement made of a question, the processes of a tree. The unit of a series is
//! known by the tool that measured it; its labels say what it is of.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::sim::model::job::Seen;
use crate::sim::model::story::Label;
use crate::sim::model::story::Noun;
use crate::sim::model::story::Row;
use crate::sim::model::story::Story;
use crate::sim::model::story::clean;

/// What is told of one event beyond its line in a list.
pub(super) const DETAILS: [Label; 7] =
    [Label::Time, Label::Namespace, Label::Host, Label::Pod, Label::Process, Label::User, Label::Address];

/// Attributes that are measured.
pub(super) const FIGURES: [Label; 7] =
    [Label::Pods, Label::Cores, Label::Memory, Label::Restarts, Label::ErrorRate, Label::Missing, Label::QuotaShare];

/// Whether an attribute is a measured number.
pub(super) fn is_figure(label: Label) -> bool {
    FIGURES.contains(&label)
}

/// What a tool measures, by a word of its name; a tool that only lists measures nothing.
const MEASURED: [(&str, Label); 8] = [
    ("quota", Label::QuotaShare),
    ("cpu", Label::Cores),
    ("memory", Label::Memory),
    ("restarted", Label::Restarts),
    ("errors", Label::ErrorRate),
    ("unavailable", Label::Missing),
    ("count_pods", Label::Pods),
    ("list_workloads", Label::Pods),
];

/// What a series is of: the first of these labels that it has.
const NAMES: [(&str, Noun); 9] = [
    ("container_label_io_kubernetes_container_name", Noun::Container),
    ("kube_pod_container_name", Noun::Container),
    ("kube_pod_name", Noun::Pod),
    ("pod", Noun::Pod),
    ("kube_cronjob_name", Noun::CronJob),
    ("kube_node_name", Noun::Node),
    ("kube_workload_name", Noun::Workload),
    ("cluster", Noun::Cluster),
    ("kube_cluster_name", Noun::Cluster),
];

/// Its other labels, as far as people care.
const LABELS: [(&str, Label); 12] = [
    ("kube_cluster_name", Label::Cluster),
    ("kube_namespace_name", Label::Namespace),
    ("kube_workload_name", Label::Workload),
    ("kube_workload_type", Label::Kind),
    ("kube_pod_name", Label::Pod),
    ("kube_node_name", Label::Node),
    ("image", Label::Image),
    ("internal_ip", Label::Address),
    ("version", Label::Version),
    ("kubelet_version", Label::Version),
    ("region", Label::Region),
    ("schedule", Label::Schedule),
];

/// Members of the rows of a query, by their last word.
const MEMBERS: [(&str, Label); 10] = [
    ("severity", Label::Severity),
    ("cvssScore", Label::Cvss),
    ("packageName", Label::Package),
    ("fixedInVersion", Label::FixedIn),
    ("clusterName", Label::Cluster),
    ("namespaceName", Label::Namespace),
    ("type", Label::Kind),
    ("tag", Label::Version),
    ("count", Label::Count),
    ("hostname", Label::Host),
];

/// The story of a result with one of these shapes.
pub(super) fn read(tool: &str, seen: &Seen) -> Option<Story> {
    let content = &seen.content;
    if let Some(series) = content.pointer("/data/result").and_then(Value::as_array) {
        return Some(measured(tool, seen, series));
    }
    if let Some(items) = content.pointer("/results/items").and_then(Value::as_array) {
        let rows: Vec<Row> = items.iter().filter_map(Value::as_object).map(found).collect();
        return (!rows.is_empty()).then(|| rows_of(Noun::Finding, rows, seen));
    }
    if let Some(branch) = content.pointer("/branches/data/0/branch").and_then(Value::as_array) {
        let rows: Vec<Row> = branch.iter().map(process).collect();
        let shown = rows.len() as u64;
        return Some(Story::Rows { noun: Noun::Process, rows, shown, total: Some(shown), more: false });
    }
    if tool == "generate_sysql" {
        let others = content.pointer("/metadata/alternative_questions").and_then(Value::as_array);
        let others = others.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let text = content.get("text").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        return Some(Story::Statement { text, others });
    }
    None
}

/// Nanoseconds as a time that says its zone.
pub(super) fn time_of(nanoseconds: i64) -> Option<String> {
    let time = Timestamp::from_nanosecond(i128::from(nanoseconds)).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn rows_of(noun: Noun, rows: Vec<Row>, seen: &Seen) -> Story {
    let shown = seen.rows_shown.unwrap_or(rows.len() as u64);
    let cut = seen.content.pointer("/warnings").and_then(Value::as_array).is_some_and(|warnings| !warnings.is_empty());
    let more = cut || matches!(seen.outcome.as_str(), "partial" | "truncated");
    // That a page was cut is known, and how much of it is not.
    let total = seen.rows_total.filter(|total| !more || *total > shown);
    Story::Rows { noun, rows, shown, total, more }
}

fn measured(tool: &str, seen: &Seen, series: &[Value]) -> Story {
    let measure = MEASURED.iter().find(|(word, _)| tool.contains(word)).map(|(_, label)| *label);
    // A series without a label stands for "none at all".
    let labelled = series.iter().filter(|one| one["metric"].as_object().is_some_and(|labels| !labels.is_empty()));
    let (nouns, rows): (Vec<Noun>, Vec<Row>) = labelled.filter_map(|one| row(one, measure)).unzip();
    let noun = nouns.first().copied().unwrap_or(Noun::Workload);
    if rows.is_empty() {
        return Story::Empty { noun, filter: String::new() };
    }
    let dropped = series.len() - rows.len();
    let seen = &Seen {
        rows_shown: seen.rows_shown.map(|shown| shown.saturating_sub(dropped as u64)),
        rows_total: seen.rows_total.map(|total| total.saturating_sub(dropped as u64)),
        ..seen.clone()
    };
    let sums = matches!(measure, Some(Label::Pods)) && tool.contains("count");
    match rows_of(noun, rows, seen) {
        Story::Rows { rows, more: false, .. } if sums => counted(rows),
        story => story,
    }
}

/// Pods of each namespace, with their sum.
fn counted(rows: Vec<Row>) -> Story {
    let count = |row: &Row| row.get(Label::Pods).and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
    let total = rows.iter().map(count).sum();
    let rows = rows
        .into_iter()
        .map(|row| {
            let place = [row.id.clone(), row.get(Label::Namespace).map(str::to_owned)];
            let title = place.into_iter().flatten().collect::<Vec<_>>().join(", ");
            let fields = vec![(Label::Count, count(&row).to_string())];
            Row { title: Some(title), fields, ..Row::default() }
        })
        .collect();
    Story::Counts { noun: Noun::Pod, total, rows, points: Vec::new() }
}

fn row(series: &Value, measure: Option<Label>) -> Option<(Noun, Row)> {
    let labels = series["metric"].as_object()?;
    let text = |name: &str| labels.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (name, noun) = NAMES.iter().find(|(name, _)| text(name).is_some())?;
    let id = text(name)?;
    let mut fields: Vec<(Label, String)> = Vec::new();
    for (label, kind) in LABELS {
        let told = fields.iter().any(|(known, _)| *known == kind);
        if let Some(value) = text(label).filter(|_| label != *name && !told) {
            // The cluster of a cluster is itself.
            if *noun != Noun::Cluster || kind != Label::Cluster {
                fields.push((kind, value.to_owned()));
            }
        }
    }
    let value = series.pointer("/value/1").and_then(Value::as_str).and_then(|value| value.parse::<f64>().ok());
    if let (Some(measure), Some(value)) = (measure, value) {
        fields.push((measure, printed(measure, value)));
    }
    Some((*noun, Row { id: Some(id.to_owned()), title: None, fields }))
}

/// A number with its unit, as people say it.
fn printed(measure: Label, value: f64) -> String {
    match measure {
        Label::Cores => format!("{value:.2} cores"),
        Label::Memory if value >= 1e9 => format!("{:.2} GB", value / 1e9),
        Label::Memory => format!("{:.0} MB", value / 1e6),
        Label::QuotaShare => format!("{:.1} %", value * 100.0),
        Label::ErrorRate => format!("{value:.2}"),
        _ => format!("{value}"),
    }
}

/// One row of a query: what it is called by, and what is known of it.
fn found(item: &Map<String, Value>) -> Row {
    let mut names: Vec<String> = Vec::new();
    let mut fields: Vec<(Label, String)> = Vec::new();
    let mut take = |key: &str, value: &Value| {
        let text = match value {
            Value::String(text) if !text.trim().is_empty() => clean(text),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        let last = key.rsplit(['.', '(']).next().unwrap_or(key).trim_end_matches(')');
        if matches!(last, "name" | "imageReference" | "hostname") {
            names.push(text);
        } else if let Some((_, label)) =
            MEMBERS.iter().find(|(name, _)| *name == last || (key.starts_with("count") && *name == "count"))
            && !fields.iter().any(|(known, _)| known == label)
        {
            fields.push((*label, text));
        }
    };
    for (key, value) in item {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| take(name, value)),
            value => take(key, value),
        }
    }
    let mut names = names.into_iter();
    let (id, title) = (names.next(), names.next());
    Row { id, title, fields }
}

/// One process of a chain.
fn process(item: &Value) -> Row {
    let text = |name: &str| match item.get(name) {
        Some(Value::String(text)) => Some(clean(text)),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let fields = [(Label::Parent, text("ppid")), (Label::User, text("user")), (Label::Command, text("cmdline"))];
    let quoted = |label: Label, value: String| if label == Label::Command { format!("`{value}`") } else { value };
    Row {
        id: text("pid"),
        title: text("name"),
        fields: fields.into_iter().filter_map(|(label, value)| Some((label, quoted(label, value?)))).collect(),
    }
}
