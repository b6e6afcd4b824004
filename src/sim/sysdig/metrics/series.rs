//! The numbers behind the metrics: every pod of the shared world with what
//! it uses, and the story in them. The checkout pod with the miner burns
//! CPU; the booking portal under flood answers with errors, and one of its
//! pods restarts over and over and is missing.

use crate::sim::sysdig::pods::Pod;
use crate::sim::sysdig::seed::Seed;
use crate::sim::world;
use crate::sim::world::Workload;

/// Restarts of the pod that cannot stay up.
const CRASH_LOOP: u32 = 57;
const MEGABYTE: f64 = 1_000_000.0;

/// One series: its labels and its value now.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name of the metric.
    pub metric: &'static str,
    /// Labels, each once.
    pub labels: Vec<(&'static str, String)>,
    value: Level,
}

#[derive(Debug, Clone, Copy)]
enum Level {
    /// A level, as of now.
    Gauge(f64),
    /// So many in each second; a sample is what a second brought.
    PerSecond(f64),
}

impl Series {
    fn gauge(metric: &'static str, labels: &[(&'static str, String)], value: f64) -> Self {
        Self { metric, labels: labels.to_vec(), value: Level::Gauge(value) }
    }

    fn per_second(metric: &'static str, labels: &[(&'static str, String)], value: f64) -> Self {
        Self { metric, labels: labels.to_vec(), value: Level::PerSecond(value) }
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }

    /// The value at this moment.
    #[must_use]
    pub fn now(&self) -> f64 {
        let (Level::Gauge(value) | Level::PerSecond(value)) = self.value;
        value
    }

    /// All samples of so many seconds together; a level has one each minute.
    #[must_use]
    pub fn summed_over(&self, seconds: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "spans are far below what a float holds exactly")]
        let seconds = seconds as f64;
        match self.value {
            Level::Gauge(value) => value * (seconds / 60.0).ceil(),
            Level::PerSecond(value) => value * seconds,
        }
    }
}

/// All series.
#[must_use]
pub fn all(seed: Seed) -> Vec<Series> {
    let mut all = Vec::new();
    for cluster in world::CLUSTERS {
        let labels = [
            ("cluster", cluster.name.to_owned()),
            ("kube_cluster_name", cluster.name.to_owned()),
            ("provider", cluster.provider.to_owned()),
            ("region", cluster.region.to_owned()),
            ("version", cluster.version.to_owned()),
        ];
        all.push(Series::gauge("kube_cluster_info", &labels, 1.0));
        all.extend(world::nodes_of(cluster.name).map(|node| {
            let labels = [
                ("cluster", cluster.name.to_owned()),
                ("kube_cluster_name", cluster.name.to_owned()),
                ("kube_node_name", node.name.to_owned()),
                ("internal_ip", node.ip.to_owned()),
                ("kubelet_version", cluster.version.to_owned()),
                ("os_image", node.os.to_owned()),
            ];
            Series::gauge("kube_node_info", &labels, 1.0)
        }));
    }
    for workload in world::WORKLOADS {
        of_workload(workload, &mut all);
        for replica in 0..workload.replicas {
            of_pod(seed, &Pod::of(seed, workload, replica), replica, &mut all);
        }
    }
    all
}

fn workload_labels(workload: &Workload) -> Vec<(&'static str, String)> {
    vec![
        ("kube_cluster_name", workload.cluster.to_owned()),
        ("kube_namespace_name", workload.namespace.to_owned()),
        ("kube_workload_type", workload.kind.to_owned()),
        ("kube_workload_name", workload.name.to_owned()),
    ]
}

