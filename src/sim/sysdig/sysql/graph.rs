//! The graph behind SysQL: clusters, workloads, containers, images, hosts
//! and buckets of the shared world, and the vulnerabilities that affect
//! them. Its workloads, images and nodes are those of the events.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::pods::Pod;
use crate::sim::sysdig::seed::Seed;
use crate::sim::world;

/// Names of the relationships; `AFFECTS` is `AFFECTED_BY` backwards.
pub const RELATIONSHIPS: &[&str] = &["AFFECTED_BY", "AFFECTS", "HAS", "RUNS"];

/// Entities and the fields that each has.
pub const ENTITIES: &[(&str, &[&str])] = &[
    ("KubeCluster", &["name", "platform", "type"]),
    ("KubeWorkload", &["name", "category", "namespaceName", "clusterName", "type", "platform", "isExposed"]),
    ("KubeNode", &["name", "category", "clusterName", "operatingSystem", "osImage", "platform", "type", "version"]),
    ("Container", &["name", "podName", "namespaceName", "clusterName"]),
    ("Image", &["imageId", "imageReference", "repository", "tag", "registry", "architecture", "scanStatus"]),
    (
        "Vulnerability",
        &[
            "name",
            "severity",
            "cvssScore",
            "packageName",
            "packageVersion",
            "packageType",
            "hasExploit",
            "hasFix",
            "fixedInVersion",
            "acceptedRisk",
            "inUse",
        ],
    ),
    (
        "Host",
        &[
            "name",
            "hostname",
            "type",
            "platform",
            "operatingSystem",
            "architecture",
            "accountId",
            "location",
            "isExposed",
        ],
    ),
    ("CloudResource", &["name", "type", "platform", "accountId", "location", "isExposed"]),
    ("AWSAccount", &["name", "id"]),
];

/// One thing.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub entity: &'static str,
    /// Its fields.
    pub fields: Map<String, Value>,
}

/// All things and what relates them.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The things.
    pub nodes: Vec<Node>,
    edges: Vec<(usize, &'static str, usize)>,
}

/// CVE, severity, score, package, version, package type, fixed version,
/// whether it is exploited, and a part of the name of each image or machine
/// that has it.
struct Flaw(
    &'static str,
    &'static str,
    f64,
    (&'static str, &'static str, &'static str),
    Option<&'static str>,
    bool,
    &'static [&'static str],
);

#[rustfmt::skip] // a table
const FLAWS: &[Flaw] = &[
    Flaw("CVE-2021-44228", "Critical", 10.0, ("log4j-core", "2.14.1", "java"), Some("2.17.1"), true, &["dicom-router", "meter-ingest"]),
    Flaw("CVE-2024-45491", "Critical", 9.8, ("libexpat1", "2.5.0-1", "os"), Some("2.5.0-1+deb12u1"), true, &["checkout-api:4.12.1", "customer-portal"]),
    Flaw("CVE-2099-1001", "Critical", 9.8, ("express-session-store", "1.3.0", "javascript"), Some("1.3.2"), true, &["checkout-api"]),
    Flaw("CVE-2099-1002", "High", 8.8, ("openssl", "3.0.11-1", "os"), Some("3.0.15-1"), false, &["checkout-api:4.12.1", "booking-portal", "k8s"]),
    Flaw("CVE-2099-1003", "High", 8.1, ("nginx", "1.24.0", "os"), Some("1.26.2"), false, &["customer-portal"]),
    Flaw("CVE-2099-1004", "High", 7.8, ("linux-kernel", "6.8.0-31", "os"), Some("6.8.0-45"), true, &["k8s"]),
    Flaw("CVE-2099-1005", "High", 7.5, ("follow-url", "4.1.0", "javascript"), Some("4.2.0"), false, &["booking-portal", "checkout-api"]),
    Flaw("CVE-2099-1006", "High", 7.5, ("netty-codec", "4.1.86", "java"), Some("4.1.100"), false, &["meter-ingest", "dicom-router"]),
    Flaw("CVE-2099-1007", "High", 7.2, ("postgresql-16", "16.4-1", "os"), Some("16.6-1"), false, &["postgres"]),
    Flaw("CVE-2099-1008", "High", 7.1, ("python3-requests", "2.28.1", "python"), None, false, &["position-feed"]),
    Flaw("CVE-2023-45853", "Medium", 5.3, ("zlib1g", "1.2.13", "os"), None, false, &["k8s", "postgres", "ehr-sync"]),
    Flaw("CVE-2099-1009", "Medium", 6.5, ("curl", "7.88.1", "os"), Some("7.88.1-10+deb12u8"), false, &["checkout-api:4.12.1", "position-feed"]),
    Flaw("CVE-2099-1010", "Medium", 6.1, ("template-literals", "2.0.1", "javascript"), Some("2.1.0"), false, &["booking-portal"]),
    Flaw("CVE-2099-1011", "Medium", 5.9, ("jackson-databind", "2.13.1", "java"), Some("2.13.5"), false, &["meter-ingest"]),
    Flaw("CVE-2099-1012", "Medium", 5.5, ("systemd", "252.6", "os"), None, false, &["k8s"]),
    Flaw("CVE-2099-1013", "Medium", 5.3, ("numpy", "1.24.2", "python"), Some("1.26.0"), false, &["position-feed", "manifest-export"]),
    Flaw("CVE-2099-1014", "Medium", 5.0, ("golang.org/x/net", "0.17.0", "golang"), Some("0.23.0"), false, &["node-exporter"]),
    Flaw("CVE-2099-1015", "Medium", 4.9, ("perl-base", "5.36.0", "os"), None, false, &["postgres", "customer-portal"]),
    Flaw("CVE-2099-1016", "Low", 3.7, ("libgcrypt20", "1.10.1", "os"), None, false, &["checkout-api", "ehr-sync"]),
    Flaw("CVE-2099-1017", "Low", 3.3, ("coreutils", "9.1", "os"), None, false, &["manifest-export", "ehr-sync"]),
    Flaw("CVE-2099-1018", "Low", 3.1, ("tar", "1.34", "os"), None, false, &["booking-portal"]),
    Flaw("CVE-2099-1019", "Low", 2.8, ("bash", "5.2.15", "os"), None, false, &["customer-portal", "dicom-router"]),
    Flaw("CVE-2099-1020", "Negligible", 2.1, ("util-linux", "2.38", "os"), None, false, &["k8s"]),
    Flaw("CVE-2099-1021", "Negligible", 1.9, ("gcc-12-base", "12.2.0", "os"), None, false, &["meter-ingest"]),
    Flaw("CVE-2099-1022", "Negligible", 1.2, ("shadow", "4.13", "os"), None, false, &["postgres"]),
];

