//! Turns one happening into the event that the API shows, with the process
//! chain behind it where there is one.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::chain::Chain;
use crate::sim::sysdig::chain::Running;
use crate::sim::sysdig::content::content;
use crate::sim::sysdig::content::with_addresses;
use crate::sim::sysdig::detections::Action;
use crate::sim::sysdig::detections::Detection;
use crate::sim::sysdig::detections::Kind;
use crate::sim::sysdig::detections::Process;
use crate::sim::sysdig::pods::Pod;
use crate::sim::sysdig::pods::account_labels;
use crate::sim::sysdig::pods::cluster_labels;
use crate::sim::sysdig::seed::Seed;
use crate::sim::sysdig::story::Happening;
use crate::sim::sysdig::story::Place;
use crate::sim::world;
use crate::sim::world::Cluster;

/// One event of the feed.
#[derive(Debug, Clone)]
pub struct Event {
    /// When, in nanoseconds since the epoch.
    pub at: i64,
    /// 32 hex digits, the first 16 of them the time.
    pub id: String,
    /// The event as the API shows it.
    pub json: Value,
    /// The processes behind it.
    pub chain: Option<Chain>,
}

/// Where in Sysdig an event comes from: originator, category, source, the
/// type and subtype of the source, raw originator and engine.
struct Origin {
    originator: &'static str,
    category: &'static str,
    source: &'static str,
    details: (&'static str, &'static str),
    raw: &'static str,
    engine: Option<&'static str>,
}

/// The event of one happening in a world that began at `start`.
#[must_use]
pub fn event(seed: Seed, start: Timestamp, happening: &Happening) -> Event {
    let Happening { detection, offset, .. } = *happening;
    let moment = offset_from(start, offset);
    let key = format!("{}/{}/{}", happening.incident, detection.rule, offset.as_secs());
    // Real times have digits below the second.
    let jitter = i64::try_from(seed.number(&["ns", &key], 1_000_000_000)).unwrap_or(0);
    let at = nanoseconds(moment).saturating_add(jitter);
    let id = format!("{at:016x}{}", seed.hex(&["id", &key], 16));
    let pod = match happening.place {
        Place::Pod { workload, replica } => Some(Pod::of(seed, workload, replica)),
        Place::Account { .. } => None,
    };
    let chain = match (&detection.kind, &pod) {
        (Kind::Process(process), Some(pod)) => Some(chain(seed, start, happening, pod, process, at)),
        _ => None,
    };
    let json = json(seed, &id, at, happening, pod.as_ref(), chain.as_ref());
    Event { at, id, json, chain }
}

fn json(seed: Seed, id: &str, at: i64, happening: &Happening, pod: Option<&Pod>, chain: Option<&Chain>) -> Value {
    let detection = happening.detection;
    let origin = origin(&detection.kind);
    let mut event = json!({
        "id": id,
        "timestamp": at,
        "originator": origin.originator,
        "category": origin.category,
        "source": origin.source,
        "sourceDetails": {"type": origin.details.0, "subType": origin.details.1},
        "rawEventOriginator": origin.raw,
        "rawEventCategory": "runtime",
    });
    if let Some(engine) = origin.engine {
        event["engine"] = engine.into();
    }
    event["name"] = detection.policy.name.into();
    event["description"] = detection.policy.description.into();
    event["severity"] = detection.severity.into();
    if let Kind::Process(process) = &detection.kind
        && let Some(action) = action(seed, id, process.action)
    {
        event["actions"] = json!([action]);
    }
    if let Some(content) = content(seed, happening, pod, chain) {
        event["content"] = content;
    }
    event["labels"] = Value::Object(labels(detection, happening, pod));
    event
}

fn origin(kind: &Kind) -> Origin {
    let agent = |category, source, details, engine| Origin {
        originator: "policy",
        category,
        source,
        details,
        raw: "linuxAgent",
        engine: Some(engine),
    };
    let agentless = |category, source, details, engine| Origin {
        originator: "falcocloud",
        category,
        source,
        details,
        raw: "agentless",
        engine: Some(engine),
    };
    match kind {
        Kind::Process(process) => agent("runtime", "syscall", ("workload", "container"), process.engine),
        Kind::Audit { .. } => agent("runtime", "k8s_audit", ("kubernetes", "auditlogs"), "falco"),
        Kind::Miner { .. } => Origin {
            originator: "profilingDetection",
            ..agent("miner", "profiling", ("workload", "container"), "machineLearning")
        },
        Kind::AwsLogin => agentless("cloudtrail", "awscloudtrail", ("cloud", "auditlogs"), "falco"),
        Kind::AwsLoginModel => agentless("falcocloud", "agentless-aws-ml", ("cloud", "auditlogs"), "machineLearning"),
        Kind::OktaLoginModel => agentless("okta", "agentless-okta-ml", ("iam", "workforce"), "machineLearning"),
        Kind::Repository { .. } => agentless("github", "github", ("git", "auditWebhooks"), "falco"),
        Kind::Admission => Origin {
            originator: "admissionController",
            category: "admissionController",
            source: "K8SAdmissionController",
            details: ("kubernetes", "dynamicAdmissionControl"),
            raw: "admissionController",
            engine: None,
        },
        Kind::HostScan => {
            Origin { originator: "hostscanning", engine: None, ..agent("runtime", "syscall", ("workload", "host"), "") }
        }
    }
}