fn of_workload(workload: &Workload, all: &mut Vec<Series>) {
    let labels = workload_labels(workload);
    if workload.kind == "cronjob" {
        let mut labels = labels[..2].to_vec();
        labels.push(("kube_cronjob_name", workload.name.to_owned()));
        labels.push(("schedule", "15 * * * *".to_owned()));
        all.push(Series::gauge("kube_cronjob_info", &labels, 1.0));
        return;
    }
    let wanted = f64::from(workload.replicas);
    let missing =
        f64::from((0..workload.replicas).filter(|replica| crashes(workload, *replica)).map(|_| 1).sum::<u32>());
    for (metric, value) in [
        ("kube_workload_status_desired", wanted),
        ("kube_workload_status_ready", wanted - missing),
        ("kube_workload_status_running", wanted - missing),
        ("kube_workload_status_unavailable", missing),
    ] {
        all.push(Series::gauge(metric, &labels, value));
    }
    if workload.kind == "daemonset" {
        all.push(Series::gauge("kube_daemonset_status_number_ready", &labels, wanted - missing));
    }
}

fn of_pod(seed: Seed, pod: &Pod, replica: u32, all: &mut Vec<Series>) {
    let workload = pod.workload;
    // A number from 0 to 1 that stays the same for this pod and purpose.
    let share = |purpose: &str| {
        let number = seed.number(&["metric", purpose, &pod.name, workload.cluster], 1_000);
        f64::from(u32::try_from(number).unwrap_or(0)) / 1_000.0
    };
    let with = |more: &[(&'static str, String)]| {
        let mut labels = workload_labels(workload);
        labels.push(("kube_pod_name", pod.name.clone()));
        labels.extend_from_slice(more);
        labels
    };
    let node = ("kube_node_name", pod.node.name.to_owned());
    if !crashes(workload, replica) {
        all.push(Series::gauge("kube_pod_info", &with(std::slice::from_ref(&node)), 1.0));
    }
    let image = format!("{}:{}", workload.image, workload.tag);
    let container = [
        ("kube_pod_container_name", workload.name.to_owned()),
        ("image", image),
        ("container_id", pod.container_id.clone()),
        node,
    ];
    all.push(Series::gauge("kube_pod_container_info", &with(&container), 1.0));
    let restarts = match () {
        () if crashes(workload, replica) => CRASH_LOOP,
        () if share("restarts") > 0.7 => 1 + replica,
        () => 0,
    };
    let named = [("pod", pod.name.clone()), ("kube_pod_container_name", workload.name.to_owned())];
    all.push(Series::gauge("kube_pod_container_status_restarts_total", &with(&named), f64::from(restarts)));

    let used = with(&[("container_label_io_kubernetes_container_name", workload.name.to_owned())]);
    let database = workload.kind == "statefulset";
    let (cores, cores_limit) = match () {
        () if mines(workload, replica) => (3.8, 4.0),
        () if workload.name == "checkout-api" => (0.2 + share("cpu") * 0.3, 4.0),
        () if database => (0.6 + share("cpu") * 0.8, 2.0),
        () => (0.01 + (share("cpu") * 0.6), 1.0),
    };
    let (memory, memory_limit) = if database {
        (3_000.0 + share("memory") * 3_000.0, 8_000.0)
    } else {
        (50.0 + (share("memory") * 1_200.0).round(), 2_000.0)
    };
    for (metric, value) in [
        ("sysdig_container_cpu_cores_used", cores),
        ("sysdig_container_cpu_cores_quota_limit", cores_limit),
        ("sysdig_container_memory_used_bytes", memory * MEGABYTE),
        ("sysdig_container_memory_limit_bytes", memory_limit * MEGABYTE),
    ] {
        all.push(Series::gauge(metric, &used, value));
    }
    if workload.exposed {
        let flooded = workload.name == "booking-portal";
        let http = if flooded { 2.4 + share("http") * 0.8 } else { share("http") * 0.2 };
        let network = if flooded { 0.5 + share("net") * 0.3 } else { share("net") * 0.05 };
        all.push(Series::per_second("sysdig_container_net_http_error_count", &used, http));
        all.push(Series::per_second("sysdig_container_net_error_count", &used, network));
    }
}

/// Whether this pod restarts over and over.
fn crashes(workload: &Workload, replica: u32) -> bool {
    workload.cluster == "prod-us-2" && workload.name == "booking-portal" && replica == 3
}

/// Whether the miner of the story runs in this pod.
fn mines(workload: &Workload, replica: u32) -> bool {
    workload.cluster == "prod-eu-1" && workload.name == "checkout-api" && replica == 0
}
