//! Pods of the shared world's workloads: names, images, nodes and process
//! numbers that stay the same as long as the seed does, and the labels that
//! events of a pod carry.

use serde_json::Map;
use serde_json::Value;

use crate::sim::sysdig::seed::Seed;
use crate::sim::world;
use crate::sim::world::Cluster;
use crate::sim::world::Host;
use crate::sim::world::Workload;

/// One pod with its only container.
#[derive(Debug, Clone)]
pub struct Pod {
    /// The workload it belongs to.
    pub workload: &'static Workload,
    /// Name of the pod.
    pub name: String,
    /// The cluster it runs in.
    pub cluster: &'static Cluster,
    /// The node it runs on.
    pub node: &'static Host,
    /// Short id of the container.
    pub container_id: String,
    /// Process number of the container's shim.
    pub shim_pid: u64,
    /// Process number of its main process.
    pub main_pid: u64,
    seed: Seed,
}

impl Pod {
    /// A pod of a workload, counted from 0.
    #[must_use]
    pub fn of(seed: Seed, workload: &'static Workload, replica: u32) -> Self {
        let Workload { cluster, namespace, name, .. } = *workload;
        let number = replica.to_string();
        let key = ["pod", cluster, namespace, name, &number];
        let hash = seed.hex(&key, 32);
        let short = &hash[10..15];
        let template = &seed.hex(&["template", cluster, namespace, name], 10);
        let pod_name = match workload.kind {
            "statefulset" => format!("{name}-{number}"),
            "daemonset" => format!("{name}-{short}"),
            "cronjob" => format!("{name}-29{:06}-{short}", seed.number(&key, 1_000_000)),
            _ => format!("{name}-{template}-{short}"),
        };
        let nodes: Vec<&'static Host> = world::nodes_of(cluster).collect();
        Self {
            workload,
            name: pod_name,
            cluster: world::CLUSTERS
                .iter()
                .find(|candidate| candidate.name == cluster)
                .expect("every workload's cluster is in the table; the world's tests say so"),
            node: nodes[replica as usize % nodes.len()],
            container_id: seed.hex(&["container", &hash], 12),
            shim_pid: 2_000 + seed.number(&["shim", &hash], 6_000),
            main_pid: 10_000 + seed.number(&["main", &hash], 20_000),
            seed,
        }
    }

    /// Labels of an event in this pod.
    #[must_use]
    pub fn labels(&self) -> Map<String, Value> {
        let Workload { namespace, name, kind, image, tag, .. } = *self.workload;
        let mut labels = cluster_labels(self.cluster);
        let mut put = |key: &str, value: String| {
            labels.insert(key.to_owned(), Value::String(value));
        };
        put("kubernetes.namespace.name", namespace.to_owned());
        put("kubernetes.node.name", self.node.name.to_owned());
        put("kubernetes.pod.name", self.name.clone());
        put("kubernetes.workload.name", name.to_owned());
        put("kubernetes.workload.type", kind.to_owned());
        match kind {
            "deployment" => put("kubernetes.deployment.name", name.to_owned()),
            "cronjob" => put("kubernetes.cronJob.name", name.to_owned()),
            _ => {}
        }
        put("container.name", name.to_owned());
        put("container.image.repo", image.to_owned());
        put("container.image.tag", tag.to_owned());
        let digest = self.image_digest();
        put("container.image.id", digest[..12].to_owned());
        put("container.image.digest", format!("sha256:{digest}"));
        put("container.label.io.kubernetes.container.name", name.to_owned());
        put("container.label.io.kubernetes.pod.name", self.name.clone());
        put("container.label.io.kubernetes.pod.namespace", namespace.to_owned());
        put("host.hostName", self.node.name.to_owned());
        put("host.mac", self.node.mac.to_owned());
        if self.cluster.provider == "aws" {
            let instance = self.seed.hex(&["instance", self.node.name], 17);
            put("aws.instanceId", format!("i-{instance}"));
        }
        labels
    }

    fn image_digest(&self) -> String {
        self.seed.hex(&["image", self.workload.image, self.workload.tag], 64)
    }
}

/// Labels of anything in a cluster: the cluster, its cloud account, and the
/// customer as agents are tagged with it.
#[must_use]
pub fn cluster_labels(cluster: &Cluster) -> Map<String, Value> {
    let mut labels = account_labels(cluster);
    labels.shift_insert(0, "kubernetes.cluster.name".to_owned(), cluster.name.into());
    labels
}

/// Labels of a cloud account.
#[must_use]
pub fn account_labels(cluster: &Cluster) -> Map<String, Value> {
    let mut labels = Map::new();
    let mut put = |key: &str, value: &str| {
        labels.insert(key.to_owned(), value.into());
    };
    put("cloudProvider.name", cluster.provider);
    put("cloudProvider.account.id", cluster.account);
    put("cloudProvider.region", cluster.region);
    if cluster.provider == "aws" {
        put("aws.accountId", cluster.account);
        put("aws.region", cluster.region);
    } else {
        put("gcp.projectId", cluster.account);
        put("gcp.location", cluster.region);
    }
    if let Some(customer) = world::customer_by_id(cluster.customer) {
        put("agent.tag.customer", customer.short_name);
    }
    labels
}