fn action(seed: Seed, id: &str, action: Action) -> Option<Value> {
    let capture = |is_successful: bool| {
        let token = seed.hex(&["capture", id], 32);
        json!({
            "type": "capture",
            "token": format!("{}-{}-4{}-8{}-{}", &token[..8], &token[8..12], &token[13..16], &token[17..20], &token[20..]),
            "isSuccessful": is_successful,
            "beforeEventNs": 15_000_000_000_i64,
            "afterEventNs": 30_000_000_000_i64,
        })
    };
    match action {
        Action::None => None,
        Action::Capture => Some(capture(true)),
        Action::FailedCapture => {
            let mut failed = capture(false);
            failed["errMsg"] = "too many outstanding captures".into();
            Some(failed)
        }
        Action::DriftPrevented => Some(json!({"type": "drift_prevented", "isSuccessful": true})),
        Action::MalwarePrevented => Some(json!({"type": "malware_prevented", "isSuccessful": true})),
    }
}

fn labels(detection: &Detection, happening: &Happening, pod: Option<&Pod>) -> Map<String, Value> {
    let account = |name: &str| {
        let cluster: Option<&Cluster> = world::CLUSTERS.iter().find(|c| c.name == name);
        cluster.map(account_labels).unwrap_or_default()
    };
    match (&detection.kind, happening.place, pod) {
        (Kind::Audit { .. } | Kind::Admission, _, Some(pod)) => {
            let mut labels = cluster_labels(pod.cluster);
            labels.insert("kubernetes.namespace.name".to_owned(), pod.workload.namespace.into());
            labels
        }
        (Kind::HostScan, _, Some(pod)) => {
            let mut labels = cluster_labels(pod.cluster);
            labels.insert("host.hostName".to_owned(), pod.node.name.into());
            labels.insert("host.mac".to_owned(), pod.node.mac.into());
            labels
        }
        (Kind::AwsLogin | Kind::AwsLoginModel, Place::Account { cluster, .. }, _) => account(cluster),
        (_, Place::Account { cluster, .. }, _) => {
            let mut labels = account(cluster);
            labels.retain(|key, _| key == "agent.tag.customer");
            labels
        }
        (_, _, Some(pod)) => pod.labels(),
        (_, _, None) => Map::new(),
    }
}

/// The chain from the node's first process to the last step. A step that is
/// not the noticed one began with its incident, so that all events of the
/// incident tell of the same process.
fn chain(seed: Seed, start: Timestamp, happening: &Happening, pod: &Pod, process: &Process, at: i64) -> Chain {
    let day = SignedDuration::from_hours(24);
    let running = |pid, name: &str, exe: &str, cmdline: String, started| Running {
        pid,
        name: name.to_owned(),
        exe: exe.to_owned(),
        cmdline,
        user: "root",
        started,
    };
    let container_start = offset_from(start, -day * 16);
    let mut processes = vec![
        running(1, "systemd", "/lib/systemd/systemd", "systemd".to_owned(), offset_from(start, -day * 40)),
        running(
            pod.shim_pid,
            "containerd-shim",
            "/usr/bin/containerd-shim-runc-v2",
            format!("containerd-shim-runc-v2 -namespace k8s.io -id {}", pod.container_id),
            container_start,
        ),
    ];
    let command = pod.workload.process;
    let name = command.split(' ').next().unwrap_or(command);
    let main = running(pod.main_pid, name, &format!("/usr/bin/{name}"), command.to_owned(), container_start);
    let beside = if process.from_outside {
        Some(main)
    } else {
        processes.push(main);
        None
    };
    // Before the first event of the incident, whatever its jitter.
    let lead = SignedDuration::from_secs(2);
    let incident_start = offset_from(start, happening.incident_start - lead);
    let base = 40_000 + seed.number(&["pid", &happening.incident, &pod.name], 20_000);
    for (index, step) in process.steps.iter().enumerate() {
        let place = u64::try_from(index).unwrap_or(0);
        // Another program in the same place is another process.
        let apart = seed.number(&["step", step.cmdline], 97);
        let started = if index == 0 {
            incident_start
        } else {
            Timestamp::from_nanosecond(i128::from(at) - 40_000_000).unwrap_or(incident_start)
        };
        let pid = base + place * 100 + if index == 0 { 0 } else { apart };
        processes.push(running(pid, step.name, step.exe, with_addresses(step.cmdline), started));
    }
    Chain::new(processes, beside)
}

fn offset_from(start: Timestamp, offset: SignedDuration) -> Timestamp {
    start.saturating_add(offset).unwrap_or(start)
}

fn nanoseconds(moment: Timestamp) -> i64 {
    i64::try_from(moment.as_nanosecond()).unwrap_or(if moment < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX })
}
