//! The one resource: how to write filters for security events.
//!
//! It is text for a model or a person, the same for every token, so reading
//! it needs no credentials.

use rmcp::model::ReadResourceResult;
use rmcp::model::Resource;
use rmcp::model::ResourceContents;

/// Where clients find it.
pub const URI: &str = "resource://filter-query-language";
const MIME_TYPE: &str = "text/plain";

/// The line in the list.
#[must_use]
pub fn listed() -> Resource {
    Resource::new(URI, "Sysdig Filter Query Language")
        .with_description("How to filter resources in API calls with the filter query language.")
        .with_mime_type(MIME_TYPE)
        .with_size(TEXT.len() as u64)
}

/// The text, if this is its address.
#[must_use]
pub fn read(uri: &str) -> Option<ReadResourceResult> {
    (uri == URI).then(|| ReadResourceResult::new(vec![ResourceContents::text(TEXT, URI).with_mime_type(MIME_TYPE)]))
}

const TEXT: &str = r#"Sysdig filter query language

A filter expression keeps the items whose attributes it describes. It is a chain of comparisons
joined by and / or; each may be preceded by not. and binds tighter than or: where both are used,
set parentheses.

Operators
  =  !=  >  >=  <  <=     compare an attribute with a value:  severity >= "4"
  in                      one of several values:              severity in ("0","1","2","3")
  not attribute in (...)  none of them:                       not originator in ("gcp")
  contains                a part of the value:                ruleName contains "Login"
  starts with             its beginning (two words; older texts write startsWith):
                                                              host.hostName starts with "web-"
  exists                  the attribute is not empty:         kubernetes.cluster.name exists
  not ... exists          it is empty:                        not container.name exists

Values
  Every value stands in double quotes, numbers too; a double quote inside is written \".
  A blank must stand before in; around = and the like it may be left out.
  A whole filter has at most 2048 characters.

Which attributes can be used depends on the endpoint and is told in the description of each tool;
not every operator works on every attribute. Attributes of runtime security events:
  severity (high "0" to "3", medium "4" and "5", low "6", info "7")
  originator (policy, profilingDetection, falcocloud, admissionController)
  category, source, sourceType, engine (falco, list, drift, malware, machineLearning)
  rawEventCategory (runtime, kspm)
  ruleName, ruleType, ruleSubType, policyId, trigger
  kubernetes.cluster.name, kubernetes.namespace.name, kubernetes.workload.name,
  kubernetes.workload.type, kubernetes.pod.name, kubernetes.node.name, kubernetes.deployment.name
  host.hostName, host.mac, machineId, agentId
  container.name, containerId, container.image.id, container.image.repo, container.image.tag,
  container.image.digest, container.label.io.kubernetes.pod.name,
  container.label.io.kubernetes.pod.namespace
  aws.accountId, aws.region, azure.subscriptionId, gcp.projectId,
  cloudProvider.name, cloudProvider.account.id, cloudProvider.region
  freeText (= and != only): a word anywhere in the event

Machine-learning detections: engine = "machineLearning"; those of AWS logins have
source = "agentless-aws-ml", those of Okta logins source = "agentless-okta-ml". Detections of this
kind inside workloads have no ruleName.

Examples
  source in ("syscall","k8s_audit") and kubernetes.cluster.name = "cluster1"
  severity >= "6"
  (severity in ("0","1") or engine = "malware") and kubernetes.namespace.name = "shop"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_operators_fields_and_both_examples() {
        assert!(read("resource://other").is_none());
        let json = serde_json::to_value(read(URI).unwrap()).unwrap();
        assert_eq!((&json["contents"][0]["uri"], &json["contents"][0]["mimeType"]), (&URI.into(), &MIME_TYPE.into()));
        let text = json["contents"][0]["text"].as_str().unwrap();
        for part in
            ["and", "not", "=", "!=", " in ", "contains", "starts with", "startsWith", "exists", ">= \"6\"", "2048"]
        {
            assert!(text.contains(part), "{part}");
        }
    }
}
