//! What the number of a measured series is of, by tool: the objects that its rows are, and the
//! words and units that may be said of it. Words are beginnings, in the supported languages; `=`
//! marks a whole word. Data and its look-up only.

use serde_json::Value;

use crate::domain::grounding::spoken::is_form;

/// Kinds of words that say what a number is of: one bit each.
pub type Kinds = u32;

const POD: Kinds = 1;
const CONTAINER: Kinds = 1 << 1;
const RESTART: Kinds = 1 << 2;
const CPU: Kinds = 1 << 3;
const MEMORY: Kinds = 1 << 4;
const HTTP: Kinds = 1 << 5;
const NETWORK: Kinds = 1 << 6;
const ERROR: Kinds = 1 << 7;
const QUOTA: Kinds = 1 << 8;
const REPLICA: Kinds = 1 << 9;
const DESIRED: Kinds = 1 << 10;
const READY: Kinds = 1 << 11;
const RUNNING: Kinds = 1 << 12;
const MISSING: Kinds = 1 << 13;
/// Any other object, or a word that no such number can be told with.
pub const OTHER: Kinds = 1 << 14;
/// Kinds that also name things, as in "pod X".
pub const THINGS: Kinds = POD | CONTAINER | OTHER;

#[rustfmt::skip]
const WORDS: &[(Kinds, &[&str])] = &[
    (POD, &["pod", "ポッド"]),
    (CONTAINER, &["container", "kontainer", "conteneur", "contenedor", "コンテナ"]),
    (RESTART, &["restart", "neustart", "neugestartet", "omstart", "genstart", "redémarr", "reinici", "再起動"]),
    (CPU, &["cpu", "vcpu", "core", "kern", "kjerne", "kärn", "cœur", "coeur", "núcleo", "processor", "prosessor", "prozessor", "コア"]),
    (MEMORY, &["memory", "=ram", "minne", "speicher", "arbeitsspeicher", "mémoire", "memoria", "hukommelse", "メモリ"]),
    (HTTP, &["http", "4xx", "5xx"]),
    (NETWORK, &["network", "nettverk", "netzwerk", "nätverk", "netværk", "réseau", "=red", "ネットワーク"]),
    (ERROR, &["error", "feil", "fehler", "fejl", "=fel", "=felen", "erreur", "エラー"]),
    (QUOTA, &["quota", "quote", "kvot", "kontingent", "cuota", "share", "andel", "anteil", "クォータ"]),
    (REPLICA, &["replica", "replik", "réplica", "réplique", "レプリカ"]),
    (DESIRED, &["desired", "wanted", "ønske", "gewünscht", "önska", "desead", "souhait"]),
    (READY, &["ready", "available", "klar", "tilgjengelig", "bereit", "verfügbar", "tillgänglig", "tilgængelig", "=prêts", "=prêtes", "=listos", "disponible"]),
    (RUNNING, &["running", "kjørende", "laufend", "kørende"]),
    (MISSING, &["unavailable", "missing", "utilgjengelig", "manglende", "mangler", "fehlen", "otillgänglig", "saknad", "utilgængelig", "indisponible", "manquant"]),
];

/// What a series measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A plain number.
    Plain,
    /// Bytes.
    Size,
    /// A share of a whole.
    Share,
}

/// What the numbers of a tool are of.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Kinds of words it may be told with.
    pub told: Kinds,
    /// Of which one must be said with the things it is counted in.
    needs: Kinds,
    /// Whether units are of it.
    pub quantity: Quantity,
}

