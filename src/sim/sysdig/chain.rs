//! The processes behind an event: from the node's first process through the
//! container runtime to the one that was noticed. Event fields, branches and
//! trees are all read off the same chain, so they cannot disagree.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// One running program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Process number on the node.
    pub pid: u64,
    /// Name.
    pub name: String,
    /// Path of the program.
    pub exe: String,
    /// Command line.
    pub cmdline: String,
    /// User it runs as.
    pub user: &'static str,
    /// When it started.
    pub started: Timestamp,
}

/// A chain of at least two processes, oldest first, the noticed one last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    processes: Vec<Running>,
    /// A child of the container runtime that is not part of the chain: the
    /// container's main process, when the noticed one was started beside it.
    beside: Option<Running>,
}

impl Chain {
    /// `processes` from the first process of the node to the noticed one.
    #[must_use]
    pub fn new(processes: Vec<Running>, beside: Option<Running>) -> Self {
        Self { processes, beside }
    }

    /// The `proc.*` fields of the event.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |key: String, value: String| {
            fields.insert(key, Value::String(value));
        };
        let mut upwards = self.processes.iter().rev();
        if let Some(noticed) = upwards.next() {
            let arguments = noticed.cmdline.split_once(' ').map_or("", |(_, rest)| rest);
            put("proc.name".into(), noticed.name.clone());
            put("proc.exepath".into(), noticed.exe.clone());
            put("proc.cmdline".into(), noticed.cmdline.clone());
            put("proc.args".into(), arguments.to_owned());
            put("proc.cwd".into(), "/app".to_owned());
            put("proc.pid".into(), noticed.pid.to_string());
            put("proc.pid.ts".into(), nanoseconds(noticed));
        }
        if let Some(parent) = upwards.next() {
            put("proc.pname".into(), parent.name.clone());
            put("proc.pcmdline".into(), parent.cmdline.clone());
            put("proc.ppid".into(), parent.pid.to_string());
            put("proc.ppid.ts".into(), nanoseconds(parent));
            put("proc.sid".into(), parent.pid.to_string());
        }
        for (index, ancestor) in upwards.enumerate() {
            put(format!("proc.aname[{}]", index + 2), ancestor.name.clone());
        }
        fields
    }

    /// The chain as a list, as the branches endpoint shows it.
    #[must_use]
    pub fn branches(&self, event_id: &str) -> Value {
        let mut parent = 0;
        let branch: Vec<Value> = self
            .processes
            .iter()
            .map(|process| {
                let mut entry = described(process);
                entry.insert("ppid".to_owned(), parent.into());
                parent = process.pid;
                Value::Object(entry)
            })
            .collect();
        json!({"data": [{"eventId": event_id, "branch": branch}]})
    }

    /// The chain with what runs beside it, as the trees endpoint shows it.
    #[must_use]
    pub fn tree(&self) -> Value {
        let mut below: Option<Value> = None;
        let runtime_at = 1;
        for (index, process) in self.processes.iter().enumerate().rev() {
            let mut node = described(process);
            let mut children: Vec<Value> = Vec::new();
            if index == runtime_at
                && let Some(beside) = &self.beside
            {
                let mut main = described(beside);
                main.insert("children".to_owned(), json!([]));
                children.push(Value::Object(main));
            }
            if index + 1 == self.processes.len() {
                node.insert("matched".to_owned(), true.into());
            }
            children.extend(below.take());
            node.insert("children".to_owned(), Value::Array(children));
            below = Some(Value::Object(node));
        }
        json!({"data": {"root": below}})
    }
}

fn nanoseconds(process: &Running) -> String {
    process.started.as_nanosecond().to_string()
}

fn described(process: &Running) -> Map<String, Value> {
    let started = i64::try_from(process.started.as_nanosecond()).unwrap_or(i64::MAX);
    let mut entry = Map::new();
    entry.insert("pid".to_owned(), process.pid.into());
    entry.insert("name".to_owned(), process.name.clone().into());
    entry.insert("exePath".to_owned(), process.exe.clone().into());
    entry.insert("cmdline".to_owned(), process.cmdline.clone().into());
    entry.insert("user".to_owned(), process.user.into());
    entry.insert("startTime".to_owned(), started.into());
    entry
}
