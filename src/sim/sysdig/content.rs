//! The `content` of an event, by kind: what the rule saw, in the members and
//! wording of each content type.

use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::chain::Chain;
use crate::sim::sysdig::detections::Detection;
use crate::sim::sysdig::detections::Kind;
use crate::sim::sysdig::detections::Process;
use crate::sim::sysdig::pods::Pod;
use crate::sim::sysdig::seed::Seed;
use crate::sim::sysdig::story::Happening;
use crate::sim::sysdig::story::Place;
use crate::sim::world;

/// The content of one event; a host scan has none.
#[must_use]
pub fn content(seed: Seed, happening: &Happening, pod: Option<&Pod>, chain: Option<&Chain>) -> Option<Value> {
    let detection = happening.detection;
    let policy_id = detection.policy.id;
    match (&detection.kind, happening.place) {
        (Kind::Process(process), _) => Some(process_content(seed, detection, process, pod?, chain?)),
        (Kind::Miner { command, exe }, _) => Some(json!({
            "type": "workloadMLRuntimeDetection",
            "command": with_addresses(command),
            "exe": exe,
            "detectedClassProbability": 0.987,
            "policyId": policy_id,
        })),
        (Kind::Audit { role }, _) => Some(audit_content(detection, role, pod?)),
        (Kind::AwsLogin, Place::Account { user, ip, .. }) => {
            let fields = json!({"ct.user": user, "ct.srcip": ip, "ct.region": "us-east-1", "ct.name": "ConsoleLogin"});
            let output = format!(
                "User {user} signed in to the console without a second factor (ct.user={user} ct.srcip={ip} ct.name=ConsoleLogin)"
            );
            Some(agentless(seed, detection, "cloudtrail", fields, &output))
        }
        (Kind::Repository { repository }, Place::Account { user, ip, .. }) => {
            let fields = json!({"github.repo": repository, "github.actor": user, "github.srcip": ip, "github.action": "publicized"});
            let output = format!(
                "User {user} made the repository {repository} public (github.repo={repository} github.actor={user})"
            );
            Some(agentless(seed, detection, "github", fields, &output))
        }
        (Kind::AwsLoginModel, Place::Account { user, ip, .. }) => {
            let fields = json!({"ct.user": user, "ct.srcip": ip, "ct.region": "us-east-1", "ct.name": "ConsoleLogin"});
            Some(agentless_model(detection, 13, fields))
        }
        (Kind::OktaLoginModel, Place::Account { user, ip, .. }) => {
            let fields = json!({"okta.actor.name": user, "okta.client.ip": ip, "okta.evt.type": "user.session.start"});
            Some(agentless_model(detection, 14, fields))
        }
        (Kind::Admission, _) => Some(admission_content(pod?)),
        _ => None,
    }
}

fn process_content(seed: Seed, detection: &Detection, process: &Process, pod: &Pod, chain: &Chain) -> Value {
    let mut fields = chain.fields();
    let mut put = |key: &str, value: String| {
        fields.insert(key.to_owned(), Value::String(value));
    };
    put("container.id", pod.container_id.clone());
    put("container.name", pod.workload.name.to_owned());
    put("container.image.repository", pod.workload.image.to_owned());
    put("evt.type", process.event_type.to_owned());
    put("evt.res", "SUCCESS".to_owned());
    put("fd.name", process.fd_name.to_owned());
    put("group.gid", "0".to_owned());
    put("group.name", "root".to_owned());
    put("user.name", "root".to_owned());
    put("user.uid", "0".to_owned());
    put("user.loginname", "<NA>".to_owned());
    put("user.loginuid", "-1".to_owned());
    if let Some(Value::String(exe)) = fields.get("proc.exepath").cloned() {
        let hash = seed.hex(&["program", &exe], 64);
        fields.insert("proc.hash.sha256".to_owned(), hash.into());
    }
    let shown = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or("<NA>");
    let output = format!(
        "{} in {} (proc.name={} proc.cmdline={} proc.pname={} user.name={} evt.type={} container.name={} k8s.pod.name={})",
        process.sentence,
        pod.workload.name,
        shown("proc.name"),
        shown("proc.cmdline"),
        shown("proc.pname"),
        shown("user.name"),
        process.event_type,
        pod.workload.name,
        pod.name,
    );
    json!({
        "type": "workloadRuntimeDetection",
        "ruleName": detection.rule,
        "ruleType": process.rule_type,
        "ruleSubType": 0,
        "ruleTags": detection.tags,
        "policyId": detection.policy.id,
        "origin": "Sysdig",
        "output": output,
        "fields": fields,
    })
}

fn audit_content(detection: &Detection, role: &str, pod: &Pod) -> Value {
    let user = format!("system:serviceaccount:{}:{}", pod.workload.namespace, pod.workload.name);
    let output = format!(
        "A role binding to {role} was created (ka.user.name={user} ka.verb=create ka.target.resource=clusterrolebindings ka.req.binding.role={role})"
    );
    json!({
        "type": "workloadRuntimeDetection",
        "ruleName": detection.rule,
        "ruleType": 6,
        "ruleSubType": 0,
        "ruleTags": detection.tags,
        "policyId": detection.policy.id,
        "origin": "Sysdig",
        "output": output,
        "fields": {
            "ka.user.name": user,
            "ka.verb": "create",
            "ka.target.resource": "clusterrolebindings",
            "ka.req.binding.role": role,
            "ka.response.code": "201",
        },
    })
}

fn agentless(seed: Seed, detection: &Detection, integration: &str, fields: Value, output: &str) -> Value {
    let id = seed.hex(&["integration", integration], 12);
    json!({
        "type": "agentlessRuntimeDetection",
        "ruleName": detection.rule,
        "ruleType": 6,
        "ruleTags": detection.tags,
        "policyId": detection.policy.id,
        "policyOrigin": "Sysdig",
        "integrationId": format!("3c1b0a9e-0000-4000-8000-{id}"),
        "integrationType": integration,
        "priority": if detection.severity <= 3 { "critical" } else { "warning" },
        "output": output,
        "fields": fields,
    })
}

fn agentless_model(detection: &Detection, rule_type: u32, fields: Value) -> Value {
    json!({
        "type": "agentlessMLRuntimeDetection",
        "ruleName": detection.rule,
        "ruleType": rule_type,
        "policyOrigin": "Sysdig",
        "policyId": detection.policy.id,
        "fields": fields,
    })
}

fn admission_content(pod: &Pod) -> Value {
    json!({
        "type": "k8sAdmissionReview",
        "scanResult": {"result": "pass", "failedControls": 1, "controls": ["Container without a read-only root file system"]},
        "clusterName": pod.workload.cluster,
        "namespace": pod.workload.namespace,
        "resourceKind": pod.workload.kind,
        "resourceName": pod.workload.name,
        "zones": ["Entire Infrastructure"],
    })
}

/// A text of the catalogue with the addresses of the shared world.
#[must_use]
pub fn with_addresses(text: &str) -> String {
    text.replace("{dropper}", world::DROPPER_IP).replace("{pool}", world::MINING_POOL)
}