/// Tool, objects that its rows are, what its numbers are of; nothing where they only say that the
/// row exists.
type Row = (&'static str, &'static [&'static str], Option<Measure>);

const fn plain(told: Kinds) -> Option<Measure> {
    Some(Measure { told, needs: 0, quantity: Quantity::Plain })
}

const fn of(told: Kinds, quantity: Quantity) -> Option<Measure> {
    Some(Measure { told, needs: 0, quantity })
}

#[rustfmt::skip]
const TOOLS: &[Row] = &[
    ("k8s_list_clusters", &["cluster"], None),
    ("k8s_list_nodes", &["host"], None),
    ("k8s_list_pod_containers", &["container"], None),
    ("k8s_list_cronjobs", &[], None),
    ("k8s_list_workloads", &["workload"], plain(REPLICA | POD)),
    ("k8s_list_count_pods_per_cluster", &[], plain(POD)),
    ("k8s_list_top_unavailable_pods", &["workload"], Some(Measure { told: REPLICA | POD | MISSING, needs: MISSING, quantity: Quantity::Plain })),
    ("k8s_list_top_restarted_pods", &["pod"], plain(RESTART)),
    ("k8s_list_top_http_errors_in_pods", &["pod"], plain(HTTP | ERROR)),
    ("k8s_list_top_network_errors_in_pods", &["pod"], plain(NETWORK | ERROR)),
    ("k8s_list_top_cpu_consumed_workload", &["workload"], plain(CPU)),
    ("k8s_list_top_cpu_consumed_container", &["container"], plain(CPU)),
    ("k8s_list_top_memory_consumed_workload", &["workload"], of(MEMORY, Quantity::Size)),
    ("k8s_list_top_memory_consumed_container", &["container"], of(MEMORY, Quantity::Size)),
    ("k8s_list_underutilized_pods_cpu_quota", &["pod"], of(CPU | QUOTA, Quantity::Share)),
    ("k8s_list_underutilized_pods_memory_quota", &["pod"], of(MEMORY | QUOTA, Quantity::Share)),
];

fn row(tool: &str) -> Option<&'static Row> {
    TOOLS.iter().find(|row| row.0 == tool)
}

/// The objects that the series of a tool are; `None` for a tool that measures nothing known.
pub fn measured_objects(tool: &str) -> Option<&'static [&'static str]> {
    row(tool).map(|row| row.1)
}

/// Whether the numbers of a tool only say that a row exists.
pub fn only_lists(tool: &str) -> bool {
    row(tool).is_some_and(|row| row.2.is_none())
}

/// What the numbers of a call are of.
pub fn measure(tool: &str, arguments: &Value) -> Option<Measure> {
    let measure = row(tool)?.2?;
    let status = arguments.get("status").and_then(Value::as_str).map(kinds_of);
    Some(match status {
        Some(status) => Measure { told: measure.told | status, ..measure },
        None => measure,
    })
}

/// Beginnings of words that say of things that they are there at all.
const RUNS: [&str; 14] = [
    "run", "exist", "kjør", "körs", "kör", "kører", "läuft", "laufen", "tourn", "exécut", "ejecut", "corren", "稼働",
    "動い",
];

/// Whether that a tool found nothing says that there are none of an object, as a text tells it: "no
/// pods run" is more than that none are unavailable.
pub fn none_found_tells(tool: &str, object: &str, text: &str) -> bool {
    let Some((_, objects, Some(measure))) = row(tool) else { return true };
    let text = text.to_lowercase();
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    if measure.needs == 0 && measure.told & (POD | REPLICA) != 0 {
        return true;
    }
    let said = words().fold(0, |all, word| all | kinds_of(word)) | first_kind(&text);
    if said & (measure.told & !THINGS) != 0 {
        return true;
    }
    let runs = words().any(|word| RUNS.iter().any(|form| word.starts_with(form)))
        || text.contains(RUNS[12])
        || text.contains(RUNS[13]);
    !runs && (measure.needs == 0 || objects.contains(&object))
}

/// What a word says of a number; nothing for most.
pub fn kinds_of(word: &str) -> Kinds {
    let word = word.to_lowercase();
    WORDS.iter().filter(|(_, forms)| forms.iter().any(|form| is_form(&word, form))).fold(0, |all, (kind, _)| all | kind)
}

/// The first kind said in a text without spaces between its words.
pub fn first_kind(text: &str) -> Kinds {
    let places = WORDS.iter().flat_map(|(kind, forms)| {
        let forms = forms.iter().filter(|form| !form.is_ascii());
        forms.filter_map(|form| Some((text.find(form.trim_start_matches('='))?, *kind)))
    });
    places.min().map_or(0, |(_, kind)| kind)
}

impl Measure {
    /// Whether a number of this can be told with these words, of which `around` stand farther off.
    pub fn fits(&self, said: Kinds, around: Kinds) -> bool {
        said & !self.told == 0 && (self.needs == 0 || said == 0 || (said | around) & self.needs != 0)
    }
}