/// Bucket, the cluster whose account it is in, open to the world.
#[rustfmt::skip] // a table
const BUCKETS: &[(&str, &str, bool)] = &[
    ("nordfjord-checkout-assets", "prod-eu-1", true),
    ("nordfjord-meter-readings", "prod-eu-1", false),
    ("nordfjord-invoices", "prod-eu-1", false),
    ("nordfjord-cloudtrail", "prod-eu-1", false),
    ("nordfjord-backups", "prod-eu-1", false),
    ("havbris-booking-uploads", "prod-us-2", true),
    ("havbris-manifests", "prod-us-2", false),
    ("havbris-fleet-positions", "prod-us-2", false),
    ("havbris-cloudtrail", "prod-us-2", false),
    ("havbris-backups", "prod-us-2", false),
];

impl Graph {
    /// The graph of this seed's world.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let mut graph = Self::default();
        graph.clusters_and_hosts();
        graph.workloads(seed);
        graph.buckets();
        graph.flaws();
        graph
    }

    /// How many relations there are, all of which are looked at for the nodes behind one.
    #[must_use]
    pub fn size(&self) -> usize {
        self.edges.len()
    }

    /// The nodes that a relationship leads to.
    pub fn behind(&self, from: usize, relationship: &str) -> impl Iterator<Item = usize> {
        let (name, backwards) = if relationship == "AFFECTS" { ("AFFECTED_BY", true) } else { (relationship, false) };
        self.edges.iter().filter_map(move |&(left, edge, right)| {
            let (start, end) = if backwards { (right, left) } else { (left, right) };
            (edge == name && start == from).then_some(end)
        })
    }

    fn add(&mut self, entity: &'static str, fields: Value) -> usize {
        let fields = fields.as_object().cloned().unwrap_or_default();
        self.nodes.push(Node { entity, fields });
        self.nodes.len() - 1
    }

    fn named(&self, entity: &str, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.entity == entity && node.fields["name"] == name)
    }

    fn clusters_and_hosts(&mut self) {
        for cluster in world::CLUSTERS {
            if cluster.provider == "aws" && self.named("AWSAccount", cluster.account).is_none() {
                self.add("AWSAccount", json!({"name": cluster.account, "id": cluster.account}));
            }
            let distribution = if cluster.provider == "aws" { "EKS" } else { "GKE" };
            let place = self
                .add("KubeCluster", json!({"name": cluster.name, "platform": cluster.provider, "type": distribution}));
            for host in world::nodes_of(cluster.name) {
                let node = self.add(
                    "KubeNode",
                    json!({"name": host.name, "category": "Compute", "clusterName": cluster.name, "operatingSystem": "linux",
                        "osImage": host.os, "platform": cluster.provider, "type": "KubeNode", "version": cluster.version}),
                );
                self.edges.push((place, "HAS", node));
                let fields = json!({"name": host.name, "hostname": host.fqdn, "type": "Host", "platform": cluster.provider,
                    "operatingSystem": host.os, "architecture": "amd64", "accountId": cluster.account,
                    "location": cluster.region, "isExposed": false});
                self.add("Host", fields);
                if cluster.provider == "aws" {
                    let fields = json!({"name": host.name, "type": "EC2 Instance", "platform": "aws",
                        "accountId": cluster.account, "location": cluster.region, "isExposed": false});
                    self.add("CloudResource", fields);
                }
            }
        }
    }

    fn workloads(&mut self, seed: Seed) {
        for workload in world::WORKLOADS {
            let provider = world::CLUSTERS.iter().find(|c| c.name == workload.cluster).map_or("", |c| c.provider);
            let place = self.add(
                "KubeWorkload",
                json!({"name": workload.name, "category": "Workload", "namespaceName": workload.namespace,
                    "clusterName": workload.cluster, "type": workload.kind, "platform": provider, "isExposed": workload.exposed}),
            );
            if let Some(cluster) = self.named("KubeCluster", workload.cluster) {
                self.edges.push((cluster, "HAS", place));
            }
            let reference = format!("{}:{}", workload.image, workload.tag);
            let known = self.nodes.iter().position(|node| node.fields.get("imageReference") == Some(&json!(reference)));
            let image = known.unwrap_or_else(|| {
                let id = seed.hex(&["image", workload.image, workload.tag], 64);
                let registry = workload.image.split('/').next().unwrap_or_default();
                self.add(
                    "Image",
                    json!({"imageId": format!("sha256:{id}"), "imageReference": reference, "repository": workload.image,
                        "tag": workload.tag, "registry": registry, "architecture": "amd64", "scanStatus": "scanned"}),
                )
            });
            for replica in 0..workload.replicas {
                let pod = Pod::of(seed, workload, replica);
                let container = self.add(
                    "Container",
                    json!({"name": workload.name, "podName": pod.name, "namespaceName": workload.namespace,
                        "clusterName": workload.cluster}),
                );
                self.edges.push((place, "HAS", container));
                self.edges.push((container, "RUNS", image));
            }
        }
    }

    fn buckets(&mut self) {
        for (name, cluster, exposed) in BUCKETS {
            let Some(cluster) = world::CLUSTERS.iter().find(|c| c.name == *cluster) else { continue };
            let fields = json!({"name": name, "type": "S3 Bucket", "platform": "aws", "accountId": cluster.account,
                "location": cluster.region, "isExposed": exposed});
            let bucket = self.add("CloudResource", fields);
            if let Some(account) = self.named("AWSAccount", cluster.account) {
                self.edges.push((account, "HAS", bucket));
            }
        }
    }

    fn flaws(&mut self) {
        for Flaw(name, severity, score, (package, version, kind), fix, exploited, places) in FLAWS {
            let flaw = self.add(
                "Vulnerability",
                json!({"name": name, "severity": severity, "cvssScore": score, "packageName": package,
                    "packageVersion": version, "packageType": kind, "hasExploit": exploited, "hasFix": fix.is_some(),
                    "fixedInVersion": fix, "acceptedRisk": false, "inUse": *score >= 7.0}),
            );
            let has = |node: &Node| {
                let told = match node.entity {
                    "Image" => node.fields["imageReference"].as_str(),
                    "Host" => node.fields["name"].as_str(),
                    "CloudResource" if node.fields["type"] == "EC2 Instance" => node.fields["name"].as_str(),
                    _ => None,
                };
                told.is_some_and(|told| places.iter().any(|place| told.contains(place)))
            };
            let affected: Vec<usize> = (0..self.nodes.len()).filter(|place| has(&self.nodes[*place])).collect();
            let mut workloads: Vec<usize> = self
                .edges
                .iter()
                .filter(|(_, edge, image)| *edge == "RUNS" && affected.contains(image))
                .filter_map(|(container, ..)| {
                    self.edges.iter().find(|(_, edge, inside)| *edge == "HAS" && inside == container).map(|edge| edge.0)
                })
                .collect();
            workloads.dedup();
            self.edges.extend(affected.into_iter().chain(workloads).map(|place| (place, "AFFECTED_BY", flaw)));
        }
    }
}
